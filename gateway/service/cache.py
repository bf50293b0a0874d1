"""Balances read a moment ago, kept for as long as a route allows and dropped when the member is written to.

Who asks for the same while it is being read waits for that one call. A drop parts those before it from those after:
what was on its way is told to those who waited for it already, and is neither kept nor told to anybody else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from cachetools import LRUCache

from gateway.model import Member

T = TypeVar("T")


@dataclass(slots=True)
class _Known(Generic[T]):
    """What is known, or being asked, of one member, each with the moment at which the asking began."""

    values: dict[Hashable, tuple[float, T]] = field(default_factory=dict)
    under_way: dict[Hashable, tuple[float, asyncio.Task[T]]] = field(default_factory=dict)


class MemberCache(Generic[T]):
    """Values by member and key, bounded: the members unused longest leave first. A member is named as vendors do.

    `clock`: seconds, monotonic. `begin` starts a read as a task that goes on when the caller who caused it leaves.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        begin: Callable[[Coroutine[Any, Any, T]], asyncio.Task[T]],
        members: int = 10_000,
    ) -> None:
        self._clock = clock
        self._begin = begin
        self._members: LRUCache[Member, _Known[T]] = LRUCache(members)

    async def get(
        self, member: Member, key: Hashable, max_age: float, read: Callable[[], Awaitable[T]]
    ) -> tuple[T, bool]:
        """The value, at most `max_age` seconds old, and whether it was kept from before; else what `read` gives.

        Raises what `read` raises, to everybody who waits for it; that is not kept.
        """
        known = self._members.setdefault(member, _Known())
        now = self._clock()
        if (kept := known.values.get(key)) is not None and now - kept[0] <= max_age:
            return kept[1], True
        shared = known.under_way.get(key)
        if shared is None or now - shared[0] > max_age:
            shared = now, self._begin(self._read(known, key, now, read))
            known.under_way[key] = shared
        return await asyncio.shield(shared[1]), False

    def drop(self, member: Member) -> None:
        """Forget all about a member, also what reads under way are about to say."""
        self._members.pop(member, None)

    def clear(self) -> None:
        """Forget all about everybody, as `drop` does of one."""
        self._members.clear()

    async def _read(self, known: _Known[T], key: Hashable, begun: float, read: Callable[[], Awaitable[T]]) -> T:
        try:
            value = await read()
        finally:
            if (shared := known.under_way.get(key)) is not None and shared[1] is asyncio.current_task():
                del known.under_way[key]
        # A dropped member's `known` may still be written to: nobody can find it any more.
        if (kept := known.values.get(key)) is None or kept[0] < begun:
            known.values[key] = begun, value
        return value
