"""The ledger of one profile of the simulated vendor: what was added and deducted, and what comes of it at any time."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from adapters.talon_one.simulated_validity import text

TIERS = (("Bronze", 1, 100), ("Silver", 2, 200), ("Gold", 3, 300))


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction; an addition has times at which its points begin and end to be valid."""

    number: int
    uuid: str
    created: datetime
    program: int
    amount: Decimal
    name: str
    subledger: str
    addition: bool
    begins: datetime | None = None
    ends: datetime | None = None
    duration: str | None = None

    def row(self, amount: Decimal | None = None) -> dict[str, Any]:
        """The transaction as it is answered, or its points that are left."""
        begins = "on_action" if self.begins is None else text(self.begins)
        # What stands for the times of a deduction is a guess, and that points without a delay begin at once by word.
        at_once = not self.addition or self.begins == self.created
        return {
            "id": self.number,
            "transactionUUID": self.uuid,
            "created": text(self.created),
            "programId": self.program,
            **({} if amount is not None else {"type": "addition" if self.addition else "subtraction"}),
            "name": self.name,
            "startDate": "immediate" if at_once else begins,
            "expiryDate": "unlimited" if self.ends is None else text(self.ends),
            "subledgerId": self.subledger,
            "amount": self.amount if amount is None else amount,
            **({"validityDuration": self.duration} if self.begins is None and self.duration else {}),
        }


@dataclass(slots=True)
class State:
    """What is left of each addition to one ledger at a time, and what was spent until then."""

    at: datetime
    left: dict[int, tuple[Entry, Decimal]] = field(default_factory=dict)
    spent: Decimal = Decimal(0)

    def lots(self, status: str) -> Iterator[tuple[Entry, Decimal]]:
        """The additions of which something is left in a status, those first that expire first."""
        found = [(entry, left) for entry, left in self.left.values() if left and self._status(entry) == status]
        return iter(sorted(found, key=lambda lot: (lot[0].ends is None, lot[0].ends)))

    def total(self, status: str) -> Decimal:
        """The points in a status."""
        return sum((left for _, left in self.lots(status)), Decimal(0))

    def deduct(self, points: Decimal) -> None:
        """Deduct active points; that those go first that expire first is a guess."""
        self.spent += points
        for entry, left in self.lots("active"):
            used = min(points, left)
            self.left[entry.number] = (entry, left - used)
            points -= used

    def balance(self) -> dict[str, Any]:
        """The balance as it is answered. No call that is simulated makes it negative."""
        statuses = {f"{status}Points": plain(self.total(status)) for status in ("active", "pending")}
        expired = plain(self.total("expired"))
        return {**statuses, "spentPoints": plain(self.spent), "expiredPoints": expired, "negativePoints": 0}

    def tiers(self) -> dict[str, Any]:
        """The tier by active points, and the next one; that there is none below the lowest is a guess."""
        active = self.total("active")
        reached = [tier for tier in TIERS if tier[2] <= active]
        following = next((tier for tier in TIERS if tier[2] > active), None)
        current = {"currentTier": {"id": reached[-1][1], "name": reached[-1][0]}} if reached else {}
        if following is None:
            return {**current, "nextTierName": None}
        return {**current, "pointsToNextTier": plain(following[2] - active), "nextTierName": following[0]}

    def _status(self, entry: Entry) -> str:
        if entry.ends is not None and entry.ends <= self.at:
            return "expired"
        return "pending" if entry.begins is None or entry.begins > self.at else "active"


class Ledger:
    """The transactions of one profile, the oldest first."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    @property
    def subledgers(self) -> list[str]:
        """The names of the subledgers; the main ledger has none."""
        return sorted({entry.subledger for entry in self.entries} - {""})

    def state(self, subledger: str, at: datetime) -> State:
        """What one ledger comes to at a time, past or future, of what is known now."""
        state = State(at)
        for entry in self.entries:
            if entry.subledger != subledger or entry.created > at:
                continue
            if entry.addition:
                state.left[entry.number] = (entry, entry.amount)
            else:
                state.at = entry.created
                state.deduct(entry.amount)
        state.at = at
        return state

    def activate(self, uuid: str, begins: datetime, ends: datetime | None) -> Entry | None:
        """Activate points that wait for an action; returns them, or None if there are none under this id."""
        for place, entry in enumerate(self.entries):
            if entry.uuid == uuid and entry.begins is None and entry.addition:
                self.entries[place] = replace(entry, begins=begins, ends=entry.ends or ends)
                return self.entries[place]
        return None


def plain(points: Decimal | int) -> Decimal:
    """A number without zeros at its end."""
    points = Decimal(points)
    return points.to_integral_value() if points == points.to_integral_value() else points.normalize()
