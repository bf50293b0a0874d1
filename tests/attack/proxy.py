"""A network between the gateway and the vendor that fails on purpose, byte by byte, by a seed."""

import asyncio
import socket
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.deadlines import scaled

SHORT = scaled(0.05)
"""Seconds of a delay that a vendor call survives."""

CHUNK = 65536


class Fault(StrEnum):
    """What becomes of one exchange on its way."""

    NONE = "none"
    RESET_AT_CONNECT = "reset at connect"
    RESET_REQUEST = "reset within the request"
    RESET_ANSWER = "reset within the answer"
    CLOSE_ANSWER = "closed within the answer"
    DELAY_REQUEST = "request delayed"
    LATE_REQUEST = "request delivered after the time-out"
    DELAY_ANSWER = "answer delayed"
    REPEAT_ANSWER = "answer twice at once"
    REPEAT_LATER = "answer twice, the second later"
    REFUSED = "connections refused"


_WEIGHTS = dict.fromkeys(Fault, 2) | {Fault.NONE: 80, Fault.REFUSED: 0}


@dataclass(slots=True)
class _Exchange:
    """One request and its answer; `begun` until the first byte of the answer has come."""

    fault: Fault = Fault.NONE
    begun: bool = False


class Proxy:
    """Passes connections on to `target` on this machine. `late`: seconds by which a request can be held back.

    With `random` None nothing fails. `spare`: whether a second answer to one request may also come later on, when
    nothing on the connection tells it from the answer to the next one.
    """

    def __init__(self, target: int, random: Random | None, *, late: float, spare: bool = True) -> None:
        self._target = target
        self._among = tuple(sorted(set(Fault) - {Fault.RESET_AT_CONNECT} - (set() if spare else {Fault.REPEAT_LATER})))
        self._random = random
        self._late = late
        self._listener: socket.socket | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0
        self.faults: Counter[Fault] = Counter()

    def listen(self) -> None:
        """Begin to listen, at first on any port that is free, later on the same again."""
        if self._listener is not None:
            return
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        # Not a server of asyncio's: that one, closed at the wrong moment, forgets a connection that it has taken.
        asyncio.get_running_loop().add_reader(self._listener, self._accept, self._listener)

    def refuse(self) -> None:
        """Refuse new connections until `listen`."""
        self.faults[Fault.REFUSED] += 1
        self._leave_off()

    async def close(self) -> None:
        """Listen no more, and return once everything that is on its way has arrived."""
        self._leave_off()
        while self._connections:
            await asyncio.wait(self._connections)

    def _leave_off(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            asyncio.get_running_loop().remove_reader(listener)
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionError):
            connection, _ = listener.accept()
            task = asyncio.create_task(self._accepted(connection))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _accepted(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        try:
            with suppress(ConnectionError):
                await self._connected(reader, writer)
        finally:
            writer.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._draw(Fault.NONE, Fault.RESET_AT_CONNECT) is not Fault.NONE:
            writer.transport.abort()
            return
        answers, requests = await asyncio.open_connection("127.0.0.1", self._target)
        exchange = _Exchange()
        back = asyncio.create_task(self._answers(exchange, answers, writer))
        try:
            await self._requests(exchange, reader, requests, writer)
            await back
        finally:
            requests.close()

    async def _requests(
        self,
        exchange: _Exchange,
        reader: asyncio.StreamReader,
        onward: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
    ) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(CHUNK):
                if not exchange.begun:
                    exchange.begun, exchange.fault = True, self._draw(*self._among)
                if exchange.fault is Fault.RESET_REQUEST:
                    onward.write(self._part(chunk))
                    await onward.drain()
                    back.transport.abort()
                    break
                if exchange.fault in (Fault.DELAY_REQUEST, Fault.LATE_REQUEST):
                    await asyncio.sleep(SHORT if exchange.fault is Fault.DELAY_REQUEST else self._late)
                onward.write(chunk)
                await onward.drain()
        if onward.can_write_eof():
            with suppress(OSError):
                onward.write_eof()

    async def _answers(self, exchange: _Exchange, reader: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(CHUNK):
                exchange.begun = False
                match exchange.fault:
                    case Fault.RESET_ANSWER | Fault.CLOSE_ANSWER:
                        back.write(self._part(chunk))
                        await back.drain()
                        if exchange.fault is Fault.RESET_ANSWER:
                            back.transport.abort()
                        break
                    case Fault.DELAY_ANSWER:
                        await asyncio.sleep(SHORT)
                    case Fault.REPEAT_ANSWER:
                        chunk += chunk
                    case Fault.REPEAT_LATER:
                        back.write(chunk)
                        await back.drain()
                        await asyncio.sleep(SHORT / 2)
                back.write(chunk)
                await back.drain()
        back.close()

    def _draw(self, *among: Fault) -> Fault:
        if self._random is None:
            return Fault.NONE
        fault = self._random.choices(among, [_WEIGHTS[each] for each in among])[0]
        self.faults[fault] += 1
        return fault

    def _part(self, chunk: bytes) -> bytes:
        assert self._random is not None
        return chunk[: self._random.randint(0, len(chunk))]
