"""A simulator listens, keeps what it saw and did, and stops."""

import asyncio
from decimal import Decimal

import httpx
import pytest

from gateway.simulation import Effect
from tests.gateway.simulation.till import MOMENT, Till, line, running


def test_listens_where_base_url_says() -> None:
    """A simulator takes a free port and gives the base_url that a configuration needs."""

    async def test(till: Till) -> None:
        assert till.base_url == f"{till.origin}/v1"
        assert till.settings == {"adapter": "till", "base_url": till.base_url}
        async with line(till) as connection:
            connection.send()
            assert (await connection.answer())[2] == b'{"held": 5}'

    running(test)


def test_a_taken_port_is_an_error() -> None:
    """Starting on a port that is in use raises, and leaves nothing running."""

    async def test(till: Till) -> None:
        port = httpx.URL(till.origin).port
        with pytest.raises(OSError, match="in use"):
            await Till().start(port=port or 0)

    running(test)


def test_keeps_requests_as_they_came() -> None:
    """Method, path and query bytes, header names and body are kept without being normalised."""

    async def test(till: Till) -> None:
        async with line(till) as connection:
            connection.send(b"5", target="/v1/a%2fb/../%7E?x=%20+&x=1?")
            await connection.answer()
        [request] = till.requests
        assert (request.method, request.target, request.body) == ("POST", "/v1/a%2fb/../%7E?x=%20+&x=1?", b"5")
        assert (request.path, request.query) == ("/v1/a%2fb/../%7E", "x=%20+&x=1?")
        assert ("X-Odd", "Kept") in request.headers
        assert request.header("x-odd") == "Kept"
        assert request.header("absent") is None

    running(test)


def test_arrived_waits_for_requests() -> None:
    """`arrived` returns once that many requests were seen."""

    async def test(till: Till) -> None:
        waiting = asyncio.create_task(till.arrived(2))
        async with line(till) as connection:
            for _ in range(2):
                connection.send()
                await connection.answer()
        await waiting
        assert len(till.requests) == 2

    running(test)


def test_effects_are_kept_in_order() -> None:
    """Every applied change is in the ledger: when, whose, how much, and what the request called it."""

    async def test(till: Till) -> None:
        async with line(till) as connection:
            for body in (b"0.1", b"-0.30"):
                connection.send(body)
                await connection.answer()
        assert till.effects == [
            Effect(MOMENT, "card:1", Decimal("0.1"), fields={"target": "/v1/add"}),
            Effect(MOMENT, "card:1", Decimal("-0.30"), fields={"target": "/v1/add"}),
        ]
        assert till.ledger.balance("card:1", "held") == Decimal("-0.2")

    running(test)


def test_reset_drops_what_is_held_up() -> None:
    """A request held up over a reset is dropped unanswered, so that it cannot reach the fresh state."""

    async def test(till: Till) -> None:
        till.faults.add({"kind": "hang", "when": "before"})
        async with line(till) as connection:
            connection.send()
            await till.arrived(1)
            till.reset()
            assert await connection.reader.read() == b""
        assert till.effects == []

    running(test)


def test_stop_ends_a_hang() -> None:
    """Stopping closes a hanging connection without an answer and without the effect."""

    async def test(_: Till) -> None:
        async with Till() as till:
            till.faults.add({"kind": "hang", "when": "before"})
            async with line(till) as connection:
                connection.send()
                await till.arrived(1)
                await till.stop()
                assert await connection.reader.read() == b""
                assert till.effects == []

    running(test)
