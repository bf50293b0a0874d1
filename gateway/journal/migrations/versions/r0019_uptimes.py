"""How far the clock is ahead of machines' uptime, so that one is noticed that was set back while no gateway ran.

A gateway of the version before goes on beside this one: it writes no row, and compares with none.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "uptimes",
        sa.Column("boot", sa.Text, nullable=False),
        sa.Column("uptime", sa.BigInteger, nullable=False),
        sa.Column("ahead", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("boot", name="pk_uptimes"),
    )
