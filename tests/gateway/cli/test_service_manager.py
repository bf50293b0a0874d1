"""What a service manager is told, over the socket that it names."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli.service_manager import ServiceManager
from tests.deadlines import DEADLINE


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    """The manager's end; it is at `notify` in the test's folder."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(str(tmp_path / "notify"))
        ours.settimeout(DEADLINE)
        yield ours


def heard(listening: socket.socket) -> dict[str, str]:
    """The next message, by the names in it."""
    return dict(line.split("=", 1) for line in listening.recv(4096).decode().splitlines())


def test_states_are_told(listening: socket.socket, tmp_path: Path) -> None:
    """Each state is one message; a reload has the time at which it began, as systemd wants it."""
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    manager.ready()
    assert heard(listening) == {"READY": "1"}
    manager.reloading()
    message = heard(listening)
    assert message["RELOADING"] == "1"
    assert int(message["MONOTONIC_USEC"]) > 0
    manager.stopping()
    assert heard(listening) == {"STOPPING": "1"}


def test_a_socket_without_a_file() -> None:
    """A name that begins with @ is one of Linux' abstract sockets."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(f"\0points-test-{os.getpid()}")
        ours.settimeout(DEADLINE)
        ServiceManager({"NOTIFY_SOCKET": f"@points-test-{os.getpid()}"}).ready()
        assert heard(ours) == {"READY": "1"}


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}, {"NOTIFY_SOCKET": "vsock:2:1"}])
def test_no_manager_is_no_error(environ: dict[str, str]) -> None:
    """Without a socket, or where nobody listens, nothing happens."""
    ServiceManager(environ).ready()


def test_the_watchdog_is_told(listening: socket.socket, tmp_path: Path) -> None:
    """A watchdog of this process is told again and again while the event loop runs; that of another one never."""

    async def watched(pid: int) -> None:
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000", "WATCHDOG_PID": str(pid)}
        async with ServiceManager(environ).watching():
            await asyncio.sleep(0)
            if pid == os.getpid():
                for _ in range(3):
                    assert await asyncio.to_thread(heard, listening) == {"WATCHDOG": "1"}

    asyncio.run(watched(os.getpid()))
    listening.settimeout(0)
    while True:
        try:
            heard(listening)
        except BlockingIOError:
            break
    asyncio.run(watched(os.getpid() + 1))
    with pytest.raises(BlockingIOError):
        heard(listening)
