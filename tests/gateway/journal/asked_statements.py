"""What is asked of one database meanwhile: gateways of other tests, which share the process, ask theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, event


class AskedStatement(NamedTuple):
    """A statement as the driver gets it, with its values, and the engine that it is asked by."""

    engine: Engine
    text: str
    values: Any


@contextmanager
def asked_of(url: str) -> Iterator[list[AskedStatement]]:
    """The statements that SQLAlchemy sends to the database at a URL until the block ends, in their order."""
    asked: list[AskedStatement] = []

    def executed(connection: Connection, _: Any, statement: str, values: Any, *rest: Any) -> None:
        if _database(connection) in url:
            asked.append(AskedStatement(connection.engine, statement, values))

    event.listen(Engine, "before_cursor_execute", executed)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", executed)


def _database(connection: Connection) -> str:
    """The file of an SQLite database, or the name of one on PostgreSQL as it stands in a URL."""
    session: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return str(session.execute("PRAGMA database_list").fetchone()[2]) or "in memory"
    return f"/{session.info.dbname}?"
