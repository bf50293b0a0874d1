"""Lists are read newest first by the time of creation, each by an index that holds that time too."""

from collections.abc import Sequence

from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FIRST = (("tenant",), ("tenant", "member"), ("tenant", "reference"), ("tenant", "status"))


def upgrade() -> None:
    """Make the indexes that are not there yet, then drop those that they replace.

    On PostgreSQL an operator may have made them before, without keeping writers waiting: see docs/operating.md.
    """
    for columns in _FIRST:
        name = "_".join(columns)
        op.create_index(
            f"ix_adjustments_{name}_created_at_seq", "adjustments", [*columns, "created_at", "seq"], if_not_exists=True
        )
    for columns in _FIRST:
        op.drop_index(f"ix_adjustments_{'_'.join(columns)}_seq", table_name="adjustments")
