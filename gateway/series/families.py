"""Families of metrics as Prometheus has them: counters, gauges and histograms, whose numbers are in cells.

They cost what a hot path can afford: 0.2 µs to count, and 0.5 µs for a duration, without a lock.
"""

from bisect import bisect_left
from collections.abc import Sequence
from math import inf, nan
from typing import Any, ClassVar, Generic, Literal, TypeVar

from gateway.series.cells import Cells

Merged = Literal["sum", "max", "min"]
"""What is shown of the numbers of several processes."""


class Count:
    """A number that only grows."""

    __slots__ = ("_numbers", "_place")

    def __init__(self, cells: Cells, place: int) -> None:
        self._numbers = cells.numbers
        self._place = place

    def inc(self, by: float = 1.0) -> None:
        """Add to it."""
        self._numbers[self._place] += by


class Level(Count):
    """A number that goes up and down."""

    __slots__ = ()

    @property
    def value(self) -> float:
        """The number of this process."""
        return self._numbers[self._place]

    def set(self, value: float) -> None:
        """Have it be this number."""
        self._numbers[self._place] = value


class Spread:
    """How values are spread: how many are in each bucket, and their sum."""

    __slots__ = ("_bounds", "_numbers", "_place", "_sum")

    def __init__(self, cells: Cells, place: int, bounds: Sequence[float]) -> None:
        self._numbers = cells.numbers
        self._place = place
        self._bounds = bounds
        self._sum = place + len(bounds)

    def observe(self, value: float) -> None:
        """Take in one value."""
        numbers = self._numbers
        numbers[self._place + bisect_left(self._bounds, value)] += 1.0
        numbers[self._sum] += value


T = TypeVar("T", Count, Level, Spread)


class Family(Generic[T]):
    """All numbers of one metric, by the values of its labels."""

    kind: ClassVar[Literal["counter", "gauge", "histogram"]]
    merged: Merged = "sum"
    bounds: tuple[float, ...] = ()

    def __init__(self, cells: Cells, name: str, help: str, labels: Sequence[str] = ()) -> None:  # noqa: A002 (Prometheus' word)
        self.name = name
        self.help = help
        self.label_names = tuple(labels)
        self._cells = cells
        self._known: dict[tuple[str, ...], T] = {}

    @property
    def width(self) -> int:
        """How many numbers there are for each set of labels."""
        return 1

    def labels(self, *values: str) -> T:
        """What is counted under these values of the labels, in the order of their names; it begins with 0."""
        known = self._known.get(values)
        if known is None:
            if len(values) != len(self.label_names):
                raise ValueError(f"{self.name} has the labels {', '.join(self.label_names)}")
            known = self._known[values] = self._made(self._cells.place(self.name, values, self.width))
        return known

    def known(self) -> list[tuple[str, ...]]:
        """The values of the labels that have a number by this process."""
        return list(self._known)

    def _made(self, place: int) -> T:
        raise NotImplementedError


AnyFamily = Family[Any]
"""A family of any kind."""


class Counter(Family[Count]):
    """Numbers that only grow; they survive the process that counted them."""

    kind = "counter"

    def _made(self, place: int) -> Count:
        return Count(self._cells, place)


class Gauge(Family[Level]):
    """Numbers of how something is now; those of a process that has ended are shown no more.

    `merged`: what is shown where several processes have one.
    """

    kind = "gauge"

    def __init__(
        self,
        cells: Cells,
        name: str,
        help: str,  # noqa: A002 (Prometheus' word)
        labels: Sequence[str] = (),
        *,
        merged: Merged = "sum",
    ) -> None:
        super().__init__(cells, name, help, labels)
        self.merged = merged
        cells.forget(name)

    def remove(self, *values: str) -> None:
        """Show no number under these labels."""
        if (known := self._known.pop(values, None)) is not None:
            known.set(nan)

    def _made(self, place: int) -> Level:
        return Level(self._cells, place)


class Histogram(Family[Spread]):
    """How values are spread over buckets, of which `bounds` are the upper ends."""

    kind = "histogram"

    def __init__(
        self,
        cells: Cells,
        name: str,
        help: str,  # noqa: A002 (Prometheus' word)
        labels: Sequence[str] = (),
        *,
        bounds: Sequence[float],
    ) -> None:
        super().__init__(cells, name, help, labels)
        self.bounds = (*bounds, inf)

    @property
    def width(self) -> int:
        """One number for each bucket, and the sum."""
        return len(self.bounds) + 1

    def _made(self, place: int) -> Spread:
        return Spread(self._cells, place, self.bounds)
