"""A connection whose requests pass admission control; a refused one is answered without the application."""

from typing import Any, cast

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.api.admission import Admission
from gateway.api.door import REST
from gateway.api.edge import problem_response
from gateway.api.parting import Parting
from gateway.api.refusal import Prepared
from gateway.api.request_cycle import RequestCycle, lines
from gateway.errors import Overloaded

RESTING = 0.1
"""Seconds for which a stranger's connection is not read after a refusal, to slow a flood down. Like every idle
connection, it may be closed meanwhile if there are too many."""
_ERROR = Overloaded("More requests came than can be served soon; try again", retry_after=1.0)
_OVERLOADED = Prepared(_ERROR)


class Entrance(Parting):
    """One connection of a caller; all connections share one `admission`."""

    def __init__(self, *arguments: Any, admission: Admission, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._admission = admission

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._admission.at_once():
            self.begin(cycle, app)
        else:
            self._running = cycle
            self._admission.wait(cast(Scope, cycle.scope), _Waiting(self, cast(RequestCycle, cycle), app))

    def on_response_complete(self) -> None:
        """Finish the answer; after the refusal of a stranger, pause reading for `RESTING` seconds."""
        cycle = self._running
        super().on_response_complete()
        if cycle is not None and REST in cycle.scope and not self.transport.is_closing():
            self.flow.pause_reading()
            self.loop.call_later(RESTING, self._go_on)

    def _go_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Start the application for a request."""
        super()._start_asgi_task(cycle, app)

    def refuse(self, cycle: RequestCycle) -> None:
        """Answer `overloaded`, without a task."""
        if self.flow.write_paused:  # the caller does not read its answers: a task waits until the buffer has room
            self.begin(cycle, _answer_overloaded)
            return
        head, body = _OVERLOADED.answer(cast(Scope, cycle.scope))
        cycle.write(head + lines(cycle.default_headers), body)


async def _answer_overloaded(scope: Scope, receive: Receive, send: Send) -> None:
    await problem_response(_ERROR, scope)(scope, receive, send)


class _Waiting:
    """One waiting request."""

    __slots__ = ("_app", "_cycle", "_entrance")

    def __init__(self, entrance: Entrance, cycle: RequestCycle, app: Any) -> None:
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
