"""What reversals need: whether an adjustment was cancelled at the vendor, and lists of what reverses another.

The column has a default, so that a gateway of the version before can go on writing beside this one. It takes a reversal
for an adjustment, though: stop it before the first reversal is made.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the column, and indexes of the few rows that no plain adjustment is among."""
    op.add_column("adjustments", sa.Column("reversed_at_vendor", sa.Boolean, server_default=sa.false(), nullable=False))
    op.drop_index("ix_adjustments_refers_to", "adjustments")
    for name, where in (
        ("refers_to", sa.text("refers_to IS NOT NULL")),
        ("operation", sa.text("operation != 'adjust'")),
    ):
        columns = ["tenant", name, "created_at", "seq"]
        index = f"ix_adjustments_{'_'.join(columns)}"
        op.create_index(index, "adjustments", columns, postgresql_where=where, sqlite_where=where)
