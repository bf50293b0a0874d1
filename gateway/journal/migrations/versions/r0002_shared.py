"""What several gateways on one journal need: whose an attempt is, where it went, when to look for it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns, and index only what has not ended instead of all there ever was."""
    op.add_column("adjustments", sa.Column("owner", sa.Text, server_default=sa.text("''"), nullable=False))
    op.add_column("adjustments", sa.Column("account", sa.Text, server_default=sa.text("''"), nullable=False))
    op.add_column("adjustments", sa.Column("look_at", sa.BigInteger))
    op.add_column("adjustments", sa.Column("looks", sa.Integer, server_default=sa.text("0"), nullable=False))
    op.drop_index("ix_adjustments_status_lease_until", "adjustments")
    for status, columns in (("in_progress", ["lease_until"]), ("unknown", ["created_at"])):
        where = sa.text(f"status = '{status}'")
        op.create_index(f"ix_adjustments_{status}", "adjustments", columns, postgresql_where=where, sqlite_where=where)
