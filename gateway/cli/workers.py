"""`serve --workers N`: several gateways on one listening socket and one journal, started again when one dies."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

import structlog

log = structlog.get_logger("gateway")
PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before a worker that died is started again: at first, and at most."""
LASTING = 5.0
"""Seconds after which a worker counts as one that serves."""


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
        loop.add_signal_handler(signal.SIGHUP, self._pass_on, signal.SIGHUP)
        await asyncio.gather(*(self._keep(number) for number in range(self._count)))
        return not self._failed

    async def _keep(self, number: int) -> None:
        """Keep one worker running, started again after pauses that grow while it does not last.

        One whose first life ends by itself at once stops them all: the configuration is at fault, and the next one
        would fare no better. Later that is no reason any more: the others serve on, and what is missing may come back.
        """
        loop = asyncio.get_running_loop()
        pause, first = PAUSE, True
        while not self._stopping.is_set():
            begun = loop.time()
            code = await self._lived(number)
            if self._stopping.is_set():
                self._failed |= code not in (None, 0)
                return
            lasted = loop.time() - begun
            if code is not None:
                log.error("a worker ended; it is started again", worker=number, code=code, seconds=round(lasted, 1))
            if first and code == 1 and lasted < LASTING:
                self._failed = True
                self._stop(signal.SIGTERM)
                return
            first = False
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = PAUSE if lasted >= LASTING else min(2 * pause, LONGEST_PAUSE)

    async def _lived(self, number: int) -> int | None:
        """Run one worker to its end; gives its exit code, None where it could not be started."""
        try:
            worker = self._running[number] = await self._start(number)
        except OSError as error:  # as where memory, processes or files have run out
            log.error(
                "a worker cannot be started; it is tried again", worker=number, error=os.strerror(error.errno or 0)
            )
            return None
        return await worker.wait()

    async def _start(self, number: int) -> Process:
        descriptor = self._listener.fileno()
        command = ["-m", "gateway.cli", "serve", "--config", str(self._config), "--inherit", f"{descriptor}:{number}"]
        return await asyncio.create_subprocess_exec(sys.executable, *command, stdin=PIPE, pass_fds=[descriptor])

    def _stop(self, sig: signal.Signals) -> None:
        self._stopping.set()
        self._listener.close()  # workers close theirs: nobody is to wait in a line that none of them serves any more
        self._pass_on(sig)

    def _pass_on(self, sig: signal.Signals) -> None:
        for worker in self._running.values():
            if worker.returncode is None:
                worker.send_signal(sig)
