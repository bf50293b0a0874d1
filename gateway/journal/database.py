"""Where the journal is kept: a URL, the connections to it, and the few things SQLite and PostgreSQL do differently."""

import os
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from gateway.journal.errors import JournalError

READERS = 2
"""Connections, and threads, that only read."""

_CONNECT_SECONDS = 5
_DEAD_PEER_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Database:
    """A database that can hold a journal. `patience`: seconds to wait for a lock that somebody else holds."""

    url: URL
    patience: float

    @classmethod
    def parse(cls, text: str, *, patience: float) -> "Database":
        """Read `sqlite:///points.db` (three slashes relative, four absolute) or `postgresql://...`.

        Raises `JournalError` for any other URL, and where the driver is not installed.
        """
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise JournalError(
                "the journal's URL cannot be read: expected sqlite:///FILE or postgresql://..."
            ) from None
        if url.drivername == "sqlite":
            if url.database in (None, "", ":memory:") or url.query:
                raise JournalError("a journal in SQLite is a plain file: expected sqlite:///FILE")
            return cls(url, patience)
        if url.drivername not in ("postgresql", "postgresql+psycopg"):
            raise JournalError(
                f"a journal cannot be kept in {url.drivername}: expected sqlite:///FILE or postgresql://..."
            )
        if find_spec("psycopg") is None:
            raise JournalError("PostgreSQL needs its driver: install points-gateway[postgresql]")
        return cls(url.set(drivername="postgresql+psycopg"), patience)

    @property
    def file(self) -> Path | None:
        """The file of an SQLite journal, links resolved, so that one file has one name; None for PostgreSQL."""
        return Path(os.path.realpath(str(self.url.database))) if self.url.drivername == "sqlite" else None

    def writer(self) -> Engine:
        """An engine whose connections write durably, and are really closed when they are closed."""
        engine = create_engine(self._target(), poolclass=NullPool, **self._options())
        self._prepare(engine, writes=True)
        return engine

    def reader(self) -> Engine:
        """An engine whose connections cannot write."""
        pool = {"pool_size": READERS, "max_overflow": 0, "pool_pre_ping": True}
        engine = create_engine(self._target(), **pool, **self._options())
        self._prepare(engine, writes=False)
        return engine

    def _target(self) -> URL:
        return self.url if self.file is None else self.url.set(database=str(self.file))

    def _options(self) -> dict[str, Any]:
        # Without `hide_parameters`, the text of an error would show members.
        return {"hide_parameters": True, "connect_args": self._connect_args()}

    def _connect_args(self) -> dict[str, Any]:
        if self.file is not None:
            # Transactions are begun by hand (see `_prepare`); each connection is used by one thread at a time.
            return {"isolation_level": None, "check_same_thread": False, "timeout": self.patience}
        wished: dict[str, Any] = {
            "connect_timeout": _CONNECT_SECONDS,
            "tcp_user_timeout": _DEAD_PEER_SECONDS * 1000,
            "application_name": f"points-gateway {os.getpid()}@{socket.gethostname()}",
        }
        return {name: value for name, value in wished.items() if name not in self.url.query}

    def _prepare(self, engine: Engine, *, writes: bool) -> None:
        statements = self._sqlite_session(writes) if self.file is not None else self._postgresql_session(writes)
        event.listen(engine, "connect", _saying(statements))
        if self.file is not None:
            # IMMEDIATE takes the write lock at once: one begun to read could not always be turned into one that writes.
            event.listen(engine, "begin", _beginning("BEGIN IMMEDIATE" if writes else "BEGIN"))

    def _sqlite_session(self, writes: bool) -> list[str]:
        if not writes:
            return ["PRAGMA query_only=ON"]
        return ["PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON"]

    def _postgresql_session(self, writes: bool) -> list[str]:
        if not writes:
            return ["SET default_transaction_read_only = on"]
        return [
            "SET synchronous_commit = on",
            f"SET lock_timeout = {max(1, round(self.patience * 1000))}",
            # So that the server soon frees the lock of a gateway whose machine has gone.
            "SET tcp_keepalives_idle = 15",
            "SET tcp_keepalives_interval = 5",
            "SET tcp_keepalives_count = 3",
        ]


def _saying(statements: list[str]) -> Callable[[Any, Any], None]:
    def connected(connection: Any, _: Any) -> None:
        with closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.commit()  # else a later rollback would undo what was SET

    return connected


def _beginning(statement: str) -> Callable[[Connection], None]:
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begun
