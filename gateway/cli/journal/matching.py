"""Holds a vendor's statement against adjustments: by transaction id, by reference, then by member, points and time."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from gateway.adjustments import Status
from gateway.cli.journal.statement import Entry

Outcome = Literal["matched", "only_here", "only_there", "otherwise"]


@dataclass(frozen=True, slots=True)
class Ours:
    """What of an adjustment is compared; `members`: every name of its member, with and without the scheme."""

    id: str
    status: Status
    points: Decimal
    at: datetime
    members: frozenset[str]
    transaction_id: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """What one adjustment, one transaction, or both of them come to. `how`: by what they were found to be the same."""

    outcome: Outcome
    ours: Ours | None = None
    theirs: Entry | None = None
    how: str = ""
    detail: str = ""


def reconcile(ours: Sequence[Ours], theirs: Sequence[Entry], *, within: timedelta) -> Iterator[Match]:
    """Every adjustment and every transaction, each once. `within`: how far two times may be apart.

    What was not applied, and is not in the statement, is left out.
    """
    here = {each.id: each for each in ours}
    there = {each.line: each for each in theirs}
    for how, mine, its in _KEYS:
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in there.values():
            if (key := its(entry)) is not None:
                found[key].append(entry)
        for one in list(here.values()):
            entries = [entry for key in mine(one) for entry in found.pop(key, ())]
            if entries:
                del here[one.id]
                for entry in entries:
                    del there[entry.line]
                    twice = "it is there more than once" if len(entries) > 1 else ""
                    yield _pair(one, entry, how, twice)
    yield from _by_member(here, there, within)
    for one in here.values():
        if one.status is Status.SUCCEEDED:
            yield Match("only_here", one)
        elif one.status is not Status.FAILED:
            yield Match("otherwise", one, detail=f"it is {one.status} here, and not there")
    for entry in there.values():
        yield Match("only_there", theirs=entry)


def _transaction(one: Ours) -> Iterable[str]:
    return () if one.transaction_id is None else (one.transaction_id,)


def _references(one: Ours) -> Iterable[str]:
    """A vendor may have the caller's reference, or the adjustment's own id in its place."""
    return (one.id,) if one.reference is None else (one.id, one.reference)


_KEYS: tuple[tuple[str, Callable[[Ours], Iterable[str]], Callable[[Entry], str | None]], ...] = (
    ("transaction id", _transaction, lambda entry: entry.transaction_id),
    ("reference", _references, lambda entry: entry.reference),
)


def _by_member(here: dict[str, Ours], there: dict[int, Entry], within: timedelta) -> Iterator[Match]:
    """Pairs of the same member and points, the nearest in time first, each used once."""
    waiting: dict[tuple[str, Decimal], list[Entry]] = defaultdict(list)
    for entry in there.values():
        if entry.member is not None and entry.at is not None:
            waiting[entry.member, entry.points].append(entry)
    near = sorted(
        (abs(entry.at - one.at), one.id, entry.line)
        for one in here.values()
        if one.status is not Status.FAILED
        for member in one.members
        for entry in waiting.get((member, one.points), ())
        if entry.at is not None and abs(entry.at - one.at) <= within
    )
    for _, id_, line in near:
        if id_ in here and line in there:
            yield _pair(here.pop(id_), there.pop(line), "member, points and time", "")


def _pair(one: Ours, entry: Entry, how: str, doubt: str) -> Match:
    doubts = [doubt] if doubt else []
    if one.points != entry.points:
        doubts.append("the points differ")
    if one.status is not Status.SUCCEEDED:
        doubts.append(f"it is {one.status} here")
    return Match("otherwise" if doubts else "matched", one, entry, how, "; ".join(doubts))
