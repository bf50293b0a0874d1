"""The audit log: what operators did to a running gateway and to its journal, by whom and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from gateway import exact
from gateway.journal import codec
from gateway.journal.commands import Action, Note
from gateway.journal.tables import audit
from gateway.journal.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Entry:
    """One action of an operator. `at`: by the journal's clock; `by`: as in a resolution; `detail`: JSON values.

    `number`: its place in the log, which no other has.
    """

    at: datetime
    by: str
    action: Action
    detail: Mapping[str, Any]
    number: int = field(default=0, compare=False)


def noted(connection: Connection, id_: str) -> bool:
    """Whether an action is kept already."""
    return connection.execute(noted_statement(id_)).first() is not None


def noted_statement(id_: str) -> Select[Any]:
    """The statement of `noted`."""
    return select(audit.c.seq).where(audit.c.id == id_)


def note(transaction: Transaction, asked: Note) -> bool:
    """Keep one action, and return true; one that is kept already is not kept twice."""
    connection = transaction.connection
    if noted(connection, asked.id):
        return False
    row = {"id": asked.id, "at": transaction.micros, "by": asked.by, "action": asked.action}
    connection.execute(insert(audit), {**row, "detail": codec.dumps(asked.detail)})
    return True


def entries(connection: Connection, *, limit: int, after: int | None = None) -> tuple[Entry, ...]:
    """The last actions, newest first; those that come after the one with this number."""
    rows = connection.execute(entries_statement(limit, after))
    return tuple(Entry(codec.from_micros(row.at), row.by, row.action, exact.loads(row.detail), row.seq) for row in rows)


def entries_statement(limit: int, after: int | None) -> Select[Any]:
    """The statement of `entries`."""
    asked = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    return asked if after is None else asked.where(audit.c.seq < after)
