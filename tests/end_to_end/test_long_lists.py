"""A list that two filters narrow only together: short and empty pages, for callers and for operators."""

import html
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.copied_rows import copy_oldest
from tests.end_to_end.console_world import serving, with_operators
from tests.end_to_end.test_console_access import client, sign_in, words
from tests.end_to_end.vendors import Vendors

NUMBER = 10_100
"""More than one page looks at."""


def test_what_only_two_filters_narrow_is_found_behind_many(
    running: Vendors, configured: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Behind 10,000 that fit one filter alone is a page without any, which says that the list goes on."""
    running.reset()
    with serving(tmp_path, with_operators(configured())) as (_, url, api):
        found = api.adjust({"member": "contact_id:1", "points": 1, "reference": "sought"}).json()["id"]
        copy_oldest(tmp_path / "journal.db", NUMBER, reference="other", vendor="elsewhere")
        copy_oldest(tmp_path / "journal.db", NUMBER, reference="sought", member="contact_id:2")

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
