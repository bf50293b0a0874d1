"""The connection between a worker and its parent: the parent sends configurations and commands, the worker answers.

It is the worker's standard input, a socket; whoever ends, the other one sees its end. Each message is JSON after its
length.
"""

import asyncio
import json
import os
import signal
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from gateway.cli.reloading import Here
from gateway.port.registry import AdapterType
from gateway.settings import Settings, SettingsError, Snapshot, load

log = structlog.get_logger("gateway")
PATIENCE = 30.0
"""Seconds in which a worker has to have started, and to answer."""
_LENGTH = struct.Struct(">I")


class WorkerEnd:
    """The worker's end. `snapshot`: the configuration to start with."""

    def __init__(
        self, connection: socket.socket, adapters: Mapping[str, AdapterType], environ: Mapping[str, str]
    ) -> None:
        self._connection = connection
        self._adapters = adapters
        self._environ = environ
        with connection.makefile("rb", buffering=0) as stream:
            self.snapshot = Snapshot.unpacked(json.loads(_exactly(stream, _LENGTH.unpack(_exactly(stream, 4))[0])))

    @asynccontextmanager
    async def asked(self, here: Here) -> AsyncIterator[None]:
        """Do what the parent says while the block runs; once that has ended, stop this process in good order."""
        reader, writer = await asyncio.open_connection(sock=self._connection)
        following = asyncio.ensure_future(self._follow(here, reader, writer))
        try:
            yield
        finally:
            following.cancel()
            writer.close()

    async def _follow(self, here: Here, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            _send(writer, {"ready": True})
            while True:
                message = await _received(reader)
                try:
                    lines = await self._done(here, message)
                except Exception as error:  # the parent has to hear it, and this worker to go on
                    log.error("a worker failed in a reload", command=message["do"], exc_info=error)
                    lines = (f"a worker failed to {message['do']}: {type(error).__name__}; its log says where",)
                _send(writer, {"id": message["id"], "lines": lines})
        os.kill(os.getpid(), signal.SIGTERM)

    async def _done(self, here: Here, message: Mapping[str, Any]) -> tuple[str, ...]:
        match message["do"]:
            case "prepare":
                snapshot = Snapshot.unpacked(message["snapshot"])
                try:
                    settings = await asyncio.to_thread(load, snapshot, self._adapters, self._environ)
                except SettingsError as error:
                    return tuple(map(str, error.problems))
                return await here.prepare(snapshot, settings)
            case "adopt":
                return await here.adopt()
            case "swap":
                await here.swap()
            case "note":
                await here.note(message["by"], message["detail"])
            case _:
                await here.refuse()
        return ()


class ParentEnd:
    """The parent's end of one worker, as a party of a reload."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._number = number
        self._writer = writer
        self._answers: dict[int, asyncio.Future[tuple[str, ...]]] = {}
        self._asked = 0
        self._ready: asyncio.Future[tuple[str, ...]] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.ensure_future(self._read(reader))

    @classmethod
    async def of(cls, number: int, connection: socket.socket, snapshot: Snapshot) -> "ParentEnd":
        """The end of a worker that starts with a configuration."""
        reader, writer = await asyncio.open_connection(sock=connection)
        _send(writer, snapshot.packed())
        return cls(number, reader, writer)

    async def prepare(self, snapshot: Snapshot, settings: Settings) -> tuple[str, ...]:
        """Have it load and prepare the very same files, once it has started."""
        return await self._within(self._ready) or await self._ask("prepare", snapshot=snapshot.packed())

    async def adopt(self) -> tuple[str, ...]:
        """Have it adopt the names."""
        return await self._ask("adopt")

    async def swap(self) -> None:
        """Have it swap. One that has ended starts again with what is served by then."""
        await self._ask("swap")

    async def refuse(self) -> None:
        """Have it forget what it prepared; its answer is not waited for, since it may be what did not answer."""
        if not self._reading.done():
            _send(self._writer, {"do": "refuse", "id": 0})

    async def note(self, by: str, detail: Mapping[str, Any]) -> None:
        """Have it keep who reloaded."""
        await self._ask("note", by=by, detail=dict(detail))

    def close(self) -> None:
        """Let go of it."""
        self._reading.cancel()
        self._writer.close()

    async def _ask(self, command: str, **more: Any) -> tuple[str, ...]:
        self._asked += 1
        number = self._asked
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        if self._reading.done():
            self._end()
        else:
            _send(self._writer, {"do": command, "id": number, **more})
        return await self._within(answer)

    async def _within(self, answer: "asyncio.Future[tuple[str, ...]]") -> tuple[str, ...]:
        done, _ = await asyncio.wait([answer], timeout=PATIENCE)
        return answer.result() if done else (f"worker {self._number} does not answer: try again, or see its log",)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                message = await _received(reader)
                answer = self._ready if "ready" in message else self._answers.pop(message["id"], None)
                if answer is not None and not answer.done():
                    answer.set_result(tuple(message.get("lines", ())))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._end()

    def _end(self) -> None:
        """Answer in place of a worker that has ended."""
        for answer in (self._ready, *self._answers.values()):
            if not answer.done():
                answer.set_result((f"worker {self._number} ended meanwhile: try again",))


def _send(writer: asyncio.StreamWriter, message: Mapping[str, Any]) -> None:
    payload = json.dumps(message).encode()
    writer.write(_LENGTH.pack(len(payload)) + payload)


async def _received(reader: asyncio.StreamReader) -> dict[str, Any]:
    (length,) = _LENGTH.unpack(await reader.readexactly(4))
    return dict(json.loads(await reader.readexactly(length)))


def _exactly(stream: Any, count: int) -> bytes:
    """So many bytes; more are left for the event loop. Raises `EOFError` where the parent has ended."""
    found = b""
    while len(found) < count:
        part = stream.read(count - len(found))
        if not part:
            raise EOFError("the parent of this worker has ended")
        found += part
    return found
