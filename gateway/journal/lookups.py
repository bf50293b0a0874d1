"""What is asked of the journal; nothing here changes it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal_column, select, text, union_all

from gateway.adjustments import Record, Status, Transition
from gateway.journal import codec
from gateway.journal.remainders import SHARE, shares
from gateway.journal.tables import adjustments, read_by, transitions
from gateway.reversible import Share


@dataclass(frozen=True, slots=True)
class Counts:
    """How many adjustments have not ended, by status, and when the oldest `unknown` was created.

    `at`: when they were counted, by the journal's clock.
    """

    by_status: dict[Status, int]
    oldest_unknown: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Origins:
    """Which adjustments made a vendor's transactions.

    `known`: of the ids that were asked, those of adjustments. `by_transaction`: the id of the adjustment by the
    vendor's transaction id; without those that several adjustments have.
    """

    known: frozenset[str]
    by_transaction: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ToErase:
    """Whether something that was to be erased has ended, and how many others have not."""

    ended: bool
    waiting: int


def to_erase(connection: Connection) -> ToErase:
    """What is put off to be erased, from an index of it alone."""
    kind = adjustments.c.status, adjustments.c.retryable
    found = select(*kind, func.count()).where(adjustments.c.erase_as.is_not(None)).group_by(*kind)
    counted = {(status, bool(retryable)): number for status, retryable, number in connection.execute(found)}
    ended = sum(counted.pop(each, 0) for each in (("succeeded", False), ("failed", False)))
    return ToErase(ended > 0, sum(counted.values()))


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


def origins(
    connection: Connection, tenant: str, accounts: Collection[str], ids: Collection[str], transactions: Collection[str]
) -> Origins:
    """Which of a tenant's adjustments at these accounts have one of these ids, or made one of these transactions."""
    table = adjustments.c
    wanted = {codec.storable(each): each for each in transactions}
    columns = select(table.id, table.transaction_id, table.tenant, table.account)
    statement = union_all(
        # Tenant and account are compared below, so that no index but that of ids fits.
        columns.where(table.id.in_([codec.storable(each) for each in ids])),
        # The first condition is the one of the partial index.
        columns.where(
            table.transaction_id.is_not(None),
            table.tenant == tenant,
            table.account.in_(accounts),
            table.transaction_id.in_(list(wanted)),
        ),
    )
    known: set[str] = set()
    owners: dict[str, set[str]] = {}
    for row in connection.execute(statement):
        if row.tenant == tenant and row.account in accounts:
            known.add(row.id)
            if row.transaction_id in wanted:
                owners.setdefault(wanted[row.transaction_id], set()).add(row.id)
    return Origins(
        frozenset(known.intersection(ids)),
        {transaction: next(iter(each)) for transaction, each in owners.items() if len(each) == 1},
    )


def reversals(connection: Connection, tenant: str, original: str) -> tuple[Share, ...]:
    """The reversals of a tenant's adjustment, oldest first."""
    table = adjustments.c
    found = select(*SHARE).where(
        table.refers_to.is_not(None),
        table.tenant == codec.storable(tenant),
        table.refers_to == codec.storable(original),
    )
    return tuple(shares(connection.execute(found.order_by(table.created_at, table.seq))))


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
    accepted = select(func.count()).where(text("status = 'accepted'"))
    accepted = accepted.select_from(read_by("ix_adjustments_accepted", connection))
    owned, taken = (connection.scalar(each) or 0 for each in (in_progress, accepted))
    number, oldest = connection.execute(unknown).one()
    return Counts(
        by_status={Status.IN_PROGRESS: owned, Status.UNKNOWN: number, Status.ACCEPTED: taken},
        oldest_unknown=None if oldest is None else codec.from_micros(oldest),
        at=moment(connection),
    )
