"""What a durable write is to cost: beside a read, beside the disk's own commit, and with a second worker."""

from collections.abc import Iterator

from benchmarks.figures import Figures
from benchmarks.scenarios import COMMIT, DIRECT, MOST, POSTGRESQL, READS, SQLITE, TWO_WORKERS
from benchmarks.target import Target

_NAMES = ((SQLITE, "writes, SQLite"), (POSTGRESQL, "writes, PostgreSQL"))


def judged(figures: Figures) -> Iterator[Target]:
    """Every target of writes, judged by the medians."""
    for row, name in _NAMES:
        ratio = figures.ratio(row, READS, MOST).median
        yield Target(f"{name}: at least 0.6 of reads (goal 0.75)", f"{ratio:.2f}", ratio >= 0.6)
    for row, name in _NAMES:
        cost = figures.cost(row, READS, MOST).median
        yield Target(f"{name}: at most 1.6 times a read's CPU time (goal 1.3)", f"{cost:.2f}", cost <= 1.6)
    for row, least in ((POSTGRESQL, 1.6), (SQLITE, 1.0)):
        scale = figures.ratio(row + TWO_WORKERS, row, MOST).median
        yield Target(f"{dict(_NAMES)[row]}: 2 workers at least {least} of one", f"{scale:.2f}", scale >= least)
    # What two would reach where each has a core of its own, and load, vendor and database have others.
    apart = 2 / figures.cost(POSTGRESQL + TWO_WORKERS, POSTGRESQL, MOST).median
    yield Target("writes, PostgreSQL: 2 workers at least 1.6 of one by CPU time", f"{apart:.2f}", apart >= 1.6)
    tail = figures.tail(SQLITE + TWO_WORKERS, MOST).median
    yield Target(f"writes, SQLite, 2 workers: p99 at {MOST} connections at most 4 times p50", f"{tail:.2f}", tail <= 4)
    commits = figures.over_rounds(lambda each: (each[SQLITE, 1].p50 - each[DIRECT, 1].p50) / (2 * each[COMMIT, 1].p50))
    what = "writes, SQLite: p50 added to the vendor's own at 1 connection: at most 1.5 times two commits of the disk"
    yield Target(what, f"{commits.median:.2f}", commits.median <= 1.5)
