"""Several workers behind one address: they share the journal, replace each other, and end together."""

import os
import re
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from tests.deadlines import until
from tests.end_to_end.caller import Caller
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors

FIVE = {"member": "contact_id:1", "points": "5"}
WORKERS = 3


@pytest.fixture
def supervisor(start: Starts) -> GatewayProcess:
    """A gateway of several workers, all of which serve."""
    started = start(workers=WORKERS)
    until(lambda: serving(started) == WORKERS)
    return started


@pytest.fixture
def api(supervisor: GatewayProcess, calling: Callable[[GatewayProcess], Caller]) -> Caller:
    """A caller of whichever worker takes the connection."""
    return calling(supervisor)


def serving(supervisor: GatewayProcess) -> int:
    """How many workers have said that they serve."""
    return supervisor.log.count('"event": "serving"')


def workers(supervisor: GatewayProcess) -> set[int]:
    """The process ids of the workers."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(supervisor.pid)], capture_output=True, text=True, check=False
    )
    return set(map(int, re.findall(r"\d+", listed.stdout)))


def alive(pid: int) -> bool:
    """Whether a process is there still."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_identical_writes_over_all_workers(api: Caller, vendors: Vendors) -> None:
    """Fifty identical writes, each on a connection of its own, have one effect, and one answer in the end."""
    with ThreadPoolExecutor(50) as pool:
        heard = list(pool.map(lambda _: api.adjust(FIVE, key="key-0"), range(50)))
    assert {each.status_code for each in heard} <= {201, 409}
    assert len({api.adjust(FIVE, key="key-0").content for _ in range(10)}) == 1
    assert vendors.crm.points == [Decimal(5)]


def test_a_worker_that_dies_is_replaced(supervisor: GatewayProcess, api: Caller, vendors: Vendors) -> None:
    """The others go on, a new one takes its place, and what was answered stays answered."""
    before = api.adjust(FIVE, key="key-0")
    first = workers(supervisor)
    os.kill(min(first), signal.SIGKILL)
    until(lambda: len(workers(supervisor) - first) == 1 and len(workers(supervisor)) == WORKERS)
    until(lambda: serving(supervisor) == WORKERS + 1)
    assert {api.adjust(FIVE, key="key-0").content for _ in range(10)} == {before.content}
    assert vendors.crm.points == [Decimal(5)]


def test_a_signal_ends_them_all(supervisor: GatewayProcess) -> None:
    """SIGTERM to the one that was started ends every worker in good order."""
    running = workers(supervisor)
    assert len(running) == WORKERS
    supervisor.terminate()
    assert supervisor.ended() == 0
    assert not [pid for pid in running if alive(pid)]


def test_none_is_left_when_their_parent_dies(supervisor: GatewayProcess) -> None:
    """Workers whose parent was killed stop too: nobody would ever end them."""
    running = workers(supervisor)
    supervisor.kill()
    until(lambda: not [pid for pid in running if alive(pid)])
