"""A signature over chosen parts of a request: an HMAC, or a hash with the secret among the parts."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.model import time_text
from gateway.port.authentication import (
    Authentication,
    Basic,
    Bearer,
    ClientToken,
    Given,
    HeaderKey,
    HeaderName,
    QueryKey,
    SettingName,
    revealed,
    with_headers,
)
from gateway.port.request import VendorRequest
from gateway.port.secrets import Secret
from gateway.port.settings import VendorSettings

TimeForm = Literal["rfc3339", "seconds", "milliseconds"]
Part = Literal["method", "path", "query", "host", "body", "body_hash", "timestamp", "nonce", "secret"]
"""`path` is the whole path without the query, that of `base_url` included; `query` is without its question mark."""


class Literally(BaseModel):
    """A part of what is signed that is always the same."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    text: str = Field(max_length=200, description="The text.")


class OfSetting(BaseModel):
    """A part of what is signed that is a setting."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    setting: SettingName = Field(description="The setting.")


class Timestamp(BaseModel):
    """The header that has the time of the request."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    header: HeaderName = Field(description="The header.")
    form: TimeForm = Field("seconds", description="How the time is written.")


class Signature(Authentication):
    """A signature in a header, made anew for every request together with its time and nonce.

    With `hmac` the secret is the key; with `hash` it has to be among the parts.
    """

    header: HeaderName = Field(description="The header that has the signature.")
    setting: SettingName = Field(description="The setting that has the secret.")
    method: Literal["hmac", "hash"] = Field("hmac", description="How the secret is used.")
    algorithm: Literal["sha256", "sha512", "sha384", "sha1", "md5"] = Field("sha256", description="The hash.")
    parts: tuple[Part | Literally | OfSetting, ...] = Field(
        strict=False, min_length=1, max_length=20, description="What is signed, in its order."
    )
    joined: str = Field("", max_length=10, description="What stands between the parts.")
    encoding: Literal["hex", "base64"] = Field("hex", description="How the signature is written.")
    prefix: str = Field("", pattern=r"^[!-~ ]*$", max_length=100, description="What stands before the signature.")
    timestamp: Timestamp | None = Field(None, description="The header with the time, if the vendor wants one.")
    nonce: HeaderName | None = Field(None, description="The header with the nonce, if the vendor wants one.")

    @model_validator(mode="after")
    def _whole(self) -> "Signature":
        if (self.method == "hash") is not ("secret" in self.parts):
            raise ValueError("parts has the secret with the method hash, and with it alone")
        for name in ("timestamp", "nonce"):
            if name in self.parts and getattr(self, name) is None:
                raise ValueError(f"{name} is signed and not sent: expected the header that has it")
        if not {"path", "body", "body_hash"} & {each for each in self.parts if isinstance(each, str)}:
            raise ValueError("parts has neither path nor body, so that every request has the same signature")
        return self

    @property
    def needs(self) -> frozenset[str]:
        """The time and the nonce, where they are sent."""
        return frozenset(name for name, used in (("now", self.timestamp), ("nonce", self.nonce)) if used is not None)

    def reads(self) -> Mapping[str, type[Any]]:
        """The secret, and settings among the parts."""
        named = {each.setting: str for each in self.parts if isinstance(each, OfSetting)}
        return {**named, self.setting: Secret}

    def applied(self, request: VendorRequest, settings: VendorSettings, given: Given) -> VendorRequest:
        """The request with its signature; headers that are new in every request are its nonces."""
        if ("now" in self.needs and given.now is None) or ("nonce" in self.needs and given.nonce is None):
            raise TypeError("a dated or numbered signature needs the time or the nonce of its exchange")
        moment = "" if self.timestamp is None or given.now is None else written(given.now, self.timestamp.form)
        secret = revealed(settings, self.setting)
        target = urlsplit(settings.base_url + request.path)
        values: dict[str, bytes] = {
            "method": request.method.encode(),
            "path": target.path.encode(),
            "query": target.query.encode(),
            "host": target.netloc.encode(),
            "body": request.body,
            "body_hash": self._hash(request.body).hexdigest().encode(),
            "timestamp": moment.encode(),
            "nonce": (given.nonce or "").encode(),
            "secret": secret.encode(),
        }
        signed = self.joined.encode().join(self._part(each, values, settings) for each in self.parts)
        made = (
            hmac.new(secret.encode(), signed, self.algorithm).digest()
            if self.method == "hmac"
            else self._hash(signed).digest()
        )
        text = made.hex() if self.encoding == "hex" else b64encode(made).decode()
        headers = {self.header: f"{self.prefix}{text}"}
        if self.timestamp is not None:
            headers[self.timestamp.header] = moment
        if self.nonce is not None:
            headers[self.nonce] = given.nonce or ""
        return replace(with_headers(request, headers), nonces=(*request.nonces, *headers))

    def _hash(self, content: bytes) -> Any:
        return hashlib.new(self.algorithm, content, usedforsecurity=False)  # the vendor chooses it

    @staticmethod
    def _part(part: "Part | Literally | OfSetting", values: Mapping[str, bytes], settings: VendorSettings) -> bytes:
        if isinstance(part, Literally):
            return part.text.encode()
        return revealed(settings, part.setting).encode() if isinstance(part, OfSetting) else values[part]


def written(moment: datetime, form: str) -> str:
    """A time as vendors write it: RFC 3339 in UTC, or whole seconds or milliseconds since 1970."""
    forms: Mapping[str, Callable[[], str]] = {
        "rfc3339": lambda: time_text(moment),
        "seconds": lambda: str(int(moment.timestamp())),
        "milliseconds": lambda: str(int(moment.timestamp()) * 1000 + moment.microsecond // 1000),
    }
    return forms[form]()


WAYS: Mapping[str, type[Authentication]] = MappingProxyType(
    {
        "header": HeaderKey,
        "bearer": Bearer,
        "basic": Basic,
        "query": QueryKey,
        "client_credentials": ClientToken,
        "signature": Signature,
    }
)
"""Every way, by the name that descriptions use."""
