"""What a configuration says, checked and complete, as the rest of the gateway uses it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from gateway.approvals import ResolutionRule
from gateway.documents.problem import Problem
from gateway.limits import Ceilings, Limits
from gateway.pauses import Pauses, configured
from gateway.planning.routing import Tenant
from gateway.port import Secret, VendorSettings
from gateway.port.registry import AdapterType
from gateway.rates import Rates
from gateway.settings.administration import Admin, OperatorAccount
from gateway.settings.key import ClientKey
from gateway.settings.watched import WatchedFiles
from gateway.webhook import Webhook

Scope = Literal["points:read", "points:write", "points:resolve", "points:inspect"]
LogLevel = Literal["debug", "info", "warning", "error"]


LASTING = ("listen", "admin", "shared")
"""The settings of the server that last as long as the process: another value takes a new one."""


class Address(NamedTuple):
    """Where a listener is bound; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        """As it stands in a URL, where an IPv6 address needs brackets before a port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Server:
    """The gateway's own listeners; `drain` is how many seconds a shutdown waits for calls under way.

    `linger`: seconds before the drain in which `/readyz` fails and calls are still taken.
    `outages`: how many of a vendor in a row have it left alone for a while; 0 where none do. `repeat_wait`: seconds
    that a repeat waits for the attempt under way with its key; 0 where none does. `anonymous_rate`, `wrong_key_rate`:
    how often one address may ask without a valid key, and with a wrong one. `trusted_proxies`: whose `X-Forwarded-For`
    is believed. `log_peer`: whether the log says where requests come from. `docs`: whether there are pages of the API.
    `read_only`: whether no write begins an attempt; a text is the reason, and means true.
    `shared`: the URL of what counts clients' rates for all processes, and `share`, what each allows while it is away.
    `log_requests`: the share of requests that have a log line, from 0 to 1.
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
    linger: float = 0.0
    read_only: bool | str = False
    shared: Secret | None = None
    share: float = 0.5
    log_requests: float = 1.0


@dataclass(frozen=True, slots=True)
class Client:
    """An app that may call: the tenants it acts for and what it may do.

    `rate`: how often, as in `100/second`; `max_concurrency`: requests under way at once; `limits`: what it may
    adjust; None where there is no bound. `was`: its first name, if it was renamed. `paused`: whether none of its writes
    begins an attempt, or why.
    """

    name: str
    tenants: frozenset[str]
    scopes: frozenset[Scope]
    rate: str | None = None
    max_concurrency: int | None = None
    limits: Limits | None = None
    was: str | None = None
    paused: bool | str = False

    @property
    def journal_name(self) -> str:
        """Its name in the journal, which a renaming does not change."""
        return self.was or self.name


N = TypeVar("N", Client, Tenant)


@dataclass(frozen=True, slots=True)
class Settings:
    """One whole configuration.

    `store` is `sqlite:////absolute/path` or `postgresql://...`, and may hold a password. `files`: those that
    `${file:...}` names; what follows them is in `client_keys` and in the secrets of `vendors`.
    `plain`: secrets that are written out, each a doubt of its own. `sources`: the files that this was read from;
    those of them that are `descriptions` hold no secret.
    `digest`: as of `Snapshot`. `places`: where some settings stand, for `problem`.
    `absent`: variables and files that were not there, where that is no error. `described`: the adapters of vendors
    that a description of this configuration makes, by vendor. `operator_keys`: as `client_keys`, of operators.
    """

    server: Server
    store: str = field(repr=False)
    vendors: Mapping[str, VendorSettings]
    tenants: Mapping[str, Tenant] = field(repr=False)
    clients: Mapping[str, Client] = field(repr=False)
    client_keys: tuple[ClientKey, ...] = field(repr=False)
    files: WatchedFiles = field(repr=False)
    warnings: tuple[Problem, ...] = ()
    plain: tuple[Problem, ...] = ()
    sources: tuple[Path, ...] = ()
    digest: str = ""
    places: Mapping[str, Problem] = field(default_factory=dict, repr=False)
    absent: tuple[str, ...] = ()
    described: Mapping[str, AdapterType] = field(default_factory=dict, repr=False)
    descriptions: tuple[Path, ...] = ()
    operators: Mapping[str, OperatorAccount] = field(default_factory=dict, repr=False)
    operator_keys: tuple[ClientKey, ...] = field(default=(), repr=False)
    admin: Admin = field(default_factory=Admin)
    resolution: ResolutionRule = field(default_factory=ResolutionRule)

    def kind(self, vendor: str, installed: Mapping[str, AdapterType]) -> AdapterType:
        """The adapter of a vendor: the one that its description makes, or the installed one that it names."""
        return self.described.get(vendor) or installed[self.vendors[vendor].adapter]

    def problem(self, where: str, detail: str) -> Problem:
        """A problem with a setting, by its dotted path; where that is not written out, it has no line of its own."""
        file = str(self.sources[0]) if self.sources else ""
        return replace(self.places.get(where, Problem(file, 1, 1, where, "")), detail=detail)

    @property
    def ceilings(self) -> Ceilings:
        """The limits of everybody who has any, by their names in the journal."""
        return Ceilings(limits_of(_by_journal_name(self.clients)), limits_of(_by_journal_name(self.tenants)))

    @property
    def pauses(self) -> Pauses:
        """What is paused in the configuration, clients and tenants by their names in the journal."""
        pauses = [configured("all", "", self.server.read_only)]
        pauses += (configured("vendor", name, each.paused) for name, each in self.vendors.items())
        pauses += (configured("tenant", each.journal_name, each.paused) for each in self.tenants.values())
        pauses += (configured("client", each.journal_name, each.paused) for each in self.clients.values())
        return Pauses(pauses)

    @property
    def webhooks(self) -> dict[tuple[str, str], Webhook]:
        """Every webhook, by the name of its tenant in the journal and its own."""
        tenants = self.tenants.values()
        return {(each.journal_name, name): hook for each in tenants for name, hook in each.webhooks.items()}

    @property
    def rates(self) -> dict[str, Rates]:
        """The rates of those tenants that have any, by their names in the journal."""
        return {each.journal_name: each.rates for each in self.tenants.values() if each.rates is not None}


def _by_journal_name(named: Mapping[str, N]) -> dict[str, N]:
    return {each.journal_name: each for each in named.values()}


def limits_of(named: Mapping[str, Client] | Mapping[str, Tenant]) -> dict[str, Limits]:
    """The limits of those clients or tenants that have any, by name."""
    return {name: each.limits for name, each in named.items() if each.limits is not None}
