"""What a configuration says, checked and complete, as the rest of the gateway uses it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, NamedTuple

from gateway.limits import Ceilings, Limits
from gateway.planning.routing import Routes
from gateway.port import VendorSettings
from gateway.settings.key import ClientKey
from gateway.settings.problem import Problem
from gateway.settings.watched import WatchedFiles

Scope = Literal["points:read", "points:write", "points:resolve", "points:inspect"]
LogLevel = Literal["debug", "info", "warning", "error"]


class Address(NamedTuple):
    """Where a listener is bound; port 0 lets the system choose."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Server:
    """The gateway's own listeners; `drain` is how many seconds a shutdown waits for calls under way.

    `outages`: how many of a vendor in a row have it left alone for a while; 0 where none do. `repeat_wait`: seconds
    that a repeat waits for the attempt under way with its key; 0 where none does. `anonymous_rate`, `wrong_key_rate`:
    how often one address may ask without a valid key, and with a wrong one. `trusted_proxies`: whose `X-Forwarded-For`
    is believed. `log_peer`: whether the log says where requests come from. `docs`: whether there are pages of the API.
    """

    listen: Address
    admin: Address | None
    drain: float
    log_level: LogLevel
    outages: int = 5
    repeat_wait: float = 5.0
    anonymous_rate: str = "50/second"
    wrong_key_rate: str = "10/minute"
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    log_peer: bool = True
    docs: bool = True


@dataclass(frozen=True, slots=True)
class Client:
    """An app that may call: the tenants it acts for and what it may do.

    `rate`: how often, as in `100/second`; `max_concurrency`: requests under way at once; `limits`: what it may
    adjust; None where there is no bound.
    """

    name: str
    tenants: frozenset[str]
    scopes: frozenset[Scope]
    rate: str | None = None
    max_concurrency: int | None = None
    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """One whole configuration.

    `store` is `sqlite:////absolute/path` or `postgresql://...`, and may hold a password. `files`: those that
    `${file:...}` names; what follows them is in `client_keys` and in the secrets of `vendors`.
    `plain`: secrets that are written out, each a doubt of its own. `sources`: the files that this was read from.
    """

    server: Server
    store: str = field(repr=False)
    vendors: Mapping[str, VendorSettings]
    tenants: Mapping[str, Routes] = field(repr=False)
    clients: Mapping[str, Client] = field(repr=False)
    client_keys: tuple[ClientKey, ...] = field(repr=False)
    files: WatchedFiles = field(repr=False)
    warnings: tuple[Problem, ...] = ()
    plain: tuple[Problem, ...] = ()
    sources: tuple[Path, ...] = ()
    tenant_limits: Mapping[str, Limits] = field(default_factory=dict)

    @property
    def ceilings(self) -> Ceilings:
        """The limits of everybody who has any."""
        clients = {name: client.limits for name, client in self.clients.items() if client.limits is not None}
        return Ceilings(clients, self.tenant_limits)
