"""Processes of an attack: started, told to end, and waited for, within a deadline."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.deadlines import DEADLINE

ROOT = Path(__file__).parents[2]
INSTALLED = Path(__file__).with_name("distribution")
"""Where the attack's own adapters are found as installed."""


class Ended(Exception):
    """Raised when a process has ended before it said anything."""


class Process:
    """One `python -m MODULE`; what it writes to standard error goes to the end of a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @classmethod
    async def begin(cls, module: str, *arguments: object, log: Path) -> "Process":
        """Start it, in the folder of the project."""
        command = [sys.executable, "-m", module, *map(str, arguments)]
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "PYTHONPATH": str(INSTALLED)},
            )
        return cls(process, log)

    async def first_line(self) -> str:
        """What it says first. Raises `Ended` where it ends without a word."""
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), DEADLINE)
        if not line:
            raise Ended(self.log)
        return line.decode().strip()

    async def ended(self, *, within: float | None = DEADLINE) -> int:
        """Its exit code once it has ended; the number of a signal that ended it is negative."""
        return await asyncio.wait_for(self._process.wait(), within)

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
        if self._process.returncode is None:
            self._process.send_signal(number)

    @property
    def alive(self) -> bool:
        """Whether it is not known to have ended."""
        return self._process.returncode is None

    @property
    def log(self) -> str:
        """The end of what it has written to standard error, and of what others wrote to the same file."""
        return self._log.read_text("utf-8", "replace")[-4000:]
