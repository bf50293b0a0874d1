"""The command `python -m benchmarks.run`: measure everything, and write docs/performance.md and its chart."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks import chart, postgresql, report, rounds, versions
from benchmarks.figures import Figures
from benchmarks.lineup import lined_up
from benchmarks.load import Void
from benchmarks.machine import Cores, available, described, pinned
from benchmarks.report import About
from benchmarks.scenarios import GATEWAY, scenarios
from benchmarks.server import NotStarted

ROOT = Path(__file__).parents[1]
DOCS, LEFT = ROOT / "docs", ROOT / ".bench"


def main() -> None:
    """Read the command line, and run."""
    parser = argparse.ArgumentParser(description="Measure the gateway, and what it is compared with.")
    parser.add_argument("--quick", action="store_true", help="A short trial, written to .bench/ instead of docs/.")
    parser.add_argument("--rounds", type=int, help="How often each scenario is measured (7; 2 in a trial).")
    parser.add_argument("--seconds", type=float, help="How long each time (1; 0.3 in a trial).")
    parser.add_argument("--calls", type=int, help="Reads over which memory is watched (1000000; 20000 in a trial).")
    given = parser.parse_args()
    if sys.platform != "linux":
        sys.exit("benchmarks need Linux: they pin processes to cores")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal; nothing is written"))
    measure = partial(
        run,
        times=given.rounds or (2 if given.quick else 7),
        seconds=given.seconds or (0.3 if given.quick else 1.0),
        calls=given.calls or (20_000 if given.quick else 1_000_000),
    )
    write(measure, DOCS / report.PAGE, LEFT if given.quick else DOCS)


def run(*, times: int, seconds: float, calls: int) -> Figures:
    """Measure everything. Raises `Void` and `NotStarted`, where there are no figures to speak of."""
    cores = Cores.of(available())
    LEFT.mkdir(exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=LEFT)))
        database = stack.enter_context(postgresql.running(cores.database))
        stack.enter_context(pinned(cores.load))
        lineup = stack.enter_context(lined_up(folder, cores, database))
        played = rounds.played(
            lineup,
            scenarios(
                lineup.servers,
                vendor=lineup.vendor.port,
                gateway=lineup.servers[GATEWAY].port,
                tenant_keys=lineup.tenant_keys,
            ),
            folder,
            rounds=times,
            seconds=seconds,
            warm_up=0.3 * seconds,
        )
        return Figures(
            rounds=played,
            resident=rounds.resident(lineup),
            starts=rounds.started(lineup, folder, times),
            endurance=rounds.endured(lineup, folder, calls),
            left_out=lineup.left_out,
        )


def write(measure: Callable[[], Figures], page: Path, folder: Path) -> None:
    """Measure, and write the page with its figures, and the chart, into a folder.

    Where the measurement is void, ends the command with code 1, and nothing is written.
    """
    try:
        figures = measure()
    except (Void, NotStarted) as error:
        sys.exit(f"void: {error}\nnothing is written")
    about = About(datetime.now(UTC).date(), described(), Cores.of(available()).said(), versions.all_of())
    texts = {
        report.PAGE: report.filled(page.read_text("utf-8"), figures, about),
        chart.FILE: chart.drawn(figures),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    print(f"written: {folder.name}/{report.PAGE} and {folder.name}/{chart.FILE}")


if __name__ == "__main__":
    main()
