"""Whether a late outcome contradicted an adjustment: a fact of its row, so that each answer under its key can tell."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# A text inside JSON has its quotes escaped, so this can only be the member itself.
_CONFLICT = r"""evidence LIKE '%"conflict"\:true%'"""
_UPDATE = "UPDATE adjustments SET conflict = true WHERE NOT conflict AND id"


def upgrade() -> None:
    """Add the column, fill it from the history, and have the database keep it in step with the history.

    A trigger does that, because gateways of the version before may still write the history and know no such column.
    """
    op.add_column("adjustments", sa.Column("conflict", sa.Boolean, server_default=sa.false(), nullable=False))
    op.execute(f"{_UPDATE} IN (SELECT adjustment FROM transitions WHERE {_CONFLICT})")  # noqa: S608 (constants)
    trigger = "CREATE TRIGGER transitions_conflict AFTER INSERT ON transitions FOR EACH ROW WHEN"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION transitions_conflict() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {_UPDATE} = NEW.adjustment; RETURN NULL; END $$"
        )
        op.execute(f"{trigger} (NEW.{_CONFLICT}) EXECUTE FUNCTION transitions_conflict()")
    else:
        op.execute(f"{trigger} NEW.{_CONFLICT} BEGIN {_UPDATE} = NEW.adjustment; END")
