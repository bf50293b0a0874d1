"""Takes what is due account by account: each account has rounds of its own, so that one that hangs holds up no other.

One question to the journal serves all accounts that have no round under way. A round begins with at most the share of
one account, all of it at the same time. While all goes well and there may be more, what ends is followed by the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from typing import Any, Generic, TypeVar

import structlog

from gateway.adjustments import Record
from gateway.delivery.channels import SHARE
from gateway.errors import StoreUnavailable

log = structlog.get_logger(__name__)
T = TypeVar("T")
AT_ONCE = 64
"""Records under way at the same time, over all accounts; more only where there are more accounts, for each has one."""

Due = Callable[[Collection[str], int], Awaitable[list[Record]]]
"""What is due at these accounts, at most so many of each, and held for whoever gets it. Raises `StoreUnavailable`."""
Begin = Callable[[Coroutine[Any, Any, int]], asyncio.Task[int]]


class Rounds(Generic[T]):
    """Rounds over accounts; `T` is what the caller knows an account by.

    `take` sees to one record and returns whether to go on with its account at once. `failed` hears of what it raises,
    of that record alone, so that the record can be put off. `begin` starts a round as a task; its owner may cancel it.
    `room`: how many records of an account may be under way now, asked again as a round goes on; `SHARE` by default.
    """

    def __init__(
        self,
        *,
        due: Due,
        take: Callable[[Record, T], Awaitable[bool]],
        failed: Callable[[Record, Exception], Awaitable[None]],
        begin: Begin,
        room: Callable[[T], int] = lambda _: SHARE,
    ) -> None:
        self._due = due
        self._take = take
        self._failed = failed
        self._begin = begin
        self._room = room
        self._under_way: set[str] = set()

    async def begin(self, accounts: Mapping[str, T]) -> list[asyncio.Task[int]]:
        """Begin a round for each account that is idle and has something due; each ends with how much it has begun.

        Raises `StoreUnavailable`.
        """
        idle = accounts.keys() - self._under_way
        if not idle:
            return []
        most = max(1, AT_ONCE // len(accounts))
        share = min(SHARE, most)
        self._under_way |= idle
        by_account: dict[str, list[Record]] = {}
        try:
            for record in await self._due(idle, share):
                by_account.setdefault(record.draft.account, []).append(record)
        finally:
            self._under_way -= idle - by_account.keys()
        return [
            self._begin(self._round(account, accounts[account], records, most))
            for account, records in by_account.items()
        ]

    async def _round(self, account: str, known: T, records: list[Record], most: int) -> int:
        begun, more = 0, len(records) == min(SHARE, most)
        under_way: set[asyncio.Task[bool]] = set()
        try:
            while records or under_way:
                begun += len(records)
                under_way |= {asyncio.ensure_future(self._one(record, known)) for record in records}
                done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                more = more and all(each.result() for each in done)
                room = min(most, self._room(known))
                records = []
                if more and 2 * len(under_way) <= room:  # several with one question, each of which is a commit
                    records = await self._next(account, room - len(under_way))
                    more = len(records) == room - len(under_way)
        finally:
            for each in under_way:
                each.cancel()
            if under_way:
                await asyncio.wait(under_way)
            self._under_way.discard(account)
        return begun

    async def _next(self, account: str, number: int) -> list[Record]:
        try:
            return await self._due([account], number)
        except StoreUnavailable as error:
            log.error("the unknown cannot be looked for", error=error.detail)
            return []

    async def _one(self, record: Record, known: T) -> bool:
        """See to one record; whatever goes wrong stays with it, and it is due again once its hold is over."""
        try:
            return await self._guarded(record, known)
        except StoreUnavailable as error:
            log.error("an unknown cannot be seen to", adjustment=record.draft.id, error=error.detail)
        except Exception as error:
            log.error("an unknown cannot be seen to", adjustment=record.draft.id, exc_info=error)
        return False

    async def _guarded(self, record: Record, known: T) -> bool:
        try:
            return await self._take(record, known)
        except StoreUnavailable:
            raise
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            await self._failed(record, RuntimeError("cancelled, and nobody asked for that"))
        except Exception as error:
            await self._failed(record, error)
        return False
