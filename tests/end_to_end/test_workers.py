"""Several workers behind one address: they share the journal, replace each other, and end together."""

import os
import re
import resource
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.deadlines import until
from tests.end_to_end.caller import Caller
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.wire import Wire

FIVE = {"member": "contact_id:1", "points": "5"}
WORKERS = 3
KEY = KEYS["storefront"].encode()


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
    return supervisor.log.count('"event":"serving"')


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


def refuses(supervisor: GatewayProcess) -> bool:
    """Whether a new connection to a gateway is refused."""
    try:
        Wire(supervisor.url).__exit__()
    except ConnectionRefusedError:
        return True
    return False


def test_identical_writes_over_all_workers(api: Caller, vendors: Vendors) -> None:
    """Fifty identical writes, each on a connection of its own, have one effect, and one answer in the end."""
    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda _: api.adjust(FIVE, key="key-0"), range(50)))
    assert {each.status_code for each in responses} <= {201, 409}
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


def test_a_worker_that_cannot_be_replaced_takes_nobody_with_it(
    start: Starts,
    calling: Callable[[GatewayProcess], Caller],
    configured: Callable[..., dict[str, Any]],
    vendors: Vendors,
    tmp_path: Path,
) -> None:
    """While what a new one needs is missing it is tried again and again, and the others serve; then it is back."""
    file, aside = tmp_path / "secret", tmp_path / "aside"
    file.write_text(vendors.crm.secret)
    whole = configured()["vendors"]
    supervisor = start(workers=WORKERS, vendors={**whole, "crm": {**whole["crm"], "api_key": f"${{file:{file}}}"}})
    until(lambda: serving(supervisor) == WORKERS)
    api = calling(supervisor)
    file.rename(aside)
    before = workers(supervisor)
    os.kill(min(before), signal.SIGKILL)
    until(lambda: supervisor.log.count("a worker ended; it is started again") >= 3)
    assert api.adjust(FIVE).status_code == 201
    aside.rename(file)
    until(lambda: serving(supervisor) == WORKERS + 1)
    assert len(workers(supervisor) & before) == WORKERS - 1


def test_a_mistake_in_the_file_stays_in_the_file(supervisor: GatewayProcess, api: Caller, vendors: Vendors) -> None:
    """A worker that ends after the file was edited starts with what its siblings serve, whatever the file says now."""
    (supervisor.folder / "gateway.yaml").write_text("vendors: [")
    before = workers(supervisor)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: serving(supervisor) == 2 * WORKERS)
    assert api.adjust(FIVE).status_code == 201
    assert not workers(supervisor) & before


def test_a_supervisor_without_resources_tries_again(supervisor: GatewayProcess, api: Caller, vendors: Vendors) -> None:
    """Where no process can be started the others serve on, and one is started as soon as that can be."""
    _, most = resource.prlimit(supervisor.pid, resource.RLIMIT_NOFILE)
    os.kill(min(workers(supervisor)), signal.SIGSTOP)  # so that it does not end before the limit is there
    resource.prlimit(supervisor.pid, resource.RLIMIT_NOFILE, (3, most))
    os.kill(min(workers(supervisor)), signal.SIGKILL)
    until(lambda: "a worker cannot be started; it is tried again" in supervisor.log)
    assert api.adjust(FIVE).status_code == 201
    resource.prlimit(supervisor.pid, resource.RLIMIT_NOFILE, (most, most))
    until(lambda: serving(supervisor) == WORKERS + 1)


def test_a_signal_ends_them_all(supervisor: GatewayProcess) -> None:
    """SIGTERM to the one that was started ends every worker in good order."""
    running = workers(supervisor)
    assert len(running) == WORKERS
    supervisor.terminate()
    assert supervisor.ended() == 0
    assert not [pid for pid in running if alive(pid)]


def test_nobody_waits_for_workers_that_stop(supervisor: GatewayProcess) -> None:
    """While they still answer, a new connection is refused, and is not held until the last one is gone."""
    lines = [
        b"Idempotency-Key: key-0",
        b"Content-Type: application/json",
        b"Content-Length: 9",
        b"Expect: 100-continue",
    ]
    with Wire(supervisor.serving()) as held:
        held.send(b"POST /v1/adjustments HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer %s\r\n" % KEY)
        held.send(b"\r\n".join([*lines, b"", b""]))
        held.some()  # it is under way
        supervisor.terminate()
        until(lambda: refuses(supervisor))
        assert alive(supervisor.pid)
        held.send(b"not JSON.")
        assert held.answer().status == 400
    assert supervisor.ended() == 0


def test_none_is_left_when_their_parent_dies(supervisor: GatewayProcess) -> None:
    """Workers whose parent was killed stop too: nobody would ever end them."""
    running = workers(supervisor)
    supervisor.kill()
    until(lambda: not [pid for pid in running if alive(pid)])
