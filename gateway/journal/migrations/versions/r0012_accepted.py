"""What a vendor has accepted, and not decided yet, is looked for like the unknown, by an index of its own.

A gateway of the version before cannot read such a row: stop it before the first vendor that accepts is configured.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Index what is accepted as it is looked for."""
    where = sa.text("status = 'accepted'")
    columns: list[str | sa.TextClause] = ["account", sa.text("coalesce(look_at, 0)"), "seq"]
    op.create_index("ix_adjustments_accepted", "adjustments", columns, postgresql_where=where, sqlite_where=where)
