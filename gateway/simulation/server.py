"""A simulated vendor as a real HTTP server: it records requests and effects, and plays faults on request."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, ClassVar, Self
from uuid import UUID, uuid4

from aiohttp import web

from gateway.simulation import control
from gateway.simulation.faults import AnyFault, Delay, Faults
from gateway.simulation.ledger import Effect, Ledger
from gateway.simulation.messages import Answer, Request
from gateway.simulation.misbehaviour import Sleep, play


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Example:
    """A configuration and values with which a gateway can call a simulator in its initial state.

    `settings` is the vendor's entry in a configuration, without `base_url`; the vendor's documented paths follow
    `base_path`. Every operation refuses `unknown_member`; it is None if the vendor creates members on demand.
    `point_type` and `reason` are canonical and mapped in `settings`.
    """

    settings: Mapping[str, Any]
    base_path: str
    member: str
    unknown_member: str | None = None
    point_type: str | None = None
    reason: str | None = None


class Simulator(ABC):
    """One simulated vendor on its own port; a subclass fills its ledger and answers requests.

    `ledger`: its `Ledger`. `requests`: those that have arrived, oldest first. `now()`: the time, aware and in UTC.
    `new_id()`: a UUID. Time and ids come from these alone, so that whoever plays the simulator can set them.
    """

    name: ClassVar[str]
    """The name of the adapter that it is the counterpart of."""
    example: ClassVar[Example]
    """How a gateway can call it; an adapter of another hand may have other names for its settings and members."""
    written_from: ClassVar[str] = ""
    """The documents of the vendor that it was written from, for people; empty where nobody says."""
    written_by: ClassVar[str] = ""
    """Whose hand wrote it, by any name; empty where nobody says. An adapter of another hand is certified by it."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = _utc_now,
        sleep: Sleep = asyncio.sleep,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self.now = now
        self.new_id = new_id
        self.ledger = Ledger()
        self.faults = Faults()
        self.requests: list[Request] = []
        self.origin = ""
        self._sleep = sleep
        self._released = asyncio.Event()
        self._arrival = asyncio.Event()
        self._held: set[asyncio.Task[Any]] = set()
        self._runner: web.ServerRunner | None = None
        self.seed()

    @abstractmethod
    def seed(self) -> None:
        """Fill the empty ledger with the vendor's initial state."""

    def furnish(self) -> None:  # noqa: B027 (nothing by default)
        """Add what people want to find who try the vendor out, beyond the initial state; nothing by default."""

    @abstractmethod
    def handle(self, request: Request) -> Answer:
        """Answer a request as the vendor does, and apply its effect; called at most once per request."""

    @property
    def effects(self) -> list[Effect]:
        """Every change of points that was applied, oldest first."""
        return self.ledger.effects

    @property
    def base_url(self) -> str:
        """The value of `base_url` for a configuration, while the simulator runs."""
        return self.origin + self.example.base_path

    @property
    def settings(self) -> dict[str, Any]:
        """The vendor's entry for a configuration, with `base_url`, while the simulator runs."""
        return {**self.example.settings, "base_url": self.base_url}

    @property
    def held(self) -> int:
        """The number of requests that a fault holds up now."""
        return len(self._held)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, on a free port by default; returns `base_url`. Raises `OSError` if the port is in use."""
        # Requests are recorded as received, so bodies are not decompressed.
        server = web.Server(self._serve, handler_cancellation=True, access_log=None, auto_decompress=False)
        # Short, because a request that a fault holds up never ends by itself.
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self.origin = f"http://{host}:{runner.addresses[0][1]}"
        return self.base_url

    async def stop(self) -> None:
        """Close every connection, without answers to the requests that are held up; the ledger stays readable."""
        self._drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def arrived(self, count: int) -> None:
        """Return once `count` requests have arrived since the start or the last reset; the caller sets a deadline."""
        while len(self.requests) < count:
            await self._arrival.wait()

    async def idle(self) -> None:
        """Return once no request is held up by a fault; the caller sets a deadline."""
        while self._held:
            await asyncio.wait(self._held)

    def release(self) -> None:
        """Continue the requests that hang now; later ones wait for the next release."""
        self._released.set()
        self._released = asyncio.Event()

    def reset(self) -> None:
        """Restore the initial state: no effects, requests or faults; requests that are held up get no answer."""
        self._drop()
        self.faults.clear()
        self.requests.clear()
        self.ledger.clear()
        self.seed()

    def _drop(self) -> None:
        for task in self._held:
            task.cancel()

    async def _serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in incoming.raw_headers)
        request = Request(incoming.method, incoming.raw_path, headers, await incoming.read())
        if request.path.startswith(control.PREFIX):
            return _response(control.answer(self, request))
        self.requests.append(request)
        # A new event each time, so that `arrived` wakes up for every request.
        self._arrival.set()
        self._arrival = asyncio.Event()
        fault = self.faults.take(request.method)
        if fault is None:
            return _response(self.handle(request))
        answer = await self._misbehave(fault, request, incoming)
        return _AlreadyWritten(incoming) if answer is None else _response(answer)

    async def _misbehave(self, fault: AnyFault, request: Request, incoming: web.BaseRequest) -> Answer | None:
        transport = incoming.transport
        if transport is None:  # the client disconnected after the last byte of its request
            return None
        playing = play(fault, lambda: self.handle(request), transport, released=self._released, sleep=self._sleep)
        if isinstance(fault, Delay):
            # A client that disconnects cancels this handler, but a real vendor that has read the request would go on.
            return await asyncio.shield(self._hold(asyncio.create_task(playing)))
        if (task := asyncio.current_task()) is not None:
            self._hold(task)
        return await playing

    def _hold(self, task: asyncio.Task[Any]) -> asyncio.Task[Any]:
        self._held.add(task)
        task.add_done_callback(self._held.discard)
        return task


def _response(answer: Answer) -> web.Response:
    return web.Response(
        status=answer.status, body=answer.body, headers={"Content-Type": answer.content_type, **answer.headers}
    )


class _AlreadyWritten(web.StreamResponse):
    """A placeholder for an answer whose bytes were already written to the transport, or that does not exist."""

    def __init__(self, request: web.BaseRequest) -> None:
        super().__init__()
        transport = request.transport
        self._keeps = request.keep_alive and transport is not None and not transport.is_closing()

    @property
    def keep_alive(self) -> bool:
        return self._keeps

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write nothing."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Write nothing."""
