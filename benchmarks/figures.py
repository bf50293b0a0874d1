"""The figures of a run, as they were measured, and what is drawn from them: medians over rounds, and spreads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.load import Sample
from benchmarks.scenarios import ECHO

Key = tuple[str, int]
"""A row of the report and a number of connections."""


@dataclass(frozen=True, slots=True)
class Point:
    """One scenario in one round: answers a second, latencies in seconds, and CPU seconds of its server an answer."""

    rate: float
    p50: float
    p99: float
    cpu: float

    @classmethod
    def of(cls, sample: Sample, *, cpu: float = 0.0) -> "Point":
        """What is kept of a measurement; `cpu`: seconds that its server used for all of it."""
        return cls(sample.rate, sample.percentile(0.5), sample.percentile(0.99), cpu / sample.answered)


@dataclass(frozen=True, slots=True)
class Spread:
    """The median over rounds, and the least and the most of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of some values, of which there is at least one."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Endurance:
    """Resident memory, in bytes, of a gateway that answered nothing but reads: after the first of them, and all."""

    first_calls: int
    first: int
    calls: int
    last: int


@dataclass(frozen=True, slots=True)
class Figures:
    """A whole run. `starts` are in seconds; `resident`, per server and worker, in bytes, after all load."""

    rounds: Sequence[Mapping[Key, Point]]
    starts: Sequence[float]
    resident: Mapping[str, Sequence[int]]
    endurance: Endurance
    left_out: Mapping[str, str] = field(default_factory=dict)

    def has(self, row: str, connections: int) -> bool:
        """Whether that was measured."""
        return (row, connections) in self.rounds[0]

    def most(self, row: str) -> int:
        """The largest number of connections at which that was measured; 0 where it was not."""
        return max((number for each, number in self.rounds[0] if each == row), default=0)

    def over_rounds(self, of: Callable[[Mapping[Key, Point]], float]) -> Spread:
        """The spread of what each round gives."""
        return Spread.of([of(each) for each in self.rounds])

    def rate(self, row: str, connections: int) -> Spread:
        """Answers a second."""
        return self.over_rounds(lambda each: each[row, connections].rate)

    def ratio(self, row: str, to: str, connections: int) -> Spread:
        """How much of another row's throughput this one has, in the same round."""
        return self.over_rounds(lambda each: each[row, connections].rate / each[to, connections].rate)

    def cost(self, row: str, to: str, connections: int) -> Spread:
        """How many times another row's CPU time an answer takes of its server, in the same round."""
        return self.over_rounds(lambda each: each[row, connections].cpu / each[to, connections].cpu)

    def to_echo(self, row: str, connections: int) -> Spread:
        """How much of the bare echo's throughput it has, in the same round."""
        return self.ratio(row, ECHO, connections)

    def p50(self, row: str, connections: int) -> Spread:
        """The median latency, in seconds."""
        return self.over_rounds(lambda each: each[row, connections].p50)

    def p99(self, row: str, connections: int) -> Spread:
        """The latency that one in a hundred exceeds, in seconds."""
        return self.over_rounds(lambda each: each[row, connections].p99)

    def tail(self, row: str, connections: int) -> Spread:
        """p99 over p50, in the same round."""
        return self.over_rounds(lambda each: each[row, connections].p99 / each[row, connections].p50)
