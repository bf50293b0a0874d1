"""How a gateway stops: what load balancers and a service manager hear of it, and what callers do."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.cli.stopping import SAME
from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.plain import PLAIN

FIVE = {"member": "contact_id:1", "points": "5"}
Calling = Callable[[GatewayProcess], Caller]
LONG = 3600
"""Seconds of a linger that no test waits for; no longer one is taken."""


def ready(gateway: GatewayProcess) -> int:
    """The status of `/readyz`, asked on a new connection."""
    return httpx.get(f"{gateway.url}/readyz", trust_env=False, verify=PLAIN, timeout=DEADLINE).status_code


@pytest.mark.parametrize("workers", [1, 2])
def test_a_gateway_that_lingers_takes_calls(
    start: Starts, calling: Calling, vendors: Vendors, configured: Callable[..., dict[str, Any]], workers: int
) -> None:
    """After the signal `/readyz` is 503 and calls are taken, each with `Connection: close`; a second one ends that."""
    gateway = start(workers=workers, server={**configured()["server"], "linger": LONG})
    api = calling(gateway)
    address = urlsplit(gateway.url)
    with closing(HTTPConnection(address.hostname or "", address.port, timeout=DEADLINE)) as connection:
        connection.request("GET", "/livez")
        assert connection.getresponse().read() == b'{"status":"ok"}'
        begun = time.monotonic()
        gateway.terminate()
        until(lambda: all(ready(gateway) == 503 for _ in range(4 * workers)))  # workers hear of it one by one
        connection.request("GET", "/livez")  # the very connection of before
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("connection")) == (200, "close")
        answer.read()
    for _ in range(3):
        response = api.adjust(FIVE)
        assert (response.status_code, response.headers["connection"]) == (201, "close")
    until(lambda: time.monotonic() - begun > 2 * SAME)  # an earlier one would be the same stop
    gateway.terminate()
    assert gateway.ended() == 0
    with pytest.raises(httpx.ConnectError):
        ready(gateway)


def test_a_linger_ends(start: Starts, calling: Calling, configured: Callable[..., dict[str, Any]]) -> None:
    """The gateway ends by itself once that time is over, and not before."""
    gateway = start(server={**configured()["server"], "linger": 1})
    gateway.serving()
    begun = time.monotonic()
    gateway.terminate()
    assert gateway.ended() == 0
    assert time.monotonic() - begun >= 1


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket on which a service manager would hear of the gateways that are started."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(str(tmp_path / "notify"))
        ours.settimeout(DEADLINE)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield ours


@pytest.mark.parametrize("workers", [1, 2])
def test_the_service_manager_hears_of_it(start: Starts, manager: socket.socket, workers: int) -> None:
    """It is told when the gateway serves, when it takes its files anew, and when it stops."""
    gateway = start(workers=workers)
    gateway.serving()
    assert _next(manager) == "READY=1"
    if workers == 1:
        os.kill(gateway.pid, signal.SIGHUP)
        assert _next(manager).startswith("RELOADING=1\nMONOTONIC_USEC=")
        assert _next(manager) == "READY=1"
    gateway.terminate()
    assert gateway.ended() == 0
    manager.setblocking(False)
    states = []
    while True:
        try:
            states.append(_next(manager))
        except BlockingIOError:
            break
    assert states.count("STOPPING=1") == 1
    assert set(states) <= {"STOPPING=1", "READY=1"}  # READY of the second worker, maybe


def _next(manager: socket.socket) -> str:
    return manager.recv(4096).decode()
