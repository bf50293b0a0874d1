"""How requests prove who sends them, by name: a key, a bearer token, basic credentials, a signature.

A way names the settings that it reads and holds no secret itself, so that a class of adapters or a description can
state it. A further way is one more class in `signature.WAYS`.
"""

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from gateway.port.credentials import ClientCredentials
from gateway.port.request import VendorRequest
from gateway.port.secrets import MASK, Secret
from gateway.port.settings import VendorSettings

SettingName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]


@dataclass(frozen=True, slots=True)
class Given:
    """What is passed anew to each exchange; None where the adapter's method does not take it."""

    now: datetime | None = None
    nonce: str | None = None
    token: str | None = None


class Authentication(BaseModel, ABC):
    """One way in which requests prove who sends them."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    takes: ClassVar[frozenset[str]] = frozenset()
    """Those of `now`, `nonce` and `token` that it always needs."""

    @property
    def needs(self) -> frozenset[str]:
        """Those of `now`, `nonce` and `token` that it needs as it is configured."""
        return self.takes

    @abstractmethod
    def reads(self) -> Mapping[str, type[Any]]:
        """The settings that it reads, each with its type: `Secret`, `str` or `ClientCredentials`."""

    @abstractmethod
    def applied(self, request: VendorRequest, settings: VendorSettings, given: Given) -> VendorRequest:
        """The request with its proof. Raises `TypeError` where `given` lacks what it needs."""


class HeaderKey(Authentication):
    """A key in a header of the vendor's own, after an optional prefix such as `ApiKey-v1 `."""

    name: HeaderName = Field(description="The header.")
    setting: SettingName = Field(description="The setting that has the key.")
    prefix: str = Field("", pattern=r"^[!-~ ]*$", max_length=100, description="What stands before the key.")

    def reads(self) -> Mapping[str, type[Any]]:
        """The key."""
        return {self.setting: Secret}

    def applied(self, request: VendorRequest, settings: VendorSettings, given: Given) -> VendorRequest:
        """The request with the header."""
        return with_headers(request, {self.name: f"{self.prefix}{revealed(settings, self.setting)}"})


class Bearer(Authentication):
    """A token in `Authorization: Bearer` (RFC 6750, 2.1)."""

    setting: SettingName = Field(description="The setting that has the token.")

    def reads(self) -> Mapping[str, type[Any]]:
        """The token."""
        return {self.setting: Secret}

    def applied(self, request: VendorRequest, settings: VendorSettings, given: Given) -> VendorRequest:
        """The request with the header."""
        return with_headers(request, {"Authorization": f"Bearer {revealed(settings, self.setting)}"})


class Basic(Authentication):
    """A name and a password in `Authorization: Basic` (RFC 7617), in UTF-8."""

    user: SettingName = Field(description="The setting that has the name.")
    password: SettingName = Field(description="The setting that has the password.")

    def reads(self) -> Mapping[str, type[Any]]:
        """Both; the name is a text or a secret."""
        return {self.user: str, self.password: Secret}

    def applied(self, request: VendorRequest, settings: VendorSettings, given: Given) -> VendorRequest:
        """The request with the header."""
        pair = f"{revealed(settings, self.user)}:{revealed(settings, self.password)}"
        return with_headers(request, {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"})


class QueryKey(Authentication):
    """A key as a parameter of the query."""

    name: str = Field(min_length=1, max_length=100, description="The parameter.")
    setting: SettingName = Field(description="The setting that has the key.")

    def reads(self) -> Mapping[str, type[Any]]:
        """The key."""
        return {self.setting: Secret}

    def applied(self, request: VendorRequest, settings: VendorSettings, given: Given) -> VendorRequest:
        """The request with one more parameter."""
        joint = "&" if "?" in request.path else "?"
        # The mask stays as it is, so that a preview shows it.
        value = quote(revealed(settings, self.setting), safe=MASK[0])
        return replace(request, path=f"{request.path}{joint}{quote(self.name, safe='')}={value}")


class ClientToken(Authentication):
    """A token that is issued for a client's credentials (OAuth 2.0, RFC 6749, 4.4), as a bearer token.

    The gateway fetches it; an adapter has `client_credentials` as its method `token`.
    """

    takes = frozenset(("token",))

    setting: SettingName = Field("client_credentials", description="The setting that has the credentials.")

    def reads(self) -> Mapping[str, type[Any]]:
        """The credentials."""
        return {self.setting: ClientCredentials}

    def applied(self, request: VendorRequest, settings: VendorSettings, given: Given) -> VendorRequest:
        """The request with the header; the gateway masks the token."""
        if given.token is None:
            raise TypeError("a request with an issued token needs one")
        return with_headers(request, {"Authorization": f"Bearer {given.token}"})


def with_headers(request: VendorRequest, headers: Mapping[str, str]) -> VendorRequest:
    """The request with more headers."""
    return replace(request, headers={**request.headers, **headers})


def revealed(settings: VendorSettings, name: str) -> str:
    """The text of a setting, of a secret its current one."""
    value = getattr(settings, name)
    return value.reveal() if isinstance(value, Secret) else str(value)
