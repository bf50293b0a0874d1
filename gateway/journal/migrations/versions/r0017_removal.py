"""What is erased or purged: what became of a row, the pseudonym of a member whose erasure is put off, and the key.

The columns are empty at first, so that a gateway of the version before goes on beside this one. It would show a purged
or an erased row as it is, and refuses every repeat of their keys; stop it before the first erasure.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns, an index of the rows that are still to be erased, and the table of the key."""
    op.add_column("adjustments", sa.Column("removal", sa.Text))
    op.add_column("adjustments", sa.Column("erase_as", sa.Text))
    where = sa.text("erase_as IS NOT NULL")
    columns = ["status", "retryable"]
    op.create_index("ix_adjustments_erase", "adjustments", columns, postgresql_where=where, sqlite_where=where)
    op.create_table(
        "erasure_key",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_erasure_key"),
    )
