"""What grows with the journal, or with the unknown, is found by an index: lists by vendor and client, and repeats.

Nothing else changes, so that a gateway of the version before that still runs goes on as before.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_UNKNOWN = "ix_adjustments_unknown"
_LISTS = ("vendor", "client")
_INVALID = sa.text(
    "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
    " WHERE indrelid = 'adjustments'::regclass AND NOT indisvalid"
)


def upgrade() -> None:
    """Make the indexes that are not there yet.

    On PostgreSQL an operator may have made them before, without keeping writers waiting: see docs/running.md. One
    that could not be finished is there and never read: it is made anew.
    """
    names = {f"ix_adjustments_tenant_{column}_created_at_seq": column for column in _LISTS}
    repeat = "ix_adjustments_repeat"
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for name in set(connection.scalars(_INVALID)).intersection([*names, repeat]):
            op.drop_index(name, table_name="adjustments")
    for name, column in names.items():
        op.create_index(name, "adjustments", ["tenant", column, "created_at", "seq"], if_not_exists=True)
    where = sa.text("status = 'unknown' AND effect_digest IS NOT NULL")
    columns: list[str | sa.TextClause] = ["account", sa.text("coalesce(repeat_at, 0)"), "seq"]
    op.create_index(repeat, "adjustments", columns, postgresql_where=where, sqlite_where=where, if_not_exists=True)
    # With all that is told of where the unknown went, and the status for SQLite, so that the index alone is read.
    where = sa.text("status = 'unknown'")
    op.drop_index(_UNKNOWN, table_name="adjustments")
    columns = ["created_at", "seq", "vendor", "account", "status"]
    op.create_index(_UNKNOWN, "adjustments", columns, postgresql_where=where, sqlite_where=where)
