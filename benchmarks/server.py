"""A server under measurement: a process group on cores of its own, which can be frozen while others are measured."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.load import Call, Void, of_calls
from benchmarks.machine import pinned

STOPPING = 10.0
"""Seconds that a server is given to stop before it is killed."""


class NotStarted(Exception):
    """Raised when a server ends, or does not answer in time, instead of starting.

    `reason` is short; the text also has the end of what the server said, which may name places of this machine.
    """

    def __init__(self, reason: str, said: str = "") -> None:
        super().__init__(f"{reason}: {said}" if said else reason)
        self.reason = reason


class Server:
    """One running server; `port` is where. It begins thawed."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        port: int,
        folder: Path,
        cores: frozenset[int],
        environment: Mapping[str, str] | None = None,
        supervised: bool = False,
    ) -> None:
        """Start it. `folder` becomes its own, with its output in `log`; `supervised`: its first process only watches.

        Of the environment it gets what is given, and where programs are.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port
        self._log = folder / "log"
        self._supervised = supervised
        with self._log.open("wb") as log, pinned(cores):
            self._process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), **(environment or {})},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process that was started, which leads its group."""
        return self._process.pid

    def answers(self, call: Call, *, within: float) -> "Server":
        """Itself, once it gives the expected answer to a call. Raises `NotStarted` where it does not, within seconds.

        Any other answer, and none, is asked for again.
        """
        deadline = time.monotonic() + within
        while True:
            try:
                of_calls(self.port, call, connections=1, calls=1)
            except Void as void:
                if self._process.poll() is not None:
                    raise NotStarted(f"it ended with code {self._process.returncode}", self.tail()) from void
                if time.monotonic() > deadline:
                    reason = f"it gave no expected answer within {within:.0f} seconds"
                    raise NotStarted(reason, f"{void}; {self.tail()}") from void
                time.sleep(0.002)
            else:
                return self

    def freeze(self) -> None:
        """Stop it where it stands, with all of its group."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.killpg(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it and all of its group."""
        for sig in (signal.SIGCONT, signal.SIGTERM):
            self._signal(sig)
        try:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOPPING)
        finally:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def cpu(self) -> float:
        """CPU seconds that its processes have used, with their threads that are gone."""
        # Linux' clock id of a process: clock_getcpuclockid(3)
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in _group(self.pid))

    def resident(self) -> list[int]:
        """The resident memory of each worker, in bytes."""
        pids = [pid for pid in _group(self.pid) if not (self._supervised and pid == self.pid)]
        return [_resident(pid) for pid in pids]

    def tail(self) -> str:
        """The end of its output."""
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        return " / ".join(line.strip() for line in lines[-4:]) or "it said nothing"

    def _signal(self, sig: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, sig)


def free_port() -> int:
    """A port on 127.0.0.1 that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _group(leader: int) -> list[int]:
    """The processes of a group."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text("utf-8", "replace")
            except OSError:
                continue  # it ended meanwhile
            if int(stat.rpartition(")")[2].split()[2]) == leader:
                found.append(int(folder.name))
    return found


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
