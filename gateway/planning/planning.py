"""From a tenant's call to the route, the vendor and the request that says it; pure, so that it can be previewed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from gateway.errors import OperationNotSupported
from gateway.model import Adjustment, Applied, Member, Operation, Profile
from gateway.planning.routing import Route, Router, fits
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.reads import LookupRead, R, Read
from gateway.write import Write

T = TypeVar("T")
PREVIEWED_ID = "adj_preview"


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """What a call comes to: the rule that decided, the vendor's translator, and the translation."""

    route: Route
    translator: Translator
    translation: Translation[T]


class Planner:
    """Plans calls by the routes and with the translators that it is given."""

    def __init__(self, router: Router, translators: Mapping[str, Translator]) -> None:
        self._router = router
        self._translators = translators
        self._resolving = frozenset(scheme for each in translators.values() for scheme in each.settings.resolve)

    def masked(self) -> "Planner":
        """A planner whose plans hold no secret."""
        return Planner(self._router, {name: each.masked() for name, each in self._translators.items()})

    def translator(self, vendor: str) -> Translator:
        """A vendor's translator. Raises `OperationNotSupported` where it is no longer configured."""
        if vendor not in self._translators:
            raise OperationNotSupported(f"the vendor of the first attempt, {vendor!r}, is no longer configured")
        return self._translators[vendor]

    def vendors(self) -> list[Translator]:
        """Every configured vendor."""
        return list(self._translators.values())

    def accounts(self) -> frozenset[str]:
        """Every account that a configured vendor has, as the journal keeps it with attempts."""
        return frozenset(account for each in self._translators.values() for account in each.accounts)

    def enforcing(self) -> list[Translator]:
        """The vendors that make nothing new of the same request, and remember it for long enough."""
        return [each for each in self._translators.values() if each.window > 0]

    def searchable(self) -> list[Translator]:
        """The vendors that can be asked whether a write arrived."""
        return [each for each in self._translators.values() if each.adapter.finds]

    def write(self, tenant: str, write: Write, *, id: str) -> Plan[Applied]:  # noqa: A002 (the field's name)
        """Plan an adjustment. Raises `OperationNotSupported` or `FieldNotSupported`."""
        route, translator = self.rule(tenant, write.adjustment)
        return Plan(route, translator, translator.write(write, id=id))

    def read(self, tenant: str, read: Read[R], *, resolved: Member | None = None) -> Plan[R]:
        """Plan a read; `resolved`: the vendor's own name of its member, where that was looked up.

        Raises `OperationNotSupported` or `FieldNotSupported`.
        """
        route, translator = self.chosen(tenant, read)
        return Plan(route, translator, translator.read(read if resolved is None else replace(read, member=resolved)))

    def lookup(self, tenant: str, operation: Operation, member: Member, point_type: str | None) -> Plan[Profile] | None:
        """The look-up of the member that has to come before a call; None where its vendor takes the member as it is.

        Raises `OperationNotSupported`.
        """
        if not self._resolving or operation == "lookup" or not fits(member.scheme, self._resolving):
            return None
        route = self._router.route(tenant, operation, member, point_type)
        translator = self._translators[route.vendor]
        if not translator.resolves(member):
            return None
        return Plan(route, translator, translator.read(LookupRead(member)))

    def chosen(self, tenant: str, read: Read[R]) -> tuple[Route, Translator]:
        """The route of a read, and its vendor's translator. Raises `OperationNotSupported`."""
        route = self._router.route(tenant, read.operation, read.member, read.point_type)
        return route, self._translators[route.vendor]

    def rule(self, tenant: str, adjustment: Adjustment) -> tuple[Route, Translator]:
        """The route of an adjustment, and its vendor's translator. Raises `OperationNotSupported`."""
        route = self._router.route(tenant, "adjust", adjustment.member, adjustment.point_type)
        return route, self._translators[route.vendor]

    def routes(self, tenant: str, operation: Operation) -> list[tuple[Route, Translator]]:
        """The routes of an operation, each with its vendor's translator."""
        return [(route, self._translators[route.vendor]) for route in self._router.routes(tenant, operation)]
