"""The settings of every configured vendor, whatever its adapter."""

import hashlib
from typing import Annotated, ClassVar, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.model import SCHEME, Adjustment, is_scheme
from gateway.port.addresses import http_address, http_proxy, is_link_local_or_metadata, is_loopback
from gateway.port.credentials import ClientCredentials
from gateway.port.echoes import ordinary
from gateway.port.refusals import ProblemName
from gateway.port.secrets import Secret, TextSecret, hidden_in, without_secrets
from gateway.port.switch import Switch
from gateway.traits import traits

_IGNORABLE = tuple(name for name, each in traits(Adjustment).items() if each.ignorable)

_Word = Annotated[str, Field(min_length=1, max_length=500)]
NEVER_SENT = frozenset({"proxy", "client_key_password"})
"""Secrets that are not sent to the vendor, so that they do not identify the account."""


class VendorSettings(BaseModel):
    """Base model of a vendor's settings; an adapter's own settings extend it. Durations are in seconds."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    identified_by: ClassVar[tuple[str, ...]] = ()
    """The fields with the vendor's own identifier of the account, so that a change of credentials keeps the account.

    Without one, the `client_id` of client credentials identifies it.
    """
    token_addresses: ClassVar[tuple[str, ...]] = ()
    """The fields with further addresses at which the vendor issues tokens; checked like `base_url`."""

    made_of: ClassVar[str] = ""
    """The digest of the description that the adapter is made of; empty for one that is written in code."""

    adapter: str = Field(description="Which adapter translates for this vendor.")
    base_url: str = Field(description="Where the vendor's documented paths begin; http or https.")
    paused: Switch = Field(
        False, description="True, or the reason, which callers see: no adjustment at this vendor begins; reads go on."
    )
    timeout: float = Field(10.0, gt=0, le=300, description="Seconds for one whole vendor call.")
    max_concurrency: int = Field(64, ge=1, le=10_000, description="Calls under way at once.")
    max_answer: int = Field(
        262_144,
        ge=100,
        le=4_194_304,
        description="Bytes of the largest answer, decompressed. While a large one is read, everything else waits: some "
        "25 milliseconds for a megabyte of JSON.",
    )
    ca_file: str | None = Field(None, description="A PEM file of authorities to trust instead of the system's.")
    client_cert: str | None = Field(
        None, description="A PEM file with our certificate, and those between it and its authority, for mutual TLS."
    )
    client_key: str | None = Field(
        None, description="A PEM file with the key of client_cert; not needed where that file holds it."
    )
    client_key_password: TextSecret | None = Field(None, description="What client_key is encrypted with.")
    proxy: Secret | None = Field(
        None, description="An HTTP proxy, with its user and password if it has any; the environment's are not used."
    )
    allow_http: bool = Field(False, description="Allow plain http to an address that is not loopback.")
    allow_link_local: bool = Field(
        False,
        description="Allow link-local addresses and those at which clouds hand out credentials, to the vendor and the "
        "proxy.",
    )
    reuse_connections: bool = Field(
        False,
        description="Let writes use connections that were used before. Faster; but where something on the way answers "
        "twice, a second answer can be taken for that to a later write.",
    )
    not_applied: tuple[int, ...] = Field(
        (),
        strict=False,
        description="HTTP statuses of which you know that the vendor then applied nothing, so that such a write may be "
        "tried again. Where it did apply one, points are credited twice.",
        json_schema_extra={"items": {"type": "integer", "minimum": 400, "maximum": 599}},
    )
    problems: dict[_Word, ProblemName] = Field(
        {},
        description="What callers are told of a refusal: by the vendor's code or, where it gives none, its exact "
        "message; by its status; or by both, as STATUS/CODE.",
    )
    trust_absence: bool = Field(
        False, description="Take what the vendor cannot find for not applied; only where its search misses nothing."
    )
    probe: bool = Field(
        True,
        description="After an outage, ask the vendor something that changes nothing before a call goes out again, "
        "where its adapter knows how; else one call finds out.",
    )
    traceparent: bool = Field(
        False,
        description="Name the trace to the vendor, in the headers traceparent and tracestate.",
    )
    ignore: tuple[str, ...] = Field(
        (),
        strict=False,
        description="Fields that are kept and not sent, instead of refused.",
        json_schema_extra={"items": {"enum": [*_IGNORABLE]}},
    )

    resolve: tuple[str, ...] = Field(
        (),
        strict=False,
        description="Member schemes that the vendor does not take: whoever is named by one is looked up there first.",
        json_schema_extra={"items": {"type": "string", "pattern": SCHEME}},
    )

    @field_validator("resolve")
    @classmethod
    def _schemes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("expected each scheme once, and one is repeated")
        for scheme in value:
            if not is_scheme(scheme):
                raise ValueError(f"{scheme!r} is no member scheme, such as email or custom.user_id")
        return value

    @field_validator("base_url")
    @classmethod
    def _well_formed(cls, value: str) -> str:
        return http_address(value).rstrip("/")

    @field_validator("proxy")
    @classmethod
    def _an_address_too(cls, value: Secret | None) -> Secret | None:
        if value is not None:
            http_proxy(value.reveal())
        return value

    @field_validator("not_applied")
    @classmethod
    def _may_apply_nothing(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) < len(value):
            raise ValueError("expected each status once, and one is repeated")
        for status in value:
            if not 400 <= status <= 599:
                why = "means that it was" if 200 <= status < 400 else "is no status of a failure"
                raise ValueError(f"{status} cannot say that nothing was applied: it {why}; expected 400 to 599")
        return value

    @field_validator("ignore")
    @classmethod
    def _may_be_ignored(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("expected each name once, and one is repeated")
        for name in value:
            if name not in _IGNORABLE:
                *others, last = _IGNORABLE
                raise ValueError(f"{name!r} cannot be ignored: expected {', '.join(others)} or {last}")
        return value

    @model_validator(mode="after")
    def _well_formed_too(self) -> "VendorSettings":
        for name in self.token_addresses:
            try:
                http_address(getattr(self, name) or self.base_url)
            except ValueError as error:
                raise ValueError(f"{name} is no address: {error}") from None
        return self

    @model_validator(mode="after")
    def _reachable(self) -> "VendorSettings":
        proxy = {"proxy": self.proxy.reveal()} if self.proxy else {}
        for name, url in (self.addresses() | proxy).items():
            if not self.allow_link_local and is_link_local_or_metadata(urlsplit(url).hostname or ""):
                raise ValueError(
                    f"{name} is a link-local address or a cloud's for metadata: use the vendor's own, "
                    "or set allow_link_local: true"
                )
        return self

    @model_validator(mode="after")
    def _encrypted(self) -> "VendorSettings":
        for name, address in self.addresses().items():
            url = urlsplit(address)
            if url.scheme == "http" and not self.allow_http and not is_loopback(str(url.hostname)):
                raise ValueError(f"{name} is plain http to another machine: use https, or set allow_http: true")
        return self

    @model_validator(mode="after")
    def _identified(self) -> "VendorSettings":
        if self.client_key is not None and self.client_cert is None:
            raise ValueError("client_key is of no use without client_cert")
        if self.client_key_password is not None and self.client_cert is None:
            raise ValueError("client_key_password is of no use without client_cert")
        if self.client_cert is not None and urlsplit(self.base_url).scheme != "https":
            raise ValueError("client_cert is of no use without TLS: base_url is not https")
        return self

    def addresses(self) -> dict[str, str]:
        """Where requests may go, by field: `base_url`, then the addresses at which tokens are issued."""
        further = {name: url for name in self.token_addresses if (url := getattr(self, name)) is not None}
        issuing = {f"{name}.token_url": each.token_url for name, each in self._client_credentials()}
        return {"base_url": self.base_url, **further, **issuing}

    def at(self, address: str) -> Self:
        """The same settings for another one of the `addresses`."""
        return self.model_copy(update={"base_url": address})

    def identities(self) -> tuple[str, ...]:
        """Digests that identify the account at the vendor: the one to store first, then equivalent older ones.

        The digest covers the adapter, the address, and the vendor's own identifier of the account. Without an
        identifier, the `client_id` of client credentials is used, and without these the credentials. The older digests
        are those that the journal may have for this account: from versions that always used the credentials, and from
        before the identifier was set.
        """
        names = tuple(getattr(self, name) for name in self.identified_by)
        credentials = sorted(each.reveal() for each in self.credentials())
        where = (self.adapter, self.base_url)
        by_credentials = [_digest(*where, *each, *credentials) for each in (names, (None,) * len(names), ())]
        at_vendor = self.adapter, _normalized(self.base_url)
        accounts = [_digest("client", *at_vendor, each.client_id) for _, each in self._client_credentials()]
        if names and not any(name in (None, "") for name in names):
            accounts.insert(0, _digest("account", *at_vendor, *names))
        if not accounts:
            return (by_credentials[0],)
        return tuple(dict.fromkeys((*accounts, *by_credentials)))

    def doubts(self) -> dict[str, str]:
        """What is probably wrong in these settings though they are valid, by field: `check` warns of it."""
        return {}

    def credentials(self) -> tuple[Secret, ...]:
        """The secrets that are sent to the vendor and identify the gateway there."""
        return tuple(each for path, each in self.hidden().items() if path[0] not in NEVER_SENT)

    def secrets(self) -> tuple[str, ...]:
        """The current text of every secret in these settings, for masking."""
        return tuple(each.reveal() for each in self.hidden().values())

    def hidden(self) -> dict[tuple[str, ...], Secret]:
        """Every secret in these settings, and in models within them, by the path of its field."""
        return dict(hidden_in(self))

    def concealed(self) -> tuple[Secret, ...]:
        """The secrets to mask: all that are sent, and the password in the proxy's URL, which a proxy may echo."""
        hidden = tuple(each for path, each in self.hidden().items() if path != ("client_key_password",))
        return hidden if self.proxy is None else (*hidden, Secret("", self._proxy_password))

    def _proxy_password(self) -> str:
        password = unquote(urlsplit(self.proxy.reveal()).password or "") if self.proxy else ""
        return "" if ordinary(password) else password

    def masked(self) -> Self:
        """The same settings with every secret replaced by `***`."""
        return without_secrets(self)

    def _client_credentials(self) -> list[tuple[str, ClientCredentials]]:
        values = ((name, getattr(self, name)) for name in type(self).model_fields)
        return [(name, value) for name, value in values if isinstance(value, ClientCredentials)]


def _normalized(url: str) -> str:
    """The normalized form of a URL: host in lower case, without the scheme's default port."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def _digest(*parts: object) -> str:
    # Separated by NUL, which no part contains, so that ("ab", "c") and ("a", "bc") differ.
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]
