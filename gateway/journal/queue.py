"""What waits for a person: the unknown and the accepted, oldest first, and what a late result contradicts.

Each is read by an index of such rows alone, so that what it costs grows with them, and not with the journal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, select, tuple_

from gateway import exact
from gateway.adjustments import Record
from gateway.errors import InvalidRequest
from gateway.journal import codec
from gateway.journal.tables import ACCEPTED, UNKNOWN, adjustments, transitions

_PLACE = (adjustments.c.created_at, adjustments.c.seq)
_CONFLICT: ColumnElement[bool] = literal_column("adjustments.conflict")


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One adjustment that waits, with the `evidence` of its last step.

    `next_look`, `next_repeat`: when its vendor is next searched for it, and when its request may be sent again; in the
    past where that is due, None where it never is. `busy_until`: an attempt or a repeat may be under way until then.
    """

    record: Record
    evidence: Mapping[str, Any]
    next_look: datetime | None
    next_repeat: datetime | None
    busy_until: datetime | None


@dataclass(frozen=True, slots=True)
class Queue:
    """Some of what waits, oldest first; `next` is the id of the last one where there is more after it."""

    entries: tuple[QueueEntry, ...]
    next: str | None = None


def page(
    connection: Connection,
    tenant: str | None,
    vendor: str | None,
    limit: int,
    after: str | None,
    moment: Callable[[Connection], datetime],
) -> Queue:
    """At most `limit` of what waits that come after the one with this id.

    Raises `InvalidRequest` where there is no such adjustment.
    """
    place = None if after is None else _place(connection, after)
    rows = [
        row
        for status in (UNKNOWN, ACCEPTED)
        for row in connection.execute(waiting_statement(status, tenant, vendor, place).limit(limit + 1))
    ]
    rows.sort(key=lambda row: (row.created_at, row.seq))
    shown, now = rows[:limit], codec.to_micros(moment(connection))
    evidence = _last_evidence(connection, [row.id for row in shown])
    entries = tuple(_entry(row, evidence.get(row.id, {}), now) for row in shown)
    return Queue(entries, shown[-1].id if len(rows) > limit else None)


def contradicted(connection: Connection, limit: int) -> tuple[Record, ...]:
    """What a late result contradicts, newest first."""
    return tuple(codec.record_of(row) for row in connection.execute(contradicted_statement(limit)))


def contradicted_statement(limit: int) -> Select[Any]:
    """The statement of `contradicted`."""
    return select(adjustments).where(_CONFLICT).order_by(*(each.desc() for each in _PLACE)).limit(limit)


def waiting_statement(
    status: ColumnElement[bool], tenant: str | None, vendor: str | None, place: tuple[int, int] | None
) -> Select[Any]:
    """What waits with one status after a place, oldest first, of a tenant and a vendor or of all."""
    found = select(adjustments).where(status).order_by(*_PLACE)
    if tenant is not None:
        found = found.where(adjustments.c.tenant == codec.storable(tenant))
    if vendor is not None:
        found = found.where(adjustments.c.vendor == vendor)
    return found if place is None else found.where(tuple_(*_PLACE) > tuple_(*place))


def _place(connection: Connection, id_: str) -> tuple[int, int]:
    row = connection.execute(select(*_PLACE).where(adjustments.c.id == codec.storable(id_))).one_or_none()
    if row is None:
        raise InvalidRequest("The queue cannot go on from there: begin it anew, without `after`")
    return row.created_at, row.seq


def _last_evidence(connection: Connection, ids: list[str]) -> dict[str, Mapping[str, Any]]:
    if not ids:
        return {}
    last = select(func.max(transitions.c.seq)).where(transitions.c.adjustment.in_(ids))
    last = last.group_by(transitions.c.adjustment)
    found = select(transitions.c.adjustment, transitions.c.evidence).where(transitions.c.seq.in_(last))
    return {row.adjustment: exact.loads(row.evidence) for row in connection.execute(found)}


def _entry(row: Any, evidence: Mapping[str, Any], now: int) -> QueueEntry:
    busy = max(row.lease_until, row.repeat_until or 0)
    repeated = row.status == "unknown" and row.effect_digest is not None
    return QueueEntry(
        codec.record_of(row),
        evidence,
        codec.from_micros(row.look_at) if row.look_at else None,
        codec.from_micros(row.repeat_at) if repeated and row.repeat_at else None,
        codec.from_micros(busy) if busy > now else None,
    )
