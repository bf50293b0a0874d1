"""What is due to be looked for is found by account and moment, however much is unknown and not due yet."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Index what is unknown as it is looked for."""
    where = sa.text("status = 'unknown'")
    columns: list[str | sa.TextClause] = ["account", sa.text("coalesce(look_at, 0)"), "seq"]
    op.create_index("ix_adjustments_due", "adjustments", columns, postgresql_where=where, sqlite_where=where)
