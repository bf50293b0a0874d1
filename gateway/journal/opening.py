"""How a journal is opened: made or brought up to date, written by one connection, and read by others."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.journal import cause, fitness, migration, pooler, private
from gateway.journal.batch import Batches
from gateway.journal.batch_operations import write
from gateway.journal.beginning import begin
from gateway.journal.commands import withdrawal
from gateway.journal.database import ONE_ANSWER, WITHIN, Database, unbounded
from gateway.journal.failures import JournalError
from gateway.journal.fitness import Unfit
from gateway.journal.lock import FileLock, opening_file
from gateway.journal.looks import Looks
from gateway.journal.machine import Machine
from gateway.journal.standbys import Standbys, waited_for
from gateway.journal.statements import Statements
from gateway.journal.tables import HEAD
from gateway.journal.transaction import Render, Transaction
from gateway.journal.watch import Watch


@dataclass(frozen=True, slots=True)
class Opened:
    """What a journal works with: who reads what has a name, and lists, who writes (None for a reader), and what is held
    until it is closed.

    `within`, `longest_list`: seconds that who looks something up waits at most, and who lists; None bounds nothing.
    """

    readers: Engine
    listers: Engine
    batches: Batches | None = None
    hold: ExitStack = field(default_factory=ExitStack)
    within: float | None = None
    longest_list: float | None = None
    standbys: Standbys = field(default_factory=Standbys)


@contextmanager
def named(database: Database) -> Iterator[None]:
    """Raises `JournalError`, which names the journal and the cause, where it cannot be opened within the block."""
    try:
        yield
    except (SQLAlchemyError, OSError, Unfit) as error:
        raise JournalError(f"the journal at {database.store.shown} cannot be opened: {cause.of(error)}") from error


def prepare(database: Database) -> None:
    """Make the tables, or bring them up to date, and leave. Raises `JournalError` where they do not fit."""
    with _held(database):
        _up_to_date(database, database.writer()).close()


def to_write(database: Database, render: Render, *, longest_read: float, watch: Watch) -> Opened:
    """Open for writing, beside others who do; `longest_read`: seconds after which a read is ended.

    Raises `JournalError` where the tables do not fit.
    """
    writer = database.writer()
    with ExitStack() as undo:
        hold = undo.enter_context(_held(database))
        connection = _up_to_date(database, writer)
        statements = Statements.compiled(connection.dialect)
        standbys = Standbys(several=database.several)
        with connection.begin():
            standbys.heard(waited_for(connection))

        machine = None if database.uptime is None else Machine(database.uptime)

        def run(connection: Connection, operations: Sequence[Any]) -> list[Any]:
            if machine is not None:
                machine.begin()
            looks = Looks(statements, connection.dialect, operations)
            seen = looks.seen(begin(connection, looks.asked))
            moment, fresh = database.moment(connection), partial(database.present, connection)
            return write(Transaction(connection, statements, moment, render, fresh, machine), operations, seen)

        undo.pop_all()
        within = database.within or WITHIN
        batches = Batches(writer.connect, run, connection, withdrawal, clock=database.clock, within=within, watch=watch)
        readers = database.reader(within=min(longest_read, within * ONE_ANSWER))
        listers = database.lister(within=longest_read)
        return Opened(readers, listers, batches, hold, within, longest_read + within, standbys)


def to_read(database: Database) -> Opened:
    """Open for reading only. Raises `JournalMissing`, or `JournalError` where the tables do not fit."""
    if database.file is not None:
        fitness.check_file(database.file)
        if not database.file.exists():
            raise migration.unfit(None)
    readers = database.reader()
    with ExitStack() as undo:
        undo.callback(readers.dispose)
        with readers.connect() as connection:
            fitness.check_session(connection, writes=False)
            pooler.check(connection, readers.connect)
            found = migration.version(connection)
        if found != HEAD:
            raise migration.unfit(found)
        undo.pop_all()
        return Opened(readers, database.lister())


def _held(database: Database) -> ExitStack:
    """The hold on a journal's file, beside others who write to it, until it is closed. Raises `JournalError`."""
    hold = ExitStack()
    if (file := database.file) is not None:
        fitness.check_file(file)
        private.make_folder(file.parent)
        hold.callback(FileLock.acquire(file, shared=True).release)
    return hold


def _up_to_date(database: Database, writer: Engine) -> Connection:
    """A connection to tables that fit; of several processes one makes them, and the others wait for it."""
    with ExitStack() as turn, ExitStack() as undo:
        if database.file is not None:
            turn.enter_context(opening_file(database.file))
            private.make_file(database.file)
        connection = writer.connect()
        undo.callback(connection.close)
        with unbounded(connection):
            fitness.check_session(connection, writes=True)
            pooler.check(connection, writer.connect)
            with connection.begin():
                migration.upgrade(connection)
                fitness.check_writing(connection)
        undo.pop_all()
        return connection
