"""What is looked for by where it stands: leases that are over, and the `unknown` that are due to be looked for."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, bindparam, select, update

from gateway import adjustments as life
from gateway.adjustments import Record, Status
from gateway.journal import codec
from gateway.journal.commands import Due
from gateway.journal.shares import SEARCHES
from gateway.journal.tables import IN_PROGRESS, adjustments
from gateway.journal.transaction import Transaction

MOST = 1000
"""Leases that are ended in one transaction: one that takes seconds would hold up all others, and could be cut."""
_OVER = {"reason": "the lease ran out"}

_ROW = update(adjustments).where(adjustments.c.id == bindparam("changed_id"))
_EXPIRE = _ROW.values(status=Status.UNKNOWN.value)
_STATE = tuple(adjustments.c[name] for name in ("id", "tenant", "status", "retryable", "attempt", "repeats"))


def expire(transaction: Transaction, *among: ColumnElement[bool]) -> int:
    """Make `unknown` what is in progress past its lease, and fits `among`, `MOST` at most; gives how many."""
    found = select(*_STATE).where(IN_PROGRESS, adjustments.c.lease_until <= transaction.micros, *among).limit(MOST)
    over = []
    # What another has in hand is being settled, or expired by that other.
    for row in transaction.connection.execute(found.with_for_update(skip_locked=True)).all():
        state = codec.state_of(row)
        if (expired := life.expire(state)) is not None:
            transaction.step(row.id, state, expired, "recovery", _OVER, tenant=row.tenant)
            over.append({"changed_id": row.id})
    if over:
        transaction.connection.execute(_EXPIRE, over)
    return len(over)


def present(transaction: Transaction, asked: list[tuple[int, Record]]) -> Iterable[tuple[int, Record]]:
    """The records as they stand: one whose lease is over is `unknown`, before anybody sweeps it."""
    if not asked:
        return
    records = transaction.records(record.draft.id for _, record in asked)
    over = [
        id_
        for id_, record in records.items()
        if record.state.status is Status.IN_PROGRESS and record.lease_until <= transaction.now
    ]
    if over:
        expire(transaction, adjustments.c.id.in_(over))
        records |= transaction.records(over)  # expired here, or by another since they were read
    for place, record in asked:
        yield place, records[record.draft.id]


def due(transaction: Transaction, asked: Due) -> list[Record]:
    """What is open at these accounts, and nobody may still settle by itself, and nobody looks for; now held."""
    return [
        record
        for each in SEARCHES
        for record in each.take(transaction, asked.accounts, share=asked.share, hold=asked.hold)
    ]
