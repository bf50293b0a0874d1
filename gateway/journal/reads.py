"""What is asked of the journal; nothing here changes it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal_column, select, text

from gateway.adjustments import Record, Status, Transition
from gateway.journal import codec
from gateway.journal.schema import adjustments, read_by, transitions


@dataclass(frozen=True, slots=True)
class Counts:
    """How many adjustments have not ended, by status, and when the oldest `unknown` was created.

    `at`: when they were counted, by the journal's clock.
    """

    by_status: dict[Status, int]
    oldest_unknown: datetime | None
    at: datetime


def find(connection: Connection, client: str, tenant: str, key: str) -> Record | None:
    """The adjustment under a client's key within a tenant."""
    table = adjustments.c
    statement = select(adjustments).where(
        table.client == client, table.tenant == tenant, table.key == codec.storable(key)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else codec.record_of(row)


def get(connection: Connection, tenant: str | None, adjustment: str) -> Record | None:
    """The adjustment of an id, where it is this tenant's; of any tenant for None."""
    statement = select(adjustments).where(adjustments.c.id == codec.storable(adjustment))
    if tenant is not None:
        statement = statement.where(adjustments.c.tenant == tenant)
    row = connection.execute(statement).one_or_none()
    return None if row is None else codec.record_of(row)


def history(connection: Connection, adjustment: str) -> tuple[Transition, ...]:
    """Every transition of an adjustment, oldest first."""
    statement = (
        select(transitions).where(transitions.c.adjustment == codec.storable(adjustment)).order_by(transitions.c.seq)
    )
    return tuple(codec.transition_of(row) for row in connection.execute(statement))


def counts(connection: Connection, moment: Callable[[Connection], datetime]) -> Counts:
    """How many adjustments have not ended; from indexes that hold nothing else, however many there are in all."""
    created_at = literal_column("created_at", adjustments.c.created_at.type)
    in_progress = select(func.count()).where(text("status = 'in_progress'"))
    in_progress = in_progress.select_from(read_by("ix_adjustments_in_progress", connection))
    unknown = select(func.count(), func.min(created_at)).where(text("status = 'unknown'"))
    unknown = unknown.select_from(read_by("ix_adjustments_unknown", connection))
    owned = connection.scalar(in_progress) or 0
    number, oldest = connection.execute(unknown).one()
    return Counts(
        by_status={Status.IN_PROGRESS: owned, Status.UNKNOWN: number},
        oldest_unknown=None if oldest is None else codec.from_micros(oldest),
        at=moment(connection),
    )


def vendors(connection: Connection) -> dict[str, int]:
    """How many adjustments each vendor holds, by its configured name."""
    grouped = select(adjustments.c.vendor, func.count()).group_by(adjustments.c.vendor).order_by(adjustments.c.vendor)
    return dict(connection.execute(grouped).all())
