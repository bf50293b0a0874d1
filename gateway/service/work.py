"""Work that belongs to the gateway and not to a caller's connection: it goes on when the caller leaves."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from gateway.service.usage import Usage

T = TypeVar("T")


class Work:
    """The writes under way; drained at shutdown. Each piece counts in `usage`, where there is one."""

    def __init__(self, usage: Usage | None = None) -> None:
        self._usage = usage
        self._tasks: set[asyncio.Task[Any]] = set()

    def counted(self, usage: Usage) -> "Work":
        """The same work for who begins pieces that count in `usage`; either drains the pieces of both."""
        work = Work(usage)
        work._tasks = self._tasks
        return work

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for a piece of work; whoever waits may be cancelled, the work is not."""
        return await asyncio.shield(self.begin(coroutine))

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin a piece of work that nobody waits for."""
        task = asyncio.ensure_future(coroutine)
        if self._usage is not None:
            self._usage.count += 1
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def drain(self, seconds: float) -> int:
        """Wait for all work; cancel what is left after `seconds`, and wait for it to record that. Returns how many."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max(0.0, seconds))
        left = list(self._tasks)
        cut = [task for task in left if not task.cancelling()]  # another drain's are recording it already
        for task in cut:
            task.cancel()
        if left:
            await asyncio.wait(left)
        return len(cut)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if self._usage is not None:
            self._usage.leave()
        if not task.cancelled():
            task.exception()  # whoever waited has heard it; where nobody did, it was logged where it rose
