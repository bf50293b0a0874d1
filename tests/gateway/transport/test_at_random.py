"""Many calls at once, with vendors, deadlines and cancellations at random: what holds for one holds for each."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import VendorRequest, VendorResponse
from gateway.transport import Evidence, TransportError
from tests.gateway.transport.raw_server import CA, Peer, Script, Server, opened, send, tls

Run = Callable[[Any], None]
PLACES = 3
ROUNDS = 40


def answers_in_all_ways(together: asyncio.Barrier) -> Script:
    """A vendor's script: each path says how it is answered, and the answer says which path that was."""

    async def script(peer: Peer) -> None:
        number = 1
        while request := await peer.request(number):
            path = request.split(b" ")[1]
            answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path)
            if b"/hang" in path:
                await peer.end()
            elif b"/reset" in path:
                return peer.reset()
            elif b"/cut" in path:
                answer = answer[:-1]
            elif b"/twice" in path:
                answer *= 2
            elif b"/together" in path:
                await together.wait()
            if peer.lost:
                return None
            peer.send(answer)
            if b"/cut" in path or b"/close" in path:
                return peer.close()
            number += 1
        return None

    return script


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("reuse", [True, False], ids=["kept", "alone"])
@pytest.mark.parametrize("context", [None, tls()], ids=["plain", "tls"])
def test_calls_at_random(run: Run, context: Any, reuse: bool, seed: int) -> None:
    """Each leaves at most once, and not where it is said not to have been sent; gets its own answer; keeps no place."""
    chance = random.Random(seed)
    calls: list[tuple[bytes, Evidence, Any]] = []

    async def some(transport: Any) -> None:
        begun = []
        for _ in range(chance.randint(1, 3 * PLACES)):
            kind = chance.choice(["points", "points", "hang", "reset", "cut", "twice", "close"])
            path, evidence = f"/{kind}/{len(calls) + len(begun)}.", Evidence()
            request = VendorRequest("POST", path, effect=chance.random() < 0.5)
            seconds = chance.choice([0.0, 0.002, 0.01, 0.05])
            begun.append(
                (path.encode(), evidence, asyncio.create_task(send(transport, request, evidence, seconds=seconds)))
            )
        for _ in range(chance.randint(0, 40)):
            await asyncio.sleep(0)
        for _, _, task in begun:
            if chance.random() < 0.4:
                task.cancel()
        ended = await asyncio.gather(*(task for _, _, task in begun), return_exceptions=True)
        calls.extend((path, evidence, end) for (path, evidence, _), end in zip(begun, ended, strict=True))

    async def scene() -> None:
        async with (
            Server(answers_in_all_ways(asyncio.Barrier(PLACES)), tls=context) as server,
            opened(server.url, ca_file=CA, max_concurrency=PLACES, reuse_connections=reuse) as transport,
        ):
            for _ in range(ROUNDS):
                await some(transport)
            together = VendorRequest("GET", "/together")
            answered = await asyncio.gather(*(send(transport, together) for _ in range(PLACES)))
            assert [answer.body for answer in answered] == [b"/together"] * PLACES
            for path, evidence, end in calls:
                times = server.received.count(b" %b " % path)
                assert times <= 1
                assert evidence.sent or times == 0
                if isinstance(end, VendorResponse):
                    assert (times, end.body) == (1, path)
                else:
                    assert isinstance(end, TransportError | asyncio.CancelledError)

    run(scene())
