"""The events of a tenant, in the order of their positions, as far as they are published."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, column, literal, select, text, tuple_

from gateway.adjustments import Record, Status, Transition
from gateway.errors import EventsGone
from gateway.event_kinds import event_id, step_of
from gateway.journal import codec
from gateway.journal.outbox import published
from gateway.journal.tables import adjustments, purged_events, transitions

_STEP = transitions.c
_COLUMN = {each.name: column(each.name, each.type) for each in transitions.c}
_ORDER = (_COLUMN["feed"], _COLUMN["seq"])
_GONE = "What came after this event was purged, or is not known here: begin anew"


@dataclass(frozen=True, slots=True)
class Event:
    """One event: the step, its `number` among the steps of its adjustment, and the adjustment as it stands now.

    `position`: its number in the feed, which callers never see. `retryable`: whether the step led to a failure after
    which the same key may be tried again.
    """

    position: int
    number: int
    step: Transition
    record: Record
    retryable: bool


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An event without what it says: its place, its adjustment's id, and what it is called by."""

    position: int
    adjustment: str
    step: Transition


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some events, and whether there are more. `last`: the cursor after them; None where there was no event yet."""

    events: tuple[Event, ...]
    more: bool
    last: str | None = None


def page(connection: Connection, feed: str, after: str | None, limit: int) -> FeedPage:
    """At most `limit` events of a tenant after a cursor; the oldest first without one.

    A cursor is the id of an event, and how many times events had been purged when it was read: who begins anew after a
    purge can go on through what is left. Raises `EventsGone` where events after it were purged since, or where there is
    no such event.
    """
    event, _, seen = (after or "").partition(".")
    position = -1 if after is None else position_of(connection, feed, event)
    found = entries(connection, feed, position, limit + 1)
    events = of(connection, found[:limit])
    # Read last: each statement may see more than the one before it, and so a purge between them is known here.
    until, times = _purged(connection, feed)
    if after is not None and position < until and int(seen or 0) < times:
        raise EventsGone(_GONE)
    return FeedPage(events, len(found) > limit, _cursor(events[-1], times) if events else after)


def end(connection: Connection, feed: str) -> FeedPage:
    """The end of a tenant's feed, without an event."""
    found = _within(connection, feed, -1).order_by(*(each.desc() for each in _ORDER)).limit(1)
    events = of(connection, [_entry(row) for row in connection.execute(found)])
    return FeedPage((), False, _cursor(events[0], _purged(connection, feed)[1]) if events else None)


def _cursor(event: Event, times: int) -> str:
    return f"{event_id_of(event)}.{times}" if times else event_id_of(event)


def _purged(connection: Connection, feed: str) -> tuple[int, int]:
    """The highest position of a tenant's events that was purged, and how many times some were."""
    row = connection.execute(select(purged_events).where(purged_events.c.feed == feed)).one_or_none()
    return (0, 0) if row is None else (row.until, row.times)


def event_id_of(event: Event) -> str:
    """The id of an event, which callers know it by."""
    return event_id(event.record.draft.id, event.number)


def position_of(connection: Connection, feed: str, event: str) -> int:
    """The position of a tenant's event. Raises `EventsGone` where there is none of this id."""
    if (named := step_of(event)) is not None:
        adjustment, number = named
        found = select(_STEP.seq, _STEP.feed).where(_STEP.adjustment == codec.storable(adjustment))
        row = connection.execute(found.order_by(_STEP.seq).limit(1).offset(number - 1)).one_or_none()
        if row is not None and row.feed == feed:
            return int(row.seq)
    raise EventsGone(_GONE)


def entries(connection: Connection, feed: str, after: int, limit: int) -> list[FeedEntry]:
    """At most `limit` events of a tenant after a position, oldest first."""
    found = _within(connection, feed, after).order_by(*_ORDER).limit(limit)
    return [_entry(row) for row in connection.execute(found)]


def of(connection: Connection, found: Sequence[FeedEntry]) -> tuple[Event, ...]:
    """These events with all that they say; one whose adjustment was purged meanwhile is left out."""
    ids = {each.adjustment for each in found}
    if not ids:
        return ()
    records = {
        row.id: codec.record_of(row) for row in connection.execute(select(adjustments).where(adjustments.c.id.in_(ids)))
    }
    lives = _lives(connection, ids)
    return tuple(
        Event(each.position, number, each.step, records[each.adjustment], retryable)
        for each in found
        if (placed := _placed(lives.get(each.adjustment, []), each, records[each.adjustment])) is not None
        for number, retryable in [placed]
    )


def at(connection: Connection, position: int) -> Event | None:
    """The event at a position, with all that it says; None where it was purged."""
    rows = connection.execute(select(transitions).where(_STEP.seq == position)).all()
    return next(iter(of(connection, [_entry(row) for row in rows])), None)


def newly_told(connection: Connection, after: int, until: int) -> frozenset[str]:
    """The tenants that have events between two positions; its cost grows with all that was written between them."""
    found = select(_STEP.feed).distinct().where(_STEP.seq > after, _STEP.seq <= until, _STEP.feed.is_not(None))
    return frozenset(connection.scalars(found))


def _within(connection: Connection, feed: str, after: int) -> Any:
    """The steps of a tenant's events after a position, read by their own index."""
    index = " INDEXED BY ix_transitions_feed_seq" if connection.dialect.name == "sqlite" else ""
    end = _row(feed, published(connection))
    found = select(*_COLUMN.values()).select_from(text(f"transitions{index}"))
    return found.where(_COLUMN["feed"].is_not(None), tuple_(*_ORDER) > _row(feed, after), tuple_(*_ORDER) <= end)


def _row(feed: str, position: int) -> Any:
    return tuple_(literal(feed), literal(position, _STEP.seq.type))


def _lives(connection: Connection, ids: Collection[str]) -> dict[str, list[Any]]:
    """The steps of these adjustments, oldest first."""
    columns = (_STEP.seq, _STEP.adjustment, _STEP.before, _STEP.after, _STEP.evidence.like('%"late":%').label("late"))
    found = select(*columns).where(_STEP.adjustment.in_(ids)).order_by(_STEP.adjustment, _STEP.seq)
    lives: dict[str, list[Any]] = {}
    for row in connection.execute(found):
        lives.setdefault(row.adjustment, []).append(row)
    return lives


def _placed(life: list[Any], entry: FeedEntry, record: Record) -> tuple[int, bool] | None:
    """The number of an event's step in a life, and whether it led to a retryable failure.

    Only a retryable failure is followed by another step.
    """
    number = next((number for number, row in enumerate(life, 1) if row.seq == entry.position), None)
    if number is None:
        return None
    if entry.step.after is not Status.FAILED:
        return number, False
    return number, record.state.retryable or any(not row.late for row in life[number:])


def _entry(row: Any) -> FeedEntry:
    return FeedEntry(row.seq, row.adjustment, codec.transition_of(row))
