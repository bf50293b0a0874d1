"""(tenant, operation, call) -> route: the first rule that matches wins. Pure; built once from the settings."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from gateway.errors import OperationNotSupported
from gateway.limits import Limits
from gateway.model import Member, Operation
from gateway.rates import Rates
from gateway.webhook import Webhook

ANY_CUSTOM = "custom.*"
"""Stands in a rule for every member scheme that begins with `custom.`."""


@dataclass(frozen=True, slots=True)
class Route:
    """One rule of a tenant: what it asks of a call, and the vendor that it leads to.

    `rule` is where the rule stands in the configuration, as in `tenants.acme.routes.adjust[0]`. A condition that is
    None asks nothing. `cache` is how many seconds old a balance may be; None where none is kept. `compensate`: whether
    an adjustment may be reversed by one of the opposite sign.
    """

    rule: str
    vendor: str
    member_schemes: frozenset[str] | None = None
    point_types: frozenset[str] | None = None
    cache: float | None = None
    compensate: bool = False

    def matches(self, member: Member, point_type: str | None) -> bool:
        """Whether every condition holds; a call without point type meets no condition on point types."""
        if self.point_types is not None and point_type not in self.point_types:
            return False
        return self.member_schemes is None or fits(member.scheme, self.member_schemes)


def fits(scheme: str, schemes: Collection[str]) -> bool:
    """Whether a member scheme is one of these, of which `custom.*` is every custom field."""
    return scheme in schemes or (scheme.startswith("custom.") and ANY_CUSTOM in schemes)


Routes = Mapping[Operation, tuple[Route, ...]]


@dataclass(frozen=True, slots=True)
class Tenant:
    """A brand or market that clients act for: the rules of its operations, and what may be adjusted for it.

    `limits` is None where there is no bound, `rates` where its points have no worth. `was`: its first name, if it was
    renamed. `paused`: whether none of its writes begins an attempt, or why. `keep`: days after which what has ended may
    be purged; None where nothing is. `webhooks`: who is told of its events, by name.
    """

    name: str
    routes: Routes = field(repr=False)
    limits: Limits | None = None
    rates: Rates | None = None
    was: str | None = None
    paused: bool | str = False
    keep: int | None = None
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)

    @property
    def journal_name(self) -> str:
        """Its name in the journal, which a renaming does not change."""
        return self.was or self.name


class Router:
    """The routes of every tenant, by tenant and operation; a tenant is asked for by its name in the journal."""

    def __init__(self, tenants: Mapping[str, Tenant]) -> None:
        self._tenants = {each.journal_name: each for each in tenants.values()}

    def route(self, tenant: str, operation: Operation, member: Member, point_type: str | None) -> Route:
        """The first route that matches.

        Raises `OperationNotSupported`, which names the tenant, the operation and what was looked for (the member's
        scheme, never its value).
        """
        routes = self.routes(tenant, operation)
        for route in routes:
            if route.matches(member, point_type):
                return route
        if not routes:
            raise OperationNotSupported(f"Tenant {tenant!r} has no route for {operation!r}")
        kind = "without point type" if point_type is None else f"and point type {point_type!r}"
        raise OperationNotSupported(
            f"No route of tenant {tenant!r} for {operation!r} matches member scheme {member.scheme!r} {kind}"
        )

    def routes(self, tenant: str, operation: Operation) -> tuple[Route, ...]:
        """The rules of one operation in their order; empty where the tenant has none."""
        found = self._tenants.get(tenant)
        return () if found is None else found.routes.get(operation, ())
