"""Whether a pooler such as PgBouncer stands before PostgreSQL, and gives each transaction whatever session is free.

What a session was told, such as to wait for the disk at a commit, would then be some other's.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from gateway.journal.fitness import Unfit, asked

SHARED = (
    "a pooler in transaction mode (PgBouncer) stands before the server, and mixes up sessions: set pool_mode = session"
    " for this database there, or name the server itself in store"
)
_PROCESS = "SELECT pg_backend_pid()"
_TRIES = 4


def check(connection: Connection, connect: Callable[[], Connection]) -> None:
    """Raises `Unfit` where this connection's session is given to others between its transactions.

    `connect` makes another connection like it.
    """
    if connection.dialect.name == "sqlite":
        return
    [process] = asked(connection, _PROCESS)
    session = connection.connection.driver_connection
    if session is None or process == session.info.backend_pid:
        return  # the server itself named the process when the session began
    for _ in range(_TRIES):
        with connect() as other, other.begin():
            if other.exec_driver_sql(_PROCESS).scalar_one() == process:
                raise Unfit(SHARED)
