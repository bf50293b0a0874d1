"""What a repeat of a request is held to, at vendors that enforce idempotency, and the journal's own view of time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns, and the one row that holds the highest time that was seen."""
    op.add_column("adjustments", sa.Column("repeats", sa.Integer, server_default=sa.text("0"), nullable=False))
    op.add_column("adjustments", sa.Column("effect_digest", sa.Text))
    op.add_column("adjustments", sa.Column("effect_at", sa.BigInteger))
    op.add_column("adjustments", sa.Column("effect_attempt", sa.Integer))
    op.add_column("adjustments", sa.Column("repeat_until", sa.BigInteger))
    op.add_column("adjustments", sa.Column("repeat_at", sa.BigInteger))
    op.add_column("adjustments", sa.Column("repeat_barred_at", sa.BigInteger))
    op.add_column("adjustments", sa.Column("repeat_alarmed", sa.Boolean, server_default=sa.false(), nullable=False))
    clock = op.create_table(
        "clock",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("highest", sa.BigInteger, nullable=False),
        sa.Column("set_back", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clock"),
    )
    op.bulk_insert(clock, [{"id": 1, "highest": 0, "set_back": 0}])
