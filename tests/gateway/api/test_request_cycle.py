"""A whole answer: it leaves in one write, with what uvicorn sends, and with its checks."""

import asyncio
from typing import Any

import pytest
from starlette.responses import Response

from gateway.api.protocol import Protocol
from gateway.api.request_cycle import lines
from gateway.api.whole_response import WholeResponse
from tests.gateway.api.bench import HEAD, Bench, served

ONE = HEAD + b"Content-Length: 0\r\n\r\n"


class Counted(asyncio.Transport):
    """A transport that notes each write."""

    def __init__(self, transport: asyncio.Transport, writes: list[bytes]) -> None:
        self._transport = transport
        self._writes = writes

    def write(self, data: Any) -> None:
        self._writes.append(bytes(data))
        self._transport.write(data)

    def __getattribute__(self, name: str) -> Any:
        if name in ("_transport", "_writes", "write"):
            return object.__getattribute__(self, name)
        return getattr(object.__getattribute__(self, "_transport"), name)


def served_by(bench: Bench, app: Any) -> list[bytes]:
    """Have the next connections served by this application; gives the list to which each write will be added."""
    writes: list[bytes] = []

    class Noted(Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(Counted(transport, writes))
            self.app = app

    bench.protocol = Noted
    return writes


@pytest.mark.parametrize("method", [b"POST", b"HEAD"])
def test_a_whole_answer_is_one_write(method: bytes) -> None:
    """It is the same to the byte as what uvicorn sends in two."""

    async def body(bench: Bench) -> None:
        seen = []
        for response in (WholeResponse(b"{}", 201), Response(b"{}", 201, media_type="application/json")):
            response.headers["Location"] = "/there"
            writes = served_by(bench, response)
            caller = await bench.connect()
            caller.send(ONE.replace(b"POST", method).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            seen.append((await caller.ended(), len(writes)))
        (whole, one), (usual, several) = seen
        assert whole == usual
        assert (one, several) == (1, 1 if method == b"HEAD" else 2)

    served(body)


def test_a_second_answer_is_refused() -> None:
    """Nothing of it is written, and the first is whole."""

    async def body(bench: Bench) -> None:
        async def twice(scope: Any, receive: Any, send: Any) -> None:
            await WholeResponse(b"first", 200)(scope, receive, send)
            with pytest.raises(RuntimeError, match="answered already"):
                await WholeResponse(b"second", 200)(scope, receive, send)
            bench.at_work.set()

        served_by(bench, twice)
        caller = await bench.connect()
        caller.send(ONE)
        assert (await caller.answer()).endswith(b"\r\n\r\nfirst")
        await bench.at_work.wait()

    served(body)


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b", b"a\n", b"a\0", b"\x7f", b"\r\n"])
def test_no_value_ends_its_line(value: bytes) -> None:
    """A value with a control character is refused, whoever wrote it."""
    with pytest.raises(RuntimeError, match="control character"):
        lines([(b"one", b"1"), (b"location", value)])


def test_any_other_value_is_a_line() -> None:
    """A tab and bytes above ASCII are sent as they are."""
    assert lines([(b"one", b"a\tb"), (b"two", b"\xe4")]) == b"one: a\tb\r\ntwo: \xe4\r\n"
