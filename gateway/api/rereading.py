"""Changes in the configuration's `${file:...}` files while the gateway runs: counted, logged, checked on request."""

from pathlib import Path

import structlog

from gateway.api.keyring import Keyring
from gateway.metrics import Metrics
from gateway.settings import WatchedFiles
from gateway.settings.watched import unheard

log = structlog.get_logger(__name__)


class Rereading:
    """Reports every change of a watched file, from `start` to `stop`."""

    def __init__(self, files: WatchedFiles, keyring: Keyring, metrics: Metrics) -> None:
        self._files = files
        self._keyring = keyring
        self._metrics = metrics

    def start(self) -> None:
        """Report changes from now on."""
        self._files.follow(self._noticed)

    def stop(self) -> None:
        """Stop reporting."""
        self._files.follow(unheard)

    def recheck(self) -> None:
        """Check the files of client keys now, and every other file at its next use."""
        log.info("files are looked at again")
        self._files.recheck()
        self._keyring.check()

    def _noticed(self, file: Path, why: str | None) -> None:
        self._metrics.reread("file", used=why is None)
        if why is None:
            log.info("a file was read again", file=str(file))
        else:
            log.error("a changed file is not used; its last text goes on", file=str(file), why=why)
