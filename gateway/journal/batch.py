"""Group commit: one thread takes all operations that wait and does them in one transaction, with one commit."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import Overloaded, StoreUnavailable
from gateway.journal.deadlines import Together, Waiting
from gateway.journal.unavailable import failed, gone, refused, session_lost, unavailable, undone
from gateway.journal.watch import Unwatched, Watch

log = structlog.get_logger(__name__)
MOST = 512
"""Operations that a batch has at most."""
STALLED = 1.0
"""Seconds without any outcome after which no attempt should be begun."""

Run = Callable[[Connection, Sequence[Any]], list[Any]]
"""Does operations within a transaction that it begins; gives one result for each, in their order."""
Withdrawal = Callable[[Any], Any]
"""The operation that takes back one of which nobody knows whether it was done; None where nothing has to be."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How the writer does: when a batch was last done (None: never yet), and how many in a row were not since."""

    last_ok: datetime | None = None
    failures: int = 0


class Batches:
    """The one writer of a process: what is handed to it is done even where nobody waits for it any more.

    `clock` gives aware datetimes, for `progress`. `within`: seconds after which what is not done is refused.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        run: Run,
        connection: Connection,
        withdrawal: Withdrawal,
        *,
        clock: Callable[[], datetime],
        within: float,
        watch: Watch = Unwatched(),  # noqa: B008 (it has no state)
    ) -> None:
        self._watch = watch
        self._connect = connect
        self._run = run
        self._withdrawal = withdrawal
        self._connection: Connection | None = connection
        self._doubts: list[Any] = []
        self._refused: deque[Any] = deque()
        self._cut = False
        self._within = within
        self._queue: SimpleQueue[list[Waiting] | None] = SimpleQueue()
        self._turn: list[Waiting] = []
        self._together: dict[float, Together] = {}
        self._left: list[Waiting] = []
        self._under_way = 0
        self._moved = 0.0
        self._silent = False
        self._closed = False
        self._clock = clock
        self.progress = Progress()
        self._thread = self._started()

    async def do(self, operation: Any, *, patience: float = 1.0) -> Any:
        """The result of one operation, once it is durable. Raises `StoreUnavailable` where it was not done in time.

        `patience`: how many times as long as usual it may take.
        What begins an attempt is refused at once where too much waits already (raises `Overloaded`), and where nothing
        came of what waits: so no more than a few attempts begin together once the database is back.
        """
        if self._closed:
            raise StoreUnavailable("the journal is closed")
        if self._withdrawal(operation) is not None:
            self._admit()
        loop = asyncio.get_running_loop()
        if not self._turn:  # the thread is woken once for all that this turn of the event loop brings
            loop.call_soon(self._hand_over)
        together = self._together.get(patience)
        if together is None:
            together = self._together[patience] = Together(loop, self._within * patience, self._late)
        waiting = together.add(operation)
        self._turn.append(waiting)
        if not self._under_way:
            self._moved = loop.time()
        self._under_way += 1
        self._watch.queued(self._under_way)
        try:
            return await waiting.future
        finally:
            together.end()
            self._under_way -= 1
            self._watch.queued(self._under_way)

    @property
    def behind(self) -> bool:
        """Whether no attempt should begin: more waits than two batches hold, or nothing came of what waits."""
        return self._under_way > 2 * MOST or self._stalled

    @property
    def _stalled(self) -> bool:
        """Whether something waits, and the database failed the last time, or nothing came of it for a while."""
        if not self._under_way:
            return False  # one is let through, and finds out
        return self._silent or self.progress.failures > 0 or asyncio.get_running_loop().time() - self._moved > STALLED

    def _admit(self) -> None:
        if self._under_way > 2 * MOST:
            raise Overloaded("The journal has more to keep than it can soon; nothing was sent", retry_after=1.0)
        if self._stalled:
            raise StoreUnavailable("the journal does not answer; nothing was sent", retry_after=1.0)

    async def close(self) -> None:
        """Do what still waits, take back what is in doubt, then give the connection back."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _late(self) -> None:
        self._silent = True

    def _hand_over(self) -> None:
        turn, self._turn = self._turn, []
        self._together = {}
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
            batch = [waiting for waiting in batch if not waiting.refused]
            if batch or self._refused:
                outcomes = self._outlived([waiting.operation for waiting in batch])
                self._deliver(list(zip(batch, outcomes, strict=True)))
        if self._doubts or self._refused:
            self._outlived([])
        self._disconnect()

    def _outlived(self, operations: list[Any]) -> list[Any]:
        """One outcome for each operation, whatever happens: nothing ends this thread while others wait for it."""
        while self._refused:
            self._doubts.append(self._refused.popleft())
        doubts = list(self._doubts)
        try:
            outcomes = self._without_doubts(operations)
            out_of_order = any(map(failed, outcomes)) or bool(self._doubts)
        except BaseException as error:
            log.error("the journal's writer failed", exc_info=error)
            # Nobody knows what was done: it is refused to its callers, and so it is taken back where it was.
            self._doubts = [*doubts, *filter(None, map(self._withdrawal, operations))]
            outcomes, out_of_order = [unavailable(error) for _ in operations], True
        progress = self.progress
        self.progress = Progress(progress.last_ok, progress.failures + 1) if out_of_order else Progress(self._clock())
        return outcomes

    def _gather(self) -> tuple[list[Waiting], bool]:
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
        self._doubts += [doubt for doubt, outcome in zip(doubts, taken_back, strict=True) if failed(outcome)]
        if self._cut:
            not_done = [one for one, outcome in zip(operations, outcomes, strict=True) if refused(outcome)]
            self._doubts += filter(None, map(self._withdrawal, not_done))
        return outcomes

    def _outcomes(self, operations: list[Any]) -> list[Any]:
        """One result or exception for each operation; one that cannot be done does not take the others with it."""
        try:
            return self._transact(operations)
        except Exception as error:
            if gone(error) or len(operations) == 1:
                return [unavailable(error) for _ in operations]
        outcomes: list[Any] = []
        for place, operation in enumerate(operations):
            try:
                outcomes += self._transact([operation])
            except Exception as error:
                if gone(error):  # nor can what is left be done, and each try could take its time
                    return outcomes + [unavailable(error) for _ in operations[place:]]
                outcomes.append(unavailable(error))
        return outcomes

    def _transact(self, operations: list[Any]) -> list[Any]:
        """Do all operations or none.

        Where the session is lost, even while committing, all is done once more on a new one, and each operation
        recognises what it has done.
        """
        for last in (False, True):
            connecting, committing = True, False
            begun = time.perf_counter()
            try:
                if self._connection is None:
                    self._connection = self._connect()
                connecting = False
                try:
                    results = self._run(self._connection, operations)
                    committing, ran = True, time.perf_counter()
                    self._connection.commit()
                    done = time.perf_counter()
                finally:
                    self._connection.rollback()  # nothing, once it is committed
            except Exception as error:
                if gone(error):
                    self._watch.failed()
                    self._disconnect()
                self._cut |= committing and session_lost(error)
                if last or connecting or not (session_lost(error) or undone(error)):
                    raise
            else:
                self._watch.committed(len(operations), done - begun, done - ran)
                return results
        raise AssertionError("unreachable")

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except SQLAlchemyError:
                connection.invalidate()

    def _deliver(self, outcomes: list[tuple[Waiting, Any]]) -> None:
        """Hand every outcome to who waits for it, waking the event loop once."""
        if outcomes:
            try:
                outcomes[0][0].future.get_loop().call_soon_threadsafe(self._settle, outcomes)
            except RuntimeError:
                return  # the loop has been closed: nobody waits

    def _settle(self, outcomes: list[tuple[Waiting, Any]]) -> None:
        self._moved, self._silent = asyncio.get_running_loop().time(), False
        for waiting, outcome in outcomes:
            if waiting.refused and not refused(outcome) and (doubt := self._withdrawal(waiting.operation)) is not None:
                self._refused.append(doubt)  # it was done all the same, a moment too late
                self._queue.put([])
            if waiting.future.done():
                continue  # its caller was cancelled
            if isinstance(outcome, Exception):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(outcome)
