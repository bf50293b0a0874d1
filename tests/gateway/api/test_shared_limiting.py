"""Rates of clients that processes share, in a real Redis or Valkey; and what holds while that is away."""

import asyncio
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.api.limiting import Limiter, Quota
from gateway.api.shared_limiting import REST, SharedCounts, SharedLimiter
from gateway.metrics import Metrics
from gateway.settings import Client
from tests.deadlines import DEADLINE, scaled, until

PROGRAM = shutil.which("valkey-server") or shutil.which("redis-server")


class Server:
    """A server of its own, in memory alone; `url` is where."""

    def __init__(self, folder: Path) -> None:
        if PROGRAM is None:
            pytest.skip("redis-server, valkey-server: not installed (Debian's packages of these names have them)")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        where = ("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder))
        command = [PROGRAM, *where, "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self._serves)

    def _serves(self) -> bool:
        assert self.process.poll() is None
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE):
            return True
        return False


class Processes:
    """Several processes as far as rates go: each counts by itself and asks the server; they share a clock."""

    def __init__(self, url: str, *, patience: float, rate: str = "10/hour", share: float = 0.5) -> None:
        clients = {
            "storefront": Client("storefront", frozenset(), frozenset(), rate),
            "free": Client("free", frozenset(), frozenset()),
        }
        self.now = 0.0
        self.counts = [SharedCounts(url, clock=lambda: self.now, patience=patience) for _ in range(2)]
        self.limiters = [
            SharedLimiter(clients, counts, Limiter(clients, {}, clock=lambda: self.now, share=share))
            for counts in self.counts
        ]

    async def take(self, process: int) -> Quota:
        quota = await self.limiters[process].counted("storefront")
        assert quota is not None
        return quota

    def up(self, process: int) -> float:
        metrics = Metrics()
        self.counts[process].tell(metrics)
        metrics.sample()
        [up] = re.findall(r"^points_shared_rates_up (\S+)$", metrics.exposition().decode(), re.MULTILINE)
        return float(up)

    async def close(self) -> None:
        for counts in self.counts:
            await counts.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.process.kill()
    server.process.wait()


def test_processes_share_a_rate(server: Server) -> None:
    """Two processes allow together what the rate says; each answer says what is left of it for both."""

    async def body() -> None:
        processes = Processes(server.url, patience=DEADLINE)
        quotas = [await processes.take(number % 2) for number in range(12)]
        assert [quota.within for quota in quotas] == 10 * [True] + 2 * [False]
        assert [quota.left for quota in quotas] == [*reversed(range(10)), 0, 0]
        assert {(quota.amount, quota.window) for quota in quotas} == {(10, 3600)}
        assert all(0 < quota.more <= 3600 for quota in quotas)
        assert await processes.limiters[0].counted("free") is None
        assert [processes.up(0), processes.up(1)] == [1, 1]
        await processes.close()

    asyncio.run(body())


def test_many_at_once_are_counted_once_each(server: Server) -> None:
    """Of a hundred requests at once, over two processes, the rate lets through as many as it says."""

    async def body() -> None:
        processes = Processes(server.url, patience=DEADLINE)
        quotas = await asyncio.gather(*(processes.take(number % 2) for number in range(100)))
        assert sum(quota.within for quota in quotas) == 10
        await processes.close()

    asyncio.run(body())


def test_a_server_that_does_not_answer(server: Server) -> None:
    """Each process then allows its share, says so, and waits no longer than it may; once the server answers again, the
    shared rate counts."""

    async def body() -> None:
        patience = scaled(0.05)
        processes = Processes(server.url, patience=patience)
        server.process.send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        async with asyncio.timeout(DEADLINE):
            quotas = [await processes.take(0) for _ in range(7)]
        assert time.monotonic() - begun < 6 * patience, "only the first three have waited"
        assert [quota.within for quota in quotas] == 5 * [True] + 2 * [False]
        assert quotas[0].headers["RateLimit-Policy"] == '"client";q=5;w=3600'
        assert [processes.up(0), processes.up(1)] == [0, 1]
        server.process.send_signal(signal.SIGCONT)
        async with asyncio.timeout(DEADLINE):
            while not processes.up(0):
                processes.now += REST
                quota = await processes.take(0)
        assert quota.amount == 10
        await processes.close()

    asyncio.run(body())


def test_no_server_at_all(server: Server) -> None:
    """A server that has gone is as one that does not answer; a share allows one request at least."""
    server.process.kill()
    server.process.wait()

    async def body() -> None:
        processes = Processes(server.url, patience=DEADLINE, rate="2/hour", share=0.1)
        assert [(await processes.take(1)).within for _ in range(4)] == [True, False, False, False]
        assert processes.up(1) == 0
        await processes.close()

    asyncio.run(body())
