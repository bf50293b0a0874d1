"""What an adapter promises that says how its vendor is probed: nothing changes there, and any answer is one."""

import asyncio
from collections.abc import Iterator

import pytest

from gateway.delivery.channels import alone
from gateway.delivery.circuit import FIRST_PAUSE
from gateway.delivery.gate import Held
from gateway.delivery.probing import ProbingGate
from gateway.model import CircuitState
from gateway.transport import Evidence, TransportError
from tests.adapters.bench import Bench
from tests.adapters.conftest import PAIRS


class Line:
    """The gate to the vendor on a bench, whose circuit opens after one outage."""

    def __init__(self, bench: Bench) -> None:
        self.now = 0.0
        self.bench = bench
        channel = alone(
            "vendor",
            bench.settings,
            bench.transport,
            outages=1,
            clock=lambda: self.now,
            metrics=bench.metrics,
        )
        self.gate = ProbingGate(channel, bench.translator, metrics=bench.metrics)

    def enter(self) -> None:
        """Have one call let through, and end well."""

        async def call() -> None:
            permit = await self.gate.enter(asyncio.get_running_loop().time() + self.bench.settings.timeout)
            self.gate.leave(permit, Evidence(sent=True, status=200), 200, None)

        self.bench.wait(call())

    def outage(self) -> None:
        """Have the circuit open, and its pause pass."""

        async def call() -> None:
            permit = await self.gate.enter(asyncio.get_running_loop().time() + self.bench.settings.timeout)
            self.gate.leave(permit, Evidence(sent=True), None, TransportError("ConnectionResetError"))

        self.bench.wait(call())
        assert self.gate.standing.state is CircuitState.OPEN
        self.now += FIRST_PAUSE


PROBED = [pair for pair in PAIRS if pair.kind.probes]


@pytest.fixture(params=PROBED, ids=[pair.kind.name for pair in PROBED])
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    """The line to each vendor that can be probed."""
    with Bench(request.param) as bench:
        yield Line(bench)


def test_a_probe_changes_nothing(line: Line) -> None:
    """It asks something, without an effect, is answered by a success, and leaves the vendor as it was."""
    line.outage()
    line.enter()
    assert line.gate.standing.state is CircuitState.CLOSED
    assert line.bench.simulator.requests != []
    assert {request.effect for request in line.bench.transport.requests} == {False}
    assert line.bench.simulator.effects == []
    answers = [line.bench.simulator.handle(request) for request in line.bench.simulator.requests]
    assert [answer.status for answer in answers] == [200] * len(answers)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_vendor_that_is_away_stays_alone(line: Line, status: int) -> None:
    """A 5xx to the probe leaves it alone for longer, and the call that would have gone out is held back."""
    line.outage()
    line.bench.simulator.faults.add({"kind": "status", "status": status})
    with pytest.raises(Held):
        line.enter()
    assert line.gate.standing.state is CircuitState.OPEN
    assert line.gate.standing.wait == 2 * FIRST_PAUSE


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 422])
def test_a_vendor_that_answers_is_back(line: Line, status: int) -> None:
    """Whatever it says to the probe, it is there to say it."""
    line.outage()
    line.bench.simulator.faults.add({"kind": "status", "status": status, "body": '{"Message": "No."}'})
    line.enter()
    assert line.gate.standing.state is CircuitState.CLOSED


def test_what_a_probe_sends_is_no_secret_once_masked(line: Line) -> None:
    """A masked adapter's probe can be shown: it holds nothing that was configured as a secret."""
    request = line.bench.translator.masked().probe().request
    shown = (request.path, str(request.headers), request.body.decode())
    assert not [secret for secret in line.bench.settings.secrets() if any(secret in each for each in shown)]
