"""A gateway as it is run: a process of its own, which says where it serves and writes its log to standard error."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from tests.deadlines import DEADLINE

COMMAND = Path(sys.executable).with_name("points-gateway")


class GatewayProcess:
    """One running `points-gateway serve`; `url` is where, once `serving` has returned."""

    def __init__(
        self,
        folder: Path,
        configuration: Mapping[str, Any],
        *,
        packages: Path | None = None,
        workers: int = 1,
        command: Sequence[str | Path] = (COMMAND,),
    ) -> None:
        self.folder = folder
        self.url = ""
        self.lines: list[str] = []
        self._served: Queue[str | None] = Queue()
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "gateway.yaml"
        file.write_text(json.dumps(configuration))  # JSON is YAML
        self._process = subprocess.Popen(
            [*command, "serve", "--config", file, "--port", "0", "--workers", str(workers)],
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(packages or ""), *sys.path]))},
        )
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
        assert self._process.stderr is not None
        with self._process.stderr as log:
            for line in log:
                self.lines.append(line)
                if '"event":"serving"' in line:
                    self._served.put(json.loads(line)["url"])
        self._served.put(None)
