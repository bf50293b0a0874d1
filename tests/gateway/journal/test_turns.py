"""Processes that write to one file take turns: none has it again and again while another waits."""

import asyncio
import fcntl
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from gateway.adjustments import Draft
from gateway.journal import Journal
from gateway.journal.file_session import Bell
from tests.deadlines import DEADLINE

ROUNDS = 150


@pytest.fixture
def bells(tmp_path: Path) -> Iterator[tuple[Bell, Bell]]:
    """The bell of one journal, as two processes have it."""
    both = Bell.of(tmp_path / "points.db"), Bell.of(tmp_path / "points.db")
    assert both[0] is not None
    assert both[1] is not None
    yield both[0], both[1]
    for each in both:
        each.close()  # type: ignore[union-attr]  # seen above


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_two_processes_write_in_turn(neighbours: Callable[..., list[Any]], url: str) -> None:
    """Each of two that always have something to write comes next, more often than not, once the other has written."""
    for neighbour in (both := neighbours("a", "b")):
        neighbour.ask("work", callers=1, rounds=ROUNDS)
    for neighbour in both:
        assert neighbour.answer() == ROUNDS
    engine = create_engine(url)
    with engine.connect() as connection:
        owners = connection.scalars(text("SELECT owner FROM adjustments ORDER BY seq")).all()
    engine.dispose()
    names = [str(owner).partition("/")[0] for owner in owners]
    together = names[names.index(names[-1]) if names[0] == names[-1] else 0 :]
    changes = sum(one != other for one, other in pairwise(together))
    assert changes > ROUNDS


def test_a_bell_has_a_descriptor_of_any_number(bells: tuple[Bell, Bell], tmp_path: Path) -> None:
    """A gateway with thousands of connections may open its journal anew."""
    _, rings = bells
    with open(tmp_path / "points.db.turn", "rb+", buffering=0) as pipe:
        high = Bell(fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, 1500))
        try:
            assert not high.wait()
            rings.ring()
            assert high.wait()
        finally:
            high.close()


def test_who_waits_is_woken(bells: tuple[Bell, Bell]) -> None:
    """A bell that rings wakes one who waits for it, who then has begun before the other goes on."""
    waits, rings = bells
    woken, begun = threading.Event(), threading.Event()

    def wait() -> None:
        while not waits.wait() and time.monotonic() < end:
            pass
        woken.set()
        waits.begun()
        begun.set()

    end = time.monotonic() + DEADLINE
    thread = threading.Thread(target=wait)
    thread.start()
    while not woken.is_set() and time.monotonic() < end:
        rings.ring()
        rings.give_way()
    thread.join(DEADLINE)
    assert begun.is_set()


def test_a_bell_is_not_rung_for_nobody(bells: tuple[Bell, Bell]) -> None:
    """Where nobody waits, nobody is given way to, and nobody who comes later is woken for nothing."""
    rings, comes = bells
    rings.ring()
    rings.give_way()
    assert not comes.wait()


def test_one_that_waits_and_is_stopped_is_given_way_to_once(bells: tuple[Bell, Bell]) -> None:
    """It keeps its place, and costs the others no more than a moment each second."""
    stopped, writes = bells
    assert not stopped.wait()  # it is held here
    writes.ring()
    writes.give_way()
    writes.ring()
    assert writes._in_vain > 0
    writes.give_way()
    assert stopped.wait()  # the ring is there still


def test_a_journal_without_a_bell_is_written(
    tmp_path: Path, clock: Any, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """What else has the name of the pipe is left as it is, and turns are raced for."""
    taken = tmp_path / "points.db.turn"
    taken.write_text("mine")
    journal: Any = Journal.open(f"sqlite:///{tmp_path}/points.db", owner="a", clock=clock, render=lambda record: None)
    _, ours = runner.run(journal.claim(draft()))
    runner.run(journal.close())
    assert ours
    assert taken.read_text() == "mine"


def test_the_bell_is_of_its_owner(tmp_path: Path) -> None:
    """Nobody else can ring it, nor hear it."""
    bell = Bell.of(tmp_path / "points.db")
    assert bell is not None
    bell.close()
    mode = os.stat(tmp_path / "points.db.turn").st_mode
    assert stat.S_ISFIFO(mode)
    assert stat.S_IMODE(mode) == 0o600
