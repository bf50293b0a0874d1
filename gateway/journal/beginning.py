"""How a transaction of the journal begins: with the time by the server's clock, and one that writes in its turn.

A batch asks what it has to look at in the message that begins its transaction.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.journal.driver import Asked, Found, Statement, raised, together

NOTHING_KEPT = "pg_logical_emit_message(true, 'points-gateway', '')"
"""On PostgreSQL, what has a transaction written to the log and waited for, without a row to show for it."""
BEGUN = "begun"
"""Of a connection's `info`: when its transaction began, in microseconds by the server's clock."""

_COMMITTED, _ASKED, _FOUND = "committed", "asked", "found"
# The function is named without its schema: whoever must can put a clock of their own before the server's.
_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
TELL = f"SELECT {_NOW}"
# In one message, so that the time costs no round trip; the BEGIN is of the transaction that the SELECT is in already.
_TELL_AND_BEGIN = f"{TELL}; BEGIN"
# What this process began on a session that was lost may still be committed: what follows waits for it to end, so that
# it sees whether it was.
_WRITING = 0x706F6977
_TURN = "SELECT pg_advisory_xact_lock({}, {})"
_BEGIN = Statement("BEGIN")
# After a query it is refused in a transaction that is read-only, be it by a default that somebody has set.
_TO_WRITE = Statement("SET TRANSACTION READ WRITE")


def begin(connection: Connection, asked: Sequence[Asked]) -> list[Found]:
    """Begin a transaction of a writer; gives what its first statements gave."""
    if connection.dialect.name == "sqlite":
        connection.begin()
        return together(connection, asked)
    connection.info[_ASKED] = asked
    connection.begin()
    found: list[Found] = connection.info.pop(_FOUND)
    return found


def telling(connection: Connection) -> None:
    """On PostgreSQL: begins one that reads, and notes the server's time."""
    connection.info[BEGUN] = connection.exec_driver_sql(_TELL_AND_BEGIN).scalar_one()


def telling_in_turn() -> Callable[[Connection], None]:
    """On PostgreSQL: begins one that writes, one of an engine at a time, and notes the server's time.

    A server that takes no writes, as a standby, refuses.
    """
    turn = _TURN.format(_WRITING, secrets.randbits(31))
    # The first transaction of a session has something to commit, whatever it does: with it, the synchronous standby
    # has all that the last session committed, which this one may find and confirm.
    first, later = (Statement(f"{turn}{more}, {_NOW}", row=tuple) for more in (f", {NOTHING_KEPT}", ""))

    def begun(connection: Connection) -> None:
        info = connection.info
        tell = later if _COMMITTED in info else first
        try:
            first_of_all = [(_BEGIN, None), (tell, None), (_TO_WRITE, None)]
            _, moment, _, *info[_FOUND] = together(connection, [*first_of_all, *info.pop(_ASKED, ())])
        except DBAPIError:
            if not connection.invalidated:  # SQLAlchemy knows of no transaction yet
                connection.connection.rollback()
            raise
        info[BEGUN] = moment.rows[0][-1]

    return begun


def committing(connection: Connection) -> None:
    """On PostgreSQL: notes that the session has committed something."""
    connection.info[_COMMITTED] = True


def beginning(connection: Connection) -> None:
    """On SQLite: begins one that reads."""
    connection.exec_driver_sql("BEGIN")


def beginning_at_once(patience: float) -> Callable[[Connection], None]:
    """On SQLite: begins one that writes, in its turn; `patience`: seconds that it waits for that."""

    def begun(connection: Connection) -> None:
        session: Any = connection.connection.driver_connection
        try:
            session.begin(patience)
        except connection.dialect.loaded_dbapi.Error as error:
            raise raised(connection, error) from error

    return begun
