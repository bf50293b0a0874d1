"""A short run of the long attack; `soak.py` is the long one, and plays a seed of this one again."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import randbelow

import pytest

from tests.attack import findings
from tests.attack.load import Plan, run
from tests.conftest import PostgreSQL
from tests.standby import pair

KEYS, KILLS = 250, 5


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="attack-"))
    yield made
    if not (made / findings.FILE).exists():
        shutil.rmtree(made)


def attack(
    store: str, folder: Path, *, gateways: int, keys: int = KEYS, halfway: Callable[[], None] | None = None
) -> None:
    """Attack with a new seed, which a failure names."""
    seed = randbelow(1_000_000)
    kills = KILLS * keys // KEYS
    figures = asyncio.run(run(Plan(keys, kills, store, seed, gateways, halfway=halfway), folder))
    if figures.violations:
        pytest.fail(f"seed {seed}\n{findings.keep(figures, folder, store)}", pytrace=False)


def test_the_promise_stands_on_sqlite(folder: Path) -> None:
    """Under load, with kills, stops and faults on every side, nothing contradicts the vendor's ledger."""
    attack(f"sqlite:///{folder}/journal.db", folder, gateways=1)


def test_the_promise_stands_on_postgresql(folder: Path, postgresql: PostgreSQL) -> None:
    """Two gateways on one journal keep the promise as one does."""
    attack(postgresql.database(), folder, gateways=2)


def test_the_promise_stands_through_a_fail_over(folder: Path) -> None:
    """Halfway the journal's server dies under load, and its synchronous standby takes its place."""
    with pair() as servers:
        attack(servers.url, folder, gateways=2, keys=KEYS // 4, halfway=servers.fail_over)
