"""What goes to the database together: how many messages a batch is, and what is left where a statement fails."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway.adjustments import Draft, Settlement, Verdict
from gateway.journal import Journal
from gateway.journal.beginning import begin
from gateway.journal.database import Database
from gateway.journal.driver import Statement, together
from tests.conftest import PostgreSQL
from tests.gateway.journal.silence import Way

MESSAGES = 3
"""Of a batch of claims and settlements on PostgreSQL: what it looks at, what it writes, and its commit."""


@pytest.fixture
def way(postgresql: PostgreSQL) -> Iterator[tuple[Way, str]]:
    """A way to a server that counts messages, and the URL of a database on it."""
    url = postgresql.database()
    way = Way.to(url)
    yield way, way.url(url)
    way.close()
    postgresql.drop(url)


def test_a_batch_is_three_messages(
    way: tuple[Way, str], clock: Any, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """On PostgreSQL: however many claims and settlements it has, and whatever becomes of them."""
    server, url = way
    journal = Journal.open(url, owner="a", clock=clock, render=lambda record: None)

    async def batch(*operations: Any) -> list[Any]:
        server.messages = 0
        done = await asyncio.gather(*operations)
        assert server.messages == MESSAGES
        return done

    async def batches() -> None:
        for _ in range(8):  # by then the driver has prepared what it is asked again and again
            claims = [journal.claim(draft()) for _ in range(4)]
            claimed = [record for record, _ in await batch(*claims)]
            verdicts = (Verdict.APPLIED, Verdict.REFUSED, Verdict.UNKNOWN, Verdict.NOT_APPLIED)
            settled = [Settlement(*each, {}) for each in zip(claimed, verdicts, strict=True)]
            await batch(journal.claim(draft()), *map(journal.conclude, settled), journal.claim(draft()))

    try:
        runner.run(batches())
    finally:
        runner.run(journal.close())


def test_a_statement_that_fails_ends_the_others_and_leaves_no_transaction(journal: Journal, url: str) -> None:
    """It raises as SQLAlchemy would, and the connection's next transaction is a new one."""
    with Database.parse(url, patience=5.0, clock=lambda: datetime.now(UTC)).writer().connect() as connection:
        number = Statement("SELECT 1", row=tuple)
        assert [found.rows for found in begin(connection, [(number, None)])] == [[(1,)]]
        together(connection, [(Statement("CREATE TABLE once (id INTEGER PRIMARY KEY)"), None)])
        connection.commit()
        row = Statement("INSERT INTO once VALUES (1)")
        begin(connection, [])
        with pytest.raises(IntegrityError) as raised:
            together(connection, [(row, None), (row, None), (number, None)])
        assert not raised.value.connection_invalidated
        connection.rollback()
        with pytest.raises(DBAPIError):
            begin(connection, [(number, None), (Statement("SELECT nothing FROM nowhere"), None)])
        connection.rollback()
        [found] = begin(connection, [(Statement("SELECT count(*) FROM once", row=tuple), None)])
        assert found.rows == [(0,)]
        connection.commit()


def test_a_lost_session_is_known_to_be(postgresql: PostgreSQL) -> None:
    """What is asked of a session that the server ended raises so that another one is opened."""
    url = postgresql.database()
    engine = Database.parse(url, patience=5.0, clock=lambda: datetime.now(UTC)).writer()
    with engine.connect() as connection:
        [process] = begin(connection, [(Statement("SELECT pg_backend_pid()", row=tuple), None)])
        with psycopg.connect(url) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", process.rows[0])
        with pytest.raises(DBAPIError) as raised:
            together(connection, [(Statement("SELECT 1", row=tuple), None)] * 2)
        assert raised.value.connection_invalidated
        assert connection.invalidated
    postgresql.drop(url)


def test_a_file_that_is_held_is_refused_as_sqlalchemy_does(tmp_path: Any) -> None:
    """On SQLite, once the patience is over: the cause is the driver's own error."""
    url = f"sqlite:///{tmp_path}/points.db"
    engine = Database.parse(url, patience=0.0, clock=lambda: datetime.now(UTC)).writer()
    with engine.connect() as holds, engine.connect() as waits:
        begin(holds, [])
        with pytest.raises(DBAPIError) as raised:
            begin(waits, [])
        assert isinstance(raised.value.orig, sqlite3.OperationalError)
        assert not waits.in_transaction()
        holds.rollback()
        begin(waits, [])
        waits.rollback()
