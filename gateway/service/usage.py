"""How much is under way on one configuration, so that what it opened is closed when the last of it has ended."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Usage:
    """Counts the calls and tasks under way; a block under `with` counts as one.

    `ended` is called once: when nothing is under way any more after `retire`.
    """

    __slots__ = ("_ended", "count", "retired")

    def __init__(self) -> None:
        self.count = 0
        self.retired = False
        self._ended: Callable[[], None] | None = None

    def __enter__(self) -> None:
        self.count += 1

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Note the end of one that was counted in `count`."""
        self.count -= 1
        if self._ended is not None and not self.count:
            self._end()

    def hold(self, tasks: list[asyncio.Task[T]]) -> list[asyncio.Task[T]]:
        """Count these tasks until each has ended."""
        for task in tasks:
            self.count += 1
            task.add_done_callback(self._left)
        return tasks

    def retire(self, ended: Callable[[], None]) -> None:
        """Have `ended` called once nothing is under way, at once where nothing is.

        Raises `ValueError` where it was retired before.
        """
        if self.retired:
            raise ValueError("it is retired already")
        self.retired = True
        self._ended = ended
        if not self.count:
            self._end()

    def _left(self, _: object) -> None:
        self.leave()

    def _end(self) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()
