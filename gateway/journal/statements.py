"""The statements of every batch: written in SQLAlchemy Core, and compiled once for the database in use.

SQLAlchemy would go over a statement, and every value in it, again for each batch, which costs more than all that the
database does. So the driver is given the text as it is, and values in the form in which it takes many at least cost.
"""

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Dialect,
    FromClause,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    column,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql import ClauseElement

from gateway.journal.driver import Statement
from gateway.journal.standing import REPEAT_COLUMNS
from gateway.journal.tables import adjustments, transitions
from gateway.journal.upserts import insert_for

_STATE = ("status", "retryable", "attempt", "lease_until", "owner", "account", "reserved")
CHANGED = [
    *(*_STATE, "completed_at", "applied", "problem", "resolution", "answer_status", "answer_body", "transaction_id"),
]
"""The columns that `change` writes; `codec.changes_of` makes them, but for `owner` and `reserved`."""
NEW = [
    *("id", "client", "tenant", "key", "fingerprint", "vendor", "adapter", "member", "points", "reference", "draft"),
    *("operation", "refers_to", "created_at", *_STATE),
]
"""The columns that `claim` writes. The others begin with their defaults, and are changed by statements of their own."""
STEP = ["adjustment", "at", "before", "after", "attempt", "by", "evidence", "exchange", "feed"]
"""The columns of a transition that `keep` writes; `Transaction.step` makes them."""
_KEY = (adjustments.c.key, adjustments.c.tenant, adjustments.c.client)
_DECIDING = (
    *("id", "status", "retryable", "attempt", "repeats", "lease_until", "owner", "resolution", "looks", "conflict"),
    *("reserved", "search_cursor", "removal"),
    *REPEAT_COLUMNS,
)
_NAMED = select(adjustments.c.id, *_KEY)
_LOCK = select(*(adjustments.c[name] for name in _DECIDING)).order_by(adjustments.c.id).with_for_update()


@dataclass(frozen=True, slots=True)
class Statements:
    """What batches are made of.

    What each is run for, and gives:
    - `claim`: whole rows of new adjustments, left out where their keys are taken;
    - `change`: rows with `id` and everything that changes in an adjustment's life;
    - `keep`: rows of transitions, left out where their adjustments are not there;
    - `lock`: ids; what decides about the next step of each, which nobody else takes before the transaction's end;
    - `named`: idempotency keys as their column has them; the ids under them, whoever's they are;
    - `whole`: ids; every column.
    """

    claim: Statement
    change: Statement
    keep: Statement
    lock: Statement
    named: Statement
    whole: Statement

    @classmethod
    def compiled(cls, dialect: Dialect) -> "Statements":
        """For the database that a connection of this dialect leads to."""
        claim = insert_for(dialect)(adjustments).on_conflict_do_nothing(index_elements=_KEY)
        return (_on_postgresql if dialect.name == "postgresql" else _on_sqlite)(dialect, claim)


def _on_sqlite(dialect: Dialect, claim: Any) -> Statements:
    """Values row by row, each a tuple: within a process that costs least."""

    def each(statement: ClauseElement, names: list[str]) -> Statement:
        compiled: Any = statement.compile(dialect=dialect, column_keys=names)
        row = itemgetter(*compiled.positiontup)
        return Statement(compiled.string, lambda rows: [row(one) for one in rows])

    def among(statement: Select[Any], column: ColumnElement[str]) -> Statement:
        values = select(func.json_each(bindparam("values")).table_valued("value").c.value)
        compiled = statement.where(column.in_(values)).compile(dialect=dialect)
        return Statement(compiled.string, lambda values: (_json(list(values)),), _row_of(statement))

    change = update(adjustments).where(adjustments.c.id == bindparam("id"))
    return Statements(
        claim=each(claim, NEW),
        change=each(change, CHANGED),
        keep=each(insert(transitions), STEP),
        lock=among(_LOCK, adjustments.c.id),
        named=among(_NAMED, adjustments.c.key),
        whole=among(select(adjustments), adjustments.c.id),
    )


def _on_postgresql(dialect: Dialect, claim: Any) -> Statements:
    """All rows in one JSON text: a driver that binds each value of each row costs five times as much."""

    def at_once(statement: ClauseElement) -> Statement:
        return Statement(statement.compile(dialect=dialect).string, lambda rows: {"rows": _json(rows)})

    def among(statement: Select[Any], column: ColumnElement[str]) -> Statement:
        values = bindparam("values", type_=ARRAY(Text))
        compiled = statement.where(column == any_(values)).compile(dialect=dialect)
        return Statement(compiled.string, lambda values: {"values": list(values)}, _row_of(statement))

    new, steps, changes = _given(adjustments, NEW), _given(transitions, STEP), _given(adjustments, ["id", *CHANGED])
    change = update(adjustments).where(adjustments.c.id == changes.c.id)
    # They come in one message with claims, of which some may have been lost to another writer.
    there = exists().where(adjustments.c.id == steps.c.adjustment)
    return Statements(
        claim=at_once(claim.from_select(NEW, select(new))),
        change=at_once(change.values({name: changes.c[name] for name in CHANGED})),
        keep=at_once(insert(transitions).from_select(STEP, select(steps).where(there))),
        lock=among(_LOCK, adjustments.c.id),
        named=among(_NAMED, adjustments.c.key),
        whole=among(select(adjustments), adjustments.c.id),
    )


def _given(table: Table, names: list[str]) -> FromClause:
    """The rows of a JSON text as a table on PostgreSQL, with columns as that table has them."""
    columns = [column(name, table.c[name].type) for name in names]
    rows = func.json_to_recordset(bindparam("rows", type_=JSON))
    return rows.table_valued(*columns).render_derived(name="given", with_types=True)


def _row_of(statement: Select[Any]) -> Callable[[Any], Any]:
    """Makes of a tuple a row that has the statement's columns as attributes."""
    kind: Any = namedtuple  # mypy takes no names that it cannot read
    make: Callable[[Any], Any] = kind("Row", statement.selected_columns.keys())._make
    return make


def _json(values: list[Any]) -> str:
    return orjson.dumps(values, default=_hexadecimal).decode()


def _hexadecimal(value: object) -> str:
    """Bytes as PostgreSQL reads them in a text."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} has no column here")
