"""From a tenant's call to the route, the vendor and the request that says it; pure, so that it can be previewed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.errors import OperationNotSupported
from gateway.model import Adjustment, Applied, Balance, Expiring, Member, Operation, Period
from gateway.planning.routing import Route, Router
from gateway.planning.translation import Translation, Translator

T = TypeVar("T")
PREVIEWED_ID = "adj_preview"


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """What a call comes to: the rule that decided, the vendor's translator, and the exchange to be had."""

    route: Route
    translator: Translator
    translation: Translation[T]


class Planner:
    """Plans calls by the routes and with the translators that it is given."""

    def __init__(self, router: Router, translators: Mapping[str, Translator]) -> None:
        self._router = router
        self._translators = translators

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

    def adjust(self, tenant: str, adjustment: Adjustment, *, id: str) -> Plan[Applied]:  # noqa: A002 (the field's name)
        """Plan an adjustment. Raises `OperationNotSupported` or `FieldNotSupported`."""
        route = self._router.route(tenant, "adjust", adjustment.member, adjustment.point_type)
        translator = self._translators[route.vendor]
        return Plan(route, translator, translator.adjust(adjustment, id=id))

    def balance(self, tenant: str, member: Member, point_type: str | None) -> Plan[Balance]:
        """Plan a balance. Raises `OperationNotSupported` or `FieldNotSupported`."""
        route = self._router.route(tenant, "balance", member, point_type)
        translator = self._translators[route.vendor]
        return Plan(route, translator, translator.balance(member, point_type))

    def expiring(self, tenant: str, member: Member, period: Period, point_type: str | None) -> Plan[Expiring]:
        """Plan a look at expiring points. Raises `OperationNotSupported` or `FieldNotSupported`."""
        route = self._router.route(tenant, "expiring", member, point_type)
        translator = self._translators[route.vendor]
        return Plan(route, translator, translator.expiring(member, period, point_type))

    def routes(self, tenant: str, operation: Operation) -> list[tuple[Route, Translator]]:
        """The routes of an operation, each with its vendor's translator."""
        return [(route, self._translators[route.vendor]) for route in self._router.routes(tenant, operation)]
