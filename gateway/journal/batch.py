"""Group commit: one thread takes all operations that wait and does them in one transaction, with one commit."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, ProgrammingError, SQLAlchemyError

from gateway.errors import StoreUnavailable
from gateway.journal.errors import JournalError

MOST = 512
"""Operations in one batch."""

Run = Callable[[Connection, Sequence[Any]], list[Any]]
"""Does operations within a transaction; gives one result for each, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    operation: Any
    future: asyncio.Future[Any]


class Batches:
    """The one writer of a journal: what is handed to it is done even where nobody waits for it any more."""

    def __init__(self, connect: Callable[[], Connection], run: Run, connection: Connection) -> None:
        self._connect = connect
        self._run = run
        self._connection: Connection | None = connection
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="journal-writer", daemon=True)
        self._thread.start()

    async def do(self, operation: Any) -> Any:
        """The result of one operation, once it is durable. Raises `StoreUnavailable` where it was not done."""
        if self._closed:
            raise StoreUnavailable("the journal is closed")
        future = asyncio.get_running_loop().create_future()
        self._queue.put(_Waiting(operation, future))
        return await future

    async def close(self) -> None:
        """Do what still waits, then give the connection back."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        closing = False
        while not closing:
            batch, closing = self._gather()
            if batch:
                outcomes = self._outcomes([waiting.operation for waiting in batch])
                _deliver([(waiting.future, outcome) for waiting, outcome in zip(batch, outcomes, strict=True)])
        self._disconnect()

    def _gather(self) -> tuple[list[_Waiting], bool]:
        batch: list[_Waiting] = []
        waiting = self._queue.get()
        while waiting is not None:
            batch.append(waiting)
            if len(batch) == MOST:
                return batch, False
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                return batch, False
        return batch, True

    def _outcomes(self, operations: list[Any]) -> list[Any]:
        """One result or exception for each operation; one that cannot be done does not take the others with it."""
        try:
            return self._transact(operations)
        except Exception as error:
            if _gone(error) or len(operations) == 1:
                return [_unavailable(error) for _ in operations]
        outcomes: list[Any] = []
        for place, operation in enumerate(operations):
            try:
                outcomes += self._transact([operation])
            except Exception as error:
                if _gone(error):  # nor can what is left be done, and each try could take its time
                    return outcomes + [_unavailable(error) for _ in operations[place:]]
                outcomes.append(_unavailable(error))
        return outcomes

    def _transact(self, operations: list[Any]) -> list[Any]:
        """Do all operations or none. A session that was lost before the commit is replaced once."""
        for fresh in (False, True):
            committing = False
            try:
                if self._connection is None:
                    fresh, self._connection = True, self._connect()
                transaction = self._connection.begin()
                try:
                    results = self._run(self._connection, operations)
                    committing = True
                    transaction.commit()
                finally:
                    transaction.close()
            except Exception as error:
                if _gone(error):
                    self._disconnect()
                if fresh or committing or not _session_lost(error):
                    raise
            else:
                return results
        raise AssertionError("unreachable")

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except SQLAlchemyError:
                connection.invalidate()


def _deliver(outcomes: list[tuple[asyncio.Future[Any], Any]]) -> None:
    """Hand every outcome to who waits for it, waking the event loop once."""
    try:
        outcomes[0][0].get_loop().call_soon_threadsafe(_settle, outcomes)
    except RuntimeError:
        return  # the loop has been closed: nobody waits


def _settle(outcomes: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, outcome in outcomes:
        if future.done():
            continue  # its caller was cancelled
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _gone(error: Exception) -> bool:
    """Whether the database failed, rather than one operation; then none of a batch can be done."""
    if isinstance(error, JournalError):
        return True
    if _session_lost(error):
        return True
    return isinstance(error, SQLAlchemyError) and not isinstance(
        error, (DataError, IntegrityError, InterfaceError, ProgrammingError)
    )


def _session_lost(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _unavailable(error: Exception) -> StoreUnavailable:
    unavailable = StoreUnavailable(
        "the journal cannot keep this" if not _gone(error) else "the journal cannot be written"
    )
    unavailable.__cause__ = error
    return unavailable
