"""What is looked for by where it stands: leases that are over, and the `unknown` that are due to be looked for."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, bindparam, or_, select, update

from gateway import adjustments as life
from gateway.adjustments import Record, Status
from gateway.journal import codec
from gateway.journal.operations import Due
from gateway.journal.schema import IN_PROGRESS, UNKNOWN, adjustments
from gateway.journal.transaction import Transaction

_OVER = {"reason": "the lease ran out"}

_ROW = update(adjustments).where(adjustments.c.id == bindparam("changed_id"))
_EXPIRE = _ROW.values(status=Status.UNKNOWN.value)
_HOLD = _ROW.values(look_at=bindparam("held_until"))
_STATE = tuple(adjustments.c[name] for name in ("id", "status", "retryable", "attempt", "repeats"))


def expire(transaction: Transaction, *among: ColumnElement[bool]) -> int:
    """Make `unknown` what is in progress past its lease, and fits `among`; gives how many."""
    found = select(*_STATE).where(IN_PROGRESS, adjustments.c.lease_until <= transaction.micros, *among)
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
    """The `unknown` of these accounts that nobody may still settle and nobody looks for, oldest first; now held."""
    table, now = adjustments.c, transaction.micros
    found = (
        select(adjustments)
        .where(UNKNOWN, table.account.in_(asked.accounts), table.lease_until <= now)
        .where(or_(table.look_at.is_(None), table.look_at <= now))
        .order_by(table.created_at, table.seq)
        .limit(asked.limit)
        .with_for_update(skip_locked=True)
    )
    records = [codec.record_of(row) for row in transaction.connection.execute(found)]
    until = codec.to_micros(transaction.later(asked.hold))
    held = [{"changed_id": record.draft.id, "held_until": until} for record in records]
    if held:
        transaction.connection.execute(_HOLD, held)
    return records
