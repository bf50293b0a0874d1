"""Limits of a client or tenant: points per adjustment, and points per day in UTC. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, get_args

from gateway import exact
from gateway.errors import LimitExceeded
from gateway.model import Adjustment

Kind = Literal["client", "tenant"]
Direction = Literal["credit", "debit"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
OTHERS = "*"
"""Used as a point type: one budget for all types without their own budget, and for requests without a type."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one client or tenant: maximum points per adjustment, and per day by point type and direction."""

    max_points: Decimal | None = None
    daily: Mapping[tuple[str, Direction], Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Budget:
    """A daily budget of `points`, for one client or tenant; `point_type` may be `OTHERS`."""

    kind: Kind
    name: str
    direction: Direction
    point_type: str
    points: Decimal

    def counter(self, day: date) -> str:
        """The unique name of this budget's counter for one day; it does not depend on `points`."""
        return f"{day.isoformat()}/{self.kind}/{self.name}/{self.direction}/{self.point_type}"

    def __str__(self) -> str:
        kind = "points" if self.point_type == OTHERS else f"points of type {self.point_type!r}"
        return f"{self.kind} {self.name!r} may {self.direction} {exact.text(self.points)} {kind} a day"


def day_of(moment: datetime) -> date:
    """The day of a moment in UTC."""
    return moment.astimezone(UTC).date()


def end_of(day: date) -> datetime:
    """The end of a day."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


class Ceilings:
    """The limits of all clients and tenants that have limits, by name."""

    def __init__(self, clients: Mapping[str, Limits], tenants: Mapping[str, Limits]) -> None:
        self._clients = clients
        self._tenants = tenants

    def check(self, adjustment: Adjustment, *, client: str | None, tenant: str) -> None:
        """Raises `LimitExceeded` if an adjustment is too large on any day; without a client, for the tenant only."""
        points = abs(adjustment.points)
        for kind, name, limits in self._of(client, tenant):
            if limits.max_points is not None and points > limits.max_points:
                largest = exact.text(limits.max_points)
                raise LimitExceeded(
                    f"{kind} {name!r} may adjust {largest} points at once, and this is {exact.text(points)}:"
                    " send less, or have the operator raise max_points"
                )
        for budget in self.budgets(adjustment, client=client, tenant=tenant):
            if points > budget.points:
                raise LimitExceeded(
                    f"{budget}, and this is {exact.text(points)}: send less, or have the operator raise the limit"
                )

    def budgets(self, adjustment: Adjustment, *, client: str | None, tenant: str) -> tuple[Budget, ...]:
        """The budgets that an adjustment counts in: at most one of the client and one of the tenant."""
        if not self._clients and not self._tenants:
            return ()
        direction: Direction = "credit" if adjustment.points > 0 else "debit"
        found = []
        for kind, name, limits in self._of(client, tenant):
            for point_type in (adjustment.point_type or OTHERS, OTHERS):
                if (points := limits.daily.get((point_type, direction))) is not None:
                    found.append(Budget(kind, name, direction, point_type, points))
                    break
        return tuple(found)

    def of(self, *, client: str, tenant: str) -> tuple[tuple[Kind, str, Limits], ...]:
        """The limits of a client within a tenant: its own, and the tenant's."""
        return tuple(self._of(client, tenant))

    def all(self) -> tuple[tuple[Kind, str, Limits], ...]:
        """The limits of all clients and tenants."""
        clients: list[tuple[Kind, str, Limits]] = [("client", *each) for each in sorted(self._clients.items())]
        return *clients, *(("tenant", *each) for each in sorted(self._tenants.items()))

    def _of(self, client: str | None, tenant: str) -> Iterator[tuple[Kind, str, Limits]]:
        if client is not None and client in self._clients:
            yield "client", client, self._clients[client]
        if tenant in self._tenants:
            yield "tenant", tenant, self._tenants[tenant]


def written(limits: Limits) -> str:
    """Limits as one line of text; equal limits have equal texts."""
    largest = [] if limits.max_points is None else [f"max_points {exact.text(limits.max_points)}"]
    daily = sorted(limits.daily.items())
    return ", ".join(
        largest + [f"{kind} {direction} {exact.text(points)} a day" for (kind, direction), points in daily]
    )


def budgets_of(kind: Kind, name: str, limits: Limits) -> tuple[Budget, ...]:
    """Every budget of a client or tenant, in a fixed order."""
    return tuple(
        Budget(kind, name, direction, point_type, points)
        for (point_type, direction), points in sorted(limits.daily.items())
    )
