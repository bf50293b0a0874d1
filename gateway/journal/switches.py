"""What is paused, for every process on this journal: read by each batch that begins attempts, before anything else.

On PostgreSQL such a batch holds a shared lock until it has committed, and whoever switches waits for those that are
under way: once a pause is durable, what began before it can be seen, and nothing begins. On SQLite writers take turns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Dialect, select, true

from gateway.journal import audit, codec
from gateway.journal.commands import Claim, Note, Retry, Switch
from gateway.journal.driver import Asked, Found, Statement
from gateway.journal.repeat_commands import BeginRepeat
from gateway.journal.tables import IN_PROGRESS, UNKNOWN, adjustments, pauses
from gateway.journal.transaction import Transaction
from gateway.journal.upserts import upsert
from gateway.pauses import PAUSE_KINDS, Pause, Pauses

# The kinds are named so that the key's index is read. Writers on PostgreSQL may not scan a table: a plan that has to is
# so dear that the server compiles it, which takes some 10 milliseconds each time.
_KINDS = ", ".join(f"'{kind}'" for kind in PAUSE_KINDS)
_FIND = Statement(
    f"SELECT kind, name, reason, retry_after FROM pauses WHERE kind IN ({_KINDS}) AND paused",  # noqa: S608 (constants)
    row=lambda row: Pause(*row),
)
_LOCK = 0x70617573  # the other half of the key is the schema, as of the lock of migrations
_SHARED, _ALONE = (
    Statement(f"SELECT pg_advisory_xact_lock{how}({_LOCK}, hashtext(current_schema()))") for how in ("_shared", "")
)
_KEY = (pauses.c.kind, pauses.c.name)


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause that the journal has; `by`: who paused it, as in a resolution; `at`: when, by the journal's clock."""

    pause: Pause
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An attempt, or a `repeat`, that is owned now and may still send its request, `until` then at the latest."""

    adjustment: str
    client: str
    tenant: str
    vendor: str
    until: datetime
    repeat: bool


def looks(dialect: Dialect, operations: Sequence[Any]) -> list[Asked]:
    """What tells what is paused, and keeps it paused or not until the transaction ends; nothing where none begins."""
    if not any(isinstance(each, Claim | Retry | BeginRepeat | Switch) for each in operations):
        return []
    if dialect.name == "sqlite":
        return [(_FIND, None)]
    switches = any(isinstance(each, Switch) for each in operations)
    # The second one sees what was committed while the first one waited.
    return [(_ALONE if switches else _SHARED, None), (_FIND, None)]


def in_force(found: Sequence[Found]) -> Pauses:
    """What the journal has paused, by what `looks` found."""
    return Pauses(found[-1].rows) if found else Pauses()


def switch(transaction: Transaction, asked: Switch) -> bool:
    """Pause something, or end its pause; gives whether it was paused before."""
    connection, pause = transaction.connection, asked.pause
    here = select(pauses.c.paused).where(pauses.c.kind == pause.kind, pauses.c.name == pause.name)
    before = bool(connection.scalar(here))
    said = {"reason": pause.reason, "retry_after": pause.retry_after} if asked.on else {}
    detail = {"of": pause.kind, "name": pause.name, **said}
    if not asked.on and not before:
        return audit.noted(connection, asked.id)
    if not audit.note(transaction, Note(asked.id, asked.by, "pause" if asked.on else "resume", detail)):
        return before  # an earlier try of this operation did it
    row = {"kind": pause.kind, "name": pause.name, "reason": pause.reason, "retry_after": pause.retry_after}
    upsert(connection, pauses, [{**row, "paused": asked.on, "by": asked.by, "at": transaction.micros}])
    return before


def paused(connection: Connection) -> tuple[Paused, ...]:
    """What is paused now, the first one first."""
    rows = connection.execute(select(pauses).where(pauses.c.paused == true()).order_by(pauses.c.at, *_KEY))
    return tuple(Paused(_pause(row), row.by, codec.from_micros(row.at)) for row in rows)


def under_way(connection: Connection, pause: Pause, moment: Callable[[Connection], datetime]) -> tuple[UnderWay, ...]:
    """The attempts and repeats within what a pause is of whose leases are not over, the next to end first."""
    now, table = codec.to_micros(moment(connection)), adjustments.c
    columns = (table.id, table.client, table.tenant, table.vendor)
    owned = select(*columns, table.lease_until, table.repeats).where(IN_PROGRESS, table.lease_until > now)
    repeated = select(*columns, table.repeat_until, table.repeats).where(UNKNOWN, table.repeat_until > now)
    within = () if pause.kind == "all" else (table[pause.kind] == pause.name,)
    found = [
        UnderWay(*row[:4], codec.from_micros(row[4]), repeat)
        for repeat, statement in ((False, owned), (True, repeated))
        for row in connection.execute(statement.where(*within))
    ]
    return tuple(sorted(found, key=lambda each: (each.until, each.adjustment)))


def _pause(row: Any) -> Pause:
    return Pause(row.kind, row.name, row.reason, row.retry_after)
