"""The claims of one batch: each key ours, or whose it is, or why it may not be claimed today."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gateway.adjustments import Draft, Record, State
from gateway.journal import codec
from gateway.journal.budgets import Budgets
from gateway.journal.commands import Claim, Claimed, Refused
from gateway.journal.remainders import Remainders
from gateway.journal.reservation import NOTHING, Reservation
from gateway.journal.transaction import Transaction
from gateway.pauses import Pauses

Key = tuple[str, str, str]
"""An idempotency key as its column has it, and what it belongs to: key, client, tenant."""


@dataclass(slots=True)
class Claims:
    """Claims by their places in the batch. `pauses`: those of the journal.

    `known`: the records under their keys, each with its owner.
    """

    transaction: Transaction
    budgets: Budgets
    claims: list[tuple[int, Claim]]
    remainders: Remainders
    pauses: Pauses
    keys: list[Key] = field(init=False)
    known: dict[Key, tuple[Record, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = [_key(claim.draft) for _, claim in self.claims]
        self.known = self._under(set(self.keys)) if self.keys else {}

    @property
    def counters(self) -> set[str]:
        """The counters of all budgets that a new key may take from."""
        each = zip(self.keys, self.claims, strict=True)
        budgets = (claim.budgets for key, (_, claim) in each if claim.budgets and key not in self.known)
        return {counter for some in budgets for counter in self.budgets.counters(some)}

    def take(self) -> Iterable[tuple[int, Claimed | Refused]]:
        """Claim every key that is nobody's; gives the place and the result of each."""
        if not self.claims:
            return
        if self.counters:  # while they were waited for, somebody else may have claimed
            self.known |= self._under(set(self.keys) - self.known.keys())
        new: dict[Key, tuple[Record, str, Reservation]] = {}
        refused: dict[int, Refused] = {}
        for key, (place, claim) in zip(self.keys, self.claims, strict=True):
            if key in self.known or key in new:
                continue
            draft = claim.draft
            reserved = self._reserved(claim)
            if isinstance(reserved, Refused):
                refused[place] = reserved
            else:
                self.remainders.begun(draft)
                record = Record(draft, State(), self.transaction.now, self.transaction.later(draft.lease))
                new[key] = record, claim.owner, NOTHING.begun(1, reserved)
        self._insert(new)
        for key, (place, claim) in zip(self.keys, self.claims, strict=True):
            if key not in self.known:
                yield place, refused[place]
                continue
            record, owner = self.known[key]
            # The owner is this very operation's, so it is ours even where an earlier try did it; but what has expired
            # since then is nobody's.
            yield place, Claimed(record, owner == claim.owner and record.state == State())

    def _reserved(self, claim: Claim) -> tuple[str, ...] | Refused:
        """The counters that its points were taken from, or why it may not be claimed."""
        draft = claim.draft
        if (paused := self.pauses.on(draft) or claim.paused) is not None:
            return Refused(paused)
        if (refused := self.remainders.refused(draft)) is not None:
            return refused
        return self.budgets.take(claim.budgets, abs(draft.adjustment.points)) if claim.budgets else ()

    def _insert(self, new: dict[Key, tuple[Record, str, Reservation]]) -> None:
        """Write new records; those that another writer was quicker with are known as that one's."""
        if not new:
            return
        transaction = self.transaction
        rows = [
            {**codec.row_of(record), "owner": owner, "reserved": reservation.column}
            for _, (record, owner, reservation) in sorted(new.items(), key=_first)
        ]
        inserted = transaction.statements.claim.run(transaction.connection, rows).rowcount
        there = {record.draft.id for record, _, _ in new.values()}
        if inserted < len(rows):
            there &= transaction.records(there).keys()
        for key, (record, owner, reservation) in new.items():
            if record.draft.id in there:
                self.known[key] = record, owner
                resolved = record.draft.write.resolved
                evidence = {} if resolved is None else {"resolved": str(resolved)}
                transaction.step(record.draft.id, None, record.state, "gateway", evidence, tenant=record.draft.tenant)
            else:
                self.budgets.add(reservation.counters, -abs(record.draft.adjustment.points))
        if missed := new.keys() - self.known.keys():
            self.known |= self._under(missed)

    def _under(self, keys: set[Key]) -> dict[Key, tuple[Record, str]]:
        # By name alone, by which the constraint's index is sorted: a list for each of its columns would be multiplied
        # out. What has the same name and is another's is left behind before whole rows are read.
        statements, connection = self.transaction.statements, self.transaction.connection
        if not keys:
            return {}
        found = statements.named.run(connection, {key for key, _, _ in keys})
        ids = [row.id for row in found if (row.key, row.client, row.tenant) in keys]
        if not ids:
            return {}
        rows = statements.whole.run(connection, ids)
        return {(row.key, row.client, row.tenant): (codec.record_of(row), row.owner) for row in rows}


def _first(item: tuple[Key, Any]) -> Key:
    return item[0]


def _key(draft: Draft) -> Key:
    return codec.storable(draft.key), draft.client, draft.tenant
