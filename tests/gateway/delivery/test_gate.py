"""What an exchange says about a vendor's health, and what the gate makes of it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gateway.delivery.channels import PATIENCE, QUEUE, alone
from gateway.delivery.circuit import FIRST_PAUSE, Pass, Sign
from gateway.delivery.gate import Gate, Held, sign
from gateway.errors import (
    MemberNotFound,
    VendorAuthFailed,
    VendorBadResponse,
    VendorError,
    VendorRateLimited,
    VendorUnavailable,
)
from gateway.metrics import Metrics
from gateway.model import CircuitState
from gateway.port import VendorSettings
from gateway.transport import (
    Evidence,
    OutOfResources,
    RequestRefused,
    TooLate,
    Transport,
    TransportClosed,
    TransportError,
    TransportTimeout,
    boottime,
)
from tests.deadlines import DEADLINE, scaled

TIMEOUT = scaled(0.1)


class Bench:
    """A gate with one slot that opens after two outages."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self.now = 0.0
        self.metrics = Metrics()
        settings = VendorSettings(adapter="any", base_url="http://127.0.0.1:1", timeout=timeout, max_concurrency=1)
        transport = Transport(settings, boottime)
        channel = alone("crm", settings, transport, outages=2, clock=lambda: self.now, metrics=self.metrics)
        self.gate = Gate(channel, metrics=self.metrics)

    async def enter(self) -> Pass:
        return await self.gate.enter(asyncio.get_running_loop().time() + DEADLINE)

    async def outage(self) -> None:
        self.gate.leave(await self.enter(), Evidence(sent=True), None, TransportTimeout())

    def counted(self, line: str) -> bool:
        return line in self.metrics.exposition().decode().splitlines()


def on_bench(body: Callable[[Bench], Coroutine[Any, Any, None]], *, timeout: float = TIMEOUT) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE):
            await body(Bench(timeout))

    asyncio.run(bounded())


def judged(error: VendorError) -> VendorError:
    error.judged = True
    return error


@pytest.mark.parametrize(
    ("evidence", "status", "error", "expected"),
    [
        (Evidence(sent=True, status=200), 200, None, Sign.ANSWERED),
        (Evidence(), None, RequestRefused("a header"), Sign.NOTHING),
        (Evidence(), None, TooLate("The deadline had passed"), Sign.NOTHING),
        (Evidence(), None, OutOfResources("Too many open files"), Sign.NOTHING),
        (Evidence(), None, TransportClosed("closed"), Sign.NOTHING),
        (Evidence(sent=True), None, TransportClosed("closed"), Sign.NOTHING),
        (Evidence(), None, TransportError("ConnectionRefusedError"), Sign.OUTAGE),
        (Evidence(), None, TransportTimeout("The deadline passed"), Sign.OUTAGE),
        (Evidence(sent=True), None, TransportTimeout("The deadline passed"), Sign.OUTAGE),
        (Evidence(sent=True), None, TransportError("ConnectionResetError"), Sign.OUTAGE),
        (Evidence(sent=True, status=200), None, TransportTimeout("The deadline passed"), Sign.OUTAGE),
        (Evidence(sent=True, status=200), None, TransportError("The answer is larger"), Sign.ANSWERED),
        (Evidence(sent=True, status=502), None, TransportError("cut short"), Sign.OUTAGE),
        (Evidence(sent=True, status=503), 503, VendorUnavailable(vendor_status=503), Sign.OUTAGE),
        (Evidence(sent=True, status=200), 200, VendorUnavailable(vendor_status=500), Sign.OUTAGE),
        (Evidence(sent=True, status=502), 502, VendorBadResponse("HTML"), Sign.OUTAGE),
        (Evidence(sent=True, status=502), 502, KeyError("points"), Sign.OUTAGE),
        (Evidence(sent=True, status=200), 200, KeyError("points"), Sign.ANSWERED),
        (Evidence(sent=True, status=404), 404, VendorBadResponse(vendor_status=404), Sign.ANSWERED),
        (Evidence(sent=True, status=404), 404, judged(MemberNotFound(vendor_status=404)), Sign.ANSWERED),
        (Evidence(sent=True, status=500), 500, judged(MemberNotFound(vendor_status=500)), Sign.ANSWERED),
        (Evidence(sent=True, status=401), 401, judged(VendorAuthFailed(vendor_status=401)), Sign.ANSWERED),
        (Evidence(sent=True, status=429), 429, judged(VendorRateLimited(vendor_status=429)), Sign.BUSY),
        (Evidence(sent=True), None, asyncio.CancelledError(), Sign.NOTHING),
        (Evidence(), None, RuntimeError("ours"), Sign.NOTHING),
    ],
    ids=repr,
)
def test_what_an_exchange_says(
    evidence: Evidence, status: int | None, error: BaseException | None, expected: Sign
) -> None:
    """No way to it, no answer in time, a broken connection or a 5xx is an outage; whatever else comes is an answer."""
    assert sign(evidence, status, error) is expected


def test_an_open_circuit_lets_nobody_through() -> None:
    """At once, with what remains of the pause, counted, and shown."""

    async def body(bench: Bench) -> None:
        await bench.outage()
        await bench.outage()
        with pytest.raises(Held) as held:
            await bench.enter()
        assert held.value.retry_after == FIRST_PAUSE
        assert bench.gate.standing.state is CircuitState.OPEN
        assert bench.counted('points_held_total{by="circuit",purpose="call",vendor="crm"} 1.0')
        assert bench.counted('points_circuit{purpose="call",state="open",vendor="crm"} 1.0')
        assert bench.counted('points_circuit{purpose="call",state="closed",vendor="crm"} 0.0')

    on_bench(body)


def test_who_waits_when_it_opens_is_not_let_through() -> None:
    """A slot that comes free after the circuit opened is not used, and not lost."""

    async def body(bench: Bench) -> None:
        await bench.outage()
        permit = await bench.enter()
        waiting = asyncio.create_task(bench.enter())
        await asyncio.sleep(0)
        bench.gate.leave(permit, Evidence(), None, TransportError())
        with pytest.raises(Held):
            await waiting
        bench.now += FIRST_PAUSE
        assert (await bench.enter()).probe

    on_bench(body)


def test_no_slot_in_time() -> None:
    """Past its part of the time-out a call is told to come back; past so many that wait, at once."""

    async def body(bench: Bench) -> None:
        await bench.enter()
        waiting = [asyncio.create_task(bench.enter()) for _ in range(QUEUE)]
        await asyncio.sleep(0)
        with pytest.raises(Held):
            await bench.enter()
        for task in waiting:
            with pytest.raises(Held) as held:
                await task
            assert held.value.retry_after == TIMEOUT * PATIENCE
        assert bench.counted(f'points_held_total{{by="slots",purpose="call",vendor="crm"}} {QUEUE + 1}.0')

    on_bench(body)


def test_calls_that_come_together() -> None:
    """Where the journal was away for a moment, its writes come at once; a vendor that answers is asked for them all."""

    async def body(bench: Bench) -> None:
        permit = await bench.enter()
        burst = [asyncio.create_task(bench.enter()) for _ in range(10)]
        await asyncio.sleep(0)
        for task in burst:
            bench.gate.leave(permit, Evidence(sent=True), 200, None)
            permit = await task
        assert bench.gate.under_way == 1

    on_bench(body, timeout=DEADLINE)
