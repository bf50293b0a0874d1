"""What every configured vendor has, whichever adapter translates for it."""

import hashlib
import re
from ipaddress import ip_address
from typing import Annotated, ClassVar
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.port.addresses import is_of_the_machine
from gateway.port.echoes import ordinary
from gateway.port.refusals import ProblemName
from gateway.port.secrets import MASK, Secret, TextSecret

_Word = Annotated[str, Field(min_length=1, max_length=500)]
NEVER_SENT = frozenset({"proxy", "client_key_password"})
"""Secrets that no vendor hears, so that none knows us by them."""
_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")


class VendorSettings(BaseModel):
    """What every configured vendor has; an adapter's own settings extend this. Durations in seconds."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    identified_by: ClassVar[tuple[str, ...]] = ()
    """The fields that hold the identifier which the vendor gave an account; credentials can then change without it."""

    adapter: str = Field(description="Which adapter translates for this vendor.")
    base_url: str = Field(description="Where the vendor's documented paths begin; http or https.")
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
    ignore: tuple[str, ...] = Field(
        (),
        strict=False,
        description="Fields that are kept and not sent, instead of refused.",
        json_schema_extra={"items": {"enum": ["description", "reason", "reference", "store"]}},
    )

    @field_validator("base_url")
    @classmethod
    def _well_formed(cls, value: str) -> str:
        if "@" in _an_address(value):
            raise ValueError("expected an address without a user (an @ in its path is written %40)")
        return value.rstrip("/")

    @field_validator("proxy")
    @classmethod
    def _an_address_too(cls, value: Secret | None) -> Secret | None:
        if value is not None:
            address = _an_address(value.reveal())
            # A / in a password would end the address before its host.
            if urlsplit(address).path not in ("", "/") or _BROKEN.search(address):
                told = "expected an address without a path, / and % in its user or password written %2F and %25"
                raise ValueError(told)
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
            if name not in ("description", "reason", "reference", "store"):
                raise ValueError(f"{name!r} cannot be ignored: expected description, reason, reference or store")
        return value

    @model_validator(mode="after")
    def _reachable(self) -> "VendorSettings":
        proxy = self.proxy.reveal() if self.proxy else ""
        for name, url in (("base_url", self.base_url), ("proxy", proxy)):
            if not self.allow_link_local and is_of_the_machine(urlsplit(url).hostname or ""):
                raise ValueError(
                    f"{name} is a link-local address or a cloud's for metadata: use the vendor's own, "
                    "or set allow_link_local: true"
                )
        return self

    @model_validator(mode="after")
    def _encrypted(self) -> "VendorSettings":
        url = urlsplit(self.base_url)
        if url.scheme == "http" and not self.allow_http and not _is_loopback(str(url.hostname)):
            raise ValueError("base_url is plain http to another machine: use https, or set allow_http: true")
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

    def identities(self) -> tuple[str, ...]:
        """Which account at the vendor this is, as digests for comparing: the one to keep, then others that mean it too.

        It is the adapter, the address, and the identifier that the vendor gave the account; where there is none, or it
        is not set, the credentials in its place. The others are those that were kept for this account with today's
        credentials by versions that digested these always, and before the identifier was set.
        """
        names = tuple(getattr(self, name) for name in self.identified_by)
        credentials = sorted(each.reveal() for each in self.credentials())
        where = (self.adapter, self.base_url)
        by_credentials = [_digest(*where, *each, *credentials) for each in (names, (None,) * len(names), ())]
        if not names or any(name in (None, "") for name in names):
            return (by_credentials[0],)
        account = _digest("account", self.adapter, _same_address(self.base_url), *names)
        return tuple(dict.fromkeys((account, *by_credentials)))

    def credentials(self) -> tuple[Secret, ...]:
        """What the vendor knows us by: every secret that it is sent."""
        return tuple(each for name, each in self.hidden().items() if name not in NEVER_SENT)

    def secrets(self) -> tuple[str, ...]:
        """Every secret text in these settings, as it is now, for masking."""
        return tuple(each.reveal() for each in self.hidden().values())

    def hidden(self) -> dict[str, Secret]:
        """Every secret in these settings, by its field."""
        values = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: value for name, value in values if isinstance(value, Secret)}

    def concealed(self) -> tuple[Secret, ...]:
        """What is masked: every secret that leaves, and the password in the proxy's address, which it may say back."""
        hidden = tuple(each for name, each in self.hidden().items() if name != "client_key_password")
        return hidden if self.proxy is None else (*hidden, Secret("", self._proxy_password))

    def _proxy_password(self) -> str:
        password = unquote(urlsplit(self.proxy.reveal()).password or "") if self.proxy else ""
        return "" if ordinary(password) else password

    def masked(self) -> "VendorSettings":
        """The same settings with every secret replaced by `***`."""
        return self.model_copy(update=dict.fromkeys(self.hidden(), Secret(MASK)))


def _same_address(url: str) -> str:
    """An address in the one spelling that all of its spellings share: host in lower case, no port that goes without."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def _digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]


def _an_address(value: str) -> str:
    """An http or https address. Raises `ValueError`, without showing it, for anything else."""
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:  # whose text quotes the address
        raise ValueError("expected an http:// or https:// address") from None
    if url.scheme not in ("http", "https") or not url.hostname or not value.isascii():
        raise ValueError("expected an http:// or https:// address")
    if url.query or url.fragment:
        raise ValueError("expected an address without query or fragment")
    if port == 0:
        raise ValueError("expected a port from 1 to 65535")
    return value


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
