"""After an outage a vendor is tried by its probe, and no write goes out that could become one more unknown."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gateway.adjustments import Verdict
from gateway.delivery.channels import alone
from gateway.delivery.circuit import FIRST_PAUSE
from gateway.delivery.delivery import Delivery
from gateway.delivery.gate import Held
from gateway.delivery.outcome import Outcome
from gateway.delivery.probing import PART, ProbingGate
from gateway.model import CircuitState
from gateway.port import Exchange, VendorRequest
from gateway.port.registry import AdapterType
from gateway.transport import Evidence, boottime
from tests.adapters.bench import Bench, Pair
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.deadlines import DEADLINE, scaled

OUTAGES = 2
TIMEOUT = scaled(1.0)


class Line:
    """The way to a vendor whose circuit asks for a probe; its clock is set by hand."""

    def __init__(self, bench: Bench) -> None:
        self.now = 0.0
        self.bench = bench
        self.vendor = bench.simulator
        channel = alone(
            "vendor",
            bench.settings,
            bench.transport,
            outages=OUTAGES,
            clock=lambda: self.now,
            metrics=bench.metrics,
        )
        self.gate = ProbingGate(channel, bench.translator, metrics=bench.metrics)
        self.way = Delivery(
            "vendor",
            bench.settings,
            bench.transport,
            metrics=bench.metrics,
            clock=bench.delivery._clock,
            boottime=boottime,
            gate=self.gate,
        )

    async def write(self) -> Outcome:
        return await self.way.write(self.bench.translation("adjust"), vouching=True)

    async def outage(self) -> None:
        """Have writes that become unknown until the circuit is open, and let its pause pass."""
        for _ in range(OUTAGES):
            self.vendor.faults.add({"kind": "delay", "seconds": 0}, {"kind": "close", "when": "before"})
            assert (await self.write()).verdict is Verdict.UNKNOWN
        assert self.gate.standing.state is CircuitState.OPEN
        self.vendor.requests.clear()
        self.now += FIRST_PAUSE

    def paths(self) -> list[str]:
        return [request.path for request in self.vendor.requests]


def play(body: Callable[[Line], Coroutine[Any, Any, None]], adapter: type[Paper] = Paper) -> None:
    with Bench(Pair(AdapterType.of("paper", adapter), PaperSimulator), timeout=TIMEOUT) as bench:

        async def bounded() -> None:
            async with asyncio.timeout(DEADLINE):
                await body(Line(bench))

        bench.wait(bounded())


def test_a_vendor_that_is_back_gets_the_write() -> None:
    """The probe goes first, and the write that waited for it follows at once."""

    async def body(line: Line) -> None:
        await line.outage()
        assert (await line.write()).verdict is Verdict.APPLIED
        assert line.paths() == ["/paper/token", "/paper/token", "/paper/entries"]
        assert line.gate.standing.state is CircuitState.CLOSED

    play(body)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "close", "when": "before"},
        {"kind": "reset", "when": "after"},
        {"kind": "status", "status": 503},
        {"kind": "html", "status": 502},
        {"kind": "hang", "when": "before"},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_vendor_that_is_still_away_gets_no_write(fault: dict[str, Any]) -> None:
    """A probe that fails in whichever way costs no unknown: the write was not sent, and is told to come back."""

    async def body(line: Line) -> None:
        await line.outage()
        line.vendor.faults.add(fault)
        outcome = await line.write()
        assert outcome.verdict is Verdict.NOT_APPLIED
        assert isinstance(outcome.error, Held)
        assert outcome.error.retry_after == pytest.approx(2 * FIRST_PAUSE)
        assert line.paths() == ["/paper/token"]
        assert line.vendor.effects == []

    play(body)


def test_only_one_call_probes() -> None:
    """Whoever else comes meanwhile is held back, and what comes afterwards needs no probe."""

    async def body(line: Line) -> None:
        await line.outage()
        line.vendor.faults.add({"kind": "hang", "when": "before"})
        first = asyncio.create_task(line.write())
        await line.vendor.arrived(1)
        assert {outcome.verdict for outcome in await asyncio.gather(*(line.write() for _ in range(5)))} == {
            Verdict.NOT_APPLIED
        }
        line.vendor.release()
        assert (await first).verdict is Verdict.APPLIED
        assert (await line.write()).verdict is Verdict.APPLIED
        assert line.paths().count("/paper/token") == 3

    play(body)


def test_a_probe_leaves_the_write_its_time() -> None:
    """It may take a part of the call's time, and a vendor that needs more is not back."""

    async def body(line: Line) -> None:
        await line.outage()
        line.vendor.faults.add({"kind": "hang", "when": "before"})
        begun = asyncio.get_running_loop().time()
        assert (await line.write()).verdict is Verdict.NOT_APPLIED
        assert asyncio.get_running_loop().time() - begun < TIMEOUT * (1 + PART) / 2 + scaled(0.2)
        assert line.gate.standing.state is CircuitState.OPEN

    play(body)


def test_a_caller_that_leaves_during_the_probe_leaves_nothing_behind() -> None:
    """The next call probes, and the place is free again."""

    async def body(line: Line) -> None:
        await line.outage()
        line.vendor.faults.add({"kind": "hang", "when": "before"})
        first = asyncio.create_task(line.write())
        await line.vendor.arrived(1)
        first.cancel()
        assert (await first).verdict is Verdict.NOT_APPLIED
        assert (await line.write()).verdict is Verdict.APPLIED
        assert line.gate.standing.state is CircuitState.CLOSED

    play(body)


class RaisesAtOnce(Paper):
    """Its probe fails before it has asked anything."""

    def probe(self) -> Exchange[None]:
        raise KeyError("probe")
        yield


class HasAnEffect(Paper):
    """Its probe asks for a change."""

    def probe(self) -> Exchange[None]:
        yield VendorRequest.json("POST", "/entries", {}, effect=True)


class Leaves(Paper):
    """Its probe would end the process."""

    def probe(self) -> Exchange[None]:
        raise SystemExit(1)
        yield


@pytest.mark.parametrize("adapter", [RaisesAtOnce, HasAnEffect, Leaves])
def test_a_probe_that_asks_nothing_is_none(adapter: type[Paper]) -> None:
    """An adapter's broken probe alarms, and the call itself finds out, as where there is no probe."""

    async def body(line: Line) -> None:
        await line.outage()
        assert (await line.write()).verdict is Verdict.APPLIED
        assert line.paths() == ["/paper/token", "/paper/entries"]
        assert line.gate.standing.state is CircuitState.CLOSED
        assert line.bench.alarms("adapter") == 1

    play(body, adapter)


class MisreadsTheAnswer(Paper):
    """Its probe fails on the answer."""

    def probe(self) -> Exchange[None]:
        yield from super().probe()
        raise KeyError("answer")


def test_a_probe_that_fails_on_an_answer_had_one() -> None:
    """The vendor is there, whatever the adapter makes of what it says; the adapter's fault alarms."""

    async def body(line: Line) -> None:
        await line.outage()
        assert (await line.write()).verdict is Verdict.APPLIED
        assert line.bench.alarms("adapter") == 1

    play(body, MisreadsTheAnswer)


def test_a_closed_circuit_probes_nothing() -> None:
    """As long as there was no outage, calls are all that goes out."""

    async def body(line: Line) -> None:
        permit = await line.gate.enter(asyncio.get_running_loop().time() + TIMEOUT)
        line.gate.leave(permit, Evidence(sent=True, status=200), 200, None)
        assert line.vendor.requests == []

    play(body)
