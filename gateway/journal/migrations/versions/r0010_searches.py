"""A row has the place at which the search for it goes on, for vendors that are searched page by page.

The column may be null, so that a gateway of the version before can go on writing beside this one. That one searches no
vendor by pages, and leaves the column as it is.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("adjustments", sa.Column("search_cursor", sa.Text))
