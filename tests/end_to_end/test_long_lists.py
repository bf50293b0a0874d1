"""A list that two filters narrow only together: short and empty pages, for callers and for operators."""

import html
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.deadlines import DEADLINE
from tests.end_to_end.console_world import serving, with_operators
from tests.end_to_end.test_console_access import client, sign_in, words
from tests.end_to_end.vendors import Vendors

NUMBER = 10_100
"""More than one page looks at."""


def copy(journal: Path, changes: dict[str, str]) -> None:
    """Have the only adjustment that many times more, each newer, with these values in place of its own."""
    with closing(sqlite3.connect(journal, timeout=DEADLINE)) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(adjustments)")][1:]
        own = {
            "id": f"printf('adj_%032x', number + {len(changes['reference']) * NUMBER})",
            "key": f"'{changes['reference']}-' || number",
            "created_at": "created_at + number",
            **{name: f"'{value}'" for name, value in changes.items()},
        }
        quoted = [f'"{name}"' for name in names]
        connection.execute(
            "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT ?)"
            f" INSERT INTO adjustments ({', '.join(quoted)})"
            f" SELECT {', '.join(own.get(name, each) for name, each in zip(names, quoted, strict=True))}"
            " FROM numbers JOIN (SELECT * FROM adjustments ORDER BY seq LIMIT 1)",
            (NUMBER,),
        )
        connection.commit()


def test_what_only_two_filters_narrow_is_found_behind_many(
    running: Vendors, configured: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Behind 10,000 that fit one filter alone is a page without any, which says that the list goes on."""
    running.reset()
    with serving(tmp_path, with_operators(configured())) as (_, url, api):
        found = api.adjust({"member": "contact_id:1", "points": 1, "reference": "sought"}).json()["id"]
        copy(tmp_path / "journal.db", {"reference": "other", "vendor": "elsewhere"})
        copy(tmp_path / "journal.db", {"reference": "sought", "member": "contact_id:2"})

        asked = {"member": "contact_id:1", "reference": "sought"}
        first = api.get("/v1/adjustments", **asked).json()
        assert first["data"] == []
        last = api.get("/v1/adjustments", **asked, cursor=first["next_cursor"]).json()
        assert ([each["id"] for each in last["data"]], last["next_cursor"]) == ([found], None)

        with closing(client(url)) as browser:
            sign_in(browser)
            page = browser.get("/console/search", params={"text": "sought", "by": "reference", "vendor": "elsewhere"})
            assert "None of the newest that were looked through fits." in words(page)
            older = re.search('href="([^"]+)">Older ones', page.text)
            assert older is not None
            page = browser.get(f"{url}{html.unescape(older[1])}")
            assert "Nothing has this value" in words(page)
            page = browser.get("/console/search", params={"text": "sought", "vendor": "elsewhere"})
            assert "There may be older ones: say beside “As” what the text is." in words(page)
