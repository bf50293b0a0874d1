"""The machine: what it is, and which of its cores each part of a run keeps to."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cores:
    """Which cores a run keeps to: a server with one worker, one with two, the load, the vendor, the database."""

    one: frozenset[int]
    two: frozenset[int]
    load: frozenset[int]
    vendor: frozenset[int]
    database: frozenset[int]

    @classmethod
    def of(cls, available: frozenset[int]) -> "Cores":
        """Share out the cores: a server's are its own where there are enough of them."""
        cores = sorted(available)
        if len(cores) == 1:
            return cls(*[frozenset(cores)] * 5)
        if len(cores) == 2:
            rest = frozenset(cores[1:])
            return cls(frozenset(cores[:1]), frozenset(cores), rest, rest, rest)
        others = cores[2:]
        load, vendor, database = (frozenset((others[min(place, len(others) - 1)],)) for place in range(3))
        return cls(frozenset(cores[:1]), frozenset(cores[:2]), load, vendor, database)

    def said(self) -> str:
        """What is pinned where, in a sentence."""
        if self.one == self.load:
            return "All of it shared the only core, so that the load took time from the server it measured."
        two = "with two workers both" if self.two & self.load else f"with two workers {_named(self.two)}"
        return (
            f"The server under test had {_named(self.one)}, {two}; the load had {_named(self.load)}, the fake vendor "
            f"{_named(self.vendor)}, PostgreSQL {_named(self.database)}."
        )


def _named(cores: frozenset[int]) -> str:
    numbers = " and ".join(str(core) for core in sorted(cores))
    return f"core {numbers}" if len(cores) == 1 else f"cores {numbers}"


def available() -> frozenset[int]:
    """The cores that this process may use."""
    return frozenset(os.sched_getaffinity(0))


@contextmanager
def pinned(cores: frozenset[int]) -> Iterator[None]:
    """Keep to those cores for a while; a process that is started meanwhile keeps to them for good."""
    before = available()
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def described() -> str:
    """The processor, its cores and the kernel, in a line."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            model = value.strip()
            break
    cores = len(available())
    return f"{model}, {cores} core{'s' if cores > 1 else ''}, {platform.system()} {platform.release()}"
