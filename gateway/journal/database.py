"""The database of a journal: the connections to it, and the few things SQLite and PostgreSQL do differently.

SQLite takes any number of processes on one machine, with the file on a local disk: its locks do not reach across a
network file system. PostgreSQL takes any number of processes anywhere.
"""

import math
import os
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.exc import OperationalError

from gateway.journal import codec
from gateway.journal.errors import JournalError
from gateway.journal.store import Store

READERS = LISTS = 2
"""Connections, and threads, that only read: what is found by its name, and lists."""
LONGEST_READ = 5.0
"""Seconds after which a gateway ends a read."""

_CONNECT_SECONDS = 5
_DEAD_PEER_SECONDS = 15
_STALLED_SECONDS = 3
_TURN_MILLISECONDS = 20
_BEGUN, _UNTIL = "begun", "until"
_LOOKS = 10_000  # instructions of SQLite's machine between looks at the time: a millisecond or less
_UNORDERED = ("seqscan", "bitmapscan", "sort", "incremental_sort", "hashjoin", "mergejoin")
# In one message, so that the time costs no round trip; the BEGIN is of the transaction that the SELECT is in already.
# The function is named without its schema: whoever must can put a clock of their own before the server's.
_TELL = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_TELL_AND_BEGIN = f"{_TELL}; BEGIN"


@dataclass(frozen=True, slots=True)
class Database:
    """A database that can hold a journal.

    `patience`: seconds to wait for a lock that somebody else holds. `clock`: what SQLite goes by, whose gateways are
    all on one machine; PostgreSQL goes by its server's clock.
    """

    store: Store
    patience: float
    clock: Callable[[], datetime]

    @classmethod
    def parse(cls, text: str, *, patience: float, clock: Callable[[], datetime]) -> "Database":
        """The database at the place that `text` names, as `Store.parse` reads it.

        Raises `JournalError` where it names none, and where the driver is not installed.
        """
        try:
            store = Store.parse(text)
        except ValueError as error:
            raise JournalError(f"the journal's place cannot be read: {error}") from None
        if store.file is None and find_spec("psycopg") is None:
            raise JournalError("PostgreSQL needs its driver: install points-gateway[postgresql]")
        return cls(store, patience, clock)

    @property
    def file(self) -> Path | None:
        """The file of an SQLite journal, links resolved, so that one file has one name; None for PostgreSQL."""
        return self.store.file

    def writer(self) -> Engine:
        """An engine whose connections write durably, and are really closed when they are closed."""
        engine = self._engine(poolclass=NullPool)
        self._prepare(engine, self._sqlite_session() if self._in_file else self._postgresql_session(), writes=True)
        return engine

    def reader(self, *, within: float | None = None) -> Engine:
        """An engine whose connections cannot write, and end what takes longer than so many seconds."""
        return self._reader(READERS, within, [])

    def lister(self, *, within: float | None = None) -> Engine:
        """As `reader`, for lists: a plan is one that reads an index in its order, whatever statistics say."""
        return self._reader(LISTS, within, [f"SET enable_{way} = off" for way in _UNORDERED])

    def _reader(self, connections: int, within: float | None, plans: list[str]) -> Engine:
        engine = self._engine(poolclass=QueuePool, pool_size=connections, max_overflow=0, pool_pre_ping=True)
        if self._in_file:
            self._prepare(engine, ["PRAGMA query_only=ON"], writes=False)
            if within is not None:
                _end_after(engine, within)
        else:
            ending = [] if within is None else [f"SET statement_timeout = {max(1, round(within * 1000))}"]
            self._prepare(engine, ["SET default_transaction_read_only = on", *ending, *plans], writes=False)
        return engine

    def moment(self, connection: Connection) -> datetime:
        """The time by the journal's clock, in UTC: on PostgreSQL when the connection's transaction began."""
        if self._in_file:
            return self.clock().astimezone(UTC)
        if not connection.in_transaction():
            connection.begin()
        return codec.from_micros(connection.info[_BEGUN])

    def present(self, connection: Connection) -> datetime:
        """The time by the journal's clock at this moment, in UTC, however long the transaction has been open."""
        if self._in_file:
            return self.clock().astimezone(UTC)
        return codec.from_micros(connection.exec_driver_sql(_TELL).scalar_one())

    @property
    def _in_file(self) -> bool:
        return self.file is not None

    def _engine(self, **pool: Any) -> Engine:
        # SQLAlchemy's URLs say which dialect, and nothing else: what is in one is decoded, and may be shown. Without
        # `hide_parameters`, the text of an error would show members. Transactions are begun by hand: see `_prepare`.
        if self.file is not None:
            # Each connection is used by one thread at a time.
            options = {"isolation_level": None, "check_same_thread": False, "timeout": self.patience}
            creator = partial(sqlite3.connect, self.file, **options)
            return create_engine("sqlite://", creator=creator, hide_parameters=True, **pool)
        conninfo = self.store.conninfo(
            connect_timeout=_CONNECT_SECONDS,
            tcp_user_timeout=_DEAD_PEER_SECONDS * 1000,
            application_name=f"points-gateway {os.getpid()}@{socket.gethostname()}",
        )
        engine = create_engine("postgresql+psycopg://", hide_parameters=True, **pool)
        event.listen(engine, "do_connect", _reaching(conninfo))
        return engine

    def _prepare(self, engine: Engine, statements: list[str], *, writes: bool) -> None:
        event.listen(engine, "connect", _saying(statements))
        if not self._in_file:
            event.listen(engine, "begin", _telling_and_beginning(writes))
        else:
            turns = max(1, round(self.patience * 1000 / _TURN_MILLISECONDS))
            event.listen(engine, "begin", _beginning_at_once(turns) if writes else _begin)

    def _sqlite_session(self) -> list[str]:
        durable = ["PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON"]
        return [*durable, f"PRAGMA busy_timeout={_TURN_MILLISECONDS}"]

    def _postgresql_session(self) -> list[str]:
        return [
            "SET synchronous_commit = on",
            # Each statement sees what other gateways have committed before it, whatever the server's default is.
            "SET default_transaction_isolation = 'read committed'",
            f"SET lock_timeout = {max(1, round(self.patience * 1000))}",
            # So that a gateway that is stopped or stalled half way keeps nobody else waiting; it does its work anew.
            f"SET idle_in_transaction_session_timeout = {_STALLED_SECONDS * 1000}",
            # Plans are kept: one made while the tables are small shall not read them whole once they have grown.
            *(f"SET enable_{way} = off" for way in ("seqscan", "hashjoin", "mergejoin")),
        ]


def _reaching(conninfo: str) -> Callable[[Dialect, Any, list[Any], dict[str, Any]], Any]:
    def connect(dialect: Dialect, _: Any, args: list[Any], options: dict[str, Any]) -> Any:
        return dialect.connect(conninfo, **options, autocommit=True)

    return connect


def _saying(statements: list[str]) -> Callable[[Any, Any], None]:
    def connected(connection: Any, _: Any) -> None:
        with closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.commit()  # else a later rollback would undo what was SET

    return connected


def _telling_and_beginning(writes: bool) -> Callable[[Connection], None]:
    """Notes the server's time. A server that takes no writes, as a standby, refuses a transaction begun to write."""
    statement = f"{_TELL_AND_BEGIN} READ WRITE" if writes else _TELL_AND_BEGIN

    def begun(connection: Connection) -> None:
        connection.info[_BEGUN] = connection.exec_driver_sql(statement).scalar_one()

    return begun


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _end_after(engine: Engine, seconds: float) -> None:
    """On SQLite: interrupt what has read for so many seconds since its transaction began."""

    def begun(connection: Connection) -> None:
        connection.info[_UNTIL] = time.monotonic() + seconds

    def connected(connection: Any, record: Any) -> None:
        connection.set_progress_handler(lambda: time.monotonic() > record.info.get(_UNTIL, math.inf), _LOOKS)

    event.listen(engine, "begin", begun)
    event.listen(engine, "connect", connected)


def _beginning_at_once(turns: int) -> Callable[[Connection], None]:
    """Takes the write lock with the BEGIN: a transaction begun to read could not always be turned into one that writes.

    SQLite itself would ask less and less often for a lock that is held, and may never get it from busy neighbours; so
    it is told to wait briefly, and anew for each of `turns`.
    """

    def begun(connection: Connection) -> None:
        for left in reversed(range(turns)):
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                busy = (
                    isinstance(error.orig, sqlite3.Error) and error.orig.sqlite_errorcode & 255 == sqlite3.SQLITE_BUSY
                )
                if not (busy and left):
                    raise
            else:
                return

    return begun
