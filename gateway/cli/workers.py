"""`serve --workers N`: several gateways on one listening socket and one journal; a worker that ends is restarted.

Each starts with the configuration that serves, whatever the files say by then.
"""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from gateway.cli.inheritance import Inheritance
from gateway.cli.listener import ignore_new
from gateway.cli.reloading import Parties, Reloading
from gateway.cli.service_manager import ServiceManager
from gateway.cli.stopping import Stopping
from gateway.cli.worker_link import ParentEnd
from gateway.series import Area, shared

log = structlog.get_logger("gateway")
PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before a worker that ended is restarted: initial and maximum."""
LASTING = 5.0
"""Seconds after which a worker counts as running normally."""
_IN_ORDER = (0, None, -signal.SIGTERM, -signal.SIGINT)
"""How a worker that is told to stop may end: by the signal itself, if that came before it began to serve."""


class Workers:
    """Runs workers until a signal arrives; if this process ends, a worker stops because its link closes.

    `listeners`: that of the API, and that of `server.admin` where there is one; each worker accepts on all of them.
    """

    def __init__(
        self, reloading: Callable[[Parties], Reloading], listeners: Sequence[socket.socket], count: int
    ) -> None:
        self._reloading = reloading(lambda: list(self._links.values()))
        self._links: dict[int, ParentEnd] = {}
        self._listeners = listeners
        self._areas = tuple(shared() for _ in range(count))
        self._written = [Area(each) for each in self._areas]  # now: later there may be no file left to open
        self._count = count
        self._stopping = asyncio.Event()
        self._running: dict[int, Process] = {}
        self._failed = False
        self._manager = ServiceManager(os.environ)
        self._leaving = Stopping(linger=self._linger, leave=self._leave, drain=self._close)

    async def run(self) -> bool:
        """Run all workers; returns whether each one ended in an orderly way."""
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sig, self._stop, sig)
        log.info("starting workers", count=self._count, process=os.getpid())
        async with self._manager.watching(), self._reloading.asked():
            await asyncio.gather(*(self._keep(number) for number in range(self._count)))
        log.info("all workers have stopped")
        return not self._failed

    async def _keep(self, number: int) -> None:
        """Keep one worker running: restart it, with pauses that grow while it ends quickly.

        If a worker's first run ends at once with an error, all workers stop: the configuration is at fault, and a
        restart would fail too. Later runs are always restarted: the other workers serve, and the cause may pass.
        """
        loop = asyncio.get_running_loop()
        pause, first = PAUSE, True
        while not self._stopping.is_set():
            started = loop.time()
            code = await self._run_once(number)
            if self._stopping.is_set():
                self._failed |= code not in _IN_ORDER
                return
            lasted = loop.time() - started
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

    async def _run_once(self, number: int) -> int | None:
        """Run one worker to its end; returns its exit code, None if it could not be started."""
        try:
            async with self._reloading.lock:  # it is a party of the next reload, or starts with what this one brings
                if self._stopping.is_set():
                    return None
                worker = self._running[number] = await self._start(number)
        except OSError as error:  # for example, out of memory, processes or file descriptors
            log.error(
                "a worker cannot be started; it is tried again", worker=number, error=os.strerror(error.errno or 0)
            )
            return None
        try:
            return await worker.wait()
        finally:
            self._links.pop(number).close()
            self._written[number].vacate()

    async def _start(self, number: int) -> Process:
        snapshot, sockets = self._reloading.snapshot, [each.fileno() for each in self._listeners]
        inheritance = str(Inheritance(number, self._areas, *sockets))
        command = ["-m", "gateway.cli", "serve", "--config", str(snapshot.path), "--inherit", inheritance]
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                worker = await asyncio.create_subprocess_exec(
                    sys.executable, *command, stdin=theirs.fileno(), pass_fds=[*sockets, *self._areas]
                )
            self._links[number] = await ParentEnd.of(number, ours, snapshot)
        except OSError:
            ours.close()
            raise
        return worker

    def _stop(self, sig: signal.Signals) -> None:
        self._leaving.signalled(sig)
        self._pass_on(sig)

    def _linger(self) -> float:
        return self._reloading.settings.server.linger

    def _leave(self) -> None:
        self._manager.stopping()
        self._stopping.set()

    def _close(self, sig: signal.Signals) -> None:
        """Close the listeners; the workers accept what had begun, and close theirs too."""
        for each in self._listeners:
            if each.fileno() >= 0:
                ignore_new(each)
                each.close()  # an open one would queue connections that nobody accepts

    def _pass_on(self, sig: signal.Signals) -> None:
        for worker in self._running.values():
            if worker.returncode is None:
                worker.send_signal(sig)
