"""The key `webhooks` of tenants: the endpoints that are told of events."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gateway.documents.entry import Entry
from gateway.documents.problem import Problem
from gateway.event_kinds import KINDS, EventKind
from gateway.planning.routing import Tenant
from gateway.port.addresses import http_address, http_proxy, is_link_local_or_metadata, is_loopback, is_public
from gateway.port.secrets import Secret, is_plain_text
from gateway.webhook import Webhook

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
"""Bytes of a secret, by the specification of Standard Webhooks."""
_ADVICE = "take it from ${file:PATH} or ${env:NAME}"


def secret_error(text: str) -> str | None:
    """Why a text is no secret for signatures; None if it is one."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if text.startswith(_PREFIX) and _SHORTEST <= len(key) <= _LONGEST:
        return None
    return f"expected whsec_ and {_SHORTEST} to {_LONGEST} bytes in base64"


def _a_secret(value: Secret) -> Secret:
    if error := secret_error(value.reveal()):
        raise ValueError(error)
    return value


def _a_url(value: str) -> str:
    http_address(value.partition("?")[0])
    if "#" in value or not value.isascii() or any(character <= " " for character in value):
        raise ValueError("expected an http:// or https:// address without a fragment, blanks percent-encoded")
    return value


def _a_proxy(value: Secret) -> Secret:
    if is_link_local_or_metadata(str(urlsplit(http_proxy(value.reveal())).hostname)):
        raise ValueError("expected a proxy at no link-local address and none of a cloud's for metadata")
    return value


def _some(values: tuple[EventKind, ...]) -> tuple[EventKind, ...]:
    if len(set(values)) < len(values):
        raise ValueError("expected each event once, and one is repeated")
    return values


class WebhookEntry(BaseModel):
    """An endpoint that is told of the events of a tenant."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(_a_url)] = Field(description="Where events are sent by POST; https.")
    secrets: tuple[Annotated[Secret, AfterValidator(_a_secret)], ...] = Field(
        strict=False,
        min_length=1,
        max_length=4,
        description="What requests are signed with: whsec_ and 24 to 64 bytes in base64. Several while one is changed.",
    )
    events: Annotated[tuple[EventKind, ...], AfterValidator(_some)] = Field(
        KINDS, strict=False, min_length=1, description="Which events it is told of; all where it is not set."
    )
    timeout: float = Field(10.0, gt=0, le=30, description="Seconds of one request, until its answer is complete.")
    allow_http: bool = Field(False, description="Allow plain http to an address that is not loopback.")
    allow_private: bool = Field(
        False, description="Allow addresses of private networks and of this machine; never link-local ones."
    )
    ca_file: str | None = Field(None, description="A PEM file of authorities to trust instead of the system's.")
    proxy: Annotated[Secret, AfterValidator(_a_proxy)] | None = Field(
        None, description="An HTTP proxy, with its user and password if it has any; the environment's are not used."
    )
    paused: bool = Field(False, description="True: it is sent nothing, and events wait for it.")

    @model_validator(mode="after")
    def _reachable(self) -> "WebhookEntry":
        url = urlsplit(self.url)
        host = str(url.hostname)
        if is_link_local_or_metadata(host):
            raise ValueError("url is a link-local address or a cloud's for metadata")
        if not self.allow_private and (is_loopback(host) or not is_public(host)):
            raise ValueError("url is an address of a private network or of this machine: set allow_private: true")
        if url.scheme == "http" and not self.allow_http and not is_loopback(host):
            raise ValueError("url is plain http to another machine: use https, or set allow_http: true")
        return self

    def webhook(self, name: str) -> Webhook:
        """The endpoint as the rest of the gateway uses it."""
        return Webhook(
            name,
            self.url,
            self.secrets,
            frozenset(self.events),
            self.timeout,
            self.allow_private,
            self.ca_file,
            self.proxy,
            self.paused,
        )


def plain(entries: Mapping[str, Entry], tenants: Mapping[str, Tenant]) -> Iterator[Problem]:
    """A warning for each secret of a webhook in plain text, at its position."""
    for name, tenant in tenants.items():
        for hook in tenant.webhooks:
            data = entries[name].data["webhooks"][hook]
            for index, text in enumerate(data["secrets"]):
                if isinstance(text, str) and is_plain_text(text):
                    detail = f"the secret stands here in plain text: {_ADVICE}"
                    yield entries[name].problem(("webhooks", hook, "secrets", index), detail)
            proxy = data.get("proxy")
            if isinstance(proxy, str) and is_plain_text(proxy) and urlsplit(proxy).password is not None:
                detail = f"the password stands here in plain text: {_ADVICE}"
                yield entries[name].problem(("webhooks", hook, "proxy"), detail)
