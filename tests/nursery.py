"""Starts the program that tests run: forked from a process that has imported it, since most of a short run is imports.

A child is as good as a process that has just begun: it has the arguments, environment, import path, folder, umask,
session, standard streams, signal handlers and random numbers of its own, one thread, no other descriptor, and it ends
as an interpreter ends. Not its own are the seed of hashes, what a module reads of the environment at its import, and
what the interpreter reads of it: a test of those, or of the imports, starts a fresh process.
"""

import asyncio
import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

from tests.deadlines import DEADLINE
from tests.forking import CLOSED, LONGEST, of_the_interpreter

__all__ = ["CLOSED", "MODULES", "PROGRAM", "Child", "Finished", "Nursery", "nursery"]

ROOT = Path(__file__).parents[1]
PROGRAM = Path(sys.executable).with_name("points-gateway")
MODULES = (
    "gateway.logs",
    "gateway.admin.application",
    "gateway.cli.adjustments",
    "gateway.cli.bulk.exporting",
    "gateway.cli.bulk.importing",
    "gateway.cli.check",
    "gateway.cli.conform",
    "gateway.cli.demo",
    "gateway.cli.diff",
    "gateway.cli.event_listening",
    "gateway.cli.events",
    "gateway.cli.explain",
    "gateway.cli.health",
    "gateway.cli.hint",
    "gateway.cli.init",
    "gateway.cli.journal",
    "gateway.cli.pause",
    "gateway.cli.reload",
    "gateway.cli.schema",
    "gateway.cli.serve",
    "gateway.cli.serving",
    "gateway.cli.surroundings",
    "alembic.command",
    "httpcore",
    "httpx",
    "points_gateway_client",
    "psycopg",
    "rich.align",
    "rich.columns",
    "rich.markdown",
    "rich.padding",
    "rich.panel",
    "rich.traceback",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "uvicorn.lifespan.on",
    "uvloop",
)
"""What commands import, some of it later than at their start; not `typer.rich_utils`, which reads the environment."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a process came to: its exit code, that of a signal negative, and what it wrote."""

    code: int
    out: bytes
    err: bytes


class Child:
    """A process that was started; it can be asked by one thread, or one event loop."""

    def __init__(self, status: socket.socket) -> None:
        self._status = status
        self._code: int | None = None
        self.pid = self._next("id", DEADLINE)

    def poll(self) -> int | None:
        """Its exit code, if it has ended."""
        if self._code is None:
            with suppress(TimeoutError):
                return self.wait(0)
        return self._code

    def wait(self, timeout: float = DEADLINE) -> int:
        """Its exit code, once it has ended. Raises `TimeoutError` after so many seconds, `EOFError` without nursery."""
        if self._code is None:
            self._code = self._next("exit", timeout)
        return self._code

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        loop = asyncio.get_running_loop()
        if self._code is None:
            readable = loop.create_future()
            loop.add_reader(self._status, _settle, readable)
            try:
                await readable
            finally:
                loop.remove_reader(self._status)
        return self.wait(0)

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended just now
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _next(self, name: str, timeout: float) -> int:
        waiting = select.poll()
        waiting.register(self._status, select.POLLIN)
        if not waiting.poll(timeout * 1000):
            raise TimeoutError(f"no {name} after {timeout} seconds")
        data = self._status.recv(LONGEST)
        if not data or name == "exit":
            self._status.close()
        if not data:
            raise EOFError("the nursery has ended")
        return int(json.loads(data)[name])


class Nursery:
    """The tests' side of a process that has imported some modules, and forks."""

    def __init__(self, *modules: str) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.forking", str(theirs.fileno()), *modules]
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        self._interpreters = of_the_interpreter(os.environ)

    def begin(
        self,
        *command: object,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        environ: Mapping[str, str] | None = None,
        folder: Path | None = None,
        umask: int = -1,
        own_session: bool = False,
    ) -> Child:
        """Start a script by its path, or a module by its name, with arguments.

        The streams are descriptors, `CLOSED`, or by default the null device and this process's own two. Environment
        and folder are this process's by default. Raises `ValueError` for an environment that only a fresh
        interpreter can have.
        """
        environ = dict(os.environ if environ is None else environ)
        if of_the_interpreter(environ) != self._interpreters:
            raise ValueError(f"only a fresh process can have {of_the_interpreter(environ)}")
        program, *arguments = map(str, command)
        status, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        message = {
            "program": program,
            "arguments": arguments,
            "environ": environ,
            "folder": str(folder or Path.cwd()),
            "umask": umask,
            "own_session": own_session,
            "closed": [number for number, each in enumerate((stdin, stdout, stderr)) if each == CLOSED],
        }
        with theirs, Path(os.devnull).open("rb") as nothing:
            streams = [nothing.fileno() if stdin is None else stdin, 1 if stdout is None else stdout]
            streams += [2 if stderr is None else stderr]
            descriptors = [theirs.fileno(), *(each for each in streams if each != CLOSED)]
            socket.send_fds(self._socket, [json.dumps(message).encode()], descriptors)
        return Child(status)

    def run(self, *command: object, environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Finished:
        """Run such a process to its end."""
        with TemporaryFile() as out, TemporaryFile() as err:
            child = self.begin(*command, environ=environ, folder=folder, stdout=out.fileno(), stderr=err.fileno())
            try:
                code = child.wait()
            except TimeoutError:
                child.kill()
                child.wait()
                raise
            out.seek(0)
            err.seek(0)
            return Finished(code, out.read(), err.read())

    def close(self) -> None:
        """End it, and whatever it has started and still runs."""
        self._socket.close()
        self._process.wait(DEADLINE)


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


@cache
def nursery(*modules: str) -> Nursery:
    """The one of this process for these modules: by default for those of the program."""
    begun = Nursery(*(modules or MODULES))
    atexit.register(begun.close)
    return begun
