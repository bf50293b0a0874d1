"""Lists are read newest first by the time of creation, each by an index that holds that time too."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FIRST = (("tenant",), ("tenant", "member"), ("tenant", "reference"), ("tenant", "status"))
_INVALID = sa.text(
    "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
    " WHERE indrelid = 'adjustments'::regclass AND NOT indisvalid"
)


def upgrade() -> None:
    """Make the indexes that are not there yet, then drop those that they replace.

    On PostgreSQL an operator may have made them before, without keeping writers waiting: see docs/running.md. One
    that could not be finished is there and never read: it would leave its lists without any index.
    """
    names = {columns: f"ix_adjustments_{'_'.join(columns)}_created_at_seq" for columns in _FIRST}
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for name in set(connection.scalars(_INVALID)).intersection(names.values()):
            op.drop_index(name, table_name="adjustments")
    for columns, name in names.items():
        op.create_index(name, "adjustments", [*columns, "created_at", "seq"], if_not_exists=True)
    for columns in _FIRST:
        op.drop_index(f"ix_adjustments_{'_'.join(columns)}_seq", table_name="adjustments")
