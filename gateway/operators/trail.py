"""What operators read of members and do, kept in the journal's audit log before they see what came of it."""

from collections.abc import Callable, Mapping
from typing import Any

from cachetools import TTLCache

from gateway.journal import Journal
from gateway.journal.commands import Action
from gateway.operators.operator import Operator

AGAIN = 300.0
"""Seconds in which the same read of the same operator is kept once: a page that is open reads again and again."""
_MOST = 10_000


class Trail:
    """Keeps reads and deeds. `clock`: monotonic seconds."""

    def __init__(self, journal: Journal, *, clock: Callable[[], float]) -> None:
        self._journal = journal
        self._read: TTLCache[tuple[str, str, str], None] = TTLCache(_MOST, AGAIN, timer=clock)

    async def read(self, operator: Operator, action: Action, detail: Mapping[str, Any]) -> None:
        """Keep that an operator reads something, unless that was kept a moment ago. Raises `StoreUnavailable`."""
        same = operator.subject, action, repr(detail)
        if same not in self._read:
            await self._journal.note(operator.subject, action, detail)
            self._read[same] = None

    async def did(self, operator: Operator, action: Action, detail: Mapping[str, Any]) -> None:
        """Keep what an operator does. Raises `StoreUnavailable`."""
        await self._journal.note(operator.subject, action, detail)
