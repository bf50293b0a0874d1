"""What changes in the files of a configuration while the gateway runs: counted, logged, and looked at on request."""

from pathlib import Path

import structlog

from gateway.api.keyring import Keyring
from gateway.metrics import Metrics
from gateway.settings import WatchedFiles

log = structlog.get_logger(__name__)


class Rereading:
    """Reports every change of a file whose text is in use."""

    def __init__(self, files: WatchedFiles, keyring: Keyring, metrics: Metrics) -> None:
        self._files = files
        self._keyring = keyring
        self._metrics = metrics
        files.follow(self._noticed)

    def look_again(self) -> None:
        """Look at the files of client keys now, and have all others looked at when they are used next."""
        log.info("files are looked at again")
        self._files.look_again()
        self._keyring.look()

    def _noticed(self, file: Path, why: str | None) -> None:
        self._metrics.reread("file", used=why is None)
        if why is None:
            log.info("a file was read again", file=str(file))
        else:
            log.error("a changed file is not used; its last text goes on", file=str(file), why=why)
