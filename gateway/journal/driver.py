"""Statements that go to the database together: on PostgreSQL in one message, whose answers come in one as well.

The driver is given them itself, since SQLAlchemy would spend more on each than the database does. What the driver
raises is raised as SQLAlchemy's errors, and a session that is lost is known to be.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@dataclass(frozen=True, slots=True)
class Found:
    """What a statement gave: its rows, with columns as attributes, and how many rows it found or changed."""

    rows: list[Any]
    count: int


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL as a driver takes it, and what makes of values what that driver takes; `row` makes a row of a tuple.

    Without `row` it gives no rows. On SQLite, where `form` gives a list, it is run for each of its items.
    """

    text: str
    form: Callable[[Any], Any] | None = None
    row: Callable[[Any], Any] | None = None

    def run(self, connection: Connection, values: Any = None) -> Found:
        """Run it alone, for all these values at once."""
        return together(connection, [(self, values)])[0]


Asked = tuple[Statement, Any]
"""A statement, and the values that it is run for; None for one that takes none."""


def together(connection: Connection, asked: Sequence[Asked]) -> list[Found]:
    """Run statements in their order; gives what each gave. The first that fails ends it."""
    session: Any = connection.connection.driver_connection
    try:
        if connection.dialect.name == "sqlite":
            return [_run(session, *each) for each in asked]
        if len(asked) == 1:
            return [_found(asked[0][0], _execute(session, *asked[0]))]
        with session.pipeline():
            cursors = [_execute(session, *each) for each in asked]
        return [_found(statement, cursor) for (statement, _), cursor in zip(asked, cursors, strict=True)]
    except connection.dialect.loaded_dbapi.Error as error:
        raise raised(connection, error) from error


def _run(session: Any, statement: Statement, values: Any) -> Found:
    """On SQLite."""
    formed = () if statement.form is None else statement.form(values)
    several = isinstance(formed, list)
    return _found(statement, (session.executemany if several else session.execute)(statement.text, formed))


def _execute(session: Any, statement: Statement, values: Any) -> Any:
    """On PostgreSQL; within a pipeline the answer comes at its end."""
    return session.execute(statement.text, None if statement.form is None else statement.form(values))


def _found(statement: Statement, cursor: Any) -> Found:
    rows = [] if statement.row is None else list(map(statement.row, cursor.fetchall()))
    return Found(rows, cursor.rowcount)


def raised(connection: Connection, error: Any) -> BaseException:
    """The error as SQLAlchemy has it, of a connection that knows whether its session is lost."""
    dialect = connection.dialect
    lost = not connection.invalidated and dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if lost:
        connection.invalidate(error)
    translated: BaseException = DBAPIError.instance(
        None,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
    return translated
