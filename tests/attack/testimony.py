"""What is known of a run from three sides: what was asked and heard, what the journal keeps, what the vendor did."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from gateway.adjustments import Record, Status, Transition
from gateway.journal import Filters, Journal
from tests.attack.contacts import names
from tests.attack.ledger import Entry
from tests.attack.wires import CANCELS

PAGE = 500


class Word(StrEnum):
    """What an answer says of an adjustment; `no word` where it leaves open what becomes of it.

    `purged`: its adjustment was purged. `not reversible`: there is not enough to take back now; whether there will be
    is left open.
    """

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REFUSED = "not reversible"
    EXPIRED = "purged"
    NOTHING = "no word"


@dataclass(frozen=True, slots=True)
class Reverses:
    """What a reversal takes back: `of`, which has the id `adjustment`; all that is left of it, where it is the `rest`.

    `linked`: by the vendor's own cancel, by the opposite, or by either.
    """

    of: "Asked"
    adjustment: str
    rest: bool = False
    linked: bool | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One change that callers asked for, under one key. `member` is nobody else's in the same run.

    But it is that of `instead_of` too, where a careless caller changed the points and was allowed a new key for them,
    and of what it `reverses`. What is the rest has the points of the whole.
    """

    key: str
    member: str
    points: Decimal
    instead_of: "Asked | None" = None
    reverses: Reverses | None = None

    @property
    def first(self) -> bool:
        """Whether it is the first that was asked for its member."""
        return self.instead_of is None and self.reverses is None

    def changed(self) -> "Asked":
        """The same under the same key with other points, as a careless caller repeats it."""
        reverses = None if self.reverses is None else replace(self.reverses, rest=False)
        return replace(self, points=self.points * 2, reverses=reverses)

    def anew(self) -> "Asked":
        """The changed one under a new key."""
        return replace(self.changed(), key=f"{self.key}-anew", instead_of=self)


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer to a caller; `status` and `body` are None where the connection ended before it was whole.

    `begun` and `ended` are seconds on one clock for the whole run: what overlaps has no order. `changed`: it answers
    another body than the one that the key was first sent with.
    """

    key: str
    status: int | None
    body: bytes | None
    begun: float
    ended: float
    changed: bool = False

    @property
    def said(self) -> dict[str, Any]:
        """The body as JSON; empty where there is none."""
        try:
            said = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    @property
    def word(self) -> Word:
        """What it says: a final word only where the contract lets a caller take it for one."""
        if self.status is None:
            return Word.NOTHING
        if self.code == "key_expired" and not self.new_key_allowed:
            return Word.EXPIRED
        if self.code == "not_reversible" and not self.new_key_allowed:
            return Word.REFUSED
        if self.status < 300:
            return Word(self.said["status"]) if self.said.get("status") in list(Word) else Word.NOTHING
        return Word.FAILED if self.new_key_allowed else Word.NOTHING

    @property
    def new_key_allowed(self) -> bool:
        """Whether it lets the caller take a new key."""
        return self.status is not None and self.said.get("new_key_allowed") is True

    @property
    def code(self) -> str:
        """The code of a problem; empty for anything else."""
        return str(self.said.get("code", ""))

    @property
    def final(self) -> bool:
        """Whether this answer must never change."""
        return self.word in (Word.SUCCEEDED, Word.FAILED)

    @property
    def adjustment(self) -> str | None:
        """The id that it names."""
        named = self.said.get("id") or self.said.get("adjustment")
        return named if isinstance(named, str) else None


@dataclass(frozen=True, slots=True)
class Kept:
    """One adjustment as the journal keeps it, with its history, oldest first."""

    record: Record
    history: tuple[Transition, ...]

    @property
    def status(self) -> Status:
        """Where it stands."""
        return self.record.state.status

    @property
    def attempts(self) -> int:
        """How many times the journal allowed a request to leave."""
        return self.record.state.attempt


@dataclass(slots=True)
class Case:
    """Everything that is known of one key; `changed` are the answers to another body than the first one."""

    asked: Asked
    kept: list[Kept] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    changed: list[Heard] = field(default_factory=list)
    received: list[Entry] = field(default_factory=list)
    applied: list[Entry] = field(default_factory=list)

    @property
    def erased(self) -> bool:
        """Whether what named its member was taken out of the journal, or more than that."""
        return any(kept.record.removal is not None for kept in self.kept)

    @property
    def purged(self) -> bool:
        """Whether its adjustment was purged."""
        return any(kept.record.removal == "purged" for kept in self.kept)

    @property
    def points(self) -> Decimal:
        """What the vendor is to change: of the rest of an adjustment, what the claim has fixed."""
        if self.kept and self.asked.reverses is not None and self.asked.reverses.rest:
            return self.kept[0].record.draft.adjustment.points
        return self.asked.points

    def told(self, word: Word) -> bool:
        """Whether a caller was told this."""
        return any(heard.word is word for heard in self.heard)

    def after(self, earlier: Heard) -> Iterator[Heard]:
        """The answers to what was asked once an earlier answer had been heard."""
        return (heard for heard in self.heard if heard.begun >= earlier.ended and heard is not earlier)


@dataclass(frozen=True, slots=True)
class Testimony:
    """All of a run. At `over` every lease has run out and been looked for.

    `searched`: the vendors whose unknown had the time to be settled by their search. `begun_in_pauses`: what began
    where it was paused, in words. `broken`: what `journal verify` says of the journal. `events`: what was read of the
    feed, and `there` how far each adjustment was before that ended, both as of `events.Reader`. `away`: whether the
    journal was away for a while.
    """

    asked: Sequence[Asked]
    heard: Sequence[Heard]
    kept: Sequence[Kept]
    ledger: Sequence[Entry]
    over: datetime
    searched: frozenset[str] = frozenset()
    begun_in_pauses: Sequence[str] = ()
    broken: Sequence[str] = ()
    events: Sequence[Sequence[tuple[str, int]]] | None = None
    there: Mapping[str, int] | None = None
    away: bool = False

    __test__ = False  # pytest would take its name for that of a test

    def cases(self) -> tuple[list[Case], list[Entry], list[Kept]]:
        """One case a key; and what the vendor did, and the journal keeps, that nobody asked for."""
        by_key = {asked.key: Case(asked) for asked in self.asked}
        for heard in self.heard:
            case = by_key[heard.key]
            (case.changed if heard.changed else case.heard).append(heard)
        strays: dict[str, list[Any]] = defaultdict(list)
        for kept in self.kept:
            found = by_key.get(kept.record.draft.key)
            (strays["kept"] if found is None else found.kept).append(kept)
        by_source = dict(_sources(by_key))
        first = [case for case in by_key.values() if case.asked.first]
        by_member = {name: case for case in first for name in names(case.asked.member)}
        # Where the vendor is told no id, what follows the first of a member is told from it by its points.
        later = [case for case in by_key.values() if not case.asked.first]
        by_points = {(name, case.points): case for case in later for name in names(case.asked.member)}
        for entry in self.ledger:
            found = by_source.get(entry.source or "")
            if found is None:
                found = by_points.get((entry.member, entry.points)) or by_member.get(entry.member)
            of = strays if found is None else {"received": found.received, "applied": found.applied}
            of[entry.kind].append(entry)
        return list(by_key.values()), strays["received"] + strays["applied"], strays["kept"]


def _sources(cases: Mapping[str, Case]) -> Iterator[tuple[str, Case]]:
    """By what the vendor's ledger tells whose an entry is: an id of ours, or which point was cancelled.

    A purged cancel does not say which; then the answers about its original do.
    """
    for case in cases.values():
        for kept in case.kept:
            write = kept.record.draft.write
            if not write.linked:
                yield kept.record.draft.id, case
            elif write.transaction is not None:
                yield f"{CANCELS} {write.transaction}", case
            elif case.asked.reverses is not None:
                heard = cases[case.asked.reverses.of.key].heard
                named = {(each.said.get("vendor") or {}).get("transaction_id") for each in heard}
                yield from ((f"{CANCELS} {transaction}", case) for transaction in named - {None})


async def unknown_at(store: str, vendors: frozenset[str]) -> int:
    """How many adjustments of these vendors are unknown in the journal at this URL."""
    journal = Journal.to_read(store, clock=lambda: datetime.now(UTC))
    try:
        return sum(each.count for each in await journal.whereabouts() if each.vendor in vendors)
    finally:
        await journal.close()


async def all_is_published(store: str) -> bool:
    """Whether each step in the journal at this URL is in the feed of events, or can be no more."""
    journal = Journal.to_read(store, clock=lambda: datetime.now(UTC))
    try:
        backlog = await journal.backlog()
        return backlog.published >= backlog.highest
    finally:
        await journal.close()


async def reloads(store: str) -> int:
    """How many reloads the journal at this URL has in its audit log."""
    journal = Journal.to_read(store, clock=lambda: datetime.now(UTC))
    try:
        return sum(entry.action == "reload" for entry in await journal.audit(limit=1_000_000))
    finally:
        await journal.close()


async def kept(store: str) -> tuple[Kept, ...]:
    """Everything in the journal at this URL, read as beside a gateway."""
    journal = Journal.to_read(store, clock=lambda: datetime.now(UTC))
    try:
        found: list[Kept] = []
        after: str | None = None
        while True:
            page = await journal.list(None, Filters(), limit=PAGE, after=after)
            found += [Kept(record, await journal.history(record.draft.id)) for record in page.records]
            if page.next is None:
                return tuple(found)
            after = page.next
    finally:
        await journal.close()
