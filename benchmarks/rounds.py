"""The measurements themselves: rounds in which every scenario has its turn, then a gateway alone."""

import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import calls, disk, gateway
from benchmarks.figures import Endurance, Key, Point
from benchmarks.gateway import KEY
from benchmarks.lineup import SLOWEST, SQLITE, Lineup
from benchmarks.load import Void, for_seconds, of_calls
from benchmarks.scenarios import COMMIT, MOST, Scenario, rotated
from benchmarks.server import Server

FIRST_CALLS = 100_000


def played(
    lineup: Lineup, scenarios: Sequence[Scenario], folder: Path, *, rounds: int, seconds: float, warm_up: float
) -> list[dict[Key, Point]]:
    """Play every scenario once a round, in an order that rotates; the disk is that of `folder`. Raises `Void`.

    Before the first, each has a turn that is not counted, so that what compiles or caches at first has done so.
    """
    for scenario in scenarios:
        if scenario.connections == MOST:
            measured(lineup, scenario, seconds=seconds, warm_up=warm_up)
    found: list[dict[Key, Point]] = []
    for number in range(rounds):
        began = time.monotonic()
        found.append(
            {
                scenario.key: measured(lineup, scenario, seconds=seconds, warm_up=warm_up)
                for scenario in rotated(scenarios, number, rounds)
            }
            | {(COMMIT, 1): Point.of(disk.commits(folder))}
        )
        print(f"round {number + 1} of {rounds}: {time.monotonic() - began:.0f} s", flush=True)
    return found


def measured(lineup: Lineup, scenario: Scenario, *, seconds: float, warm_up: float) -> Point:
    """Measure one scenario. Raises `Void`, also where the vendor counts other effects than were answered."""
    before = calls.effects(lineup.vendor.port)
    try:
        with lineup.turn(scenario) as server:
            used = server.cpu()
            sample = for_seconds(
                server.port,
                scenario.call,
                connections=scenario.connections,
                seconds=scenario.share * seconds,
                warm_up=scenario.share * warm_up,
            )
            used = server.cpu() - used
        effects, expected = calls.effects(lineup.vendor.port) - before, sample.answered if scenario.writes else 0
        if effects != expected:
            raise Void(f"the vendor counted {effects} effects, and {expected} were answered")
    except Void as void:
        raise Void(f"{scenario.row}, {scenario.connections} connections: {void}") from void
    return Point.of(sample, cpu=used)


def resident(lineup: Lineup) -> dict[str, list[int]]:
    """The resident memory of each worker of each gateway, in bytes."""
    return {name: server.resident() for name, server in lineup.servers.items() if name.startswith("gateway")}


def started(lineup: Lineup, folder: Path, times: int) -> list[float]:
    """Seconds from the start of a gateway's process to `/readyz`, several times, each with a journal of its own."""
    found = []
    for number in range(times):
        began = time.perf_counter()
        server = _alone(lineup, folder / f"start-{number}")
        try:
            server.answers(calls.ready(), within=SLOWEST)
            found.append(time.perf_counter() - began)
        finally:
            server.stop()
    return found


def endured(lineup: Lineup, folder: Path, total: int) -> Endurance:
    """The memory of a gateway over that many reads, which it answers alone. Raises `Void`."""
    print(f"memory over {total:,} reads", flush=True)
    first = min(FIRST_CALLS, total // 10)
    server = _alone(lineup, folder / "endurance")
    try:
        server.answers(calls.ready(), within=SLOWEST)
        reads = calls.balances([KEY])
        of_calls(server.port, reads, connections=MOST, calls=first)
        [before] = server.resident()
        of_calls(server.port, reads, connections=MOST, calls=total - first)
        [after] = server.resident()
    finally:
        server.stop()
    return Endurance(first, before, total, after)


def _alone(lineup: Lineup, folder: Path) -> Server:
    return gateway.start(folder, gateway.configuration(lineup.vendor.port, SQLITE), cores=lineup.cores.one)
