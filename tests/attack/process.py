"""Processes of an attack: started, told to end, and waited for, within a deadline."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from tests.deadlines import DEADLINE
from tests.nursery import ROOT, Child, nursery

INSTALLED = Path(__file__).with_name("distribution")
"""Where the attack's own adapters are found as installed."""
MODULES = ("tests.attack.doomed", "tests.attack.vendor")


class Ended(Exception):
    """Raised when a process has ended before it said anything."""


class Process:
    """One process that is as `python -m MODULE`; what it writes to standard error goes to the end of a file."""

    def __init__(self, child: Child, output: asyncio.StreamReader, log: Path) -> None:
        self._child = child
        self._exited = asyncio.ensure_future(child.ended())
        self._output = output
        self._log = log

    @classmethod
    async def begin(cls, module: str, *arguments: object, log: Path) -> "Process":
        """Start it, in the folder of the project."""
        read, write = os.pipe()
        loop = asyncio.get_running_loop()
        output = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(output), os.fdopen(read, "rb", buffering=0))
        try:
            with log.open("ab") as errors:
                environ = {**os.environ, "PYTHONPATH": str(INSTALLED)}
                child = nursery(*MODULES).begin(
                    module, *arguments, stdout=write, stderr=errors.fileno(), environ=environ, folder=ROOT
                )
        finally:
            os.close(write)
        return cls(child, output, log)

    async def first_line(self) -> str:
        """What it says first. Raises `Ended` where it ends without a word."""
        line = await asyncio.wait_for(self._output.readline(), DEADLINE)
        if not line:
            raise Ended(self.log)
        return line.decode().strip()

    async def ended(self, *, within: float | None = DEADLINE) -> int:
        """Its exit code once it has ended; the number of a signal that ended it is negative."""
        return await asyncio.wait_for(asyncio.shield(self._exited), within)

    async def stop(self) -> int:
        """Ask it to end, as an operator does; gives its exit code. One that has ended stays as it is."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    async def kill(self) -> None:
        """End it at once."""
        self.signal(signal.SIGKILL)
        await self.ended()

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.alive:
            with suppress(ProcessLookupError):  # it has ended just now
                os.kill(self._child.pid, number)

    @property
    def alive(self) -> bool:
        """Whether it is not known to have ended."""
        return not self._exited.done()

    @property
    def log(self) -> str:
        """The end of what it has written to standard error, and of what others wrote to the same file."""
        return self._log.read_text("utf-8", "replace")[-4000:]
