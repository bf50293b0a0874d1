"""The last hour of a vendor or a tenant, minute by minute, as the charts show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.operators.recorder import MINUTES, Minute


@dataclass(frozen=True, slots=True)
class Hour:
    """The minutes of one hour, oldest first; None and 0 for those before the process was started.

    `slowest`: milliseconds in which 95 of 100 ended, at most.
    """

    name: str
    counts: tuple[int, ...]
    failed: tuple[int, ...]
    slowest: tuple[float | None, ...]

    @property
    def total(self) -> int:
        """How many there were in all."""
        return sum(self.counts)


def hours(minutes: Sequence[Minute]) -> list[Hour]:
    """The last hour by name, those with most first."""
    names = {name for minute in minutes for name in minute.by_name}
    found = [_hour(name, minutes) for name in names]
    return sorted(found, key=lambda hour: (-hour.total, hour.name))


def together(all_of: Sequence[Hour], name: str) -> Hour:
    """Several hours added up; without times, which cannot be."""
    empty = (0,) * MINUTES
    counts = tuple(map(sum, zip(empty, *(each.counts for each in all_of), strict=True)))
    failed = tuple(map(sum, zip(empty, *(each.failed for each in all_of), strict=True)))
    return Hour(name, counts, failed, (None,) * MINUTES)


def _hour(name: str, minutes: Sequence[Minute]) -> Hour:
    known = [minute.by_name.get(name) for minute in minutes[-MINUTES:]]
    rows = [*[None] * (MINUTES - len(known)), *known]
    return Hour(
        name=name,
        counts=tuple(0 if each is None else each.count for each in rows),
        failed=tuple(0 if each is None else round(each.failures) for each in rows),
        slowest=tuple(None if each is None else each.p95_ms for each in rows),
    )
