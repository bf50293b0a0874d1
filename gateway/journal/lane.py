"""Reads, in threads and on connections of their own: one lane for what has a name, one for lists."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import StoreUnavailable
from gateway.journal import cause
from gateway.journal.places import NoPlace, Places

T = TypeVar("T")
CROWDED = "Too many lists are being read: ask again, for one list at a time"
OVERDUE = (
    "The journal was too long in finding this: ask for less, as by idempotency_key, reference, member, or a shorter"
    " time between created_from and created_to"
)


class Lane:
    """So many threads, each with a connection of an engine; `places`, where some may have only some of them.

    `within`: seconds that an answer is waited for; None bounds nothing.
    """

    def __init__(
        self, engine: Engine, threads: int, name: str, *, within: float | None, places: Places | None = None
    ) -> None:
        self._engine = engine
        self._within = within
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._places = places

    async def run(self, query: Callable[[Connection], T], *, name: str | None = None) -> T:
        """What a query gives; `name` says whose turn it takes. Raises `StoreUnavailable`."""
        if self._places is not None:
            try:
                await self._places.take(name)
            except NoPlace as error:
                raise StoreUnavailable(CROWDED, retry_after=1) from error
        try:
            job = self._threads.submit(self._asked, query)
        except RuntimeError as error:  # it is closed
            if self._places is not None:
                self._places.give_back(name)
            raise StoreUnavailable("the journal cannot be read") from error
        if self._places is not None:
            # Whoever asked may be gone: the place is taken until the thread has ended.
            job.add_done_callback(partial(_soon, asyncio.get_running_loop(), partial(self._places.give_back, name)))
        try:
            async with asyncio.timeout(self._within):
                return await asyncio.wrap_future(job)
        except TimeoutError:
            raise StoreUnavailable("the journal does not answer", retry_after=1) from None
        except (SQLAlchemyError, UnicodeError) as error:
            if cause.full(error):
                raise StoreUnavailable("the journal's disk is full") from error
            overdue = cause.overdue(error)
            raise StoreUnavailable(OVERDUE if overdue else "the journal cannot be read") from error

    def close(self) -> None:
        """Let what is under way end, and let go of the connections. Blocks."""
        self._threads.shutdown()
        self._engine.dispose()

    def _asked(self, query: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            return query(connection)


def _soon(loop: asyncio.AbstractEventLoop, then: Callable[[], None], job: Future[object]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(then)
