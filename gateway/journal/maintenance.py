"""A journal as its maintenance has it: a whole database, read and written beside gateways or alone; it blocks."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.journal import cause, fitness, migration
from gateway.journal.database import Database
from gateway.journal.failures import JournalError
from gateway.journal.fitness import Unfit
from gateway.journal.tables import HEAD

_SNAPSHOT = b"SET default_transaction_isolation = 'repeatable read'"


@contextmanager
def maintained(store: str) -> Iterator[Database]:
    """The database at `store`; what fails within is told as a `JournalError` that names the journal and the cause."""
    database = Database.parse(store, patience=5.0, clock=lambda: datetime.now(UTC))
    try:
        yield database
    except (SQLAlchemyError, sqlite3.Error, OSError, Unfit) as error:
        raise JournalError(f"the journal at {database.store.shown} cannot be used: {cause.of(error)}") from error


def check_there(database: Database) -> None:
    """Raises `JournalMissing`, or `JournalError` where the tables are not those of this version."""
    if database.file is not None:
        fitness.check_file(database.file)
        if not database.file.exists():
            raise migration.unfit(None)
    readers = database.reader()
    try:
        with readers.connect() as connection:
            fitness.check_session(connection, writes=False)
            found = migration.version(connection)
    finally:
        readers.dispose()
    if found != HEAD:
        raise migration.unfit(found)


@contextmanager
def snapshot(connection: Connection) -> Iterator[Connection]:
    """A transaction that reads the journal as it is at one moment, whoever writes to it meanwhile."""
    if connection.dialect.name == "postgresql":
        # By the driver itself, and for the session: the transaction asks for the time as it begins.
        driver: Any = connection.connection.driver_connection
        driver.execute(_SNAPSHOT)
    with connection.begin():
        yield connection
