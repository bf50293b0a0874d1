"""The real gateway, composed as `serve` composes it, which kills itself at a named point: see `--help`.

Nothing in the gateway knows of this: its parts are wrapped from outside before they are put together.
"""

import argparse
import asyncio
import functools
import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, event

from gateway import app, logs
from gateway.api.edge import Edge
from gateway.app import Gateway
from gateway.cli.event_loop import run
from gateway.cli.options import loaded_with_all, snapshot_of
from gateway.cli.reloading import Here, Reloading
from gateway.cli.serving import Server
from gateway.journal import Journal, JournalError
from gateway.planning import translation
from gateway.service import settling
from gateway.transport import Transport
from gateway.transport.connector import Call
from tests.attack.points import Point
from tests.deadlines import scaled

SETTLE = "conclude"
"""What a write calls of the journal to keep an outcome."""

LOOKS = scaled(0.2)
"""Seconds between looks for what could be searched for."""

QUIET = scaled(2)
"""Seconds for which an unknown is let be before it is; the latest effect comes sooner."""

POLL = 0.001
"""Seconds between looks at whether the vendor has received anything."""


def _kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class Doom:
    """Where to die, at which pass (1 for the first), and how."""

    point: Point
    passes: int
    die: Callable[[], None] = _kill_myself

    def due(self, point: Point) -> bool:
        """Whether the next pass of this point is the last."""
        return point is self.point and self.passes <= 1

    def reach(self, point: Point) -> None:
        """Pass a point, or do not."""
        if self.due(point):
            self.die()
        if point is self.point:
            self.passes -= 1


class Announcing(Server):
    """The gateway's server, which says on standard output where it serves."""

    async def startup(self, sockets: Any = None) -> None:
        """Begin to serve, and say where."""
        await super().startup(sockets)
        if self.started:
            print(self.url, flush=True)  # noqa: T201


def doom_everything(doom: Doom, ledger: Path | None) -> None:
    """Wrap what a write goes through; `ledger` is the vendor's, which tells that a request has arrived."""
    _before_commits(doom)
    _around(Journal, "expire", doom, Point.BEFORE_SWEEP, Point.AFTER_SWEEP)
    _around(Journal, "claim", doom, Point.BEFORE_CLAIM, Point.AFTER_CLAIM)
    _around(Journal, "retry", doom, None, Point.AFTER_RETRY)
    _around(Journal, "mark_effect", doom, None, Point.AFTER_MARK)
    _around(Journal, "begin_repeat", doom, None, Point.AFTER_REPEAT)
    _around(Journal, "confirm_repeat", doom, None, Point.REPEAT_CONFIRMED)
    _around(Journal, "end_repeat", doom, None, Point.AFTER_END)
    _around(Journal, SETTLE, doom, Point.BEFORE_SETTLE, Point.AFTER_SETTLE)
    if ledger is not None and doom.point is Point.VENDOR_RECEIVED:
        _wrap(Transport, "send", lambda send: doom_send(send, doom, ledger))
    _around(Transport, "send", doom, Point.BEFORE_SEND, Point.ANSWER_ARRIVED)
    _wrap(Edge, "answer", lambda answer: _before_reply(answer, doom))
    _wrap(Call, "leave", lambda leave: _leaving(leave, doom))


def _shorten(module: ModuleType, name: str, seconds: float) -> None:
    assert getattr(module, name) > 0, f"{module.__name__} has no {name}"
    setattr(module, name, seconds)


def _wrap(owner: type | ModuleType, name: str, wrapped: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    method = getattr(owner, name)
    setattr(owner, name, wrapped(method))


def _around(owner: type, name: str, doom: Doom, before: Point | None, after: Point) -> None:
    def wrapped(method: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        async def call(*arguments: Any, **named: Any) -> Any:
            if before is not None:
                doom.reach(before)
            result = await method(*arguments, **named)
            doom.reach(after)
            return result

        return call

    _wrap(owner, name, wrapped)


def doom_send(send: Callable[..., Awaitable[Any]], doom: Doom, ledger: Path) -> Callable[..., Any]:
    """Wrap a send so that it dies once the vendor has received something of it, as its ledger shows."""

    def size() -> int:
        return ledger.stat().st_size

    async def call(*arguments: Any, **named: Any) -> Any:
        if not doom.due(Point.VENDOR_RECEIVED):
            doom.reach(Point.VENDOR_RECEIVED)
            return await send(*arguments, **named)
        before = size()  # read before the send starts: the request may arrive at any moment after that
        sending = asyncio.ensure_future(send(*arguments, **named))
        while size() == before:
            if sending.done():
                return await sending  # nothing arrived, so this was no pass of the point
            await asyncio.sleep(POLL)
        doom.reach(Point.VENDOR_RECEIVED)
        return await sending

    return call


def _before_reply(answer: Callable[..., Awaitable[Any]], doom: Doom) -> Callable[..., Any]:
    async def call(edge: Edge, endpoint: Any, *arguments: Any) -> Any:
        response = await answer(edge, endpoint, *arguments)
        if endpoint.name in ("adjust", "reverse_adjustment"):
            doom.reach(Point.BEFORE_REPLY)
        return response

    return call


def _leaving(leave: Callable[..., Any], doom: Doom) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> None:
        leave(*arguments, **named)
        doom.reach(Point.ABOUT_TO_WRITE)

    return call


def _before_commits(doom: Doom) -> None:
    """Pass a point at each commit for which somebody waits who claims, tries again, settles or sweeps."""
    waiting: Counter[Point] = Counter()

    def waited_for(method: Callable[..., Awaitable[Any]], point: Point) -> Callable[..., Any]:
        async def call(*arguments: Any, **named: Any) -> Any:
            waiting[point] += 1
            try:
                return await method(*arguments, **named)
            finally:
                waiting[point] -= 1

        return call

    def committing(connection: Connection) -> None:
        for point, number in waiting.copy().items():
            if number:
                doom.reach(point)

    points = {
        "claim": Point.CLAIM_UNCOMMITTED,
        "retry": Point.RETRY_UNCOMMITTED,
        "mark_effect": Point.MARK_UNCOMMITTED,
        "begin_repeat": Point.REPEAT_UNCOMMITTED,
        "end_repeat": Point.END_UNCOMMITTED,
        "expire": Point.SWEEP_UNCOMMITTED,
        SETTLE: Point.SETTLE_UNCOMMITTED,
    }
    for name, point in points.items():
        _wrap(Journal, name, functools.partial(waited_for, point=point))
    event.listen(Engine, "commit", committing)


def serve(config: Path, doom: Doom, *, margin: float, ledger: Path | None, behind: float) -> None:
    """Serve as the gateway's own command does, in less time.

    `margin`: seconds past a vendor's time-out that a lease lasts; `QUIET` past that, the vendor is searched.
    `behind`: seconds by which its clock is.
    """
    _shorten(translation, "MARGIN", margin)
    _shorten(settling, "EVERY", LOOKS)
    _wrap(app, "Settling", lambda made: functools.partial(made, quiet=QUIET))
    doom_everything(doom, ledger)
    snapshot = snapshot_of(config)
    settings, kinds = loaded_with_all(snapshot)
    logs.configure(settings.server.log_level)
    try:
        gateway = Gateway(settings, kinds, clock=lambda: datetime.now(UTC) - timedelta(seconds=behind))
    except JournalError as error:
        sys.exit(str(error))
    here = Here(gateway)
    commands = Reloading(snapshot, settings, kinds, os.environ, lambda: [here]).asked()
    run(Announcing(gateway, settings, commands=commands).run())


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="The gateway, which kills itself at a named point.")
    parser.add_argument("--config", type=Path, required=True, help="Its configuration.")
    parser.add_argument("--die-at", type=Point, default=Point.NEVER, help="The point.")
    parser.add_argument("--passes", type=int, default=1, help="At which pass of the point; 1 is the first.")
    parser.add_argument(
        "--margin", type=float, default=translation.MARGIN, help="Seconds that a lease outlasts a time-out."
    )
    parser.add_argument("--behind", type=float, default=0.0, help="Seconds by which its clock is.")
    parser.add_argument("--ledger", type=Path, help="The vendor's ledger, for `vendor received`.")
    given = parser.parse_args()
    serve(given.config, Doom(given.die_at, given.passes), margin=given.margin, ledger=given.ledger, behind=given.behind)


if __name__ == "__main__":
    main()
