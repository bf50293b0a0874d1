"""The audit log: what operators did is kept once, and is read newest first."""

import asyncio
from collections.abc import Callable
from typing import Any

from gateway.journal import Entry, Journal
from gateway.journal.commands import Note


def test_what_an_operator_did_is_kept_in_order(journal: Journal, clock: Any, runner: asyncio.Runner) -> None:
    """Every action has its time by the journal's clock, who it was, and its detail; the newest comes first."""
    first = clock.now
    runner.run(journal.note("command line, uid 0 (root)", "pause", {"vendor": "crm", "reason": "maintenance"}))
    clock.advance(5)
    runner.run(journal.note("command line, uid 7", "resume", {"vendor": "crm"}))
    assert runner.run(journal.audit(limit=10)) == (
        Entry(clock.now, "command line, uid 7", "resume", {"vendor": "crm"}),
        Entry(first, "command line, uid 0 (root)", "pause", {"vendor": "crm", "reason": "maintenance"}),
    )
    assert len(runner.run(journal.audit(limit=1))) == 1


def test_an_action_that_is_done_again_is_kept_once(opener: Callable[..., Journal], runner: asyncio.Runner) -> None:
    """An operation that runs again after a lost session recognises its own row."""
    journal = opener()
    again = Note("owner/1", "command line", "purge", {})
    for _ in range(2):
        runner.run(journal._write(again))
    assert len(runner.run(journal.audit(limit=10))) == 1
