"""What is looked for by where it stands: leases that are over, and the `unknown` that are due to be looked for."""

from collections.abc import Iterable

import structlog
from sqlalchemy import ColumnElement, bindparam, select, update

from gateway import adjustments as life
from gateway.adjustments import Record, Status
from gateway.journal import codec, shares
from gateway.journal.operations import Due
from gateway.journal.schema import IN_PROGRESS, adjustments
from gateway.journal.transaction import Transaction

log = structlog.get_logger(__name__)
UNREADABLE = 3600.0
"""Seconds until what cannot be read is tried again: a newer gateway may have written it."""
MOST = 1000
"""Leases that are ended in one transaction: one that takes seconds would hold up all others, and could be cut."""
_OVER = {"reason": "the lease ran out"}

_ROW = update(adjustments).where(adjustments.c.id == bindparam("changed_id"))
_EXPIRE = _ROW.values(status=Status.UNKNOWN.value)
_HOLD = _ROW.values(look_at=bindparam("held_until"))
_STATE = tuple(adjustments.c[name] for name in ("id", "status", "retryable", "attempt", "repeats"))


def expire(transaction: Transaction, *among: ColumnElement[bool]) -> int:
    """Make `unknown` what is in progress past its lease, and fits `among`, `MOST` at most; gives how many."""
    found = select(*_STATE).where(IN_PROGRESS, adjustments.c.lease_until <= transaction.micros, *among).limit(MOST)
    over = []
    # What another has in hand is being settled, or expired by that other.
    for row in transaction.connection.execute(found.with_for_update(skip_locked=True)).all():
        state = codec.state_of(row)
        if (expired := life.expire(state)) is not None:
            transaction.step(row.id, state, expired, "recovery", _OVER)
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
    """The `unknown` of these accounts that nobody may still settle and nobody looks for; now held.

    Of each account `share` at most, in the order in which they became due. A row that cannot be read is logged, and
    left out for `UNREADABLE` seconds.
    """
    records, held = [], []
    until, later = (codec.to_micros(transaction.later(seconds)) for seconds in (asked.hold, UNREADABLE))
    for row in shares.due(transaction.connection, asked.accounts, asked.share, transaction.micros):
        try:
            records.append(codec.record_of(row))
        except Exception as error:
            log.error("an unknown cannot be read in the journal", adjustment=row.id, exc_info=error)
            held.append({"changed_id": row.id, "held_until": later})
        else:
            held.append({"changed_id": row.id, "held_until": until})
    if held:
        transaction.connection.execute(_HOLD, held)
    return records
