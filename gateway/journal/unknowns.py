"""What is asked about the unknown: a set of them as it stands and as it once stood, and where they went.

A set is named by its mark, the number of the newest transition when it was read. Numbers are given in the order in
which transitions are kept, but on PostgreSQL two that are kept at once can become visible the other way round: whoever
reads a set again compares it with what was read the first time.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, func, select

from gateway.adjustments import Record
from gateway.journal import codec
from gateway.journal.filters import Filters
from gateway.journal.tables import ACCEPTED, UNKNOWN, adjustments, transitions

_OLDEST_FIRST = (adjustments.c.created_at, adjustments.c.seq)  # as the index of the unknown has them
_BECAME_UNKNOWN = exists().where(transitions.c.adjustment == adjustments.c.id, transitions.c.after == "unknown")


@dataclass(frozen=True, slots=True)
class Unknowns:
    """What is unknown and fits, oldest first: at most as many records as were asked for, of `total`; and their mark."""

    records: tuple[Record, ...]
    total: int
    mark: int


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """How many unknown adjustments of a vendor went to one account, and when the first and the last were created.

    Those that the vendor has accepted, and not decided, are counted too, each kind in a value of its own.
    """

    vendor: str
    account: str
    count: int
    oldest: datetime
    newest: datetime


def unknown(connection: Connection, tenant: str | None, filters: Filters, limit: int) -> Unknowns:
    """The set as it stands."""
    # In one statement, which sees one state of the journal whatever is kept meanwhile.
    # By a column that only indexes of the unknown hold: SQLite would else read through one of everything.
    counted = filters.applied_to(select(func.count(adjustments.c.account)).where(UNKNOWN), tenant)
    found = filters.applied_to(
        select(
            adjustments,
            counted.correlate(None).scalar_subquery().label("total"),
            select(func.max(transitions.c.seq)).scalar_subquery().label("mark"),
        ).where(UNKNOWN),
        tenant,
    )
    rows = connection.execute(found.order_by(*_OLDEST_FIRST).limit(limit)).all()
    if not rows:
        return Unknowns((), 0, 0)
    return Unknowns(tuple(codec.record_of(row) for row in rows), rows[0].total, rows[0].mark)


def unknown_at(
    connection: Connection, mark: int, tenant: str | None, filters: Filters, limit: int
) -> tuple[Record, ...]:
    """The records of the set that was read with this mark, each as it stands now."""
    before = filters.applied_to(select(adjustments), tenant).where(_BECAME_UNKNOWN.where(transitions.c.seq <= mark))
    settled = select(transitions.c.adjustment).where(
        transitions.c.seq > mark, transitions.c.before == "unknown", transitions.c.after != "unknown"
    )
    # What is still unknown is read first: what is settled in between is then in both, and the later one counts.
    still = before.where(UNKNOWN).order_by(*_OLDEST_FIRST).limit(limit)
    rows = {(row.created_at, row.seq): row for row in connection.execute(still)}
    rows |= {(row.created_at, row.seq): row for row in connection.execute(before.where(adjustments.c.id.in_(settled)))}
    return tuple(codec.record_of(rows[place]) for place in sorted(rows)[:limit])


def whereabouts(connection: Connection) -> tuple[Whereabouts, ...]:
    """Where everything unknown or accepted went, by vendor and account; reads nothing else."""
    vendor, account, created_at = adjustments.c.vendor, adjustments.c.account, adjustments.c.created_at
    grouped = select(vendor, account, func.count(created_at), func.min(created_at), func.max(created_at))
    grouped = grouped.group_by(vendor, account).order_by(vendor, account)
    rows = [row for status in (UNKNOWN, ACCEPTED) for row in connection.execute(grouped.where(status))]
    return tuple(
        Whereabouts(name, digest, count, codec.from_micros(oldest), codec.from_micros(newest))
        for name, digest, count, oldest, newest in rows
    )
