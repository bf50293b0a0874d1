"""A second person's confirmation of what one decides by hand, and indexes of what operators look at.

Tables of their own, with a rule of one person, so that a gateway of the version before goes on beside this one. It does
not obey a rule of two: set that once every gateway on the journal has this version.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Create the tables and the indexes."""
    op.create_table(
        "resolution_rule",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("approvals", sa.Integer, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_resolution_rule"),
    )
    op.execute("INSERT INTO resolution_rule VALUES (1, 1, 86400000000)")
    op.create_table(
        "proposals",
        sa.Column("adjustment", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("resolution", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("steps", sa.Integer, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("adjustment", name="pk_proposals"),
    )
    where = sa.text("status = 'accepted'")
    op.create_index(
        "ix_adjustments_accepted_at", "adjustments", ["created_at", "seq"], postgresql_where=where, sqlite_where=where
    )
    where = sa.text("conflict")
    op.create_index(
        "ix_adjustments_conflict", "adjustments", ["created_at", "seq"], postgresql_where=where, sqlite_where=where
    )
