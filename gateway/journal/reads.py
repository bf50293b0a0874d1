"""What is asked of the journal; nothing here changes it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from gateway.adjustments import Record, Status, Transition
from gateway.journal import codec
from gateway.journal.schema import IN_PROGRESS, UNKNOWN, adjustments, transitions


@dataclass(frozen=True, slots=True)
class Filters:
    """Which adjustments a list holds: None leaves a thing open, `member` is `SCHEME:VALUE`, both times inclusive.

    `vendor` is its configured name, `client` the name of who asked for them.
    """

    member: str | None = None
    status: Status | None = None
    reference: str | None = None
    key: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    vendor: str | None = None
    client: str | None = None

    def applied_to(self, statement: Select[Any], tenant: str | None) -> Select[Any]:
        """The statement, narrowed to these adjustments of a tenant, or of any for None."""
        if tenant is not None:
            statement = statement.where(adjustments.c.tenant == codec.storable(tenant))
        table = adjustments.c
        for column in (table.member, table.status, table.reference, table.key, table.vendor, table.client):
            if (wanted := getattr(self, column.name)) is not None:
                statement = statement.where(column == codec.storable(wanted))
        if self.created_from is not None:
            statement = statement.where(adjustments.c.created_at >= codec.to_micros(self.created_from))
        if self.created_to is not None:
            statement = statement.where(adjustments.c.created_at <= codec.to_micros(self.created_to))
        return statement


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


def page(
    connection: Connection, tenant: str | None, filters: Filters, limit: int, before: int | None
) -> tuple[tuple[int, Record], ...]:
    """At most `limit` adjustments, newest first, each with its number; only those numbered below `before`."""
    statement = filters.applied_to(select(adjustments), tenant).order_by(adjustments.c.seq.desc()).limit(limit)
    if before is not None:
        statement = statement.where(adjustments.c.seq < before)
    return tuple((row.seq, codec.record_of(row)) for row in connection.execute(statement))


def counts(connection: Connection, moment: Callable[[Connection], datetime]) -> Counts:
    """How many adjustments have not ended; from indexes that hold nothing else, however many there are in all."""
    # Counted by a column of the index: SQLite would else prefer another, of all rows, that it thinks is narrower.
    in_progress = select(func.count(adjustments.c.lease_until)).where(IN_PROGRESS)
    unknown = select(func.count(adjustments.c.created_at), func.min(adjustments.c.created_at)).where(UNKNOWN)
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
