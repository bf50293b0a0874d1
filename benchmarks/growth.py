"""What everything costs on a journal of so many rows, beside one of a thousand: `python -m benchmarks.growth --rows N`.

It fills a journal on SQLite or PostgreSQL, asks of it all that callers, operators and the background ask, and prints
tables: what each took on either, what an idle gateway takes, how fast the unknown are searched for, what a row weighs.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks import calls, costs, others, postgresql
from benchmarks.filling import Written, fill
from benchmarks.gateway import KEY
from benchmarks.growing import Grown, searches
from benchmarks.load import Void, for_seconds
from benchmarks.machine import available, described
from benchmarks.server import Server
from gateway.cli.options import loaded
from gateway.planning.configured import planner

FEW = 1_000
UNKNOWN = 50_000
"""Unknown adjustments in the large journal, at most a twentieth of it; none is due."""
DUE, DELAY, SECONDS = 20_000, 0.1, 20.0
"""Unknown adjustments that are then due, seconds that the vendor takes for a search, seconds of a measurement."""


class Bench:
    """A journal, the gateway on it, and the vendor that both writes and searches go to."""

    def __init__(self, folder: Path, store: str, stack: ExitStack) -> None:
        self.store, self.folder, self._stack = store, folder, stack
        self.vendor = others.fake_vendor(folder / "vendor", cores=available())
        self._stack.callback(lambda: self.vendor.stop())
        self.grown = Grown(folder / "gateway", store, self.vendor.port, available())
        self.writes: list[Written] = self.grown.written()
        self._there = len(self.writes)

    def fill(self, rows: int, unknown: int) -> float:
        """Have so many rows; gives how many were written in a second."""
        begun = time.monotonic()
        fill(self.store, self.writes, rows, unknown=unknown, there=self._there)
        number = rows - self._there
        self._there = rows
        return number / (time.monotonic() - begun)

    def measured(self, run: str) -> dict[str, str]:
        """All that can be asked of it as it stands."""
        settings, kinds = loaded(self.grown.folder / "gateway.yaml")
        found: dict[str, str] = {}
        served = self.grown.start()
        try:
            found |= self._noted(costs.calls(served.port, self.grown.admin, run))
            begun = served.cpu()
            time.sleep(SECONDS)
            found |= self._noted(iter([("an idle process", f"{(served.cpu() - begun) / SECONDS:.4f} of a core")]))
        finally:
            served.stop()
        found |= self._noted(costs.questions(self.store, frozenset(planner(settings, kinds).accounts())))
        return found | self._noted(costs.commands(self.grown, self.writes[0].id))

    def searching(self) -> Iterator[tuple[str, str]]:
        """How fast the unknown are searched for, and what writes cost meanwhile."""
        port = self.vendor.port
        self.vendor.stop()
        self.vendor = others.fake_vendor(self.folder / "slow", cores=available(), delay=DELAY, port=port)
        served = self.grown.start()
        try:
            yield "writes, 8 connections, nothing to search for", _writes(served, "alone")
            self._have_due()
            before, cpu, begun = searches(port), served.cpu(), time.monotonic()
            time.sleep(SECONDS)
            seconds = time.monotonic() - begun
            rate, share = (searches(port) - before) / seconds, (served.cpu() - cpu) / seconds
            yield f"searches, the vendor takes {DELAY:g} s", f"{rate:.0f} a second, {share:.2f} of a core"
            before, begun = searches(port), time.monotonic()
            yield "writes, 8 connections, meanwhile", _writes(served, "beside")
            rate = (searches(port) - before) / (time.monotonic() - begun)
            yield "searches beside these writes", f"{rate:.0f} a second"
        finally:
            served.stop()

    def _have_due(self) -> None:
        engine = create_engine(self.store.replace("postgresql:", "postgresql+psycopg:"))
        chosen = "SELECT seq FROM adjustments WHERE status = 'unknown' ORDER BY created_at LIMIT :most"
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE adjustments SET look_at = 1 WHERE seq IN ({chosen})"), {"most": DUE})
        engine.dispose()

    @staticmethod
    def _noted(found: Iterator[tuple[str, str]]) -> dict[str, str]:
        values = {}
        for name, value in found:
            print(f"  {name}: {value}", file=sys.stderr, flush=True)
            values[name] = value
        return values


def _writes(served: Server, run: str) -> str:
    with suppress(Void):
        sample = for_seconds(served.port, calls.adjustments(KEY, run), connections=8, seconds=SECONDS / 2, warm_up=1)
        p50, p99 = (sample.percentile(share) * 1000 for share in (0.5, 0.99))
        return f"{sample.rate:.0f} a second, p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    return "some were refused"


def main() -> None:
    """Read the command line, and run."""
    parser = argparse.ArgumentParser(description="What everything costs on a large journal.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="Adjustments in the journal (1000000).")
    parser.add_argument("--journal", choices=["sqlite", "postgresql"], default="sqlite", help="Where they are.")
    parser.add_argument("--folder", type=Path, help="Where there is room: some 4 kB for each row.")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="growth-", dir=arguments.folder))
    try:
        with ExitStack() as stack:
            run(folder, arguments.rows, arguments.journal, stack)
    finally:
        shutil.rmtree(folder)


def run(folder: Path, rows: int, journal: str, stack: ExitStack) -> None:
    """Measure, and print."""
    if journal == "postgresql":
        store = stack.enter_context(postgresql.running(available())).database()
    else:
        store = f"sqlite:///{folder / 'points.db'}"
    bench = Bench(folder, store, stack)
    bench.fill(FEW, FEW // 20)
    few = bench.measured("few")
    rate = bench.fill(rows, min(UNKNOWN, rows // 20))
    many = bench.measured("many")
    bytes_ = costs.size(store)
    print(f"Measured on {described()}, on {journal}; {rate:,.0f} rows a second were filled in.\n")
    print(f"| what | {FEW:,} rows | {rows:,} rows |\n| --- | ---: | ---: |")
    for name, value in many.items():
        print(f"| {name} | {few.get(name, '')} | {value} |")
    print("\n| search | |\n| --- | ---: |")
    for name, value in bench.searching():
        print(f"| {name} | {value} |")
    print("\n| bytes of an adjustment | |\n| --- | ---: |")
    for name, weight in sorted(bytes_.items(), key=lambda item: -item[1]):
        print(f"| `{name}` | {weight:,.0f} |")
    print(f"| together | {sum(bytes_.values()):,.0f} |")


if __name__ == "__main__":
    main()
