"""The points of one profile of the simulated vendor: lots that expire, and the balance that they add up to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import Any

# How long points live is a rule of the account; this one is the simulator's.
LIFETIME = timedelta(days=365)
# "Starting at 30 days, 60 days, and up to one year".
DURATIONS = (*range(30, 365, 30), 365)
# What a point is worth in the sample of the balance.
WORTH = Decimal("0.5")


@dataclass(slots=True)
class Lot:
    """Points of one type; restricted ones may have a location, and a debt has no end."""

    points: Decimal
    point_type: str
    expires: datetime | None
    location: str | None = None
    pending: bool = False

    @property
    def restricted(self) -> bool:
        """Whether the points can be used at certain stores only."""
        return self.location is not None or self.point_type == "Restricted"


@dataclass(slots=True)
class Points:
    """The lots of one profile, and what has become of its points since the enrollment."""

    exact: Context
    lots: list[Lot] = field(default_factory=list)
    earned: Decimal = Decimal(0)
    deducted: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    expired: Decimal = Decimal(0)
    locked: Decimal = Decimal(0)

    def adjust(self, points: Decimal, point_type: str, now: datetime, *, pending: bool) -> None:
        """Add or take points."""
        if not pending and points > 0:
            self.earned = self.exact.add(self.earned, points)
        elif not pending:
            self.deducted = self.exact.subtract(self.deducted, points)
        if pending or points > 0:
            self.lots.append(Lot(points, point_type, now + LIFETIME, pending=pending))
        else:
            self._take(points.copy_abs(), point_type)

    def total(self) -> Decimal:
        """All points that are not expired, pending ones too."""
        return self._points(self.lots)

    def balance(self) -> dict[str, Any]:
        """The answer's one row: active and pending points by type, and the active ones by what became of them."""
        gone = self._sum((self.deducted, self.used, self.expired))
        # The sample adds up without the locked points. That pending ones count in the totals alone is a guess.
        return {
            "totalPoints": self.total(),
            "pointsByType": [
                {"pointType": kind, "points": self._points(lots), "subType": None} for kind, lots in _by_type(self.lots)
            ],
            "pointsBalance": {
                "memberPointsEarned": self.earned,
                "memberPointsDeducted": self.deducted,
                "memberPointsUsed": self.used,
                "memberPointsExpired": self.expired,
                "memberPointsAvailable": self.exact.subtract(self.earned, gone),
                "memberPointsLocked": self.locked,
            },
            "breakdown": {
                **self._worth(self.lots),
                "unrestrictedPoints": {
                    **self._worth([lot for lot in self.lots if not lot.restricted]),
                    "unrestrictedPointsItems": [
                        {"points": self._points(lots), "pointType": kind}
                        for kind, lots in _by_type(lot for lot in self.lots if not lot.restricted)
                    ],
                },
                "restrictedPoints": {
                    **self._worth([lot for lot in self.lots if lot.restricted]),
                    "restrictedPointsItems": [
                        {"points": lot.points, "pointType": lot.point_type, "restrictedLocation": lot.location}
                        for lot in self.lots
                        if lot.restricted
                    ],
                },
            },
        }

    def expiry(self, now: datetime) -> list[dict[str, Any]]:
        """A row for each duration. Whether rows add up is not documented; here each has all that expires until then."""
        return [self._expiring(days, now) for days in DURATIONS]

    def _expiring(self, days: int, now: datetime) -> dict[str, Any]:
        end = now + timedelta(days=days)
        # That pending points are left out is a guess.
        lots = [lot for lot in self.lots if lot.expires and now <= lot.expires <= end and not lot.pending]
        restricted = [lot for lot in lots if lot.restricted]
        return {
            "expiryDuration": days,
            "unRestrictedTotalPoints": self._points(lot for lot in lots if not lot.restricted),
            "restrictedTotalPoints": self._points(restricted),
            "totalPoints": self._points(lots),
            "pointValue": self._points(lots),
            "restrictedPoints": [{"points": lot.points, "restrictedLocation": lot.location} for lot in restricted],
            "expiryDate": f"{end.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}",
        }

    def _take(self, points: Decimal, point_type: str) -> None:
        # Which points a debit takes is not documented: here those of its type that expire first. That there may be
        # fewer, so that the balance is negative, is a guess.
        mine = [lot for lot in self.lots if lot.point_type == point_type and lot.expires and not lot.pending]
        for lot in sorted(mine, key=lambda lot: lot.expires or datetime.max.replace(tzinfo=UTC)):
            part = min(lot.points, points)
            lot.points = self.exact.subtract(lot.points, part)
            points = self.exact.subtract(points, part)
        if points:
            self.lots.append(Lot(points.copy_negate(), point_type, None))
        # So a type without points has no row in the balance (a guess).
        self.lots = [lot for lot in self.lots if lot.points]

    def _worth(self, lots: Iterable[Lot]) -> dict[str, Decimal]:
        points = self._points(lots)
        return {"totalPoints": points, "totalCurrencyValue": self.exact.multiply(points, WORTH).normalize(self.exact)}

    def _points(self, lots: Iterable[Lot]) -> Decimal:
        return self._sum(lot.points for lot in lots)

    def _sum(self, numbers: Iterable[Decimal]) -> Decimal:
        total = Decimal(0)
        for number in numbers:
            total = self.exact.add(total, number)
        return total


def _by_type(lots: Iterable[Lot]) -> Iterable[tuple[str, list[Lot]]]:
    groups: dict[str, list[Lot]] = {}
    for lot in lots:
        groups.setdefault(lot.point_type, []).append(lot)
    return groups.items()
