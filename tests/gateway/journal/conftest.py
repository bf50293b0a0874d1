"""A journal in either database, its clock, drafts to claim, and gateways in processes of their own."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import psycopg
import pytest

from gateway.adjustments import Answer, Draft, Record, Settlement, Verdict
from gateway.journal import Journal
from gateway.model import Adjustment, Member
from gateway.write import Write
from tests.deadlines import DEADLINE
from tests.empty_journal import lay
from tests.nursery import ROOT, nursery

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

    def __call__(self, adjustment: Adjustment | None = None, **fields: Any) -> Draft:
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
        usual["write"] = Write(adjustment or Adjustment(Member("contact_id", "1"), Decimal(5)))
        return Draft(**{**usual, **fields})


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

    def __call__(self, **fields: Any) -> Journal:
        usual = {"owner": f"owner-{len(self.journals)}", "clock": self.clock, "render": render}
        # Nothing here is refused for being slow, unless a test says so.
        bounds = {"patience": DEADLINE, "within": DEADLINE}
        return self._kept(Journal.open(self.url, **{**usual, **bounds, **fields}))

    def to_read(self) -> Journal:
        """A journal that is open for reading only."""
        return self._kept(Journal.to_read(self.url, clock=self.clock, patience=DEADLINE))

    def _kept(self, journal: Journal) -> Journal:
        self.journals.append(journal)
        return journal


class Neighbour:
    """Another gateway, in a process of its own: `neighbour.py`."""

    def __init__(self, url: str, owner: str, clock: Clock) -> None:
        (asked, asking), (answered, answering) = os.pipe(), os.pipe()
        self._asking = os.fdopen(asking, "w", encoding="utf-8")
        self._answers = os.fdopen(answered, encoding="utf-8")
        command = ("tests.gateway.journal.neighbour", url, owner, clock.now.isoformat())
        try:
            self.process = nursery().begin(*command, stdin=asked, stdout=answering, folder=ROOT)
        finally:
            os.close(asked)
            os.close(answering)

    def ask(self, what: str, **fields: Any) -> None:
        """Tell it to do something, and go on."""
        self._asking.write(json.dumps([what, fields]) + "\n")
        self._asking.flush()

    def answer(self) -> Any:
        """What it said to the last thing that it was asked; first of all, that it is ready."""
        return json.loads(self._answers.readline())

    def do(self, what: str, **fields: Any) -> Any:
        self.ask(what, **fields)
        return self.answer()

    def end(self) -> int:
        """Let it close its journal; gives its exit code."""
        self._asking.close()
        return self.process.wait()

    def stop(self) -> None:
        """End it, whatever it does; one that has ended stays as it is."""
        self.process.kill()
        self.process.wait()
        with suppress(BrokenPipeError):  # it was asked something that it has not read
            self._asking.close()
        self._answers.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def draft() -> Drafts:
    return Drafts()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, clock: Clock) -> Iterator[str]:
    """Where a journal is to be; where a test asks for an open one, its tables are there already."""
    made = "journal" in request.fixturenames
    if request.param == "sqlite":
        file = request.getfixturevalue("tmp_path") / "var" / "points.db"
        if made:
            lay(file)
        yield f"sqlite:///{file}"
        return
    server = request.getfixturevalue("postgresql")
    url = str(server.database(request.getfixturevalue("empty_journal")) if made else server.database())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SERVER_CLOCK.format(connection.info.dbname).encode())

    def tell(now: datetime) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE hands.point SET at = %s", (now,))

    clock.tell = tell
    clock.advance(0)
    yield url
    server.drop(url)


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
                started.callback(neighbour.stop)
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
        new_draft = draft(adjustment, key=f"k{number}", tenant=tenant, vendor="crm" if number < 7 else "club")
        record, _ = runner.run(journal.claim(new_draft))
        if number == 2:
            record = runner.run(journal.conclude(Settlement(record, Verdict.UNKNOWN, {}))).record
        records.append(record)
        clock.advance(1)
    return records
