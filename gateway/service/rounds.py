"""Takes what is due account by account: each account has rounds of its own, so that one that hangs holds up no other.

One question to the journal serves all accounts that have no round under way. A round is at most the share of one
account, all of it at the same time; where all of it went well and there may be more, the next one follows at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from typing import Any, Generic, TypeVar

import structlog

from gateway.adjustments import Record
from gateway.delivery.ways import SHARE
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
    """

    def __init__(
        self,
        *,
        due: Due,
        take: Callable[[Record, T], Awaitable[bool]],
        failed: Callable[[Record, Exception], Awaitable[None]],
        begin: Begin,
    ) -> None:
        self._due = due
        self._take = take
        self._failed = failed
        self._begin = begin
        self._under_way: set[str] = set()

    async def begin(self, accounts: Mapping[str, T]) -> list[asyncio.Task[int]]:
        """Begin a round for each account that is idle and has something due; each ends with how much it has taken.

        Raises `StoreUnavailable`.
        """
        idle = accounts.keys() - self._under_way
        if not idle:
            return []
        share = min(SHARE, max(1, AT_ONCE // len(accounts)))
        self._under_way |= idle
        by_account: dict[str, list[Record]] = {}
        try:
            for record in await self._due(idle, share):
                by_account.setdefault(record.draft.account, []).append(record)
        finally:
            self._under_way -= idle - by_account.keys()
        return [
            self._begin(self._round(account, accounts[account], records, share))
            for account, records in by_account.items()
        ]

    async def _round(self, account: str, known: T, records: list[Record], share: int) -> int:
        taken = 0
        try:
            while records:
                taken += len(records)
                went_on = await asyncio.gather(*(self._one(record, known) for record in records))
                if len(records) < share or not all(went_on):
                    break
                records = await self._due([account], share)
        except StoreUnavailable as error:
            log.error("the unknown cannot be looked for", error=error.detail)
        finally:
            self._under_way.discard(account)
        return taken

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
