"""What screens of the console take on a large journal, and what ten tabs cost apps: `python -m benchmarks.screens`.

It fills a journal on SQLite or PostgreSQL, opens every screen as a browser does, and then has apps call as fast as they
can, by turns without a tab and with ten that follow the live screen.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx

from benchmarks import calls, postgresql
from benchmarks.filling import CAMPAIGN, EVERYBODY, Written
from benchmarks.gateway import KEY
from benchmarks.growth import UNKNOWN, Bench
from benchmarks.load import for_seconds
from benchmarks.machine import available, described
from benchmarks.server import Server
from benchmarks.tabs import TABS, signed_in, tabs

TIMES, ROUNDS, SECONDS = 9, 5, 8.0
"""How often each screen is opened, and how often apps call for so many seconds, without tabs and with them."""


def screens(written: list[Written]) -> Iterator[tuple[str, str]]:
    """What is opened: what it is called, and its path."""
    applied, _, unknown = written
    yield "search: the newest", "/console/search"
    yield "search: a member of a fiftieth of all rows", f"/console/search?by=member&text=contact_id:{EVERYBODY}"
    yield "search: a member, in one tenant", f"/console/search?by=member&text=contact_id:{EVERYBODY}&tenant=acme"
    yield "search: a reference of a hundredth of all rows", f"/console/search?by=reference&text={CAMPAIGN}"
    yield "search: a key", f"/console/search?by=key&text={applied.key}"
    yield "search: a request id that is nowhere", "/console/search?by=request_id&text=req_0"
    yield "search: a vendor's transaction id", f"/console/search?by=transaction&text={applied.transaction}"
    yield "search: anything, found nowhere", "/console/search?text=nowhere"
    yield "search: what is unknown at one vendor", "/console/search?status=unknown&vendor=crm"
    yield "an adjustment", f"/console/adjustments/{applied.id}"
    yield "an unknown adjustment", f"/console/adjustments/{unknown.id}"
    yield "the queue", "/console/queue"
    yield "the queue of one vendor", "/console/queue?vendor=crm"
    yield "the queue of one tenant", "/console/queue?tenant=outlet3"
    yield "vendors", "/console/vendors"
    yield "tenants and clients", "/console/tenants"
    yield "a tenant", "/console/tenants/acme"
    yield "live", "/console/live"


def opened(browser: httpx.Client, path: str, cpu: Callable[[], float]) -> tuple[list[float], float]:
    """Milliseconds that a screen took each time that it was opened, and of processor, the first time apart."""
    taken: list[float] = []
    before = 0.0
    for number in range(TIMES + 1):
        if number == 1:
            before = cpu()
        begun = time.perf_counter()
        answer = browser.get(path)
        taken.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text[-300:]}")
    return taken, (cpu() - before) / TIMES * 1000


def called(server: Server, run: Callable[[], str]) -> tuple[float, float, float]:
    """Apps that write as fast as they can: writes a second, milliseconds of 99 in 100, and CPU ms of each write."""
    cpu = server.cpu()
    sample = for_seconds(server.port, calls.adjustments(KEY, run()), connections=8, seconds=SECONDS, warm_up=1)
    return sample.rate, sample.percentile(0.99) * 1000, (server.cpu() - cpu) / sample.answered * 1000


def measure(bench: Bench) -> None:
    """Open every screen, and have apps call beside tabs; print both."""
    server = bench.grown.start()
    try:
        print("| screen | first ms | median ms | slowest ms | CPU ms |\n| --- | ---: | ---: | ---: | ---: |")
        with closing(signed_in(bench.grown.admin)) as browser:
            for name, path in screens(bench.writes):
                taken, cpu = opened(browser, path, server.cpu)
                first, *rest = (f"{each:.0f}" for each in (taken[0], statistics.median(taken[1:]), max(taken[1:]), cpu))
                print(f"| {name} | {first} | {' | '.join(rest)} |", flush=True)
        print("\n| writes of 8 connections | a second | p99 ms | CPU ms of a write |\n| --- | ---: | ---: | ---: |")
        numbers = iter(range(1000))
        found: dict[int, list[tuple[float, float, float]]] = {0: [], TABS: []}
        for turn in range(2 * ROUNDS):
            count = (0, TABS)[turn % 2]
            with tabs(bench.grown.admin, count):
                found[count].append(called(server, lambda: f"tabs{next(numbers)}"))
        for count, samples in found.items():
            rate, slow, cpu = (statistics.median(each) for each in zip(*samples, strict=True))
            print(f"| beside {count} tabs | {rate:.0f} | {slow:.1f} | {cpu:.3f} |")
    finally:
        server.stop()


def main() -> None:
    """Read the command line, and run."""
    parser = argparse.ArgumentParser(description="What the console takes on a large journal.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="Adjustments in the journal (1000000).")
    parser.add_argument("--journal", choices=["sqlite", "postgresql"], default="sqlite", help="Where they are.")
    parser.add_argument("--folder", type=Path, help="Where there is room: some 4 kB for each row.")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="screens-", dir=arguments.folder))
    try:
        with ExitStack() as stack:
            if arguments.journal == "postgresql":
                store = stack.enter_context(postgresql.running(available())).database()
            else:
                store = f"sqlite:///{folder / 'points.db'}"
            bench = Bench(folder, store, stack)
            bench.fill(arguments.rows, min(UNKNOWN, arguments.rows // 20))
            print(f"Measured on {described()}, on {arguments.journal} with {arguments.rows:,} adjustments.\n")
            measure(bench)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
