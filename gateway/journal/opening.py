"""How a journal is opened: held, made or brought up to date, and read by connections of its own."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from gateway.journal import migration
from gateway.journal.batch import Batches
from gateway.journal.database import Database
from gateway.journal.lock import FileLock, hold_session, opening_file
from gateway.journal.operations import withdrawal
from gateway.journal.schema import HEAD
from gateway.journal.transaction import Render, Transaction
from gateway.journal.writes import write


@dataclass(frozen=True, slots=True)
class Opened:
    """What a journal works with: who reads, who writes (None for a reader), and what lets go of it."""

    readers: Engine
    batches: Batches | None
    release: Callable[[], None]


def to_write(database: Database, render: Render, *, shared: bool) -> Opened:
    """Open for writing. Raises `JournalLocked`, or `JournalError` where the tables do not fit."""
    writer = database.writer()

    def connect() -> Connection:
        connection = writer.connect()
        try:
            if database.file is None:
                hold_session(connection, shared=shared)
        except BaseException:
            connection.close()
            raise
        return connection

    def run(connection: Connection, operations: Sequence[Any]) -> list[Any]:
        return write(Transaction(connection, database.moment(connection), render), operations)

    with ExitStack() as undo:
        release: Callable[[], None] = _nothing
        if (file := database.file) is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            release = FileLock.acquire(file, shared=shared).release
            undo.callback(release)
        connection = _up_to_date(database, connect, undo)
        undo.pop_all()
        return Opened(database.reader(), Batches(connect, run, connection, withdrawal), release)


def to_read(database: Database) -> Opened:
    """Open for reading only. Raises `JournalMissing`, or `JournalError` where the tables do not fit."""
    if database.file is not None and not database.file.exists():
        raise migration.unfit(None)
    readers = database.reader()
    with readers.connect() as connection:
        found = migration.version(connection)
    if found != HEAD:
        readers.dispose()
        raise migration.unfit(found)
    return Opened(readers, None, _nothing)


def _up_to_date(database: Database, connect: Callable[[], Connection], undo: ExitStack) -> Connection:
    """A connection to tables that fit; of several processes one makes them, and the others wait for it."""
    with ExitStack() as turn:
        if database.file is not None:
            turn.enter_context(opening_file(database.file))
        connection = connect()
        undo.callback(connection.close)
        with connection.begin():
            migration.upgrade(connection)
    return connection


def _nothing() -> None:
    return
