"""The claims of one batch: each key ours, or whose it is, or why it may not be claimed today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.adjustments import Draft, Record, State
from gateway.journal import codec
from gateway.journal.budgets import Budgets
from gateway.journal.commands import Claim, Claimed, Refused
from gateway.journal.looks import Seen
from gateway.journal.remainders import Remainders
from gateway.journal.reservation import NOTHING, Reservation
from gateway.journal.transaction import Transaction

Key = tuple[str, str, str]
"""An idempotency key as its column has it, and what it belongs to: key, client, tenant."""


@dataclass(slots=True)
class Claims:
    """Claims by their places in the batch.

    `known`: the records under their keys, each with its owner; `new`: those to write, each with its owner too.
    """

    transaction: Transaction
    budgets: Budgets
    claims: list[tuple[int, Claim]]
    remainders: Remainders
    seen: Seen
    keys: list[Key] = field(init=False)
    known: dict[Key, tuple[Record, str]] = field(init=False)
    new: dict[Key, tuple[Record, str, Reservation]] = field(init=False, default_factory=dict)
    refused: dict[int, Refused] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.keys = [_key(claim.draft) for _, claim in self.claims]
        self.known = self._among(self.seen.named, set(self.keys))

    @property
    def counters(self) -> set[str]:
        """The counters of all budgets that a new key may take from."""
        each = zip(self.keys, self.claims, strict=True)
        budgets = (claim.budgets for key, (_, claim) in each if claim.budgets and key not in self.known)
        return {counter for some in budgets for counter in self.budgets.counters(some)}

    def begin(self) -> None:
        """Claim every key that is nobody's; what that makes is yet to write."""
        if self.counters:  # while they were waited for, somebody else may have claimed
            self.known |= self._under(set(self.keys) - self.known.keys())
        for key, (place, claim) in zip(self.keys, self.claims, strict=True):
            if key in self.known or key in self.new:
                continue
            draft = claim.draft
            reserved = self._reserved(claim)
            if isinstance(reserved, Refused):
                self.refused[place] = reserved
                continue
            self.remainders.begun(draft)
            record = Record(draft, State(), self.transaction.now, self.transaction.later(draft.lease))
            self.new[key] = record, claim.owner, NOTHING.begun(1, reserved)
            resolved = draft.write.resolved
            evidence = {} if resolved is None else {"resolved": str(resolved)}
            self.transaction.step(draft.id, None, record.state, "gateway", evidence, tenant=draft.tenant)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows to write, in the order of their keys."""
        return [
            {**codec.row_of(record), "owner": owner, "reserved": reservation.column}
            for _, (record, owner, reservation) in sorted(self.new.items(), key=_first)
        ]

    def take(self, written: int) -> Iterable[tuple[int, Claimed | Refused]]:
        """The place and the result of each claim, once so many of the rows were `written`."""
        self._know_new(written)
        for key, (place, claim) in zip(self.keys, self.claims, strict=True):
            if key not in self.known:
                yield place, self.refused[place]
                continue
            record, owner = self.known[key]
            # The owner is this very operation's, so it is ours even where an earlier try did it; but what has expired
            # since then is nobody's.
            yield place, Claimed(record, owner == claim.owner and record.state == State())

    def _reserved(self, claim: Claim) -> tuple[str, ...] | Refused:
        """The counters that its points were taken from, or why it may not be claimed."""
        draft = claim.draft
        if (paused := self.seen.pauses.on(draft) or claim.paused) is not None:
            return Refused(paused)
        if (refused := self.remainders.refused(draft)) is not None:
            return refused
        return self.budgets.take(claim.budgets, abs(draft.adjustment.points)) if claim.budgets else ()

    def _know_new(self, written: int) -> None:
        """Know the new records as their own; those that another writer was quicker with, as that one's."""
        there = {record.draft.id for record, _, _ in self.new.values()}
        if written < len(self.new):
            there &= self.transaction.records(there).keys()
        for key, (record, owner, reservation) in self.new.items():
            if record.draft.id in there:
                self.known[key] = record, owner
            else:
                self.budgets.add(reservation.counters, -abs(record.draft.adjustment.points))
        if missed := self.new.keys() - self.known.keys():
            self.known |= self._under(missed)

    def _under(self, keys: set[Key]) -> dict[Key, tuple[Record, str]]:
        if not keys:
            return {}
        named = self.transaction.statements.named.run(self.transaction.connection, {key for key, _, _ in keys})
        return self._among(named.rows, keys)

    def _among(self, named: Sequence[Any], keys: set[Key]) -> dict[Key, tuple[Record, str]]:
        # By name alone, by which the constraint's index is sorted: a list for each of its columns would be multiplied
        # out. What has the same name and is another's is left behind before whole rows are read.
        ids = [row.id for row in named if (row.key, row.client, row.tenant) in keys]
        if not ids:
            return {}
        rows = self.transaction.statements.whole.run(self.transaction.connection, ids).rows
        return {(row.key, row.client, row.tenant): (codec.record_of(row), row.owner) for row in rows}


def _first(item: tuple[Key, Any]) -> Key:
    return item[0]


def _key(draft: Draft) -> Key:
    return codec.storable(draft.key), draft.client, draft.tenant
