"""What several histograms of one kind say together: how many values, how many of failures, and how long they took."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf


@dataclass(frozen=True, slots=True)
class Spreads:
    """Values in buckets, whose upper ends are `bounds` in seconds; the `sum` of all, and how many are `failures`."""

    bounds: tuple[float, ...]
    buckets: tuple[float, ...]
    sum: float
    failures: float

    @classmethod
    def of(cls, bounds: tuple[float, ...], numbers: Sequence[float], *, failed: bool) -> "Spreads":
        """The numbers of one histogram, whose last one is the sum; `failed`: whether all of it are failures."""
        buckets = tuple(numbers[:-1])
        return cls(bounds, buckets, numbers[-1], sum(buckets) if failed else 0.0)

    def __add__(self, other: "Spreads") -> "Spreads":
        buckets = tuple(a + b for a, b in zip(self.buckets, other.buckets, strict=True))
        return Spreads(self.bounds, buckets, self.sum + other.sum, self.failures + other.failures)

    def since(self, before: "Spreads | None") -> "Spreads":
        """What has come since an earlier reading of the same histograms; all of it without one."""
        if before is None:
            return self
        buckets = tuple(max(0.0, a - b) for a, b in zip(self.buckets, before.buckets, strict=True))
        return Spreads(self.bounds, buckets, max(0.0, self.sum - before.sum), max(0.0, self.failures - before.failures))

    @property
    def count(self) -> int:
        """How many values there are."""
        return round(sum(self.buckets))

    @property
    def mean_ms(self) -> float | None:
        """The average in milliseconds; None of nothing."""
        return round(self.sum / self.count * 1000, 1) if self.count else None

    @property
    def p95_ms(self) -> float | None:
        """Milliseconds within which 95 of 100 were: the end of a bucket; None of nothing, or beyond the last bound."""
        wanted = 0.95 * self.count
        reached = (bound for bound, upto in zip(self.bounds, accumulate(self.buckets), strict=True) if upto >= wanted)
        bound = next(reached, inf) if self.count else inf
        return None if bound == inf else bound * 1000
