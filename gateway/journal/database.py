"""The database of a journal: the connections to it, and the few things SQLite and PostgreSQL do differently.

SQLite takes any number of processes on one machine, with the file on a local disk: its locks do not reach across a
network file system. PostgreSQL takes any number of processes anywhere.
"""

import math
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, NullPool, QueuePool, create_engine, event

from gateway.journal import codec
from gateway.journal.beginning import (
    BEGUN,
    TELL,
    beginning,
    beginning_at_once,
    committing,
    telling,
    telling_in_turn,
)
from gateway.journal.failures import JournalError
from gateway.store import Store
from gateway.uptime import Uptime

READERS = LISTS = 2
"""Connections, and threads, that only read: what is found by its name, and lists."""
LONGEST_READ = 5.0
"""Seconds after which a gateway ends a read."""
WITHIN = 2.5
"""Seconds within which the journal does what it is asked, or refuses it."""

ONE_ANSWER, _A_LOCK = 0.8, 0.6  # shares of these
_STALLED = 0.4  # and of a stall within a transaction: less than others wait for a lock
_CONNECT_SECONDS, _CONNECT_EACH = 5, 2  # to one server, and to each of several: the least that libpq has
_DEAD_PEER_SECONDS = 15
_UNTIL = "until"
_LOOKS = 10_000  # instructions of SQLite's machine between looks at the time: a millisecond or less
_UNORDERED = ("seqscan", "bitmapscan", "sort", "incremental_sort", "hashjoin", "mergejoin")


@dataclass(frozen=True, slots=True)
class Database:
    """A database that can hold a journal.

    `patience`: seconds to wait for a lock that somebody else holds. `clock`: what SQLite goes by, whose gateways are
    all on one machine; PostgreSQL goes by its server's clock. `within`: as `WITHIN`; an answer of the server, and on
    PostgreSQL a lock, has a part of it. None bounds neither. `uptime`: this machine's, to watch the clock by.
    """

    store: Store
    patience: float
    clock: Callable[[], datetime]
    within: float | None = None
    uptime: Uptime | None = None

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        patience: float,
        clock: Callable[[], datetime],
        within: float | None = None,
        uptime: Uptime | None = None,
    ) -> "Database":
        """The database at the place that `text` names, as `Store.parse` reads it.

        Raises `JournalError` where it names none, and where the driver is not installed.
        """
        try:
            store = Store.parse(text)
        except ValueError as error:
            raise JournalError(f"the journal's place cannot be read: {error}") from None
        if store.file is None and find_spec("psycopg") is None:
            raise JournalError("PostgreSQL needs its driver: install points-gateway[postgresql]")
        return cls(store, patience, clock, within, uptime)

    @property
    def file(self) -> Path | None:
        """The file of an SQLite journal, links resolved, so that one file has one name; None for PostgreSQL."""
        return self.store.file

    @property
    def several(self) -> bool:
        """Whether a standby may take the server's place."""
        return len(self.store.hosts) > 1

    def writer(self) -> Engine:
        """An engine whose connections write durably, and are really closed when they are closed."""
        longest = None if self.within is None else self.within * ONE_ANSWER
        engine = self._engine(longest, writes=True, poolclass=NullPool)
        self._prepare(engine, self._sqlite_session() if self._in_file else self._postgresql_session(), writes=True)
        return engine

    def reader(self, *, within: float | None = None) -> Engine:
        """An engine whose connections cannot write, and end what takes longer than so many seconds."""
        return self._reader(READERS, within, [])

    def lister(self, *, within: float | None = None) -> Engine:
        """As `reader`, for lists: a plan is one that reads an index in its order, whatever statistics say."""
        return self._reader(LISTS, within, [f"SET enable_{way} = off" for way in _UNORDERED])

    def _reader(self, connections: int, within: float | None, plans: list[str]) -> Engine:
        # The server ends a read that takes long by itself: the rest is for one that does not answer.
        longest = None if within is None else within + (self.within or WITHIN) * (1 - ONE_ANSWER)
        engine = self._engine(longest, poolclass=QueuePool, pool_size=connections, max_overflow=0, pool_pre_ping=True)
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
        return codec.from_micros(connection.info[BEGUN])

    def present(self, connection: Connection) -> datetime:
        """The time by the journal's clock at this moment, in UTC, however long the transaction has been open."""
        if self._in_file:
            return self.clock().astimezone(UTC)
        return codec.from_micros(connection.exec_driver_sql(TELL).scalar_one())

    @property
    def _in_file(self) -> bool:
        return self.file is not None

    def _engine(self, longest: float | None, *, writes: bool = False, **pool: Any) -> Engine:
        """`longest`: seconds that a server may take for one answer."""
        # SQLAlchemy's URLs say which dialect, and nothing else: what is in one is decoded, and may be shown. Without
        # `hide_parameters`, the text of an error would show members. Transactions are begun by hand: see `_prepare`.
        if self.file is not None:
            connect = _opening(self.file, self.patience, writes=writes)
            return create_engine("sqlite://", creator=connect, hide_parameters=True, **pool)
        # Of several servers, the one that takes writes: a standby may not have yet what was claimed a moment ago.
        one_of_many = {"target_session_attrs": "read-write"} if self.several else {}
        conninfo = self.store.conninfo(
            **one_of_many,
            connect_timeout=_CONNECT_EACH if self.several else _CONNECT_SECONDS,
            tcp_user_timeout=_DEAD_PEER_SECONDS * 1000,
            application_name=f"points-gateway {os.getpid()}@{socket.gethostname()}",
        )
        engine = create_engine("postgresql+psycopg://", hide_parameters=True, **pool)
        event.listen(engine, "do_connect", _reaching(conninfo, longest))
        return engine

    def _prepare(self, engine: Engine, statements: list[str], *, writes: bool) -> None:
        event.listen(engine, "connect", _saying(statements))
        if not self._in_file:
            event.listen(engine, "begin", telling_in_turn() if writes else telling)
            event.listen(engine, "commit", committing)
        else:
            event.listen(engine, "begin", beginning_at_once(self.patience) if writes else beginning)

    def _sqlite_session(self) -> list[str]:
        durable = ["PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON"]
        return [*durable, "PRAGMA busy_timeout=0"]

    def _postgresql_session(self) -> list[str]:
        longest = self.patience if self.within is None else min(self.patience, self.within * _A_LOCK)
        return [
            "SET synchronous_commit = on",
            # Each statement sees what other gateways have committed before it, whatever the server's default is.
            "SET default_transaction_isolation = 'read committed'",
            f"SET lock_timeout = {max(1, round(longest * 1000))}",
            # What ends a statement ends a commit's wait for a standby too, and the server then calls it done.
            "SET statement_timeout = 0",
            # So that a gateway that is stopped or stalled half way keeps nobody else waiting; it does its work anew.
            f"SET idle_in_transaction_session_timeout = {round((self.within or WITHIN) * _STALLED * 1000)}",
            # Plans are kept: one made while the tables are small shall not read them whole once they have grown.
            *(f"SET enable_{way} = off" for way in ("seqscan", "hashjoin", "mergejoin")),
        ]


@contextmanager
def unbounded(connection: Connection) -> Iterator[None]:
    """Have the server take its time with each answer: what changes tables can be long."""
    session: Any = connection.connection.driver_connection
    within = getattr(session, "within", None)
    if within is None:
        yield
        return
    session.within = None
    try:
        yield
    finally:
        session.within = within


def _opening(file: Path, patience: float, *, writes: bool) -> Callable[[], Any]:
    import sqlite3  # not before there is such a journal

    from gateway.journal.file_session import FileSession

    # Each connection is used by one thread at a time.
    options = {"isolation_level": None, "check_same_thread": False, "timeout": patience}
    return partial(sqlite3.connect, file, factory=FileSession if writes else sqlite3.Connection, **options)


def _reaching(conninfo: str, longest: float | None) -> Callable[[Dialect, Any, list[Any], dict[str, Any]], Any]:
    def connect(_: Dialect, __: Any, ___: list[Any], options: dict[str, Any]) -> Any:
        from gateway.journal.server_session import ServerSession  # its library is there only where it is needed

        session = ServerSession.connect(conninfo, **options, autocommit=True)
        session.within = longest
        session.watch()
        return session

    return connect


def _saying(statements: list[str]) -> Callable[[Any, Any], None]:
    def connected(connection: Any, _: Any) -> None:
        with closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.commit()  # else a later rollback would undo what was SET

    return connected


def _end_after(engine: Engine, seconds: float) -> None:
    """On SQLite: interrupt what has read for so many seconds since its transaction began."""

    def begun(connection: Connection) -> None:
        connection.info[_UNTIL] = time.monotonic() + seconds

    def connected(connection: Any, record: Any) -> None:
        connection.set_progress_handler(lambda: time.monotonic() > record.info.get(_UNTIL, math.inf), _LOOKS)

    event.listen(engine, "begin", begun)
    event.listen(engine, "connect", connected)
