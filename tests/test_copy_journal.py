"""The script that moves a journal from SQLite to PostgreSQL, run as an operator runs it."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.adjustments import Draft, Record, Settlement, Transition, Verdict
from gateway.answers.rendering import final_answer
from gateway.journal import Filters, Journal
from gateway.model import Adjustment, Applied, Balance, Member
from tests.conftest import PostgreSQL
from tests.deadlines import DEADLINE

ROOT = Path(__file__).parents[1]
VERDICTS = (Verdict.APPLIED, Verdict.UNKNOWN, Verdict.NOT_APPLIED, None)


@dataclass(frozen=True)
class Move:
    """A journal in SQLite, an empty database, and a configuration for each."""

    old: str
    new: str
    folder: Path

    def run(self) -> "subprocess.CompletedProcess[str]":
        """Run the script."""
        text = (ROOT / "config/demo.yaml").read_text("utf-8")
        for name, store in (("old.yaml", self.old), ("new.yaml", self.new)):
            (self.folder / name).write_text(
                re.sub(r"(?m)^store: .*$", lambda _, store=store: f"store: {json.dumps(store)}", text), "utf-8"
            )
        command = [sys.executable, str(ROOT / "docs/copy_journal.py"), "old.yaml", "new.yaml"]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=DEADLINE)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@contextmanager
def opened(url: str, runner: asyncio.Runner) -> Iterator[Journal]:
    """A journal as a gateway has it."""
    journal = Journal.open(url, owner=f"for {url}", clock=lambda: datetime.now(UTC), render=final_answer)
    try:
        yield journal
    finally:
        runner.run(journal.close())


def draft(number: int) -> Draft:
    adjustment = Adjustment(Member("contact_id", str(number)), Decimal("-2.50"), description="ünï", reference="o-1")
    return Draft(
        id=f"adj_{number}",
        client="storefront",
        tenant="acme",
        key=f"key-{number}",
        fingerprint="f" * 64,
        adjustment=adjustment,
        vendor="crm",
        adapter="contact-points",
        rule="tenants.acme.routes.adjust[0]",
        not_sent=("reason",),
        lease=15.0,
        account="a" * 32,
    )


async def fill(journal: Journal) -> None:
    """Keep an adjustment of every kind."""
    for number, verdict in enumerate(VERDICTS):
        record, _ = await journal.claim(draft(number))
        applied = Applied("4711", Balance(Decimal("7.0")), {"flag": False}) if verdict is Verdict.APPLIED else None
        if verdict is not None:
            await journal.conclude(Settlement(record, verdict, {"sent": True}, ({"request": "…"},), applied=applied))


async def all_of(journal: Journal) -> list[tuple[Record, tuple[Transition, ...]]]:
    """Everything that a journal holds."""
    found = await journal.list(None, Filters(), limit=100)
    return [(record, await journal.history(record.draft.id)) for record in found.records]


@pytest.fixture
def move(tmp_path: Path, postgresql: PostgreSQL, runner: asyncio.Runner) -> Move:
    old = f"sqlite:///{tmp_path}/points%2F #1.db"
    with opened(old, runner) as journal:
        runner.run(fill(journal))
    return Move(old, postgresql.database(), tmp_path)


def test_everything_arrives(move: Move, runner: asyncio.Runner) -> None:
    """The new journal holds what the old one held, numbers, histories and answers too, and says how much that was."""
    done = move.run()
    assert (done.stdout, done.stderr) == ("4 adjustments\n7 transitions\n0 budgets\n0 limits\n", "")
    with opened(move.old, runner) as old, opened(move.new, runner) as new:
        assert runner.run(all_of(new)) == runner.run(all_of(old)) != []


def test_the_new_journal_goes_on(move: Move, runner: asyncio.Runner) -> None:
    """A key that was copied is known there, and a new one gets the number that follows."""
    assert move.run().returncode == 0
    with opened(move.new, runner) as journal:
        _, ours = runner.run(journal.claim(draft(0)))
        assert not ours
        _, ours = runner.run(journal.claim(draft(len(VERDICTS))))
        assert ours
        assert [record.draft.id[4:] for record, _ in runner.run(all_of(journal))] == list("43210")


def test_a_journal_that_is_not_empty_stays_as_it_is(move: Move, runner: asyncio.Runner) -> None:
    """Copying once more is refused, and changes nothing."""
    move.run()
    done = move.run()
    assert (done.returncode, done.stderr) == (1, "the new journal is not empty\n")
    with opened(move.new, runner) as journal:
        assert len(runner.run(all_of(journal))) == len(VERDICTS)


def test_nothing_is_copied_beside_a_gateway(move: Move, runner: asyncio.Runner) -> None:
    """While a gateway runs on the old journal, the new one stays empty."""
    with opened(move.old, runner):
        done = move.run()
    assert done.returncode == 1
    assert "stop it first" in done.stderr
    with opened(move.new, runner) as journal:
        assert runner.run(all_of(journal)) == []
