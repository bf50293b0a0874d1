"""Models of the sections about operators: `operators`, `admin` and `resolution`."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from gateway.approvals import LONGEST
from gateway.port.secrets import Secret, TextSecret
from gateway.settings.administration import PROXY_SECRET_HEADER, OperatorScope
from gateway.settings.file_models import KeyEntry, Network, key_form, no_repeats

_HEADER = r"^[A-Za-z0-9-]{1,64}$"
_ORIGIN = r"^https?://[A-Za-z0-9.:\[\]-]{1,255}$"
_SHORTEST = 32


def _long(value: Secret) -> Secret:
    if len(value.reveal()) < _SHORTEST:
        raise ValueError(f"expected a secret of {_SHORTEST} characters or more: openssl rand -hex 32 prints one")
    return value


LongSecret = Annotated[Secret, AfterValidator(_long)]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class OperatorEntry(_Entry):
    """A person who operates the gateway, by the admin listener."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["keys"]}, {"required": ["identity"]}]})

    keys: tuple[
        Annotated[Annotated[TextSecret, Tag("key")] | Annotated[KeyEntry, Tag("entry")], Discriminator(key_form)], ...
    ] = Field(
        (), strict=False, description="The person's keys, or sha256:HEX of them; several while rotating. Nobody else's."
    )
    identity: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="How a proxy names the person in admin.identity_header, as in alice@example.com.",
    )
    scopes: Annotated[tuple[OperatorScope, ...], AfterValidator(no_repeats)] = Field(
        strict=False, min_length=1, description="What the person may do; none implies another."
    )

    @model_validator(mode="after")
    def _known_by_something(self) -> "OperatorEntry":
        if not self.keys and self.identity is None:
            raise ValueError("expected keys, or the identity by which a proxy knows the person")
        return self


class AdminEntry(_Entry):
    """How operators sign in on the admin listener."""

    trusted_proxies: Annotated[tuple[Network, ...], Field(strict=False), AfterValidator(no_repeats)] = Field(
        (), description="Addresses or networks of proxies that say who an operator is; nobody's unless set."
    )
    identity_header: str | None = Field(
        None, pattern=_HEADER, description="The header in which such a proxy names the operator."
    )
    proxy_secret: tuple[LongSecret, ...] = Field(
        (), strict=False, max_length=4, description="What the proxy proves itself with; several while one is changed."
    )
    proxy_secret_header: str = Field(
        PROXY_SECRET_HEADER, pattern=_HEADER, description="The header in which the proxy sends that secret."
    )
    session_secret: tuple[LongSecret, ...] = Field(
        (),
        strict=False,
        max_length=4,
        description="What sessions of the console are signed with, the first one new ones; several while one is "
        "changed. Without any, each start of a process ends all sessions.",
    )
    session: float = Field(
        28_800.0, ge=60, le=604_800, description="Seconds after which a session of the console ends."
    )

    public_url: str | None = Field(
        None,
        pattern=_ORIGIN,
        description="Where operators' browsers reach the console, as in https://points-ops.example.com. The page "
        "/docs, which needs no key, then shows it, and leads from an answer to its adjustment there.",
    )

    @model_validator(mode="after")
    def _whole(self) -> "AdminEntry":
        parts: dict[str, Any] = {
            "trusted_proxies": self.trusted_proxies,
            "identity_header": self.identity_header,
            "proxy_secret": self.proxy_secret,
        }
        missing = [name for name, value in parts.items() if not value]
        if missing and len(missing) < len(parts):
            raise ValueError(f"a proxy's word takes {', '.join(parts)} together: {', '.join(missing)} is missing")
        return self


class ResolutionEntry(_Entry):
    """What it takes to settle an unknown adjustment by hand."""

    approvals: int = Field(
        1,
        ge=1,
        le=2,
        description="How many people it takes: with 2, another one has to confirm what the first decides.",
    )
    approval_expires: float = Field(
        86_400.0, ge=60, le=LONGEST, description="Seconds after which an unconfirmed decision lapses."
    )
