"""An operator who erases members and purges adjustments while callers still repeat their keys."""

import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random

from gateway.answers.rendering import final_answer
from gateway.errors import StoreUnavailable
from gateway.journal import Erase, Journal, JournalError, Purge, codec
from tests.attack.testimony import Asked

ERASED, PURGED = 0.15, 0.1
"""How many of the members that were first heard of are erased, and how many of their adjustments purged."""


class Remover:
    """Removes what some keys left in the journal at `store`; close it when it is done."""

    def __init__(self, store: str, seed: int) -> None:
        self._seed = seed
        self._store = store
        self._journal: Journal | None = None

    async def remove(self, asked: Asked, adjustment: str) -> None:
        """Erase the member of what was asked, or purge its adjustment; most often neither.

        Neither happens where the journal gives no answer, or cannot be opened: during a fail-over nobody can write.
        """
        with suppress(StoreUnavailable, JournalError):
            await self._remove(asked, adjustment)

    async def _remove(self, asked: Asked, adjustment: str) -> None:
        chosen = Random(f"{self._seed} {asked.key} removal").random()
        if chosen < ERASED:
            await self._opened.remove(Erase("acme", asked.member, secrets.token_hex(4)))
        elif chosen < ERASED + PURGED:
            record = await self._opened.get(None, adjustment)
            if record is not None and record.completed_at is not None:
                before = record.completed_at + timedelta(microseconds=1)
                place = codec.to_micros(record.created_at) - 1, 2**62
                await self._opened.remove(Purge("acme", before, place, most=1))

    async def close(self) -> None:
        """Let go of the journal."""
        if self._journal is not None:
            await self._journal.close()

    @property
    def _opened(self) -> Journal:
        """The journal, once a gateway has made it."""
        if self._journal is None:
            clock = lambda: datetime.now(UTC)  # noqa: E731
            self._journal = Journal.open(self._store, owner="operator", clock=clock, render=final_answer)
        return self._journal
