"""A connection that is kept between calls: it may be dead, or hold what nobody asked for, and slots are scarce."""

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import VendorRequest
from gateway.transport import Evidence, TransportError
from tests.gateway.transport.raw_server import (
    CA,
    GET,
    OK,
    POST,
    Peer,
    Server,
    answers,
    failure,
    opened,
    send,
    tls,
    yielded,
)

Run = Callable[[Any], None]
PUT = VendorRequest("PUT", "/points", {}, b"{}", effect=True)
SPARE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nspare"
each = pytest.mark.parametrize("request_", [GET, POST, PUT], ids=["GET", "POST", "PUT"])
encrypted = pytest.mark.parametrize("context", [None, tls()], ids=["plain", "tls"])


async def answers_once(peer: Peer) -> None:
    await peer.request()
    peer.send(OK)
    await peer.end()


def put_on_the_wire(peer: Peer, data: bytes) -> None:
    """Hand bytes to the system at once, so that they arrive before the event loop goes round."""
    os.write(peer.transport.get_extra_info("socket").fileno(), data)


def end_at_once(peer: Peer) -> None:
    """Have the system end the connection, before the event loop goes round."""
    with socket.socket(fileno=os.dup(peer.transport.get_extra_info("socket").fileno())) as connection:
        connection.shutdown(socket.SHUT_RDWR)


@each
@encrypted
def test_connection_is_kept(run: Run, request_: VendorRequest, context: Any) -> None:
    """Calls share a connection that is sound."""

    async def scene() -> None:
        async with Server(answers, tls=context) as server, opened(server.url, ca_file=CA) as transport:
            first, second = Evidence(), Evidence()
            await send(transport, request_, first)
            await send(transport, request_, second)
            assert (first.reused, second.reused) == (False, True)
            assert (len(server.requests), len(server.peers)) == (2, 1)

    run(scene())


@each
@encrypted
@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "not yet noticed"])
def test_closed_while_idle(run: Run, request_: VendorRequest, context: Any, noticed: bool) -> None:
    """A connection that was closed between calls is not used: the next call goes out on a new one, once."""

    async def scene() -> None:
        async with Server(answers_once, answers, tls=context) as server, opened(server.url, ca_file=CA) as transport:
            await send(transport, GET)
            if noticed:
                server.peers[0].close()
                await server.peers[0].end()
                await yielded()
            else:
                end_at_once(server.peers[0])
            evidence = Evidence()
            assert (await send(transport, request_, evidence)).body == b"ok"
            assert (evidence.sent, evidence.reused) == (True, False)
            assert [len(peer.requests()) for peer in server.peers] == [1, 1]

    run(scene())


def test_reset_while_idle(run: Run) -> None:
    """A connection that was reset between calls is not used either."""

    async def scene() -> None:
        async with Server(answers_once, answers) as server, opened(server.url) as transport:
            await send(transport, GET)
            server.peers[0].reset()
            await yielded()
            assert (await send(transport, POST)).body == b"ok"
            assert [len(peer.requests()) for peer in server.peers] == [1, 1]

    run(scene())


@each
@encrypted
@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("when", ["first byte", "whole request"])
def test_lost_when_the_next_request_comes(run: Run, request_: VendorRequest, context: Any, end: str, when: str) -> None:
    """A kept connection that dies as the next request reaches it: sent, an error, and never a silent second send."""

    async def script(peer: Peer) -> None:
        first = await peer.request()
        peer.send(OK)
        await peer.until(lambda: len(peer.received) > len(first))
        if when == "whole request":
            await peer.request(2)
        getattr(peer, end)()

    async def scene() -> None:
        async with Server(script, answers, tls=context) as server, opened(server.url, ca_file=CA) as transport:
            await send(transport, GET)
            error, evidence = await failure(transport, request_)
            assert not error.timeout
            assert (evidence.sent, evidence.reused, evidence.status) == (True, True, None)
            assert len(server.peers) == 1
            await send(transport, GET)
            assert [len(peer.requests()) for peer in server.peers][1:] == [1]

    run(scene())


@each
@pytest.mark.parametrize("spare", [SPARE, SPARE[:20], SPARE * 2, b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"x"])
@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "not yet noticed"])
def test_spare_answer_while_idle(run: Run, request_: VendorRequest, spare: bytes, noticed: bool) -> None:
    """What comes between calls is nobody's: the connection is dropped, and the next call gets its own answer."""

    async def scene() -> None:
        async with Server(answers_once, answers) as server, opened(server.url) as transport:
            await send(transport, GET)
            put_on_the_wire(server.peers[0], spare)
            if noticed:
                await yielded()
            assert (await send(transport, request_)).body == b"ok"
            assert [len(peer.requests()) for peer in server.peers] == [1, 1]

    run(scene())


@each
@encrypted
def test_spare_answer_at_once(run: Run, request_: VendorRequest, context: Any) -> None:
    """A second answer that comes along with the first is not credited to the next call."""

    async def twice(peer: Peer) -> None:
        await peer.request()
        peer.send(OK + SPARE)
        await peer.end()

    async def scene() -> None:
        async with Server(twice, answers, tls=context) as server, opened(server.url, ca_file=CA) as transport:
            assert (await send(transport, GET)).body == b"ok"
            assert (await send(transport, request_)).body == b"ok"
            assert [len(peer.requests()) for peer in server.peers] == [1, 1]

    run(scene())


@each
def test_spare_answer_a_little_later(run: Run, request_: VendorRequest) -> None:
    """A second answer 20 ms after the first, over TLS too, is not credited to the next call."""

    async def twice(peer: Peer) -> None:
        await peer.request()
        peer.send(OK)
        await asyncio.sleep(0.02)  # this lateness is what is tested
        peer.send(SPARE)
        peer.server.go_on.set()
        await peer.end()

    async def scene() -> None:
        async with Server(twice, answers, tls=tls()) as server, opened(server.url, ca_file=CA) as transport:
            assert (await send(transport, GET)).body == b"ok"
            await server.go_on.wait()
            await yielded()
            assert (await send(transport, request_)).body == b"ok"
            assert [len(peer.requests()) for peer in server.peers] == [1, 1]

    run(scene())


def test_connection_that_the_vendor_ends(run: Run) -> None:
    """After `Connection: close` the next call opens its own connection."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        await peer.end()

    async def scene() -> None:
        async with Server(script) as server, opened(server.url) as transport:
            for _ in range(3):
                assert (await send(transport, POST)).body == b"ok"
            assert len(server.peers) == 3

    run(scene())


@encrypted
def test_cancellations_cost_no_slot(run: Run, context: Any) -> None:
    """After 200 cancellations, wherever they struck, 100 calls succeed and all slots can be in use at once."""

    async def script(peer: Peer) -> None:
        number = 1
        while request := await peer.request(number):
            if b"/hang" in request:
                return await peer.end()
            if b"/together" in request:
                together.append(peer)
                if len(together) % 4 == 0:
                    for waiting in together[-4:]:
                        waiting.send(OK)
            else:
                peer.send(OK)
            number += 1
        return None

    together: list[Peer] = []

    async def scene() -> None:
        async with (
            Server(script, tls=context) as server,
            opened(server.url, ca_file=CA, max_concurrency=4) as transport,
        ):
            for number in range(200):
                path = "/hang" if number % 3 else "/points"
                calls = [
                    asyncio.create_task(send(transport, VendorRequest("POST", path), Evidence()))
                    for _ in range(1 + number % 6)
                ]
                for _ in range(number % 23):
                    await asyncio.sleep(0)
                for call in calls:
                    call.cancel()
                for result in await asyncio.gather(*calls, return_exceptions=True):
                    assert not isinstance(result, TransportError)
            answered = await asyncio.gather(*(send(transport, POST) for _ in range(100)))
            assert [answer.body for answer in answered] == [b"ok"] * 100
            together.clear()
            await asyncio.gather(*(send(transport, VendorRequest("GET", "/together")) for _ in range(4)))
            assert len(together) == 4

    run(scene())


def test_slot_of_a_cancelled_waiter(run: Run) -> None:
    """Where a waiter is cancelled in the very moment that a slot is free, the next one in line gets the slot."""

    async def scene() -> None:
        async with Server(answers) as server, opened(server.url, max_concurrency=1) as transport:

            async def first_in_line() -> None:
                await send(transport, GET)
                second.cancel()  # it was woken for the slot just now, and has not run yet

            first = asyncio.create_task(first_in_line())
            await asyncio.sleep(0)
            second = asyncio.create_task(send(transport, POST))
            await asyncio.sleep(0)
            third = asyncio.create_task(send(transport, POST))
            await first
            with pytest.raises(asyncio.CancelledError):
                await second
            assert (await third).body == b"ok"
            assert len(server.requests) == 2

    run(scene())
