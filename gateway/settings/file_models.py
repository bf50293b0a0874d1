"""Models of the entries of a configuration; `gateway.port.VendorSettings` is the one of vendors."""

import re
from collections.abc import Mapping
from datetime import datetime
from importlib.util import find_spec
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, WithJsonSchema

from gateway.model import Operation, time_of
from gateway.planning.routing import ANY_CUSTOM
from gateway.port.secrets import TextSecret
from gateway.port.switch import Switch
from gateway.settings.limits import LimitsEntry
from gateway.settings.rates import RatesEntry
from gateway.settings.settings import Address, LogLevel, Scope
from gateway.settings.webhooks import WebhookEntry

NAME = r"^[A-Za-z0-9_.-]{1,64}$"
_ADDRESS = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>[0-9]{1,5})")
_RATE = r"^[1-9][0-9]{0,5}/(?:second|minute|hour)$"
_SHARED = re.compile(r"(?:redis|valkey)s?://(?:[^\s@/]*@)?[^\s@/?#]+(?:/[0-9]*)?(?:\?[^\s#]*)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SCHEME = re.compile(r"[a-z][a-z0-9_]{0,63}|custom\.(?:\*|[A-Za-z0-9_.-]{1,64})")


def address(text: str) -> Address:
    """Parse `HOST:PORT` or `[IPV6]:PORT`. Raises `ValueError` for anything else."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > 65_535:
        raise ValueError("expected HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080")
    return Address(match["ipv6"] or match["host"], int(match["port"]))


def _an_address(text: str) -> str:
    address(text)
    return text


def _a_scheme(text: str) -> str:
    if not _SCHEME.fullmatch(text):
        raise ValueError(f"expected a member scheme, such as email, custom.user_id or {ANY_CUSTOM}")
    return text


def _a_rate(text: object) -> str:
    if not isinstance(text, str) or not re.fullmatch(_RATE, text) or text.endswith("\n"):
        raise ValueError("expected NUMBER/second, NUMBER/minute or NUMBER/hour, as in 100/second, up to 999999")
    return text


def _a_shared_url(text: str) -> str:
    if not _SHARED.fullmatch(text):
        raise ValueError("expected redis://[:PASSWORD@]HOST[:PORT][/NUMBER], or rediss://, valkey:// or valkeys://")
    if find_spec("redis") is None:
        raise ValueError("expected the library for it to be installed: points-gateway[redis]")
    return text


def _a_network(text: str) -> str:
    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError("expected an address or a network without host bits, as in 10.0.0.5 or 10.0.0.0/8") from None
    if network.prefixlen == 0:
        raise ValueError("expected the networks of your proxies, and this is everybody: anyone could name any address")
    return text


def no_repeats(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values. Raises `ValueError` where one is repeated."""
    if len(set(values)) < len(values):
        raise ValueError("expected each value once, and one is repeated")
    return values


def _form(value: Any) -> str | None:
    if isinstance(value, str):
        return "name"
    if isinstance(value, dict):
        return "rule"
    return "rules" if isinstance(value, list) else None


def _an_expiry(text: str) -> str:
    expiry(text)
    return text


def expiry(text: str) -> datetime:
    """Parse a time with an offset, or a date, which means 00:00 UTC. Raises `ValueError` for anything else."""
    if _DATE.fullmatch(text):
        text += "T00:00:00Z"
    try:
        return time_of(text)
    except ValueError:
        raise ValueError("expected a date, or a time with an offset, as in 2026-12-31T00:00:00Z") from None


def key_form(value: Any) -> str:
    """Which form a key has: a text, or an entry with an expiry."""
    # An unquoted API key may look like a mapping; read as an entry, the error would show it as an unknown key.
    return "entry" if isinstance(value, dict) and not value.keys().isdisjoint(KeyEntry.model_fields) else "key"


Was = Annotated[str, Field(pattern=NAME)]
Text = Annotated[str, Field(min_length=1, max_length=64)]
Scheme = Annotated[str, AfterValidator(_a_scheme)]
Rate = Annotated[str, PlainValidator(_a_rate), WithJsonSchema({"type": "string", "pattern": _RATE})]
Network = Annotated[str, AfterValidator(_a_network)]
SharedUrl = Annotated[str, AfterValidator(_a_shared_url)]
Listener = Annotated[str, AfterValidator(_an_address)]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ServerEntry(_Entry):
    """The gateway's own listeners."""

    listen: Listener = Field("127.0.0.1:8080", description="Where the API is served, HOST:PORT; port 0 is any.")
    admin: Listener | None = Field(None, description="A second listener for GET /metrics; none where it is not set.")
    drain: float = Field(20.0, ge=0, le=3600, description="Seconds that a shutdown waits for calls under way.")
    linger: float = Field(
        0.0,
        ge=0,
        le=3600,
        description="Seconds before that in which GET /readyz is 503 and calls are still taken; 0: none.",
    )
    log_level: LogLevel = Field("info", description="The least severe log lines that are written.")
    outages: int = Field(
        5,
        ge=0,
        le=10_000,
        description="Outages of a vendor in a row after which it is left alone for a while; 0: never.",
    )
    repeat_wait: float = Field(
        5.0,
        ge=0,
        le=60,
        description="Seconds that a repeat waits for the attempt under way with its key, before 409; 0: none.",
    )
    anonymous_rate: Rate = Field(
        "50/second", description="Requests of one address without a valid key in any second, minute or hour."
    )
    wrong_key_rate: Rate = Field(
        "10/minute", description="Of these, how many with a wrong key are answered before such requests have to wait."
    )
    trusted_proxies: Annotated[tuple[Network, ...], Field(strict=False), AfterValidator(no_repeats)] = Field(
        (), description="Addresses or networks of proxies whose X-Forwarded-For is believed; nobody's unless set."
    )
    log_peer: bool = Field(True, description="Whether log lines say which address a request came from.")
    shared: SharedUrl | None = Field(
        None, description="A Redis or Valkey in which all processes count clients' rates together; none unless set."
    )
    share: float = Field(
        0.5, gt=0, le=1, description="Of each client's rate, what a process allows while `shared` is away."
    )
    docs: bool = Field(True, description="Whether GET /docs and GET /openapi.json are served.")
    read_only: Switch = Field(
        False, description="True, or the reason, which callers see: no adjustment begins; reads and replays go on."
    )
    log_requests: float = Field(
        1.0,
        ge=0,
        le=1,
        description="The share of requests that have a log line, from 0 to 1; those answered with 5xx always have one.",
    )


class WhenEntry(_Entry):
    """The conditions of a rule; every key that is set must match."""

    member: Annotated[tuple[Scheme, ...], Field(strict=False, min_length=1), AfterValidator(no_repeats)] | None = Field(
        None, description="Member schemes; custom.* stands for every custom field."
    )
    point_type: Annotated[tuple[Text, ...], Field(strict=False, min_length=1), AfterValidator(no_repeats)] | None = (
        Field(None, description="Canonical point types; a call without one does not match.")
    )


class RuleEntry(_Entry):
    """One routing rule; the first that matches wins."""

    vendor: str = Field(description="The name of a vendor of this configuration.")
    when: WhenEntry | None = Field(None, description="Conditions; without any, the rule matches every call.")
    cache: float | None = Field(
        None, gt=0, le=86_400, description="Of balance rules: how many seconds old an answer may be. Off by default."
    )
    compensate: bool | None = Field(
        None,
        description="Of adjust rules: whether an adjustment may be reversed by one of the opposite sign, where the "
        "vendor has no cancel of its own or only a part is reversed. Off by default.",
    )


RulesEntry = Annotated[
    Annotated[str, Tag("name")]
    | Annotated[RuleEntry, Tag("rule")]
    | Annotated[tuple[RuleEntry, ...], Tag("rules"), Field(strict=False, min_length=1)],
    Discriminator(_form),
]


class TenantEntry(_Entry):
    """A brand, with its own routes or those of another tenant."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["routes"]}, {"required": ["routes_from"]}]},
    )

    routes: Annotated[Mapping[Operation, RulesEntry], Field(min_length=1)] | None = Field(
        None, description="Per operation a vendor's name, one rule, or a list of rules."
    )
    routes_from: str | None = Field(None, description="The name of a tenant whose routes are these as well.")
    limits: LimitsEntry | None = Field(
        None, description="The most that all clients together may adjust for it; never that of `routes_from`."
    )
    rates: RatesEntry | None = Field(
        None, description="What its points are worth, for the total of a wallet; never that of `routes_from`."
    )
    webhooks: Mapping[Was, WebhookEntry] = Field(
        {}, description="Endpoints that are told of its events, by a name of your choice; never those of `routes_from`."
    )
    keep: int | None = Field(
        None,
        ge=1,
        le=36_500,
        description="Days after which `journal purge` takes away what has ended, but for what keeps its key; nothing "
        "is purged where it is not set. Never that of `routes_from`.",
    )
    was: Was | None = Field(
        None, description="After a renaming: the first name of this tenant, under which the journal keeps it."
    )
    paused: Switch = Field(
        False, description="True, or the reason, which callers see: no adjustment of this tenant begins."
    )


class KeyEntry(_Entry):
    """An API key with an expiry."""

    key: TextSecret = Field(description="The API key, or sha256:HEX of it.")
    expires: Annotated[str, AfterValidator(_an_expiry)] = Field(
        description="When the key ends: a time with an offset, or a date, which is its beginning in UTC."
    )


class ClientEntry(_Entry):
    """An app that calls the gateway."""

    keys: tuple[
        Annotated[Annotated[TextSecret, Tag("key")] | Annotated[KeyEntry, Tag("entry")], Discriminator(key_form)], ...
    ] = Field(strict=False, min_length=1, description="API keys, or sha256:HEX of them; several while rotating.")
    tenants: Annotated[tuple[str, ...], AfterValidator(no_repeats)] = Field(
        strict=False, min_length=1, description='Names of tenants, or "*" for all of them.'
    )
    scopes: Annotated[tuple[Scope, ...], AfterValidator(no_repeats)] = Field(
        strict=False, min_length=1, description="What the client may do; none implies another."
    )
    rate: Rate | None = Field(
        None, description="Requests in any second, minute or hour, as in 100/second; no bound where it is not set."
    )
    max_concurrency: int | None = Field(
        None, ge=1, le=100_000, description="Requests under way at once, of one process; no bound where it is not set."
    )
    limits: LimitsEntry | None = Field(None, description="The most that it may adjust, for all its tenants together.")
    was: Was | None = Field(
        None, description="After a renaming: the first name of this client, under which the journal keeps it."
    )
    paused: Switch = Field(
        False, description="True, or the reason, which the client sees: no adjustment of this client begins."
    )
