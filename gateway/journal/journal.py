"""The journal: what is claimed or settled here is durable before anybody hears of it."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.adjustments import Draft, Record, Resolution, Settlement, Transition
from gateway.errors import StoreUnavailable
from gateway.journal import migration, operations, reads, writes
from gateway.journal.batch import Batches
from gateway.journal.database import READERS, Database
from gateway.journal.errors import JournalError
from gateway.journal.lock import FileLock, hold_session
from gateway.journal.schema import HEAD

P = ParamSpec("P")
T = TypeVar("T")


class Journal:
    """Where adjustments are kept, in SQLite or PostgreSQL; used from one event loop.

    Every method raises `StoreUnavailable` where the database cannot do what it is asked; a later call finds its own
    way back once the database is there again. Cancelling a caller undoes nothing: what was handed over is done.
    """

    def __init__(self, readers: Engine, batches: Batches | None, release: Callable[[], None]) -> None:
        self._readers = readers
        self._batches = batches
        self._release = release
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="journal-reader")

    @classmethod
    def open(
        cls,
        url: str,
        *,
        clock: Callable[[], datetime],
        render: writes.Render,
        exclusive: bool = True,
        patience: float = 5.0,
    ) -> "Journal":
        """Open the journal at `sqlite:///FILE` or `postgresql://...`; made, or brought up to date, where need be.

        `clock` gives aware datetimes. `render` gives the answer to keep for a record that was just settled, or None;
        it runs in the journal's own thread. `exclusive=False` is for who only reads, beside a gateway or without one.
        `patience`: seconds to wait for a lock that somebody else holds. Blocks; raises `JournalError`,
        `JournalLocked` where another gateway holds the journal, `JournalMissing` where there is nothing to read.
        """
        database = Database.parse(url, patience=patience)
        try:
            return _exclusive(database, clock, render) if exclusive else _reading(database)
        except (SQLAlchemyError, OSError) as error:
            reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise JournalError(
                f"the journal at {database.url.render_as_string()} cannot be opened: {reason}"
            ) from error

    async def claim(self, draft: Draft) -> tuple[Record, bool]:
        """Make a key ours, in attempt 1: the new record and True, or the record that has the key and False."""
        claimed: tuple[Record, bool] = await self._write(operations.Claim(draft))
        return claimed

    async def retry(self, record: Record, lease: float) -> Record | None:
        """Begin the next attempt of a retryable failure, owned for `lease` seconds; None where another was first."""
        begun: Record | None = await self._write(operations.Retry(record, lease))
        return begun

    async def settle(self, settlement: Settlement) -> Record | None:
        """Keep what an attempt came to; the record as it is from now on.

        None where it changes nothing: then the word is kept in the history alone, with `late`, its verdict, and
        `conflict`, whether it contradicts what the journal says.
        """
        settled: Record | None = await self._write(operations.Settle(settlement))
        return settled

    async def resolve(
        self,
        record: Record,
        resolution: Resolution,
        evidence: Mapping[str, Any],
        *,
        problem: Mapping[str, Any] | None = None,
    ) -> Record | None:
        """Keep a person's decision about an `unknown`; None where it is not in `record`'s state any more.

        `problem` is the problem that its key answers from now on; None leaves the record's.
        """
        resolved: Record | None = await self._write(operations.Resolve(record, resolution, evidence, problem))
        return resolved

    async def expire(self) -> int:
        """Make `unknown` every attempt whose lease has run out by the journal's clock; gives how many."""
        expired: int = await self._write(operations.Expire({"reason": "the lease ran out"}, whatever_lease=False))
        return expired

    async def recover(self) -> int:
        """At the start of the only gateway: make `unknown` all that is in flight, for nobody is left to settle it."""
        found: int = await self._write(operations.Expire({"reason": "found in flight at start"}, whatever_lease=True))
        return found

    async def find(self, client: str, tenant: str, key: str) -> Record | None:
        """The adjustment under a client's key within a tenant."""
        return await self._read(reads.find, client, tenant, key)

    async def get(self, tenant: str | None, adjustment: str) -> Record | None:
        """The adjustment of an id, where it is this tenant's; of any tenant for None."""
        return await self._read(reads.get, tenant, adjustment)

    async def history(self, adjustment: str) -> tuple[Transition, ...]:
        """Every transition of the adjustment of an id, oldest first."""
        return await self._read(reads.history, adjustment)

    async def list(
        self, tenant: str | None, filters: reads.Filters, *, limit: int, before: int | None = None
    ) -> tuple[tuple[int, Record], ...]:
        """At most `limit` adjustments, newest first, each with its number; the last number is `before` of the next."""
        return await self._read(reads.page, tenant, filters, limit, before)

    async def counts(self) -> reads.Counts:
        """How many adjustments stand where, and the age of the oldest `unknown`."""
        return await self._read(reads.counts)

    async def vendors(self) -> dict[str, int]:
        """How many adjustments each vendor holds, by its configured name."""
        return await self._read(reads.vendors)

    async def ready(self) -> None:
        """Return where the journal can be written, or read where that is all it is open for."""
        await (self._read(_alive) if self._batches is None else self._write(operations.Touch()))

    async def close(self) -> None:
        """Do what was handed over before, then let go of the database; calling it again does nothing."""
        if self._batches is not None:
            await self._batches.close()
        await asyncio.to_thread(self._threads.shutdown)
        self._readers.dispose()
        release, self._release = self._release, _nothing
        release()

    async def _write(self, operation: object) -> Any:
        if self._batches is None:
            raise StoreUnavailable("the journal is open for reading only")
        return await self._batches.do(operation)

    async def _read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        def asked() -> T:
            with self._readers.connect() as connection:
                return query(connection, *args, **named)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, asked)
        except (SQLAlchemyError, UnicodeError, RuntimeError) as error:
            raise StoreUnavailable("the journal cannot be read") from error


def _exclusive(database: Database, clock: Callable[[], datetime], render: writes.Render) -> Journal:
    release: Callable[[], None] = _nothing
    if (file := database.file) is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        release = FileLock.acquire(file).release
    writer = database.writer()

    def connect() -> Connection:
        connection = writer.connect()
        try:
            if file is None:
                hold_session(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    try:
        connection = connect()
        try:
            with connection.begin():
                migration.upgrade(connection)
        except BaseException:
            connection.close()
            raise
    except BaseException:
        release()
        raise

    def run(connection: Connection, operations: Any) -> Any:
        return writes.Writes(connection, clock().astimezone(UTC), render).run(operations)

    return Journal(database.reader(), Batches(connect, run, connection), release)


def _reading(database: Database) -> Journal:
    if database.file is not None and not database.file.exists():
        raise migration.unfit(None)
    readers = database.reader()
    with readers.connect() as connection:
        found = migration.version(connection)
    if found != HEAD:
        readers.dispose()
        raise migration.unfit(found)
    return Journal(readers, None, _nothing)


def _alive(connection: Connection) -> None:
    connection.execute(select(1))


def _nothing() -> None:
    return
