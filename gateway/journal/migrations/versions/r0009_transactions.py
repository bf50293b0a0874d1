"""A row has the vendor's transaction id in a column, so that a row of a vendor's history leads to its adjustment.

The column may be null, so that a gateway of the version before can go on writing beside this one. What that one settles
has none.
"""

import json
from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LONGEST = 255
"""Characters of an id; PostgreSQL cannot index a text of some 2,700 bytes."""
_BATCH = 1_000
# How each version has written `applied`. A text without a backslash stands in JSON as it is, up to the next quote.
_BEGINNING = '{"transaction_id":"'
_EMPTY = '{"transaction_id":null'
_UPDATE = sa.text("UPDATE adjustments SET transaction_id = :id WHERE seq = :seq")


def upgrade() -> None:
    """Add the column, fill it from `applied`, and index the rows that have one."""
    op.add_column("adjustments", sa.Column("transaction_id", sa.Text))
    connection = op.get_bind()
    _fill_plain(connection)
    for batch in _others(connection):
        connection.execute(_UPDATE, batch)
    where = sa.text("transaction_id IS NOT NULL")
    columns = ["tenant", "account", "transaction_id"]
    op.create_index("ix_adjustments_transaction_id", "adjustments", columns, postgresql_where=where, sqlite_where=where)


def _fill_plain(connection: sa.Connection) -> None:
    """Fill what can be read without JSON functions, in one statement: those of PostgreSQL fail on `\\u0000`."""
    rows = sa.table("adjustments", sa.column("applied", sa.Text), sa.column("transaction_id", sa.Text))
    place = _place(connection)
    start = len(_BEGINNING) + 1
    end = place(sa.func.substr(rows.c.applied, start, _LONGEST + 1), '"')
    connection.execute(
        sa.update(rows)
        .where(sa.func.substr(rows.c.applied, 1, len(_BEGINNING)) == _BEGINNING)
        .where(place(rows.c.applied, "\\") == 0, end > 1)
        .values(transaction_id=sa.func.substr(rows.c.applied, start, end - 1))
    )


def _others(connection: sa.Connection) -> Iterator[list[dict[str, object]]]:
    """The ids of the other rows, with their `seq`, in batches."""
    rows = sa.table("adjustments", sa.column("seq", sa.BigInteger), sa.column("applied", sa.Text))
    place = _place(connection)
    plain = sa.and_(sa.func.substr(rows.c.applied, 1, len(_BEGINNING)) == _BEGINNING, place(rows.c.applied, "\\") == 0)
    empty = sa.func.substr(rows.c.applied, 1, len(_EMPTY)) == _EMPTY
    others = sa.select(rows).where(rows.c.applied.is_not(None), sa.not_(plain), sa.not_(empty)).order_by(rows.c.seq)
    last = -1
    while found := connection.execute(others.where(rows.c.seq > last).limit(_BATCH)).all():
        last = found[-1].seq
        if batch := [{"seq": row.seq, "id": id_} for row in found if (id_ := _id_in(row.applied)) is not None]:
            yield batch


def _place(connection: sa.Connection) -> Callable[..., sa.ColumnElement[int]]:
    """The function that gives the first place of a text in another; 0 where it is not in it."""
    return sa.func.strpos if connection.dialect.name == "postgresql" else sa.func.instr


def _id_in(applied: str) -> str | None:
    """The id of one row as its column has it: one with NUL or a lone surrogate, or that looks so written, as JSON."""
    try:
        id_ = json.loads(applied, parse_int=str, parse_float=str)["transaction_id"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    if not isinstance(id_, str):
        return None
    sayable = id_.encode(errors="replace").decode() == id_ and "\0" not in id_ and not id_.startswith('"')
    stored = id_ if sayable else json.dumps(id_)
    return stored if 0 < len(stored) <= _LONGEST else None
