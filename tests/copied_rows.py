"""Many adjustments in a journal on SQLite at once: copies of the oldest one, which no gateway has to make."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.deadlines import DEADLINE


def copy_oldest(journal: Path, number: int, **changes: str) -> None:
    """Have the oldest adjustment that many times more, without its history, each newer, with these values for its own.

    Ids, keys and moments differ.
    """
    with closing(sqlite3.connect(journal, timeout=DEADLINE)) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(adjustments)")][1:]
        quoted = {name: f'"{name}"' for name in names}
        after = "((SELECT max(seq) FROM adjustments) + number)"
        values = {
            **quoted,
            "id": f"printf('adj_%032x', {after})",
            "key": f"'copy-' || {after}",
            "created_at": "created_at + number",
            **{name: f"'{value}'" for name, value in changes.items()},
        }
        connection.execute(
            "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT ?)"
            f" INSERT INTO adjustments ({', '.join(quoted.values())})"
            f" SELECT {', '.join(values[name] for name in names)}"
            " FROM numbers JOIN (SELECT * FROM adjustments ORDER BY seq LIMIT 1)",
            (number,),
        )
        connection.commit()
