"""How far the feed of events is published, by one process at a time.

The feed is the steps themselves in the order of their numbers. On PostgreSQL a number is taken before the commit, so a
lower one may come later: a step is published once no transaction is left that could hold a lower number. Whoever writes
steps has a lock on their table from before the first number until after the commit. On SQLite writers take turns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, text, update

from gateway.adjustments import Status
from gateway.journal import codec
from gateway.journal.event_commands import Horizon, Publication, Publish
from gateway.journal.tables import adjustments, outbox, transitions
from gateway.journal.transaction import Transaction

_STEP = transitions.c
# Named, so that the key's index is read: on PostgreSQL writers may not scan a table.
_THE_ROW = outbox.c.id == 1
MOST = 10_000
"""Steps that one turn goes through: writes wait for its transaction, and a statement that takes long is ended."""
FARTHEST = 60_000_000
"""Microseconds that lie ahead of the end of any lease; one that ends later is from before the clock was set back."""
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = 'transitions'::regclass"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()"
)
_HIGHEST = select(func.max(_STEP.seq))
# As `event_kinds.is_event`, for steps of a gateway of an earlier version, which says of none to whom it is told.
_EVENT = and_(
    _STEP.feed.is_(None),
    _STEP.after != Status.IN_PROGRESS.value,
    or_(
        _STEP.evidence.like('%"conflict":true%'),
        and_(_STEP.before.is_not(None), _STEP.before != _STEP.after),
        and_(_STEP.before == "failed", _STEP.after == "failed", _STEP.evidence.not_like('%"late":%')),
    ),
)
_TENANT = select(adjustments.c.tenant).where(adjustments.c.id == _STEP.adjustment).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far the feed is published, the highest step that there is, and who publishes now; empty for nobody."""

    published: int
    highest: int
    publisher: str


def backlog(connection: Connection, moment: Callable[[Connection], datetime]) -> Backlog:
    """What there is to publish, from two rows."""
    now = codec.to_micros(moment(connection))
    row = connection.execute(select(outbox, _HIGHEST.scalar_subquery().label("highest")).where(_THE_ROW)).one()
    return Backlog(row.published, row.highest or 0, row.owner if lasts(row.lease_until, now) else "")


def lasts(until: int, now: int, *, farthest: int = FARTHEST) -> bool:
    """Whether a lease, or a rest, until a moment is not over; both in microseconds."""
    return now < until <= now + max(farthest, FARTHEST)


def highest(connection: Connection) -> int:
    """The highest number of a step that is there; 0 where none is."""
    return connection.execute(_HIGHEST).scalar_one() or 0


def published(connection: Connection) -> int:
    """How far the feed is published."""
    return int(connection.execute(select(outbox.c.published).where(_THE_ROW)).scalar_one())


def publish(transaction: Transaction, asked: Publish) -> Publication:
    """Publish as far as nothing can come any more, at most `MOST` steps, where nobody else does."""
    connection = transaction.connection
    row = connection.execute(select(outbox).where(_THE_ROW).with_for_update(skip_locked=True)).one_or_none()
    lease = round(asked.lease * 1_000_000)
    if row is None or (row.owner != asked.owner and lasts(row.lease_until, transaction.micros, farthest=lease)):
        return Publication(published(connection), mine=False)
    # In this order: who writes a step up to the highest has ended, or is seen among those who write.
    last = highest(connection)
    writers = _writers(connection)
    waited_for = asked.seen if row.owner == asked.owner else None
    reached, seen = row.published, waited_for
    if not writers:
        reached, seen = last, None
    elif seen is None:
        seen = Horizon(last, writers)
    elif seen.writers.isdisjoint(writers):
        reached, seen = seen.highest, Horizon(last, writers)
    if more := reached > row.published + MOST:
        reached, seen = row.published + MOST, waited_for
    if reached > row.published:
        missing = update(transitions).where(_STEP.seq > row.published, _STEP.seq <= reached, _EVENT)
        connection.execute(missing.values(feed=_TENANT))
    until, reached = transaction.micros + lease, max(reached, row.published)
    values: dict[str, Any] = {"published": reached, "owner": asked.owner, "lease_until": until}
    connection.execute(update(outbox).where(_THE_ROW).values(values))
    return Publication(values["published"], mine=True, seen=seen, more=more)


def _writers(connection: Connection) -> frozenset[str]:
    """The transactions of others that have written steps, and have not ended."""
    return frozenset() if connection.dialect.name == "sqlite" else frozenset(connection.scalars(_WRITERS))
