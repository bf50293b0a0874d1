"""The customers of the simulated vendor: their points by when they expire, and the points that are on hold."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from adapters.gameball.simulated_payloads import Refusal

# That of the sample of manual transactions, and that of the sample of a balance.
SAMPLE, SAVER = "cust_abc12345xyz67890", "cust_123456789"


def text(at: datetime) -> str:
    """A time as the answers have it: in UTC, without saying so."""
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds" if at.microsecond else "seconds")


@dataclass(slots=True)
class Hold:
    """Points on hold: not available until they are redeemed, released, or it is over."""

    points: int
    until: datetime
    state: str = "active"


@dataclass(slots=True)
class Customer:
    """One customer; `worth` is the money that one point is worth."""

    id: str
    worth: Decimal
    lots: list[tuple[datetime | None, int]] = field(default_factory=list)
    pending: int = 0
    earned: int = 0
    holds: dict[str, Hold] = field(default_factory=dict)

    @property
    def points(self) -> int:
        """The points that are not pending, with those on hold."""
        return sum(points for _, points in self.lots)

    @property
    def available(self) -> int:
        """The points that can be taken, which are those that are not on hold."""
        return self.points - sum(hold.points for hold in self.holds.values() if hold.state == "active")

    def take(self, points: int, hold: Hold | None = None) -> None:
        """Take points, those of a hold where one is named. Raises `Refusal` where there are too few.

        That those go first that expire first is a guess.
        """
        if points > self.available + (0 if hold is None else hold.points):
            raise Refusal(422, 9008, "Insufficient balance points")
        if hold is not None:
            hold.state = "used"
        kept = []
        for expires, there in sorted(self.lots, key=lambda lot: (lot[0] is None, lot[0])):
            used = min(points, there)
            points -= used
            if there > used:
                kept.append((expires, there - used))
        self.lots = kept

    def pass_time(self, now: datetime) -> int:
        """Let holds and points expire; returns how many points did."""
        for hold in self.holds.values():
            if hold.state == "active" and hold.until <= now:
                hold.state = "expired"
        gone = sum(points for expires, points in self.lots if expires is not None and expires <= now)
        self.lots = [lot for lot in self.lots if lot[0] is None or lot[0] > now]
        return gone

    def balance(self) -> dict[str, Any]:
        """The balance as it is answered. Without points that expire the amount is 0 and the date null: a guess."""
        dates = sorted(expires for expires, _ in self.lots if expires is not None)
        following = sum(points for expires, points in self.lots if dates and expires == dates[0])
        total = self.available + self.pending
        return {
            "totalPointsBalance": total,
            "totalPointsValue": money(total, self.worth),
            "availablePointsBalance": self.available,
            "availablePointsValue": money(self.available, self.worth),
            "pendingPoints": self.pending,
            "pendingPointsValue": money(self.pending, self.worth),
            "currency": "USD",
            "pointsName": "Reward Points",
            "nextExpiringPointsAmount": following,
            "nextExpiringPointsValue": money(following, self.worth),
            "nextExpiringPointsDate": text(dates[0]) if dates else None,
            "totalEarnedPoints": self.earned,
        }

    def in_points(self, amount: int | Decimal) -> int:
        """How many points an amount of money is. Raises `Refusal` where it is no whole number of them, a guess."""
        points = Decimal(amount) / self.worth
        if points != points.to_integral_value():
            raise Refusal(422, 3003, "Invalid amount value")
        return int(points)


def money(points: int, worth: Decimal) -> Decimal:
    """What points are worth, with one digit after the point or as many as it takes."""
    exact = points * worth
    return exact.quantize(Decimal("0.1")) if exact == exact.quantize(Decimal("0.1")) else exact
