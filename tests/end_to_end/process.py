"""A gateway as it is run: a process of its own, which says where it serves and writes its log to standard error."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from tests.deadlines import DEADLINE
from tests.empty_journal import lay
from tests.nursery import PROGRAM, Child, nursery


class GatewayProcess:
    """One running `points-gateway serve`; `url` is where, once `serving` has returned.

    `modules` are imported before it, in place of those of the program. `fresh` starts an interpreter, and forks none.
    `under` is a program that starts it, such as `opentelemetry-instrument`, with `environ` beside the test's own.
    """

    def __init__(
        self,
        folder: Path,
        configuration: Mapping[str, Any],
        *,
        packages: Path | None = None,
        workers: int = 1,
        port: int = 0,
        modules: tuple[str, ...] = (),
        umask: int = -1,
        fresh: bool = False,
        under: tuple[Path, ...] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.url = ""
        self.lines: list[str] = []
        self._served: Queue[str | None] = Queue()
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "gateway.yaml"
        file.write_text(json.dumps(configuration))  # JSON is YAML
        if configuration.get("store") == "sqlite:///journal.db":
            lay(self.journal)
        path = os.pathsep.join(filter(None, [str(packages or ""), os.environ.get("PYTHONPATH")]))
        environ = {**os.environ, "PYTHONPATH": path, **(environ or {})}
        command = [*under, PROGRAM, "serve", "--config", file, "--port", str(port), "--workers", str(workers)]
        reading, writing = os.pipe()
        self._log = os.fdopen(reading, encoding="utf-8")
        try:
            self._process: Child | subprocess.Popen[bytes] = (
                subprocess.Popen(command, stderr=writing, env=environ, umask=umask)
                if fresh or under
                else nursery(*modules).begin(*command, stderr=writing, environ=environ, umask=umask)
            )
        finally:
            os.close(writing)
        self._reader = Thread(target=self._read, name="gateway-log")
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def journal(self) -> Path:
        """The file of its journal."""
        return self.folder / "journal.db"

    @property
    def log(self) -> str:
        """Everything that it has written so far."""
        return "".join(self.lines)

    def serving(self) -> str:
        """Its URL, once it serves. Raises `AssertionError` where it ends instead, or after a deadline."""
        try:
            url = self._served.get(timeout=DEADLINE)
        except Empty:
            self.kill()
            url = None
        assert url is not None, f"the gateway does not serve: {self.log}"
        self.url = url
        return url

    def terminate(self) -> None:
        """Ask it to stop, as an operator does."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self._process.kill()
        self.ended()

    def ended(self) -> int:
        """Its exit code, once it has ended and all of its log is read."""
        code = self._process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        return code

    def stop(self) -> int:
        """Have it stop; gives its exit code. One that has ended already stays as it is."""
        if self._process.poll() is None:
            self.terminate()
        return self.ended()

    def _read(self) -> None:
        with self._log as log:
            for line in log:
                self.lines.append(line)
                if '"event":"serving"' in line:
                    self._served.put(json.loads(line)["url"])
        self._served.put(None)
