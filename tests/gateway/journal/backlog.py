"""Steps that nobody has published, more than a test could make one by one."""

from sqlalchemy import text

from gateway.adjustments import Record
from gateway.journal.database import Database


def with_a_backlog(url: str, record: Record, steps: int) -> None:
    """Have so many steps of an adjustment in the journal that nobody has published."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :steps)"
    insert = (
        "INSERT INTO transitions (adjustment, at, before, after, attempt, by, evidence, exchange)"
        f" {numbers} SELECT :id, 1, 'unknown', 'unknown', 1, 'gateway', '{{}}', '[]' FROM n"
    )
    engine = Database.parse(url, patience=5.0, clock=lambda: record.created_at).writer()
    with engine.begin() as connection:
        connection.execute(text(insert), {"id": record.draft.id, "steps": steps})
    engine.dispose()
