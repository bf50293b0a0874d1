"""What each webhook was told of its tenant's events: a position in the feed, and what was not taken at once.

waiting ──> delivered      it was taken in the end; until then what follows of its adjustment waits behind it
waiting ──> parked         it was tried for too long: nothing waits for it any more
parked ──> replayed        a person asked for it: it is tried as before, and nothing waits behind it
replayed ──> delivered | parked

What is purged with its adjustment is `purged`. A row is never deleted, since a gateway needs no right to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Table, func, insert, select, update

from gateway.journal import codec
from gateway.journal.event_commands import KeepRound, Outcome, Replay, Taken, TakeWebhook
from gateway.journal.feed import FeedEntry, entries
from gateway.journal.outbox import highest, lasts
from gateway.journal.tables import deliveries, transitions, webhooks
from gateway.journal.transaction import Transaction
from gateway.journal.upserts import upsert

Name = tuple[str, str]
"""A webhook: the tenant whose feed it is told of, and its own name."""
State = Literal["waiting", "parked", "replayed", "delivered", "purged"]
"""Where an event stands that a webhook did not take at once."""
_HOOK, _ROW = webhooks.c, deliveries.c
_SENT = ("waiting", "replayed")
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Due:
    """An event that a webhook is to be told again."""

    event: int
    adjustment: str


@dataclass(frozen=True, slots=True)
class Owed:
    """What a webhook is to be told: what is due again, what is new, and of which adjustments an earlier event waits."""

    due: tuple[Due, ...]
    new: tuple[FeedEntry, ...]
    behind: frozenset[str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that a webhook did not take: its position, where that stands, and how often it was tried."""

    feed: str
    name: str
    event: int
    adjustment: str
    state: State
    tries: int
    first_at: datetime | None
    due_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class WebhookStanding:
    """How a webhook stands: events that wait, that are parked, and since when nothing was taken; None where it is."""

    waiting: int
    parked: int
    failing_since: datetime | None


def take(transaction: Transaction, asked: TakeWebhook) -> Taken | None:
    """Own a webhook for a while, unless another does, or it rests."""
    connection, now = transaction.connection, transaction.micros
    lease = round(asked.lease * _SECOND)
    until = now + lease
    row = connection.execute(_of(select(webhooks), asked).with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        if connection.execute(_of(select(_HOOK.position), asked)).one_or_none() is not None:
            return None  # somebody has it in hand
        position = highest(connection)  # what is not published yet happened before as well
        new = {"feed": asked.feed, "name": asked.name, "position": position, "owner": asked.owner}
        # Of two that make one at once, the second finds the row there, and is done again.
        connection.execute(insert(webhooks), {**new, "lease_until": until, "due_at": 0, "failures": 0})
        return Taken(position)
    owned = row.owner != "" and lasts(row.lease_until, now, farthest=lease)
    # A rest begins where the lease before it ended: a clock that was set back to before that ends it.
    rests = row.lease_until <= now < row.due_at
    if row.owner != asked.owner and (owned or rests):
        return None
    connection.execute(_of(update(webhooks), asked).values(owner=asked.owner, lease_until=until))
    return Taken(row.position, row.failures)


def keep(transaction: Transaction, asked: KeepRound) -> int | None:
    """Keep a round; gives how many events were parked by it, None where another owns the webhook."""
    connection, now = transaction.connection, transaction.micros
    hook = connection.execute(_of(select(webhooks), asked).with_for_update()).one_or_none()
    if hook is None or hook.owner != asked.owner:
        return None
    events = [each.event for each in asked.outcomes]
    found = _of(select(deliveries), asked, deliveries).where(_ROW.event.in_(events))
    known = {row.event: row for row in connection.execute(found)} if events else {}
    rows = [
        row
        for each in sorted(asked.outcomes, key=lambda one: one.event)
        if (row := _row(asked, each, known.get(each.event), now)) is not None
    ]
    if rows:
        upsert(connection, deliveries, rows)
    rested = now + round(asked.rest * _SECOND)
    _release(connection, asked, {row["adjustment"] for row in rows if row["due_at"] is None}, rested)
    taken = any(each.told == "delivered" for each in asked.outcomes)
    failed = any(each.told == "failed" for each in asked.outcomes)
    if taken and hook.failing_since is not None:  # it is back: what waits for a time goes with the next round
        waits = _of(update(deliveries), asked, deliveries).where(_ROW.state.in_(_SENT), _ROW.due_at > rested)
        connection.execute(waits.values(due_at=rested))
    failing = None if taken else hook.failing_since or (now if failed else None)
    connection.execute(
        _of(update(webhooks), asked).values(
            position=max(hook.position, asked.position),
            owner="",
            lease_until=now,
            due_at=rested,
            failing_since=failing,
            failures=0 if taken else hook.failures + failed,
        )
    )
    return len([row for row in rows if row["state"] == "parked"])


def replay(transaction: Transaction, asked: Replay) -> int:
    """Have events told again; gives how many. An event that waits is left as it is."""
    connection, now = transaction.connection, transaction.micros
    connection.execute(_of(select(webhooks), asked).with_for_update()).one_or_none()
    found = _of(select(deliveries), asked, deliveries)
    if asked.events is None:
        rows = connection.execute(found.where(_ROW.state == "parked")).all()
        wanted = {row.event: row.adjustment for row in rows}
    else:
        named = select(transitions.c.seq, transitions.c.adjustment).where(
            transitions.c.seq.in_(asked.events), transitions.c.feed == asked.feed
        )
        rows = connection.execute(found.where(_ROW.event.in_(asked.events))).all()
        waits = {row.event for row in rows if row.state in _SENT}
        wanted = {row.seq: row.adjustment for row in connection.execute(named) if row.seq not in waits}
    again = [
        _columns(asked, event, wanted[event], state="replayed", first_at=now, due_at=now) for event in sorted(wanted)
    ]
    if again:
        upsert(connection, deliveries, again)
    return len(again)


def owed(
    connection: Connection, hook: Name, position: int, most: tuple[int, int], moment: Callable[[Connection], datetime]
) -> Owed:
    """What a webhook is to be told: `most` of what is due again, and of what is new after a position."""
    feed, name = hook
    again, new = most
    mine = (_ROW.feed == feed, _ROW.name == name)
    now = codec.to_micros(moment(connection))
    waits = select(_ROW.event, _ROW.adjustment).where(*mine, _ROW.due_at.is_not(None), _ROW.due_at <= now)
    rows = connection.execute(waits.order_by(_ROW.due_at, _ROW.event).limit(again))
    due = sorted((Due(row.event, row.adjustment) for row in rows), key=lambda each: each.event)
    found = entries(connection, feed, position, new)
    ids = {each.adjustment for each in found}
    earlier = select(_ROW.adjustment).distinct().where(*mine, _ROW.state == "waiting", _ROW.adjustment.in_(ids))
    return Owed(tuple(due), tuple(found), frozenset(connection.scalars(earlier)) if ids else frozenset())


def to_tell(connection: Connection, moment: Callable[[Connection], datetime]) -> frozenset[Name]:
    """The webhooks that are to be told something again by now, and do not rest."""
    now = codec.to_micros(moment(connection))
    resting = select(_HOOK.feed, _HOOK.name).where(_HOOK.lease_until <= now, _HOOK.due_at > now)
    rows = select(_ROW.feed, _ROW.name).distinct().where(_ROW.due_at.is_not(None), _ROW.due_at <= now)
    failing = select(_HOOK.feed, _HOOK.name).where(_HOOK.failing_since.is_not(None), _HOOK.due_at <= now)
    found = {(row.feed, row.name) for each in (rows, failing) for row in connection.execute(each)}
    return frozenset(found - {(row.feed, row.name) for row in connection.execute(resting)})


def standings(connection: Connection) -> dict[Name, WebhookStanding]:
    """How every webhook stands that was ever told anything."""
    counted = select(_ROW.feed, _ROW.name, _ROW.state, func.count()).where(_ROW.state.in_((*_SENT, "parked")))
    numbers: dict[tuple[str, str, str], int] = {}
    for feed, name, state, number in connection.execute(counted.group_by(_ROW.feed, _ROW.name, _ROW.state)):
        numbers[feed, name, state] = number
    return {
        (row.feed, row.name): WebhookStanding(
            sum(numbers.get((row.feed, row.name, state), 0) for state in _SENT),
            numbers.get((row.feed, row.name, "parked"), 0),
            _moment(row.failing_since),
        )
        for row in connection.execute(select(webhooks))
    }


def not_taken(connection: Connection, state: State, limit: int) -> tuple[Delivery, ...]:
    """Events that webhooks did not take and that are in this state, oldest first."""
    found = select(deliveries).where(_ROW.state == state).order_by(_ROW.event).limit(limit)
    return tuple(
        Delivery(
            row.feed,
            row.name,
            row.event,
            row.adjustment,
            row.state,
            row.tries,
            _moment(row.first_at),
            _moment(row.due_at),
            row.error,
        )
        for row in connection.execute(found)
    )


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else codec.from_micros(micros)


def _of(statement: Any, asked: TakeWebhook | KeepRound | Replay, table: Table = webhooks) -> Any:
    return statement.where(table.c.feed == asked.feed, table.c.name == asked.name)


def _columns(asked: KeepRound | Replay, event: int, adjustment: str, **values: Any) -> dict[str, Any]:
    usual = {"tries": 0, "first_at": None, "due_at": None, "error": ""}
    return {"feed": asked.feed, "name": asked.name, "event": event, "adjustment": adjustment, **usual, **values}


def _row(asked: KeepRound, outcome: Outcome, known: Any, now: int) -> dict[str, Any] | None:
    """The row of an event after a round; None where it needs none."""
    if outcome.told == "delivered":
        return None if known is None else _columns(asked, outcome.event, outcome.adjustment, state="delivered")
    if outcome.told == "behind":
        return _columns(asked, outcome.event, outcome.adjustment, state="waiting") if known is None else None
    tries = 1 if known is None else known.tries + 1
    first_at = now if known is None or known.first_at is None else known.first_at
    state = "waiting" if known is None or known.state not in _SENT else known.state
    values: dict[str, Any] = {"tries": tries, "first_at": first_at, "error": outcome.error}
    if now - first_at >= round(asked.park_after * _SECOND):
        return _columns(asked, outcome.event, outcome.adjustment, state="parked", **values)
    pause = max(asked.pauses[min(tries, len(asked.pauses)) - 1], outcome.retry_after)
    due_at = now + round(pause * _SECOND)
    return _columns(asked, outcome.event, outcome.adjustment, state=state, due_at=due_at, **values)


def _release(connection: Connection, asked: KeepRound, adjustments: set[str], due_at: int) -> None:
    """Of each of these adjustments, have the first event that waits be due at a moment."""
    if not adjustments:
        return
    waiting = _of(select(_ROW.event, _ROW.adjustment, _ROW.due_at), asked, deliveries).where(
        _ROW.adjustment.in_(adjustments), _ROW.state == "waiting"
    )
    first: dict[str, Any] = {}
    for row in connection.execute(waiting.order_by(_ROW.event)):
        first.setdefault(row.adjustment, row)
    if released := [row.event for row in first.values() if row.due_at is None]:
        connection.execute(
            _of(update(deliveries), asked, deliveries).where(_ROW.event.in_(released)).values(due_at=due_at)
        )
