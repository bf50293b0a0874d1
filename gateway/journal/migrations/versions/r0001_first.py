"""Adjustments and their transitions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Create both tables, with what pages and look-ups are found by."""
    sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "adjustments",
        sa.Column("seq", sequence, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("adapter", sa.Text, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("points", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
        sa.Column("draft", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("retryable", sa.Boolean, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
        sa.Column("completed_at", sa.BigInteger),
        sa.Column("applied", sa.Text),
        sa.Column("problem", sa.Text),
        sa.Column("resolution", sa.Text),
        sa.Column("answer_status", sa.Integer),
        sa.Column("answer_body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("seq", name="pk_adjustments"),
        sa.UniqueConstraint("id", name="uq_adjustments_id"),
        sa.UniqueConstraint("key", "tenant", "client", name="uq_adjustments_key_tenant_client"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "transitions",
        sa.Column("seq", sequence, autoincrement=True, nullable=False),
        sa.Column("adjustment", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_transitions"),
        sa.ForeignKeyConstraint(["adjustment"], ["adjustments.id"], name="fk_transitions_adjustment"),
        sqlite_autoincrement=True,
    )
    for table, columns in (
        ("adjustments", ["tenant", "seq"]),
        ("adjustments", ["tenant", "member", "seq"]),
        ("adjustments", ["tenant", "reference", "seq"]),
        ("adjustments", ["tenant", "status", "seq"]),
        ("adjustments", ["status", "lease_until"]),
        ("transitions", ["adjustment", "seq"]),
    ):
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
