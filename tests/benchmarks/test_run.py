"""The run as a whole: what is written and when, and that writes are compared with the vendor's own count."""

import sys
from pathlib import Path

import pytest

from benchmarks import calls, others, run
from benchmarks.lineup import Lineup
from benchmarks.load import Void
from benchmarks.machine import Cores, available
from benchmarks.report import BEGIN, END
from benchmarks.rounds import measured
from benchmarks.scenarios import VENDOR, Scenario, rotated
from benchmarks.server import NotStarted, Server
from tests.benchmarks.made_up import made_up
from tests.deadlines import DEADLINE, scaled

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="benchmarks pin processes as Linux has it")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "page.md"
    file.write_text(f"# Prose\n{BEGIN}\n{END}\n", "utf-8")
    return file


def test_a_run_writes_a_page_and_a_chart(page: Path, tmp_path: Path) -> None:
    """Both are there after a run that counts, and the page has the figures in it."""
    folder = tmp_path / "written"
    folder.mkdir()
    run.write(made_up, page, folder)
    assert sorted(file.name for file in folder.iterdir()) == ["performance.md", "performance.svg"]
    assert "bare echo" in (folder / "performance.md").read_text("utf-8")


@pytest.mark.parametrize("error", [Void("a connection was closed"), NotStarted("it ended with code 1")], ids=str)
def test_a_void_run_writes_nothing(error: Exception, page: Path, tmp_path: Path) -> None:
    """It ends with a message that says what happened, which is exit code 1, and leaves all as it was."""

    def void() -> None:
        raise error

    folder = tmp_path / "written"
    folder.mkdir()
    with pytest.raises(SystemExit, match=f"void: {error}"):
        run.write(void, page, folder)
    assert list(folder.iterdir()) == []


def test_answers_without_effects_void_it(tmp_path: Path) -> None:
    """Where the vendor has counted other effects than were answered, the measurement does not count."""
    cores = Cores.of(available())
    vendor = others.fake_vendor(tmp_path, cores=cores.vendor)
    try:
        call = calls.vendor_balances()
        lineup = Lineup(vendor.answers(call, within=DEADLINE), cores, {VENDOR: vendor})
        reads = Scenario("reads", VENDOR, call, connections=2)
        assert measured(lineup, reads, seconds=scaled(0.1), warm_up=0.0).cpu > 0
        with pytest.raises(Void, match=r"reads, 2 connections: the vendor counted 0 effects, and \d+ were answered"):
            measured(
                lineup, Scenario("reads", VENDOR, call, connections=2, writes=True), seconds=scaled(0.1), warm_up=0.0
            )
    finally:
        vendor.stop()


def test_a_server_that_ends_is_not_started(tmp_path: Path) -> None:
    """Its last words are told, and apart from them a reason that names no place of this machine."""
    vendor = Server([sys.executable, "-c", "exit('no')"], port=1, folder=tmp_path, cores=available())
    try:
        with pytest.raises(NotStarted, match="code 1: no") as error:
            vendor.answers(calls.vendor_balances(), within=DEADLINE)
        assert error.value.reason == "it ended with code 1"
    finally:
        vendor.stop()


def test_the_order_rotates() -> None:
    """Each round has every scenario once, and begins at another place."""
    everything = [Scenario(str(number), VENDOR, calls.ready(), 1) for number in range(6)]
    orders = ["".join(each.row for each in rotated(everything, number, 3)) for number in range(3)]
    assert orders == ["012345", "234501", "450123"]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8])
def test_a_server_shares_its_core_with_nobody_where_it_can(count: int) -> None:
    """With two cores and more, what is measured has the first to itself; with four, two workers have two."""
    cores = Cores.of(frozenset(range(count)))
    others_of = cores.load | cores.vendor | cores.database
    assert cores.one.isdisjoint(others_of) == (count > 1)
    assert cores.two.isdisjoint(others_of) == (count > 2)
    assert len(cores.two) == min(count, 2)
