"""A connection whose requests are begun as there is room for them, and else refused without the application."""

from typing import Any, cast

from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.api.admission import Admission
from gateway.api.door import REST
from gateway.api.edge import problem_response
from gateway.api.protocol import Protocol
from gateway.api.refusal import Prepared
from gateway.errors import Overloaded

RESTING = 0.1
"""Seconds for which a stranger's connection is not read after a refusal: a flood on it becomes a trickle. It may be
closed meanwhile where there are too many, as any other that is idle."""
_ERROR = Overloaded("More requests came than can be served soon; try again", retry_after=1.0)
_OVERLOADED = Prepared(_ERROR)


class Entrance(Protocol):
    """One connection of a caller, whose requests go through an admission that all connections share."""

    def __init__(self, *arguments: Any, admission: Admission, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._admission = admission

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._admission.at_once():
            self.begin(cycle, app)
        else:
            self._running = cycle
            self._admission.wait(cast(Scope, cycle.scope), _Waiting(self, cycle, app))

    def on_response_complete(self) -> None:
        """Note that there is an answer; who was refused as a stranger is read from again a moment later."""
        cycle = self._running
        super().on_response_complete()
        if cycle is not None and REST in cycle.scope and not self.transport.is_closing():
            self.flow.pause_reading()
            self.loop.call_later(RESTING, self._go_on)

    def _go_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Have the application answer."""
        super()._start_asgi_task(cycle, app)

    def refuse(self, cycle: RequestResponseCycle) -> None:
        """Answer `overloaded` in one piece, as uvicorn would, but without a task."""
        if self.flow.write_paused:  # its caller leaves answers unread: this one waits until there is room for it
            self.begin(cycle, _answer_overloaded)
            return
        more = [*cycle.default_headers, *([] if cycle.keep_alive else [(b"connection", b"close")])]
        self.transport.write(_OVERLOADED.answer(cast(Scope, cycle.scope), more))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()


async def _answer_overloaded(scope: Scope, receive: Receive, send: Send) -> None:
    await problem_response(_ERROR, Request(scope))(scope, receive, send)


class _Waiting:
    """One request that waits."""

    __slots__ = ("_app", "_cycle", "_entrance")

    def __init__(self, entrance: Entrance, cycle: RequestResponseCycle, app: Any) -> None:
        self._entrance = entrance
        self._cycle = cycle
        self._app = app

    def begin(self) -> bool:
        if self._cycle.disconnected:
            return False
        self._entrance.begin(self._cycle, self._app)
        return True

    def refuse(self) -> None:
        if not self._cycle.disconnected:
            self._entrance.refuse(self._cycle)
