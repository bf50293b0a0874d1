"""What the attempts of one adjustment took from the budgets of clients and tenants."""

from dataclasses import dataclass, replace

import orjson


@dataclass(frozen=True, slots=True)
class Reservation:
    """From which counters the attempts of one adjustment took its points.

    `taken`: each with the attempt from which on it holds. `held`: whether what the last attempt took is still taken.
    """

    taken: tuple[tuple[int, tuple[str, ...]], ...] = ()
    held: bool = False

    @classmethod
    def parse(cls, column: str | None) -> "Reservation":
        """Read it from its column."""
        if column is None:
            return NOTHING
        read = orjson.loads(column)
        return cls(tuple((attempt, tuple(counters)) for attempt, counters in read["taken"]), read["held"])

    @property
    def column(self) -> str | None:
        """As its column has it."""
        return orjson.dumps({"taken": self.taken, "held": self.held}).decode() if self.taken else None

    @property
    def counters(self) -> set[str]:
        """All that any attempt took from."""
        return {counter for _, counters in self.taken for counter in counters}

    def of(self, attempt: int) -> tuple[str, ...]:
        """What an attempt took from."""
        return next((counters for first, counters in reversed(self.taken) if first <= attempt), ())

    def begun(self, attempt: int, counters: tuple[str, ...]) -> "Reservation":
        """With what the next attempt took."""
        if not counters and not self.taken:
            return self
        if counters == self.of(attempt):
            return replace(self, held=bool(counters))
        return Reservation((*self.taken, (attempt, counters)), bool(counters))


NOTHING = Reservation()
"""Where no attempt took anything, as where there are no limits."""
