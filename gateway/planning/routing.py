"""(tenant, operation, call) -> route: the first rule that matches wins. Pure; built once from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.errors import OperationNotSupported
from gateway.model import Member, Operation

ANY_CUSTOM = "custom.*"
"""Stands in a rule for every member scheme that begins with `custom.`."""


@dataclass(frozen=True, slots=True)
class Route:
    """One rule of a tenant: what it asks of a call, and the vendor that it leads to.

    `rule` is where the rule stands in the configuration, as in `tenants.acme.routes.adjust[0]`. A condition that is
    None asks nothing. `cache` is how many seconds old a balance may be; None where none is kept.
    """

    rule: str
    vendor: str
    member_schemes: frozenset[str] | None = None
    point_types: frozenset[str] | None = None
    cache: float | None = None

    def matches(self, member: Member, point_type: str | None) -> bool:
        """Whether every condition holds; a call without point type meets no condition on point types."""
        if self.point_types is not None and point_type not in self.point_types:
            return False
        if self.member_schemes is None or member.scheme in self.member_schemes:
            return True
        return member.scheme.startswith("custom.") and ANY_CUSTOM in self.member_schemes


Routes = Mapping[Operation, tuple[Route, ...]]


class Router:
    """The routes of every tenant, by tenant and operation."""

    def __init__(self, tenants: Mapping[str, Routes]) -> None:
        self._tenants = tenants

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
        return self._tenants.get(tenant, {}).get(operation, ())
