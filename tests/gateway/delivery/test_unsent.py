"""What is not sent for a reason of ours is told as that, in a write and in a read, and says nothing of the vendor."""

import asyncio
import os
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import ANY

import pytest
from structlog.testing import capture_logs

from gateway.adjustments import Verdict
from gateway.delivery.channels import alone
from gateway.delivery.delivery import Delivery
from gateway.delivery.gate import Gate
from gateway.errors import (
    FieldNotSupported,
    GatewayError,
    InternalError,
    VendorBadResponse,
    VendorTimeout,
    VendorUnavailable,
)
from gateway.metrics import Metrics
from gateway.model import Applied, Balance, CircuitState, Member
from gateway.port import Adapter, Exchange, VendorRequest
from gateway.port.registry import AdapterType
from gateway.transport import Transport, boottime
from tests.adapters.bench import Bench, Pair
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.broken import GoesInCircles
from tests.adapters.fifth_vendor.simulator import PaperSimulator

HIDDEN = "schlüssel-of-somebody"


class Unfit(Paper):
    """Says in every header what no header can carry."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        yield VendorRequest("POST", "/paper/entries", {"X-Key": HIDDEN})
        raise NotImplementedError

    def balance(self, *, member: Member) -> Exchange[Balance]:  # type: ignore[override]
        yield VendorRequest("GET", "/paper/holders/1", {"X-Key": HIDDEN})
        raise NotImplementedError


class ThinksTwice(Paper):
    """Finds out after its first request that it cannot say this."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from self._access()
        raise FieldNotSupported("points", "on second thoughts")


@contextmanager
def bench(adapter: type[Adapter[Any]], **changes: Any) -> Iterator[Bench]:
    with Bench(Pair(AdapterType.of("paper", adapter), PaperSimulator), **changes) as opened:
        yield opened


def not_applied(paper: Bench, write: Callable[[], Any] | None = None) -> GatewayError:
    """What a caller is told of a write of which nothing left, and which can be tried again."""
    outcome = write() if write else paper.adjust()
    assert (outcome.verdict, outcome.evidence["sent"]) == (Verdict.NOT_APPLIED, False)
    assert outcome.error is not None
    assert outcome.error.retryable
    return outcome.error  # type: ignore[no-any-return]  # of an Outcome


def why_of(logged: list[Any]) -> list[str]:
    """Each reason of ours that the log names, with its vendor."""
    ours = [line for line in logged if line["event"] == "a request was not sent for a reason of ours"]
    assert {(line["log_level"], line["vendor"]) for line in ours} <= {("error", "vendor")}
    return [line["why"] for line in ours]


def test_what_no_header_can_carry() -> None:
    """A header that cannot be sent is our own refusal; the log names the header and not its value."""
    refused = "The request was refused here: no header can carry the value of X-Key"
    with bench(Unfit) as paper, capture_logs() as logged:
        error = not_applied(paper)
        assert (type(error), error.detail) == (InternalError, f"{refused}; nothing was sent")
        with pytest.raises(InternalError, match=f"{refused}; nothing was read"):
            paper.read("balance")
        assert paper.simulator.requests == []
    assert why_of(logged) == [refused, refused]
    assert HIDDEN not in str(logged)


def test_a_gateway_that_goes() -> None:
    """Once the connections are closed, callers hear that the gateway is shutting down; nothing is logged as wrong."""
    with bench(Paper) as paper, capture_logs() as logged:
        paper.delivery.close()
        error = not_applied(paper)
        assert (type(error), error.detail) == (InternalError, "The gateway is shutting down; nothing was sent")
        with pytest.raises(InternalError, match="The gateway is shutting down; nothing was read"):
            paper.read("balance")
        assert why_of(logged) == []


def test_a_call_that_is_cut_before_it_left() -> None:
    """A write that is cancelled while it waits for a slot is told to have been cut here."""
    with bench(Paper, max_concurrency=1) as paper:
        paper.spoil(0, {"kind": "hang", "when": "before"})

        async def scene() -> Any:
            first = asyncio.create_task(paper.delivery.write(paper.translation("adjust")))
            await paper.simulator.arrived(1)
            second = asyncio.create_task(paper.delivery.write(paper.translation("adjust")))
            await asyncio.sleep(0)
            second.cancel()
            outcome = await second
            first.cancel()
            await first
            return outcome

        error = not_applied(paper, lambda: paper.wait(scene()))
        assert (type(error), error.detail) == (InternalError, "The gateway is shutting down; nothing was sent")


def test_an_attempt_that_was_held_up_here() -> None:
    """An attempt whose time is over before its first request was held up by the gateway, not by the vendor."""
    with bench(Paper) as paper, capture_logs() as logged:
        late = lambda: paper.delivery.write(paper.translation("adjust"), lease_until=boottime() - 1)  # noqa: E731
        error = not_applied(paper, lambda: paper.wait(late()))
        held_up = "The gateway was held up until the time for this call was over"
        assert (type(error), error.detail) == (InternalError, f"{held_up}; nothing was sent")
        assert paper.simulator.requests == []
    assert why_of(logged) == ["The deadline had passed before the request could be sent"]


class Clock:
    """Seconds on a clock that also counts what a machine sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def slow_at_first(clock: Clock) -> Iterator[Bench]:
    """A vendor whose answer to the first request takes up all the time there is."""

    class Waits(Paper):
        def adjust(self, **said: Any) -> Exchange[Applied]:  # type: ignore[override]
            yield from self._access()
            clock.now += 10_000
            yield VendorRequest("POST", "/paper/entries")
            raise NotImplementedError

        def balance(self, **said: Any) -> Exchange[Balance]:  # type: ignore[override]
            yield from self._access()
            clock.now += 10_000
            yield VendorRequest("GET", "/paper/holders")
            raise NotImplementedError

    with bench(Paper) as paper:
        paper.translator.adapter = Waits(paper.settings)
        paper.delivery = Delivery(
            "vendor",
            paper.settings,
            Transport(paper.settings, clock),
            metrics=Metrics(),
            clock=lambda: datetime.now(UTC),
            boottime=clock,
        )
        yield paper


def test_a_vendor_that_is_too_slow_before_the_change() -> None:
    """Where the vendor has used the time up for a first request, that is told of the vendor."""
    with slow_at_first(Clock()) as paper:
        error = not_applied(paper)
        assert (type(error), len(paper.simulator.requests)) == (VendorUnavailable, 1)
        assert error.detail == "The vendor took too long over what comes before the change; nothing was changed"


def test_a_read_that_runs_out_of_time_between_its_requests() -> None:
    """A read whose first request has had all the time ran out of it: that is no fault of ours."""
    with slow_at_first(Clock()) as paper, pytest.raises(VendorTimeout, match="Not every answer came within"):
        paper.read("balance")


def test_a_process_without_free_files() -> None:
    """Where no connection can be opened for want of files, the vendor is not said to be away, nor left alone."""
    with bench(Paper) as paper, capture_logs() as logged:
        channel = alone("vendor", paper.settings, paper.transport, outages=1, clock=boottime, metrics=paper.metrics)
        gate = Gate(channel, metrics=paper.metrics)
        paper.delivery = Delivery(
            "vendor",
            paper.settings,
            paper.transport,
            metrics=paper.metrics,
            clock=lambda: datetime.now(UTC),
            boottime=boottime,
            gate=gate,
        )
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        next_one = os.open(os.devnull, os.O_RDONLY)
        os.close(next_one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (next_one, hard))
        try:
            error = not_applied(paper)
            with pytest.raises(InternalError, match="Too many open files"):
                paper.read("balance")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert isinstance(error, InternalError)
        assert error.detail.startswith("No connection could be opened here (")
        assert "Too many open files" in error.detail
        assert len(why_of(logged)) == 2
        assert paper.delivery.standing.state is CircuitState.CLOSED
        assert paper.adjust().verdict is Verdict.APPLIED


def test_a_vendor_that_cannot_be_reached_is_told_to_be_that() -> None:
    """A refused connection is the vendor's, and the detail says what the system said."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with bench(Paper, base_url=f"http://127.0.0.1:{bound.getsockname()[1]}") as paper, capture_logs() as logged:
            error = not_applied(paper)
            assert type(error) is VendorUnavailable
            assert error.detail.startswith("The vendor could not be reached (")
            assert error.detail.endswith("refused); nothing was sent")
            assert why_of(logged) == []


def test_an_adapter_that_goes_in_circles_before_the_change() -> None:
    """What the adapter did wrong is told, and not that the vendor was out of reach: it answered every time."""
    with bench(GoesInCircles) as paper:
        error = not_applied(paper)
        assert type(error) is InternalError
        assert "The adapter asked for more than" in error.detail


def test_what_fails_before_the_change() -> None:
    """An answer to a first request that is not understood is told as that."""
    with bench(ThinksTwice) as paper:
        error = not_applied(paper)
        assert "before the change has an unexpected form" in error.detail
    with bench(Paper) as paper:
        paper.spoil(0, {"kind": "status", "status": 500, "body": "down"})
        error = not_applied(paper)
        assert (type(error), error.detail.partition(" (")[0]) == (
            VendorUnavailable,
            "What comes before the change failed: The vendor is not available",
        )


def test_an_answer_that_is_larger_than_is_read() -> None:
    """A write is unknown, with what came of it in its history; a read is not understood, and not asked again."""
    with bench(Paper, max_answer=1000) as paper:
        paper.spoil(paper.effect_number(), {"kind": "body", "body": "x" * 2000, "apply": True})
        outcome = paper.adjust()
        assert outcome.verdict is Verdict.UNKNOWN
        assert outcome.evidence["error"] == "The answer is larger than 1000 bytes (max_answer)"
        beginning = {"status": 200, "headers": ANY, "body": "x" * 1000, "complete": False}
        assert outcome.exchange[-1]["response"] == beginning
        paper.spoil(0, {"kind": "body", "body": "x" * 2000})
        with pytest.raises(VendorBadResponse, match="larger than 1000 bytes"):
            paper.read("balance")
