"""The place at which a search goes on: kept with an unknown, and gone with its end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.adjustments import Draft, Record, Resolution, Settlement, Status, Verdict
from gateway.journal import Journal

END: dict[str, Callable[[Journal, Record], Awaitable[Any]]] = {
    "found": lambda journal, record: journal.conclude(Settlement(record, Verdict.APPLIED, {}, by="search")),
    "absent": lambda journal, record: journal.conclude(Settlement(record, Verdict.REFUSED, {}, by="search")),
    "person": lambda journal, record: journal.decide(record, Resolution(True, "r", "ops", record.created_at), {}),
}


@pytest.fixture
def unknown(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner, clock: Any) -> Record:
    record = runner.run(journal.claim(draft()))[0]
    runner.run(journal.conclude(Settlement(record, Verdict.UNKNOWN, {})))
    clock.advance(1000)
    return now(journal, runner, record)


def now(journal: Journal, runner: asyncio.Runner, record: Record) -> Record:
    found = runner.run(journal.get(None, record.draft.id))
    assert found is not None
    return found


@pytest.mark.parametrize("cursor", ["a", "a\0b", '"a"', "\ud800", "é" * 2000])
def test_a_cursor_is_kept_until_the_search_begins_anew(
    journal: Journal, runner: asyncio.Runner, unknown: Record, cursor: str
) -> None:
    """Whatever text it is; a look that is put off without one has ended the search."""
    runner.run(journal.postpone(unknown, 5.0, asked=False, cursor=cursor))
    kept = now(journal, runner, unknown)
    assert (kept.search_cursor, kept.looks) == (cursor, 0)
    runner.run(journal.postpone(kept, 5.0))
    assert (now(journal, runner, unknown).search_cursor, now(journal, runner, unknown).looks) == (None, 1)


@pytest.mark.parametrize("end", END)
@pytest.mark.parametrize("before", ["a", None])
def test_a_settled_adjustment_has_no_cursor(
    journal: Journal, runner: asyncio.Runner, unknown: Record, end: str, before: str | None
) -> None:
    """Whoever settles it, also in one batch with a look that is put off."""

    async def settled() -> None:
        await asyncio.gather(journal.postpone(unknown, 5.0, asked=False, cursor="b"), END[end](journal, unknown))

    runner.run(journal.postpone(unknown, 5.0, asked=False, cursor=before))
    runner.run(settled())
    record = now(journal, runner, unknown)
    assert record.state.status is not Status.UNKNOWN
    assert record.search_cursor is None
