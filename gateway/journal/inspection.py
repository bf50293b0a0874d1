"""Reads a whole journal and tells what in it breaks an invariant; part by part, in memory that does not grow."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from sqlalchemy import Connection, exists, func, select, text

from gateway.journal import codec, row_numbers
from gateway.journal.invariants import JournalEntry, Violation, violations
from gateway.journal.maintenance import check_there, maintained, snapshot
from gateway.journal.outbox import published
from gateway.journal.remainders import SHARE, shares
from gateway.journal.tables import adjustments, budgets, clock, transitions, webhooks

AT_ONCE = 500
"""Adjustments that are read in one transaction, each with its steps and reversals."""
_SHOWN = 100
_TABLE = adjustments.c


@dataclass(slots=True)
class Inspection:
    """How much was read so far."""

    adjustments: int = 0
    transitions: int = 0
    violations: int = 0


def inspect(store: str, inspection: Inspection) -> Iterator[Violation]:
    """Every violation in the journal at `store`, counted in `inspection`. Gateways may be running.

    Each part is read as it is at one moment. Raises `JournalError`.
    """
    with maintained(store) as database:
        check_there(database)
        engine = database.reader()
        try:
            with engine.connect() as connection:
                for found in _of_all(connection, inspection):
                    inspection.violations += 1
                    yield found
        finally:
            engine.dispose()


def _of_all(connection: Connection, inspection: Inspection) -> Iterator[Violation]:
    after = 0
    while True:
        with snapshot(connection):
            rows = connection.execute(
                select(adjustments).where(_TABLE.seq > after).order_by(_TABLE.seq).limit(AT_ONCE)
            ).all()
            found = list(_of_part(connection, rows, inspection)) if rows else []
        yield from found
        if not rows:
            break
        after = rows[-1].seq
    for check in (_keys, _strays, _budgets, _clock, _told, _file):
        with snapshot(connection):
            found = list(islice(check(connection), _SHOWN))
        yield from found


def _of_part(connection: Connection, rows: Sequence[Any], inspection: Inspection) -> Iterator[Violation]:
    ids, until = [row.id for row in rows], published(connection)
    steps: dict[str, list[Any]] = defaultdict(list)
    for step in connection.execute(
        select(transitions).where(transitions.c.adjustment.in_(ids)).order_by(transitions.c.seq)
    ):
        steps[step.adjustment].append(step)
    reversals: dict[str, list[Any]] = defaultdict(list)
    tenants = {row.tenant for row in rows}
    found = select(*SHARE).where(_TABLE.refers_to.is_not(None), _TABLE.tenant.in_(tenants), _TABLE.refers_to.in_(ids))
    for row in connection.execute(found):
        reversals[row.refers_to].append(row)
    named = {row.refers_to for row in rows if row.refers_to is not None}
    wanted = select(_TABLE.id, _TABLE.tenant, _TABLE.operation, _TABLE.status, _TABLE.points).where(
        _TABLE.id.in_(named)
    )
    originals = {row.id: row for row in connection.execute(wanted)} if named else {}
    for row in rows:
        inspection.adjustments += 1
        inspection.transitions += len(steps[row.id])
        try:
            entry = JournalEntry(
                row,
                codec.record_of(row),
                [codec.transition_of(step) for step in steps[row.id]],
                originals.get(row.refers_to),
                shares(reversals[row.id]),
                [step.feed for step in steps[row.id] if step.seq <= until],
            )
        except Exception as error:
            yield Violation(row.id, "it can be read", type(error).__name__)
            continue
        yield from violations(entry)


def _keys(connection: Connection) -> Iterator[Violation]:
    """A key belongs to one adjustment of a client and tenant, and an id to one adjustment."""
    names = (_TABLE.key, _TABLE.tenant, _TABLE.client)
    twice = select(func.min(_TABLE.id).label("id"), func.count().label("number"))
    for columns, what in ((names, "key"), ((_TABLE.id,), "id")):
        for row in connection.execute(twice.group_by(*columns).having(func.count() > 1)):
            yield Violation(row.id, f"its {what} is its own", f"{row.number} adjustments have it")


def _strays(connection: Connection) -> Iterator[Violation]:
    """A step belongs to an adjustment that is there."""
    there = exists().where(_TABLE.id == transitions.c.adjustment)
    for row in connection.execute(select(transitions.c.seq, transitions.c.adjustment).where(~there)):
        yield Violation(row.adjustment, "a step belongs to an adjustment", f"step {row.seq} belongs to none")


def _budgets(connection: Connection) -> Iterator[Violation]:
    """What is taken from a budget is a number, and never below zero."""
    for row in connection.execute(select(budgets)):
        try:
            used = Decimal(row.used)
        except InvalidOperation:
            used = Decimal("NaN")
        if not used >= 0:
            yield Violation(row.counter, "a budget is never negative", f"{row.used!r} are used")


def _clock(connection: Connection) -> Iterator[Violation]:
    """The journal has one clock, which was set back to no later time than the highest that it has shown."""
    rows = connection.execute(select(clock)).all()
    if len(rows) != 1:
        yield Violation("clock", "the journal has one clock", f"{len(rows)} rows are there")


def _told(connection: Connection) -> Iterator[Violation]:
    """Nobody is told of steps that are still to come: the feed, and webhooks, are no further than the last number."""
    last = row_numbers.last(connection, transitions)
    places = [("feed", published(connection))]
    places += [(f"{row.feed}/{row.name}", row.position) for row in connection.execute(select(webhooks))]
    for name, position in places:
        if position > last:
            yield Violation(name, "nothing is told before it happens", f"told up to {position}, the last is {last}")


def _file(connection: Connection) -> Iterator[Violation]:
    """SQLite finds its file whole, each index in step with its table."""
    if connection.dialect.name == "sqlite":
        for (message,) in connection.execute(text("PRAGMA integrity_check(100)")):
            if message != "ok":
                yield Violation("file", "the file is whole", message)
