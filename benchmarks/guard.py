"""The guard: what a read and a write cost the gateway in CPU time, and what memory a worker takes, beside a bare echo.

CPU time, since a busy machine changes it little; multiples, since machines differ. How to set `USUAL` and `MEMORY`
anew, once the gateway is better, or worse for a good reason: run `python -m benchmarks.guard` five times, and take the
middle.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import calls, gateway, others
from benchmarks.gateway import KEY
from benchmarks.load import Call, of_calls
from benchmarks.machine import available
from benchmarks.server import Server

USUAL: Mapping[str, float] = {"read": 5.0, "write": 11.5}
"""What each usually costs, in answers of the bare echo.

It depends on the processor: the same code cost 3.9 and 10 on one, and 4.7 to 5.7 and 10.5 to 11.7 on another.
"""
ROOM = 1.35
"""How many times the usual is let pass: the noise of one measurement is well within it, a slowdown by 1.6 is not."""

MEMORY = 2.52
"""Resident memory that a worker on SQLite usually has after these calls, as a multiple of the bare echo's."""
MEMORY_ROOM = 1.06
"""How many times the usual is let pass: 5 MB. Between runs on one machine it differs by a few thousandths."""

CONNECTIONS = 64
CALLS, ROUNDS = 400, 9
WITHIN = 30.0
"""Seconds that a server is given to start."""


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU seconds for one answer, in each round, by what was asked; `echo` is among them."""

    rounds: tuple[Mapping[str, float], ...]

    def seconds(self, name: str) -> float:
        """CPU seconds for one, the median over rounds."""
        return median(each[name] for each in self.rounds)

    def multiple(self, name: str) -> float:
        """How many answers of the bare echo one costs: the median over rounds of what each round says."""
        return median(each[name] / each["echo"] for each in self.rounds)

    def too_slow(self, usual: Mapping[str, float]) -> list[str]:
        """Of what usually costs that much, what is over its limit now; each in a sentence."""
        return [
            f"a {name} costs {self.multiple(name):.1f} answers of the bare echo: more than {ROOM} times {ordinary:.1f}"
            for name, ordinary in usual.items()
            if self.multiple(name) > ROOM * ordinary
        ]


def too_heavy(multiple: float) -> list[str]:
    """Whether a worker takes too much memory, that many times the bare echo's; in a sentence."""
    if multiple <= MEMORY_ROOM * MEMORY:
        return []
    return [f"a worker has {multiple:.2f} times the memory of the bare echo: more than {MEMORY_ROOM} times {MEMORY}"]


@dataclass(frozen=True, slots=True)
class Bench:
    """An echo and a gateway that run side by side."""

    echo: Server
    gateway: Server

    def costs(self, asked: Mapping[str, Call], *, connections: int = CONNECTIONS) -> Costs:
        """What each of the calls costs the gateway, with the echo in between. Raises `Void`."""
        everything = {"echo": (self.echo, calls.echo()), **{name: (self.gateway, call) for name, call in asked.items()}}
        rounds = [{name: _cost(*each, connections) for name, each in everything.items()} for _ in range(1 + ROUNDS)]
        return Costs(tuple(rounds[1:]))  # the first one warms

    def memory(self) -> float:
        """The resident memory of the gateway at this moment, as a multiple of the echo's."""
        return sum(self.gateway.resident()) / sum(self.echo.resident())


def _cost(server: Server, call: Call, connections: int) -> float:
    before = server.cpu()
    answered = of_calls(server.port, call, connections=connections, calls=CALLS).answered
    return (server.cpu() - before) / answered


@contextmanager
def bench(
    folder: Path, *, packages: Path | None = None, within: float = WITHIN, **more: Mapping[str, Any]
) -> Iterator[Bench]:
    """Run an echo, and a gateway with SQLite before a fake vendor. Raises `NotStarted`.

    `packages` are further ones for the gateway to find; `within`: seconds for each server to start; `more` is added to
    the sections of its configuration. A vendor in it that `extends` one of ours calls the fake vendor too.
    """
    cores = available()
    with ExitStack() as stack:

        def started(server: Server, call: Call) -> Server:
            stack.callback(server.stop)
            return server.answers(call, within=within)

        vendor = started(others.fake_vendor(folder / "vendor", cores=cores), calls.vendor_balances())
        echo = started(others.echo(folder / "echo", cores=cores), calls.echo())
        configuration = gateway.configuration(vendor.port, "sqlite:///journal.db")
        for section, entries in more.items():
            configuration[section] |= entries
        served = gateway.start(folder / "gateway", configuration, cores=cores, packages=packages)
        yield Bench(echo, started(served, calls.ready()))


def asked() -> dict[str, Call]:
    """The read and the write that the guard measures."""
    return {"read": calls.balances([KEY]), "write": calls.adjustments(KEY, "guard")}


def main() -> None:
    """Measure, and print what could stand in `USUAL`; code 1 where a limit is passed."""
    with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as running:
        costs, memory = running.costs(asked()), running.memory()
    for name, usual in USUAL.items():
        print(f"a {name} costs {costs.multiple(name):.1f} answers of the bare echo (usually {usual:.1f})")
    print(f"a worker has {memory:.2f} times the memory of the bare echo (usually {MEMORY})")
    if wrong := [*costs.too_slow(USUAL), *too_heavy(memory)]:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
