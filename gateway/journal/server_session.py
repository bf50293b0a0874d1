"""A session on PostgreSQL that waits for each answer of the server only so long; loaded where a journal is there.

libpq itself bounds no wait for an answer: a server that is stopped, or behind a path that drops packets, accepts what
is sent and never answers.
"""

from typing import TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import Diagnostic, _WaitTimeout

T = TypeVar("T")
_LOOK = 0.1  # seconds between looks for a signal, as psycopg has them
_WAITS_FOR_STANDBY = "SyncRepWaitForLSN"  # the function that warns; the text of its warning may be in any language


class ServerSession(psycopg.Connection[tuple[object, ...]]):
    """A connection that is closed once an answer takes longer than `within` seconds; None bounds nothing.

    It is closed, too, once the server confirms a commit for which it no longer waited for its synchronous standby.
    """

    within: float | None = None
    _unconfirmed = False

    def watch(self) -> None:
        """Have the server's warnings heard from now on."""
        self.add_notice_handler(self._heard)

    def wait(self, gen: PQGen[T], interval: float = _LOOK, timeout: float | None = None) -> T:
        """Wait for one exchange with the server. Raises `OperationalError`, and closes, where it takes too long."""
        try:
            done = super().wait(gen, interval, self.within if timeout is None else timeout)
        except _WaitTimeout:
            if timeout is not None:
                raise
            # What the server still does with what it was sent is not known: nothing more goes over this connection.
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server did not answer within {self.within or 0:g} seconds") from None
        if self._unconfirmed:
            self.pgconn.finish()
            raise psycopg.OperationalError("the server did not wait for its synchronous standby")
        return done

    def _heard(self, notice: Diagnostic) -> None:
        if notice.source_function == _WAITS_FOR_STANDBY:
            self._unconfirmed = True
