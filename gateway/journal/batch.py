"""Group commit: one thread takes all operations that wait and does them in one transaction, with one commit."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, ProgrammingError, SQLAlchemyError

from gateway.errors import Overloaded, StoreUnavailable

log = structlog.get_logger(__name__)
MOST = 512
"""Operations that a batch has at most."""
STALLED = 2.0
"""Seconds without any outcome after which no attempt should be begun."""
_TRY_AGAIN = {"40001", "40P01"}  # the server undid the transaction, since it and another's waited for each other

Run = Callable[[Connection, Sequence[Any]], list[Any]]
"""Does operations within a transaction; gives one result for each, in their order."""
Withdrawal = Callable[[Any], Any]
"""The operation that takes back one of which nobody knows whether it was done; None where nothing has to be."""


class _Waiting(NamedTuple):
    operation: Any
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """How the writer does: when a batch was last done (None: never yet), and how many in a row were not since."""

    last_ok: datetime | None = None
    failures: int = 0


class Batches:
    """The one writer of a process: what is handed to it is done even where nobody waits for it any more.

    `clock` gives aware datetimes, for `progress`.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        run: Run,
        connection: Connection,
        withdrawal: Withdrawal,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._connect = connect
        self._run = run
        self._withdrawal = withdrawal
        self._connection: Connection | None = connection
        self._doubts: list[Any] = []
        self._cut = False
        self._queue: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self._turn: list[_Waiting] = []
        self._left: list[_Waiting] = []
        self._under_way = 0
        self._moved = 0.0
        self._closed = False
        self._clock = clock
        self.progress = Progress()
        self._thread = self._started()

    async def do(self, operation: Any) -> Any:
        """The result of one operation, once it is durable. Raises `StoreUnavailable` where it was not done.

        What begins an attempt is refused where too much waits already: raises `Overloaded`.
        """
        if self._closed:
            raise StoreUnavailable("the journal is closed")
        if self.behind and self._withdrawal(operation) is not None:
            raise Overloaded("The journal has more to keep than it can soon; nothing was sent", retry_after=1.0)
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        if not self._turn:  # the thread is woken once for all that this turn of the event loop brings
            loop.call_soon(self._hand_over)
        self._turn.append(_Waiting(operation, future))
        if not self._under_way:
            self._moved = loop.time()
        self._under_way += 1
        try:
            return await future
        finally:
            self._under_way -= 1
            self._moved = loop.time()

    @property
    def behind(self) -> bool:
        """Whether more waits than two batches hold, or nothing came of what waits for a while."""
        if self._under_way > 2 * MOST:
            return True
        return self._under_way > 0 and asyncio.get_running_loop().time() - self._moved > STALLED

    async def close(self) -> None:
        """Do what still waits, take back what is in doubt, then give the connection back."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        turn, self._turn = self._turn, []
        if turn:
            self._queue.put(turn)
            if not self._thread.is_alive():  # whatever ended it: without it everybody would wait for ever
                log.error("the journal's writer ended; it is started again")
                self._thread = self._started()

    def _started(self) -> threading.Thread:
        thread = threading.Thread(target=self._work, name="journal-writer", daemon=True)
        thread.start()
        return thread

    def _work(self) -> None:
        closing = False
        while not closing:
            batch, closing = self._gather()
            if batch:
                outcomes = self._outlived([waiting.operation for waiting in batch])
                _deliver([(waiting.future, outcome) for waiting, outcome in zip(batch, outcomes, strict=True)])
        if self._doubts:
            self._outlived([])
        self._disconnect()

    def _outlived(self, operations: list[Any]) -> list[Any]:
        """One outcome for each operation, whatever happens: nothing ends this thread while others wait for it."""
        doubts = list(self._doubts)
        try:
            outcomes = self._without_doubts(operations)
            failed = any(map(_failed, outcomes))
        except BaseException as error:
            log.error("the journal's writer failed", exc_info=error)
            # Nobody knows what was done: it is refused to its callers, and so it is taken back where it was.
            self._doubts = [*doubts, *filter(None, map(self._withdrawal, operations))]
            outcomes, failed = [_unavailable(error) for _ in operations], True
        progress = self.progress
        self.progress = Progress(progress.last_ok, progress.failures + 1) if failed else Progress(self._clock())
        return outcomes

    def _gather(self) -> tuple[list[_Waiting], bool]:
        """What waits, and whether it is the last. Of more than a batch holds, what ends attempts goes first."""
        batch, self._left = self._left, []
        waiting = [] if batch else self._queue.get()
        while waiting is not None:
            batch += waiting
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                if len(batch) > MOST:
                    batch.sort(key=lambda each: self._withdrawal(each.operation) is not None)  # attempts begin with it
                    batch, self._left = batch[:MOST], batch[MOST:]
                return batch, False
        return batch, True

    def _without_doubts(self, operations: list[Any]) -> list[Any]:
        """First take back what was refused to its callers and may have been done all the same, then do the operations.

        Only what is refused here is ever taken back: who is told that an operation was done relies on it.
        """
        doubts, self._doubts, self._cut = self._doubts, [], False
        outcomes = self._outcomes([*doubts, *operations])
        taken_back, outcomes = outcomes[: len(doubts)], outcomes[len(doubts) :]
        self._doubts += [doubt for doubt, outcome in zip(doubts, taken_back, strict=True) if _failed(outcome)]
        if self._cut:
            refused = [one for one, outcome in zip(operations, outcomes, strict=True) if _refused(outcome)]
            self._doubts += filter(None, map(self._withdrawal, refused))
        return outcomes

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
        """Do all operations or none.

        Where the session is lost, even while committing, all is done once more on a new one, and each operation
        recognises what it has done.
        """
        for last in (False, True):
            connecting, committing = True, False
            try:
                if self._connection is None:
                    self._connection = self._connect()
                connecting = False
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
                self._cut |= committing and _session_lost(error)
                if last or connecting or not (_session_lost(error) or _undone(error)):
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


def _refused(outcome: object) -> bool:
    return isinstance(outcome, StoreUnavailable)


def _failed(outcome: object) -> bool:
    """Whether an operation could not be done because of the database, so that it can be tried again."""
    return isinstance(outcome, StoreUnavailable) and _gone(outcome.__cause__)


def _gone(error: BaseException | None) -> bool:
    """Whether the database failed, rather than one operation; then none of a batch can be done."""
    if _session_lost(error):
        return True
    return isinstance(error, SQLAlchemyError) and not isinstance(
        error, (DataError, IntegrityError, InterfaceError, ProgrammingError)
    )


def _session_lost(error: BaseException | None) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _undone(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _TRY_AGAIN


def _unavailable(error: BaseException) -> StoreUnavailable:
    unavailable = StoreUnavailable(
        "the journal cannot keep this" if not _gone(error) else "the journal cannot be written"
    )
    unavailable.__cause__ = error
    return unavailable
