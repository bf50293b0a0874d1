"""A request that is refused since there is too much to do, over real sockets: its answer, and what comes after it."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

import pytest

from gateway.api.admission import TURN, Admission
from gateway.api.entrance import Entrance
from gateway.api.protocol import Protocol
from gateway.metrics import Metrics
from tests.gateway.api.bench import HEAD, Bench, Caller, served

ONE = HEAD + b"Content-Length: 1\r\n\r\nx"


class Slow:
    """A clock by which every turn is long, until it is not."""

    def __init__(self) -> None:
        self.now = 0.0
        self.step = 2 * TURN

    def __call__(self) -> float:
        self.now += self.step
        return self.now


async def turned(condition: Callable[[], bool]) -> None:
    """Let the event loop turn until something holds."""
    while not condition():  # noqa: ASYNC110 (turns are what requests wait for; nothing else tells of them)
        await asyncio.sleep(0)


async def overloaded(bench: Bench, clock: Slow) -> Caller:
    """A caller of a server that has too much to do, and room for nobody."""
    admission = Admission(who=lambda scope: "app", metrics=Metrics(), clock=clock, most=0)
    bench.protocol = partial(Entrance, admission=admission)
    first = await bench.connect()
    first.send(ONE)
    assert (await first.answer()).endswith(b"\r\n\r\n1")  # the first turn is yet to be measured
    return first


def test_a_refusal_and_what_follows() -> None:
    """It is the problem `overloaded`; the connection goes on, and the body of the refused request is passed over."""

    async def body(bench: Bench) -> None:
        clock = Slow()
        caller = await overloaded(bench, clock)
        caller.send(HEAD + b'Request-Id: m"ine\r\nContent-Length: 10\r\n\r\n12345')
        head, _, text = (await caller.answer()).partition(b"\r\n\r\n")
        problem = json.loads(text)
        assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        lines = {line.partition(b": ")[0].lower(): line.partition(b": ")[2] for line in head.split(b"\r\n")[1:]}
        assert lines[b"content-type"] == b"application/problem+json"
        assert (lines[b"retry-after"], lines[b"request-id"]) == (b"1", b'm"ine')
        assert (problem["code"], problem["status"], problem["retryable"]) == ("overloaded", 503, True)
        assert (problem["new_key_allowed"], problem["request_id"]) == (False, 'm"ine')
        caller.send(b"67890")
        clock.step = 0.0
        caller.send(ONE)
        answer = await caller.answer()
        while answer.startswith(b"HTTP/1.1 503"):  # a turn is over only a moment later
            caller.send(ONE)
            answer = await caller.answer()
        assert answer.endswith(b"\r\n\r\n1")
        assert bench.bodies == [b"x", b"x"], "the application saw nothing of what was refused"

    served(body)


def test_a_refusal_where_the_connection_ends() -> None:
    """A caller that wants the connection closed has it closed after the refusal; a HEAD has no body."""

    async def body(bench: Bench) -> None:
        await overloaded(bench, Slow())
        for method in (b"POST", b"HEAD"):
            caller = await bench.connect()
            caller.send(method + b" / HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n")
            head, _, text = (await caller.ended()).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503 ")
            assert b"connection: close" in head.lower()
            assert bool(text) is (method == b"POST")

    served(body)


def test_pipelined_requests_are_refused_in_their_order() -> None:
    """Each has its own answer."""

    async def body(bench: Bench) -> None:
        caller = await overloaded(bench, Slow())
        for number in range(3):
            caller.send(HEAD + b"Request-Id: number-%d\r\nContent-Length: 1\r\n\r\nx" % number)
        for number in range(3):
            assert b'"request_id":"number-%d"' % number in await caller.answer()
        assert bench.bodies == [b"x"]

    served(body)


def test_who_leaves_while_it_waits_is_forgotten() -> None:
    """No answer is written for a caller that is gone, and nobody else is harmed."""

    async def body(bench: Bench) -> None:
        clock = Slow()
        caller = await overloaded(bench, clock)
        leaving = await bench.connect()
        leaving.send(ONE)
        leaving.writer.transport.abort()
        clock.step = 0.0
        answer = b"HTTP/1.1 503"
        while answer.startswith(b"HTTP/1.1 503"):
            caller.send(ONE)
            answer = await caller.answer()
        assert answer.endswith(b"\r\n\r\n1")

    served(body)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_who_leaves_with_several_requests_waiting_harms_nobody(loop: str) -> None:
    """The first of a caller's requests waits, the next ones behind it, and the caller leaves: others are served."""

    async def body(bench: Bench) -> None:
        clock = Slow()
        admission = Admission(who=lambda scope: "app", metrics=Metrics(), clock=clock)
        bench.protocol = partial(Entrance, admission=admission)
        leaving = [await bench.connect() for _ in range(200)]
        await turned(lambda: len(bench.connections) == len(leaving))
        for caller in leaving:
            caller.send(ONE * 3)
        await turned(lambda: len(admission) > 50)
        for caller in leaving:
            caller.writer.transport.abort()
        await turned(lambda: not len(bench.connections))
        clock.step = 0.0
        other = await bench.connect()
        other.send(ONE)
        assert (await other.answer()).endswith(b"\r\n\r\n1")
        assert not len(admission)

    served(body, loop)


def test_refusals_that_nobody_reads_wait() -> None:
    """A caller that asks on and on and takes in no answer has few of them written; once it reads, it has them all."""

    async def body(bench: Bench) -> None:
        await overloaded(bench, Slow())
        made: list[Protocol] = []
        make = bench.protocol

        def noted(*arguments: Any, **options: Any) -> Protocol:
            made.append(make(*arguments, **options))
            return made[-1]

        bench.protocol = noted
        caller = await bench.connect()
        await turned(lambda: bool(made) and made[0].transport is not None)
        made[0].transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
        caller.writer.transport.pause_reading()
        largest = 0
        for _ in range(60):
            caller.send(ONE * 50)
            for _ in range(60):
                await asyncio.sleep(0)
                largest = max(largest, made[0].transport.get_write_buffer_size())
        assert 0 < largest < 200_000
        caller.writer.transport.resume_reading()
        for _ in range(60 * 50):
            assert (await caller.answer()).startswith(b"HTTP/1.1 503 ")

    served(body)
