"""What the gateway is to reach, and whether a run says that it does."""

from collections.abc import Iterator
from statistics import median

from benchmarks import write_targets
from benchmarks.figures import Figures
from benchmarks.scenarios import (
    BY_HAND,
    DIRECT,
    ECHO,
    GATEWAY,
    MANY_TENANTS,
    MOST,
    ON_POSTGRESQL,
    POSTGRESQL,
    READS,
    SQLITE,
    TENANTS,
    TWO_WORKERS,
)
from benchmarks.target import Target

MEGABYTE = 1_000_000
FLAT = 1.05
"""How much larger a process may be at the end than after its first calls, and still count as flat."""


def judged(figures: Figures) -> list[Target]:
    """Every target, judged by the medians."""
    return [
        *_throughput(figures),
        *write_targets.judged(figures),
        *_latency(figures),
        *_growth(figures),
        *_footprint(figures),
    ]


def _throughput(figures: Figures) -> Iterator[Target]:
    for row, to, named, least, goal in (
        (READS, BY_HAND, "what is written by hand", 6, ""),
        (READS, ECHO, "the bare echo", 0.33, " (goal 0.40)"),
    ):
        ratio = figures.ratio(row, to, MOST).median
        what = f"{row.removeprefix('gateway, ')}: at least {least:g} of {named}{goal}"
        yield Target(what.replace("6 of", "6 times"), f"{ratio:.2f}", ratio >= least)


def _latency(figures: Figures) -> Iterator[Target]:
    added = figures.over_rounds(
        lambda each: (each[READS, 1].p50 - each[DIRECT, 1].p50) / (each[BY_HAND, 1].p50 - each[DIRECT, 1].p50)
    ).median
    what = "p50 added to the vendor's own at 1 connection: at most 0.5 of what is written by hand"
    yield Target(what, f"{added:.2f}", added <= 0.5)
    for row in (READS, SQLITE, POSTGRESQL):
        tail = figures.tail(row, 8).median
        what = f"{row.removeprefix('gateway, ')}: p99 at 8 connections below 4 times p50"
        yield Target(what, f"{tail:.2f}", tail < 4)


def _growth(figures: Figures) -> Iterator[Target]:
    scale = figures.ratio(READS + TWO_WORKERS, READS, MOST).median
    yield Target("reads: 2 workers at least 1.8 of one (goal 1.9)", f"{scale:.2f}", scale >= 1.8)
    # What two would reach where each has a core of its own, and load and vendor have others.
    apart = 2 / figures.cost(READS + TWO_WORKERS, READS, MOST).median
    yield Target("reads: 2 workers at least 1.8 of one by CPU time", f"{apart:.2f}", apart >= 1.8)
    many = figures.ratio(MANY_TENANTS, READS, MOST).median
    yield Target(f"reads: {TENANTS:,} tenants at least 0.95 of one", f"{many:.2f}", many >= 0.95)


def _footprint(figures: Figures) -> Iterator[Target]:
    for server, journal, most in ((GATEWAY, "SQLite", 70), (ON_POSTGRESQL, "PostgreSQL", 75)):
        sizes = [*figures.resident.get(server, ()), *figures.resident.get(server + TWO_WORKERS, ())]
        if sizes:
            what = f"memory, {journal}: at most {most} MB a worker (goal 60)"
            yield Target(what, f"{max(sizes) / MEGABYTE:.1f} MB", max(sizes) <= most * MEGABYTE)
    grown = figures.endurance.last / figures.endurance.first
    what = f"memory: flat over {figures.endurance.calls:,} reads (at most {FLAT:g} of what it was at first)"
    yield Target(what, f"{grown:.3f}", grown <= FLAT)
    ready = median(figures.starts)
    yield Target("ready: at most 1.5 s after the start", f"{ready:.2f} s", ready <= 1.5)
