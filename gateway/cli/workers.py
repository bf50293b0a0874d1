"""`serve --workers N`: several gateways on one listening socket and one journal, started again when one dies."""

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import structlog

log = structlog.get_logger("gateway")
PAUSE = 1.0
"""Seconds before a worker that died is started again."""


class Workers:
    """Runs workers until a signal comes; a worker whose parent is gone stops, for its standard input ends."""

    def __init__(self, config: Path, listener: socket.socket, count: int) -> None:
        self._config = config
        self._listener = listener
        self._count = count
        self._stopping = asyncio.Event()
        self._running: dict[int, Process] = {}
        self._failed = False

    async def run(self) -> bool:
        """Run them all; returns whether each ended in good order."""
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sig, self._stop, sig)
        await asyncio.gather(*(self._keep(number) for number in range(self._count)))
        return not self._failed

    async def _keep(self, number: int) -> None:
        """Keep one worker running. One that never serves stops them all: the next one would fare no better."""
        while not self._stopping.is_set():
            begun = asyncio.get_running_loop().time()
            worker = self._running[number] = await self._start(number)
            code = await worker.wait()
            if self._stopping.is_set():
                self._failed |= code != 0
                return
            lasted = asyncio.get_running_loop().time() - begun
            log.error("a worker ended; it is started again", worker=number, code=code, seconds=round(lasted, 1))
            if code == 1 and lasted < 5 * PAUSE:
                self._failed = True
                self._stop(signal.SIGTERM)
                return
            try:
                await asyncio.wait_for(self._stopping.wait(), PAUSE)
            except TimeoutError:
                continue

    async def _start(self, number: int) -> Process:
        descriptor = self._listener.fileno()
        command = ["-m", "gateway.cli", "serve", "--config", str(self._config), "--inherit", f"{descriptor}:{number}"]
        return await asyncio.create_subprocess_exec(sys.executable, *command, stdin=PIPE, pass_fds=[descriptor])

    def _stop(self, sig: signal.Signals) -> None:
        self._stopping.set()
        for worker in self._running.values():
            if worker.returncode is None:
                worker.send_signal(sig)
