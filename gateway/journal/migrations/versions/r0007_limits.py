"""Points are counted by the day, so that no more are adjusted than the limits of clients and tenants let pass."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add what an adjustment has taken, the counters, and the limits as they were last seen."""
    op.add_column("adjustments", sa.Column("reserved", sa.Text))
    op.create_table(
        "budgets",
        sa.Column("counter", sa.Text, nullable=False),
        sa.Column("used", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("counter", name="pk_budgets"),
    )
    op.create_table(
        "limits",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("written", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_limits"),
    )
