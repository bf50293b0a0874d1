"""Events: which steps are told to whom, how far they are published, and what each webhook was told.

The column is empty at first, so that a gateway of the version before goes on beside this one: whoever publishes fills
it in for the steps of such a gateway. What was kept before this migration is no event.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the column with its index, and the tables."""
    op.add_column("transitions", sa.Column("feed", sa.Text))
    where = sa.text("feed IS NOT NULL")
    op.create_index(
        "ix_transitions_feed_seq", "transitions", ["feed", "seq"], postgresql_where=where, sqlite_where=where
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("published", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.execute("INSERT INTO outbox SELECT 1, coalesce(max(seq), 0), '', 0 FROM transitions")
    op.create_table(
        "purged_events",
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("feed", name="pk_purged_events"),
    )
    op.create_table(
        "webhooks",
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("failing_since", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("feed", "name", name="pk_webhooks"),
    )
    op.create_table(
        "deliveries",
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("event", sa.BigInteger, nullable=False),
        sa.Column("adjustment", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("first_at", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("feed", "name", "event", name="pk_deliveries"),
    )
    where = sa.text("due_at IS NOT NULL")
    columns = ["feed", "name", "due_at"]
    op.create_index("ix_deliveries_feed_name_due_at", "deliveries", columns, postgresql_where=where, sqlite_where=where)
    op.create_index("ix_deliveries_adjustment", "deliveries", ["adjustment"])
    op.create_index("ix_deliveries_state_event", "deliveries", ["state", "event"])
