"""Balances read a moment ago, kept for as long as a route allows and dropped when the member is written to."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cachetools import LRUCache

from gateway.model import Member

T = TypeVar("T")


@dataclass(slots=True)
class _Kept(Generic[T]):
    """What is known of one member. Dropping it replaces the whole, so that a read on its way finds it gone."""

    values: dict[Hashable, tuple[float, T]] = field(default_factory=dict)


class MemberCache(Generic[T]):
    """Values by member and key. `clock`: seconds, monotonic. Bounded: the members unused longest leave first."""

    def __init__(self, *, clock: Callable[[], float], members: int = 10_000) -> None:
        self._clock = clock
        self._members: LRUCache[Member, _Kept[T]] = LRUCache(members)

    def get(self, member: Member, key: Hashable, max_age: float) -> T | None:
        """The value where it is at most `max_age` seconds old, else None."""
        kept = self._members.get(member)
        if kept is None or key not in kept.values:
            return None
        at, value = kept.values[key]
        return value if self._clock() - at <= max_age else None

    def reading(self, member: Member, key: Hashable) -> Callable[[T], None]:
        """Announce a read; call what comes back with its value: it is kept unless the member was dropped meanwhile."""
        kept = self._members.setdefault(member, _Kept())
        begun = self._clock()

        def keep(value: T) -> None:
            if self._members.get(member) is kept:
                kept.values[key] = (begun, value)

        return keep

    def drop(self, member: Member) -> None:
        """Forget all about a member, also what reads under way are about to say."""
        self._members.pop(member, None)
