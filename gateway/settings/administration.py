"""What is configured for operators: who they are, and how the admin listener knows them."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from gateway.port import Secret

OperatorScope = Literal["operator:read", "operator:write"]
PROXY_SECRET_HEADER = "X-Proxy-Secret"  # noqa: S105 (a header's name)


@dataclass(frozen=True, slots=True)
class OperatorAccount:
    """A person who operates the gateway: what he may do, and the name by which a proxy knows him, if one does."""

    name: str
    scopes: frozenset[OperatorScope]
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Admin:
    """How operators sign in on the admin listener.

    `trusted_proxies`: whose `identity_header` is believed, where it comes with one of the `proxy_secrets` in the header
    `proxy_secret_header`. `session_secrets`: what sessions are signed with, the first one new ones; none: the process
    makes one. `session`: seconds of a session. `public_url`: where browsers reach the console, if /docs may tell that.
    """

    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    identity_header: str | None = None
    proxy_secrets: tuple[Secret, ...] = field(default=(), repr=False)
    proxy_secret_header: str = PROXY_SECRET_HEADER
    session_secrets: tuple[Secret, ...] = field(default=(), repr=False)
    session: float = 28_800.0
    public_url: str | None = None
