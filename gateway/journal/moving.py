"""Moves a journal to another database, SQLite to PostgreSQL or back, all or nothing, and compares the two."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Table, func, insert, select, text, update

from gateway.journal import opening, row_numbers
from gateway.journal.approval_tables import resolution_rule
from gateway.journal.database import Database
from gateway.journal.failures import JournalError, JournalLocked
from gateway.journal.lock import FileLock
from gateway.journal.maintenance import check_there, maintained
from gateway.journal.tables import clock, metadata, outbox

AT_ONCE = 1000
"""Rows in memory."""
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE"
    " 'points-gateway %' AND application_name <> current_setting('application_name')"
)


_ONE_ROW = (clock.name, outbox.name, resolution_rule.name)
"""The tables that have one row from the beginning."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One table that was copied: how many rows, and the SHA-256 of all of them, which is that of both journals."""

    table: str
    rows: int
    digest: str


def move(source: str, target: str) -> tuple[Moved, ...]:
    """Copy the journal at one store into the empty one at another; nothing writes to either meanwhile.

    One transaction: the target has all of it or nothing. At the end both are read and compared. Raises `JournalError`
    where a gateway runs on either, where the target is not empty, and where the two differ.
    """
    with maintained(source) as old, maintained(target) as new:
        if (old.file is None, old.store.text) == (new.file is None, new.store.text):
            raise JournalError("both name the same journal")
        check_there(old)
        opening.prepare(new)
        with _alone(old, writes=False) as reading, _alone(new, writes=True) as writing:
            tables = [table for table in metadata.sorted_tables if table.name not in _ONE_ROW]
            for table in tables:
                if writing.scalar(select(func.count()).select_from(table)):
                    raise JournalError(f"the target is not empty: it has rows in {table.name}; name an empty database")
            # By what the old journal knew of its clock, no request is repeated that may be older than it seems.
            for table in map(metadata.tables.__getitem__, _ONE_ROW):
                writing.execute(update(table).values(**reading.execute(select(table)).mappings().one()))
            moved = tuple(_moved(table, reading, writing) for table in tables)
            for each in moved:
                _compare(each, metadata.tables[each.table], writing)
            return moved


@contextmanager
def _alone(database: Database, *, writes: bool) -> Iterator[Connection]:
    """A transaction on a journal that nobody else writes to until its end."""
    with ExitStack() as held:
        if database.file is not None:
            held.callback(FileLock.acquire(database.file, shared=False).release)
        # On PostgreSQL a reader would not be let lock the tables, and what is locked needs no snapshot.
        engine = database.reader() if database.file is not None and not writes else database.writer()
        held.callback(engine.dispose)
        connection = held.enter_context(engine.connect())
        held.enter_context(connection.begin())
        if connection.dialect.name == "postgresql":
            if connection.scalar(_OTHERS):
                raise JournalLocked(f"{database.store.shown} is held by another process: stop it first")
            # Copying may take its time between two statements.
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            names, mode = ", ".join(metadata.tables), "EXCLUSIVE" if writes else "SHARE"
            connection.execute(text(f"LOCK TABLE {names} IN {mode} MODE"))
        yield connection


def _moved(table: Table, reading: Connection, writing: Connection) -> Moved:
    """Copy one table in its order, and have the next number, if it has any, follow."""
    digest = Digest(table)
    into = _Copying(table, writing) if writing.dialect.name == "postgresql" else _Inserting(table, writing)
    for part in _parts(table, reading):
        into.write(part)
        digest.add(part)
    if "seq" in table.c:
        # Events are told by number: one that the old journal gave to a step that is purged comes to no other.
        row_numbers.follow(writing, table, row_numbers.last(reading, table))
    return Moved(table.name, digest.rows, digest.text)


def _compare(moved: Moved, table: Table, writing: Connection) -> None:
    """Raises `JournalError` where what arrived is not what left."""
    arrived = Digest(table)
    for part in _parts(table, writing):
        arrived.add(part)
    if (arrived.rows, arrived.text) != (moved.rows, moved.digest):
        raise JournalError(
            f"{table.name} differs in the target: {arrived.rows} rows there, {moved.rows} here; nothing is copied"
        )


def _parts(table: Table, connection: Connection) -> Iterator[Sequence[Any]]:
    rows = connection.execute(
        select(table).order_by(*table.primary_key), execution_options={"yield_per": AT_ONCE, "stream_results": True}
    )
    yield from rows.partitions()


class _Inserting:
    """Writes rows to a table by statements."""

    def __init__(self, table: Table, connection: Connection) -> None:
        self._table = table
        self._connection = connection

    def write(self, rows: Iterable[Any]) -> None:
        """Write some rows, each with all columns."""
        self._connection.execute(insert(self._table), [dict(row._mapping) for row in rows])


class _Copying:
    """Writes rows to a table by PostgreSQL's COPY, several times as fast as by statements."""

    def __init__(self, table: Table, connection: Connection) -> None:
        columns = ", ".join(f'"{column.name}"' for column in table.c)
        self._statement = f"COPY {table.name} ({columns}) FROM STDIN"
        self._driver: Any = connection.connection.driver_connection

    def write(self, rows: Iterable[Any]) -> None:
        """Write some rows, each with all columns."""
        with self._driver.cursor() as cursor, cursor.copy(self._statement) as copying:
            for row in rows:
                copying.write_row(tuple(row))


class Digest:
    """The SHA-256 of the rows of a table, each with all columns, in the order in which they are added."""

    def __init__(self, table: Table) -> None:
        self._hash = hashlib.sha256(orjson.dumps([column.name for column in table.c]))
        self.rows = 0

    def add(self, rows: Iterable[Any]) -> None:
        """Add some rows."""
        for row in rows:
            self._hash.update(orjson.dumps(tuple(row), default=_hexadecimal))
            self.rows += 1

    @property
    def text(self) -> str:
        """The digest of all rows so far, in hex."""
        return self._hash.hexdigest()


def _hexadecimal(value: object) -> Mapping[str, str]:
    """Bytes as JSON, told apart from every text."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    raise TypeError(f"{type(value).__name__} has no column here")
