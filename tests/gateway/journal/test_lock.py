"""The hold on the file of a journal: shared by all who write to it, and had alone by who takes it away."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import StoreUnavailable
from gateway.journal import Journal, JournalError, JournalLocked
from gateway.journal.lock import FileLock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "points.db"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


def refused(file: Path) -> bool:
    """Whether the hold cannot be had alone; where it can, it is let go again."""
    try:
        FileLock.acquire(file, shared=False).release()
    except JournalLocked:
        return True
    return False


def test_a_file_in_use_is_not_had_alone(opener: Any, file: Path, runner: asyncio.Runner) -> None:
    """As long as one of those who write is there, who wants the file alone is told what to do."""
    for journal in [opener(), opener()]:
        with pytest.raises(JournalLocked, match=r"points\.db is held by another process: stop it first"):
            FileLock.acquire(file, shared=False)
        runner.run(journal.close())
    assert not refused(file)


def test_a_reader_is_in_nobodys_way(opener: Any, file: Path, runner: asyncio.Runner) -> None:
    """Who only reads has no hold."""
    runner.run(opener().close())
    opener.to_read()
    assert not refused(file)


def test_nobody_writes_to_what_another_has_alone(opener: Any, file: Path, runner: asyncio.Runner) -> None:
    """While somebody has the file alone it cannot be opened for writing; afterwards it can."""
    hold = FileLock.acquire(file, shared=False)
    with pytest.raises(JournalLocked, match="stop it first"):
        opener()
    hold.release()
    runner.run(opener().ready())


def test_a_killed_process_lets_go(neighbours: Callable[..., list[Any]], file: Path) -> None:
    """The end of a process ends its hold, however it comes."""
    (gateway,) = neighbours("a")
    assert refused(file)
    gateway.process.kill()
    gateway.process.wait()
    assert not refused(file)


def test_one_file_under_two_names_has_one_hold(opener: Any, file: Path, url: str, clock: Any) -> None:
    """A journal that is opened by a link is held by its own name."""
    file.with_name("link.db").symlink_to(file)
    opener.url = url.replace("points.db", "link.db")
    opener()
    assert refused(file)


def test_a_journal_that_cannot_be_opened_is_not_held(opener: Any, file: Path) -> None:
    """Where opening fails, the hold is let go again."""
    file.write_text("something else entirely, and long enough to be read as a header " * 20)
    with pytest.raises(JournalError, match="not a database"):
        opener()
    assert not refused(file)


def test_closing_again_does_nothing(opener: Any, file: Path, runner: asyncio.Runner) -> None:
    """A journal that is closed twice lets go once, and nobody else loses their hold by it."""
    first: Journal = opener()
    runner.run(first.close())
    opener()
    runner.run(first.close())
    assert refused(file)
    with pytest.raises(StoreUnavailable):
        runner.run(first.ready())
