"""Every kind of fault, over real sockets."""

import asyncio
from typing import Any

import pytest
import uvloop

from tests.gateway.simulation.till import Gate, Till, line, running


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "body"),
    [
        ({"kind": "status", "status": 503, "body": "later"}, 503, "application/json; charset=utf-8", b"later"),
        ({"kind": "status", "status": 404, "content_type": "text/plain"}, 404, "text/plain", b""),
        ({"kind": "html", "body": "<p>x</p>"}, 502, "text/html; charset=utf-8", b"<p>x</p>"),
        ({"kind": "html", "status": 404, "body": ""}, 404, "text/html; charset=utf-8", b""),
        ({"kind": "body", "body": '{"held"'}, 200, "application/json; charset=utf-8", b'{"held"'),
    ],
)
@pytest.mark.parametrize("apply", [False, True])
def test_answers_of_its_own(fault: dict[str, Any], status: int, content_type: str, body: bytes, apply: bool) -> None:
    """`status`, `html` and `body` answer what they are told, and apply only with `apply`; the next request is usual."""

    async def test(till: Till) -> None:
        till.faults.add({**fault, "apply": apply})
        async with line(till) as connection:
            connection.send()
            answered, headers, got = await connection.answer()
            assert (answered, headers["content-type"], got) == (status, content_type, body)
            assert len(till.effects) == apply
            connection.send(method="GET", body=b"")
            assert (await connection.answer())[0] == 200

    running(test)


def test_status_gives_headers() -> None:
    """A `status` fault sends the headers that it is given."""

    async def test(till: Till) -> None:
        till.faults.add({"kind": "status", "status": 429, "headers": {"Retry-After": "7"}})
        async with line(till) as connection:
            connection.send()
            assert (await connection.answer())[1]["retry-after"] == "7"

    running(test)


def test_delay_applies_late() -> None:
    """`delay` waits its seconds and then applies and answers."""

    async def test(_: Till) -> None:
        gate = Gate()
        async with Till(sleep=gate.sleep) as till, line(till) as connection:
            till.faults.add({"kind": "delay", "seconds": 2.5})
            connection.send()
            await gate.begun.wait()
            assert (gate.seconds, till.effects, till.held) == ([2.5], [], 1)
            gate.open.set()
            assert (await connection.answer())[2] == b'{"held": 5}'

    running(test)


def test_delay_applies_though_the_client_left() -> None:
    """A client that gives up during a `delay` does not stop the effect."""

    async def test(_: Till) -> None:
        gate = Gate()
        async with Till(sleep=gate.sleep) as till:
            till.faults.add({"kind": "delay", "seconds": 1})
            async with line(till) as connection:
                connection.send()
                await gate.begun.wait()
            gate.open.set()
            await till.idle()
            assert len(till.effects) == 1

    running(test)


@pytest.mark.parametrize(("when", "applied"), [("before", 0), ("after", 1)])
def test_hang_until_the_client_leaves(when: str, applied: int) -> None:
    """`hang` applies at once with `after`, and with `before` never, where the client leaves."""

    async def test(till: Till) -> None:
        till.faults.add({"kind": "hang", "when": when})
        async with line(till) as connection:
            connection.send()
            await till.arrived(1)
            assert len(till.effects) == applied
        await till.idle()
        till.release()
        assert len(till.effects) == applied

    running(test)


@pytest.mark.parametrize("when", ["before", "after"])
def test_hang_until_released(when: str) -> None:
    """A released `hang` gives the usual answer, applied once; a later `hang` hangs again."""

    async def test(till: Till) -> None:
        till.faults.add({"kind": "hang", "when": when, "times": 2})
        async with line(till) as connection, line(till) as other:
            for count in (1, 2):
                connection.send()
                await till.arrived(count)
                other.send(b"", target="/_simulator/release")
                await other.answer()
                assert (await connection.answer())[0] == 200
                assert len(till.effects) == count

    running(test)


@pytest.mark.parametrize(("keep", "sent"), [(None, b'{"hel'), (0, b""), (100, b'{"held": 5}')])
def test_cut(keep: int | None, sent: bytes) -> None:
    """`cut` applies, claims more than it sends, and closes: even a whole body is one byte short."""

    async def test(till: Till) -> None:
        till.faults.add({"kind": "cut", "keep": keep})
        async with line(till) as connection:
            connection.send()
            with pytest.raises(asyncio.IncompleteReadError) as caught:
                await connection.answer()
        assert (caught.value.partial, caught.value.expected) == (sent, len(b'{"held": 5}') + 1)
        assert len(till.effects) == 1

    running(test)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize(("when", "applied"), [("before", 0), ("after", 1)])
def test_reset(when: str, applied: int, loop: Any) -> None:
    """`reset` is a real RST, before or after applying."""

    async def test(till: Till) -> None:
        till.faults.add({"kind": "reset", "when": when})
        async with line(till) as connection:
            connection.send()
            with pytest.raises(ConnectionResetError):
                await connection.reader.read()
        assert len(till.effects) == applied

    running(test, loop=loop)


@pytest.mark.parametrize(("when", "applied"), [("before", 0), ("after", 1)])
def test_close(when: str, applied: int) -> None:
    """`close` ends the connection in order and without a byte, before or after applying."""

    async def test(till: Till) -> None:
        till.faults.add({"kind": "close", "when": when})
        async with line(till) as connection:
            connection.send()
            assert await connection.reader.read() == b""
        assert len(till.effects) == applied

    running(test)


def test_duplicate_at_once() -> None:
    """`duplicate` applies once, writes the answer twice, and keeps the connection for the next request."""

    async def test(till: Till) -> None:
        till.faults.add({"kind": "duplicate"})
        async with line(till) as connection:
            connection.send()
            assert await connection.answer() == await connection.answer()
            assert len(till.effects) == 1
            connection.send(method="GET", body=b"")
            assert (await connection.answer())[2] == b'{"held": 5}'

    running(test)


def test_duplicate_after_a_gap() -> None:
    """With `gap` the spare answer comes that many seconds after the first."""

    async def test(_: Till) -> None:
        gate = Gate()
        async with Till(sleep=gate.sleep) as till, line(till) as connection:
            till.faults.add({"kind": "duplicate", "gap": 0.02})
            connection.send()
            first = await connection.answer()
            await gate.begun.wait()
            gate.open.set()
            assert await connection.answer() == first
            assert (gate.seconds, len(till.effects)) == ([0.02], 1)

    running(test)


def test_drip() -> None:
    """`drip` applies and writes the whole answer byte by byte, with its interval after each."""

    async def test(_: Till) -> None:
        gate = Gate()
        async with Till(sleep=gate.sleep) as till, line(till) as connection:
            till.faults.add({"kind": "drip", "interval": 0.5})
            connection.send()
            assert await connection.reader.readexactly(1) == b"H"
            assert len(till.effects) == 1
            gate.open.set()
            rest = await connection.reader.readuntil(b'{"held": 5}')
            await till.idle()
            assert gate.seconds == [0.5] * (1 + len(rest))

    running(test)
