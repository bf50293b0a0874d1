"""What is left of the adjustments that the reversals of one batch take back, while their rows are locked.

Whoever claims a reversal, or begins its next attempt, has the row of the original: of any number that try at once, in
any number of processes, no more get a share than there is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select, true, update

from gateway import exact
from gateway.adjustments import AT_VENDOR, Draft, Record, Status
from gateway.journal.commands import Claim, Refused, Retry, Settle, Unreversible
from gateway.journal.standing import Standing
from gateway.journal.tables import adjustments
from gateway.journal.transaction import Transaction
from gateway.reversible import Reversible, Share

_MARK = update(adjustments).where(adjustments.c.id == bindparam("original")).values(reversed_at_vendor=true())


def originals(operations: Iterable[Any]) -> set[str]:
    """The ids of the adjustments whose rows the operations of a batch need besides their own."""
    found = {_original(each) for each in operations}
    return {each for each in found if each is not None}


def shares(rows: Iterable[Any]) -> list[Share]:
    """The reversals in these rows, which have the columns of `SHARE`."""
    return [
        Share(
            row.id,
            abs(Decimal(row.points)),
            Status(row.status),
            bool(row.conflict),
            bool(exact.loads(row.draft).get("linked")),
        )
        for row in rows
    ]


_TABLE = adjustments.c
SHARE = (_TABLE.id, _TABLE.refers_to, _TABLE.points, _TABLE.status, _TABLE.conflict, _TABLE.draft)
"""The columns of a reversal that say what it takes back."""


@dataclass(slots=True)
class Remainders:
    """The originals of one batch. `standing`: the locked rows, theirs and those of the steps, by id."""

    transaction: Transaction
    standing: Mapping[str, Standing]
    ids: set[str]
    _records: dict[str, Record] = field(init=False, default_factory=dict)
    _shares: dict[str, dict[str, Share]] = field(init=False, default_factory=dict)
    _at_vendor: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        if not self.ids:
            return
        self._records = self.transaction.records(self.ids)
        self._shares = {each: {} for each in self._records}
        tenants = {each.draft.tenant for each in self._records.values()}
        found = select(*SHARE).where(
            _TABLE.refers_to.is_not(None), _TABLE.tenant.in_(tenants), _TABLE.refers_to.in_(self._records)
        )
        rows = self.transaction.connection.execute(found).all()
        for row, share in zip(rows, shares(rows), strict=True):
            self._shares[row.refers_to][row.id] = share

    def refused(self, draft: Draft) -> Refused | None:
        """Why an attempt of this reversal may not begin now; None where it may, and for what is no reversal."""
        original = draft.write.refers_to
        if draft.write.operation != "reverse" or original is None:
            return None
        reversible = Reversible.of(self._record(original), self._others(original, draft.id))
        asked = draft.write.reversal
        why = reversible.refused(
            abs(draft.adjustment.points),
            linked=draft.write.linked,
            all_left=asked is not None and asked.points is None and draft.id not in self._shares[original],
        )
        return None if why is None else Refused(Unreversible(original, why, reversible.left))

    def begun(self, draft: Draft) -> None:
        """Count the share of a reversal whose attempt begins in this batch."""
        original = draft.write.refers_to
        if draft.write.operation == "reverse" and original is not None:
            points = abs(draft.adjustment.points)
            share = Share(draft.id, points, Status.IN_PROGRESS, conflict=False, linked=draft.write.linked)
            self._shares[original][draft.id] = share

    def settled(self, draft: Draft, evidence: Mapping[str, Any]) -> None:
        """Note that an original was cancelled at the vendor, where the evidence says so."""
        if evidence.get(AT_VENDOR) and draft.write.refers_to is not None:
            self._at_vendor.add(draft.write.refers_to)

    def write(self) -> None:
        """Write what was noted."""
        if self._at_vendor:
            self.transaction.connection.execute(_MARK, [{"original": each} for each in sorted(self._at_vendor)])

    def _record(self, original: str) -> Record:
        standing = self.standing[original]
        record = standing.record or self._records[original]
        at_vendor = record.reversed_at_vendor or original in self._at_vendor
        return record._replace(conflict=standing.conflict, reversed_at_vendor=at_vendor)

    def _others(self, original: str, reversal: str) -> Iterable[Share]:
        """The shares of all other reversals, what this batch has changed of them included."""
        for share in self._shares[original].values():
            if share.id == reversal:
                continue
            standing = self.standing.get(share.id)
            if standing is None:
                yield share
            else:
                yield Share(share.id, share.points, standing.state.status, standing.conflict, share.linked)


def _original(operation: object) -> str | None:
    match operation:
        case Claim(draft, _, _) | Retry(Record(draft=draft), _, _, _, _):
            return draft.write.refers_to
        case Settle(settlement) if settlement.evidence.get(AT_VENDOR):
            return settlement.record.draft.write.refers_to
    return None
