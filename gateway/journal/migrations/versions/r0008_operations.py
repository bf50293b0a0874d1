"""A row names the operation of its write, and the adjustment that the operation is about.

Both columns have defaults, so that a gateway of the version before can go on writing beside this one.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns, and an index of the rows that refer to another: writes that refer to none leave it alone."""
    op.add_column("adjustments", sa.Column("operation", sa.Text, server_default=sa.text("'adjust'"), nullable=False))
    op.add_column("adjustments", sa.Column("refers_to", sa.Text))
    where = sa.text("refers_to IS NOT NULL")
    op.create_index(
        "ix_adjustments_refers_to", "adjustments", ["refers_to"], postgresql_where=where, sqlite_where=where
    )
