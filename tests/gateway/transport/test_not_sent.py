"""What fails before a byte of the request can leave: `sent` stays false, and the vendor has received nothing."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import VendorRequest
from gateway.transport import Evidence, TransportError, TransportTimeout
from tests.deadlines import DEADLINE
from tests.gateway.transport.raw_server import (
    CA,
    GET,
    OK,
    POST,
    SHORT,
    Names,
    Server,
    answers,
    failure,
    opened,
    send,
    silence,
    tls,
)

Run = Callable[[Any], None]
both = pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])


@both
def test_refused_connection(run: Run, request_: VendorRequest) -> None:
    """Where nobody listens, nothing was sent."""

    async def scene() -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            async with opened(f"http://127.0.0.1:{bound.getsockname()[1]}") as transport:
                error, evidence = await failure(transport, request_)
                assert not error.timeout
                assert not evidence.sent
                assert "refused" in str(error)

    run(scene())


@both
def test_unknown_name(run: Run, request_: VendorRequest) -> None:
    """Where the name has no address, nothing was sent."""

    async def unknown(host: str, port: int) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def scene() -> None:
        async with opened("http://vendor.test", resolver=Names(unknown)) as transport:
            error, evidence = await failure(transport, request_)
            assert not error.timeout
            assert not evidence.sent
            assert "not known" in str(error)

    run(scene())


def test_impossible_name(run: Run) -> None:
    """A name that no resolver takes fails like any other."""

    async def scene() -> None:
        async with opened(f"http://{'a' * 70}.test") as transport:
            assert not (await failure(transport, POST))[1].sent

    run(scene())


def test_name_that_takes_too_long(run: Run) -> None:
    """The search for an address counts against the deadline."""

    async def scene() -> None:
        async def hangs(host: str, port: int) -> None:
            await asyncio.Event().wait()

        async with opened("http://vendor.test", resolver=Names(hangs)) as transport:
            error, evidence = await failure(transport, POST, seconds=SHORT)
            assert error.timeout
            assert not evidence.sent

    run(scene())


def test_connection_that_hangs(run: Run) -> None:
    """Connecting counts against the deadline: here the system's queue for the listener is full."""

    async def scene() -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            waiting = [socket.socket() for _ in range(8)]
            try:
                for other in waiting:
                    other.setblocking(False)
                    other.connect_ex(listener.getsockname())
                async with opened(f"http://127.0.0.1:{listener.getsockname()[1]}") as transport:
                    error, evidence = await failure(transport, POST, seconds=SHORT)
                    assert error.timeout
                    assert not evidence.sent
            finally:
                for other in waiting:
                    other.close()

    run(scene())


@both
def test_no_free_slot(run: Run, request_: VendorRequest) -> None:
    """Waiting for a free slot counts against the deadline, and what waited has not been sent."""

    async def scene() -> None:
        async with Server(silence) as server, opened(server.url, max_concurrency=1) as transport:
            first = asyncio.create_task(failure(transport, POST))
            await (await server.peer(1)).request()
            error, evidence = await failure(transport, request_, seconds=SHORT)
            assert error.timeout
            assert not evidence.sent
            transport.close()
            assert (await first)[1].sent
            assert len(server.requests) == len(server.peers) == 1

    run(scene())


@both
def test_machine_that_slept_past_the_deadline(run: Run, request_: VendorRequest) -> None:
    """A process that was stopped or suspended until after its deadline sends nothing when it goes on."""

    async def scene() -> None:
        now = 100.0

        async def sleeps(host: str, port: int) -> None:
            nonlocal now
            now += 3600.0

        async with Server(answers) as server:
            url = server.named
            async with opened(url, clock=lambda: now, resolver=Names(sleeps)) as transport:
                error, evidence = await failure(transport, request_)
                assert error.timeout
                assert not evidence.sent
                assert (evidence.started_at, evidence.finished_at) == (100.0, 3700.0)
                assert (await send(transport, request_)).status == 200
                assert len(server.requests) == 1

    run(scene())


@both
@pytest.mark.parametrize("passed", ["deadline", "expires"])
def test_deadline_that_has_passed(run: Run, request_: VendorRequest, passed: str) -> None:
    """Past the deadline, on either clock, nothing is sent, not even where a kept connection is ready."""

    async def scene() -> None:
        async with Server(answers) as server, opened(server.url, clock=lambda: 50.0) as transport:
            await send(transport, GET)
            now = asyncio.get_running_loop().time()
            moments = {"deadline": now + DEADLINE, "expires": 55.0}
            moments[passed] = {"deadline": now, "expires": 50.0}[passed]
            evidence = Evidence()
            with pytest.raises(TransportTimeout):
                await transport.send(request_, evidence, **moments)
            assert not evidence.sent
            await send(transport, GET)
            assert (len(server.requests), len(server.peers)) == (2, 1)

    run(scene())


@both
def test_vendor_that_speaks_first(request_: VendorRequest) -> None:
    """An answer that is there before the request cannot be one to it, and the request is then not sent."""

    async def scene() -> None:
        # In TLS 1.2 the vendor ends the greeting, so what it says next comes along with that; and asyncio's own loop
        # hands on both at once.
        context = tls(maximum_version=ssl.TLSVersion.TLSv1_2)
        async with (
            Server(silence, tls=context, hello=OK) as server,
            opened(server.url, ca_file=CA) as transport,
        ):
            _, evidence = await failure(transport, request_)
            assert not evidence.sent
            assert not server.received

    asyncio.run(scene())


def test_closed_transport(run: Run) -> None:
    """A transport that was closed sends nothing more."""

    async def scene() -> None:
        async with Server(answers) as server, opened(server.url) as transport:
            await send(transport, GET)
            transport.close()
            assert not (await failure(transport, POST))[1].sent
            assert len(server.requests) == 1

    run(scene())


def test_closed_while_waiting(run: Run) -> None:
    """A call that waits for a slot when the transport is closed fails; it is not taken for cancelled."""

    async def scene() -> None:
        async with Server(silence) as server, opened(server.url, max_concurrency=1) as transport:
            under_way = asyncio.create_task(failure(transport, POST))
            await (await server.peer(1)).request()
            waiting = asyncio.create_task(failure(transport, POST))
            await asyncio.sleep(0)
            transport.close()
            assert (await under_way)[1].sent
            assert not (await waiting)[1].sent

    run(scene())


def test_cancelled_before_it_left(run: Run) -> None:
    """A cancellation passes through, and the evidence still says that nothing left."""

    async def scene() -> None:
        async with Server(silence) as server, opened(server.url.replace("http:", "https:")) as transport:
            evidence = Evidence()
            task = asyncio.create_task(send(transport, POST, evidence))
            await (await server.peer(1)).until(lambda: bool(server.received))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not evidence.sent
            assert evidence.error
            assert evidence.finished_at

    run(scene())


def test_evidence_is_for_one_call(run: Run) -> None:
    """Evidence that already says `sent` lets nothing else be sent."""

    async def scene() -> None:
        async with Server(answers) as server, opened(server.url) as transport:
            evidence = Evidence()
            await send(transport, POST, evidence)
            with pytest.raises(TransportError):
                await send(transport, POST, evidence)
            assert len(server.requests) == 1

    run(scene())
