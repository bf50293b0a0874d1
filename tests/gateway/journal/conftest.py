"""A journal in either database, its clock, and drafts to claim."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from gateway.adjustments import Answer, Draft, Record
from gateway.journal import Journal
from gateway.model import Adjustment, Member


@dataclass
class Clock:
    now: datetime = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


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
    """Opens journals at one URL and closes those left open."""

    url: str
    clock: Clock
    journals: list[Journal] = field(default_factory=list)

    def __call__(self, **given: Any) -> Journal:
        journal = Journal.open(self.url, **{"clock": self.clock, "render": render, **given})
        self.journals.append(journal)
        return journal


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def draft() -> Drafts:
    return Drafts()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('tmp_path')}/var/points.db"
    return str(request.getfixturevalue("postgresql").database())


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
