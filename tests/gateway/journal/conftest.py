"""A journal in either database, its clock, drafts to claim, and gateways in processes of their own."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.adjustments import Answer, Draft, Record, Settlement, Verdict
from gateway.journal import Journal
from gateway.model import Adjustment, Member
from tests.deadlines import DEADLINE

# A server's clock that is set by hand: the function is found before the server's own.
SERVER_CLOCK = """
CREATE SCHEMA hands;
CREATE TABLE hands.point (at timestamptz NOT NULL);
INSERT INTO hands.point VALUES ('epoch');
CREATE SCHEMA face;
CREATE FUNCTION face.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT at FROM hands.point';
ALTER DATABASE {} SET search_path = public, face, pg_catalog;
"""


@dataclass
class Clock:
    """The journal's clock, whose hands move when they are told to; `tell` moves those of a server too."""

    now: datetime = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    tell: Callable[[datetime], None] = lambda now: None

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        self.now = now
        self.tell(now)

    def advance(self, seconds: float) -> None:
        self.set(self.now + timedelta(seconds=seconds))


@dataclass
class Drafts:
    """Makes drafts that differ in their ids and keys, unless told otherwise."""

    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __call__(self, adjustment: Adjustment | None = None, **given: Any) -> Draft:
        number = next(self.numbers)
        usual: dict[str, Any] = {
            "id": f"adj_{number}",
            "client": "storefront",
            "tenant": "acme",
            "key": f"key-{number}",
            "fingerprint": "f" * 64,
            "vendor": "crm",
            "adapter": "example",
            "rule": "tenants.acme.routes.adjust[0]",
            "not_sent": (),
            "lease": 30.0,
        }
        adjustment = adjustment or Adjustment(Member("contact_id", "1"), Decimal(5))
        return Draft(adjustment=adjustment, **{**usual, **given})


def render(record: Record) -> Answer | None:
    """An answer that shows which record it was made from, in bytes that no codec must touch."""
    if not record.state.final:
        return None
    return Answer(201, f"{record.draft.id} {record.state.status} {record.completed_at} ".encode() + bytes(range(256)))


@dataclass
class Opener:
    """Opens journals at one URL, each as another owner unless told otherwise, and closes those left open."""

    url: str
    clock: Clock
    journals: list[Journal] = field(default_factory=list)

    def __call__(self, **given: Any) -> Journal:
        usual = {"owner": f"owner-{len(self.journals)}", "clock": self.clock, "render": render, "patience": DEADLINE}
        return self._kept(Journal.open(self.url, **{**usual, **given}))

    def to_read(self) -> Journal:
        """A journal that is open for reading only."""
        return self._kept(Journal.to_read(self.url, clock=self.clock, patience=DEADLINE))

    def _kept(self, journal: Journal) -> Journal:
        self.journals.append(journal)
        return journal


class Neighbour:
    """Another gateway, in a process of its own: `neighbour.py`."""

    def __init__(self, url: str, owner: str, clock: Clock) -> None:
        script = Path(__file__).with_name("neighbour.py")
        command = [sys.executable, "-W", "error", str(script), url, owner, clock.now.isoformat()]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what: str, **given: Any) -> None:
        """Tell it to do something, and go on."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([what, given]) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        """What it said to the last thing that it was asked; first of all, that it is ready."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def do(self, what: str, **given: Any) -> Any:
        self.ask(what, **given)
        return self.answer()

    def end(self) -> int:
        """Let it close its journal; gives its exit code."""
        self.process.communicate(timeout=DEADLINE)
        return self.process.returncode


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def draft() -> Drafts:
    return Drafts()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, clock: Clock) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('tmp_path')}/var/points.db"
        return
    url = str(request.getfixturevalue("postgresql").database())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SERVER_CLOCK.format(connection.info.dbname).encode())

    def tell(now: datetime) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE hands.point SET at = %s", (now,))

    clock.tell = tell
    clock.advance(0)
    yield url


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def opener(url: str, clock: Clock, runner: asyncio.Runner) -> Iterator[Callable[..., Journal]]:
    opener = Opener(url, clock)
    yield opener
    for journal in opener.journals:
        runner.run(journal.close())


@pytest.fixture
def journal(opener: Opener) -> Journal:
    return opener()


@pytest.fixture
def neighbours(url: str, clock: Clock) -> Iterator[Callable[..., list[Neighbour]]]:
    """Starts several gateways at once, each its own process, and waits until all are ready."""
    with ExitStack() as started:

        def start(*owners: str) -> list[Neighbour]:
            given = [Neighbour(url, owner, clock) for owner in owners]
            for neighbour in given:
                started.enter_context(neighbour.process)
                started.callback(neighbour.process.kill)
            assert [neighbour.answer() for neighbour in given] == ["ready"] * len(given)
            return given

        yield start


@pytest.fixture
def kept(journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner) -> list[Record]:
    """Ten adjustments, a second apart: of two members, in turn, the last two another tenant's, the third settled."""
    records = []
    for number in range(10):
        adjustment = Adjustment(Member("contact_id", str(number % 2)), Decimal(1), reference=f"order-{number // 4}")
        tenant = "acme" if number < 8 else "outlet"
        wanted = draft(adjustment, key=f"k{number}", tenant=tenant, vendor="crm" if number < 7 else "club")
        record, _ = runner.run(journal.claim(wanted))
        if number == 2:
            record = runner.run(journal.conclude(Settlement(record, Verdict.UNKNOWN, {}))).record
        records.append(record)
        clock.advance(1)
    return records
