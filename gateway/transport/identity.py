"""TLS contexts: trusted authorities, and client certificates that are reloaded when their files change."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import structlog

from gateway.port import VendorSettings

log = structlog.get_logger(__name__)


def trust(ca_file: str | None) -> ssl.SSLContext:
    """A context that trusts the authorities of a PEM file, or the system's. Raises `OSError` if it is unreadable.

    A certificate must name its host as a subject alternative name; common names are ignored.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    context.hostname_checks_common_name = False
    return context


def stamp(file: Path) -> tuple[int, int, int]:
    """The modification time, size and inode of a file; zeros for a file that is not there."""
    try:
        stat = file.stat()
    except OSError:
        return 0, 0, 0
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


class Identity:
    """The TLS context for one vendor.

    `trusting` returns the context for a `ca_file` and may share it between vendors; a vendor with a client
    certificate has its own. Raises `OSError` if a file cannot be read.
    """

    def __init__(self, settings: VendorSettings, trusting: Callable[[str | None], ssl.SSLContext]) -> None:
        self._settings = settings
        self._files = [Path(each) for each in (settings.client_cert, settings.client_key) if each]
        self._stamps = self._current_stamps()
        self._context = self._load() if self._files else trusting(settings.ca_file)

    def follow(self, settings: VendorSettings) -> None:
        """Go on with settings that name the same files."""
        self._settings = settings

    async def context(self) -> ssl.SSLContext:
        """The context for the next connection, with the current content of the certificate files.

        If they cannot be read or do not match each other, the old context stays in use and one error is logged.
        """
        if self._files and (stamps := self._current_stamps()) != self._stamps:
            self._stamps = stamps
            try:
                self._context = await asyncio.to_thread(self._load)
            except OSError as error:
                log.error("a client certificate cannot be read again; the old one serves", error=type(error).__name__)
            except BaseException:  # the call was cancelled while it read the files: the next call reads them
                self._stamps = []
                raise
        return self._context

    def _current_stamps(self) -> list[tuple[int, int, int]]:
        return [stamp(file) for file in self._files]

    def _load(self) -> ssl.SSLContext:
        settings = self._settings
        context = trust(settings.ca_file)
        # Under TLS 1.3 a server refuses a certificate after the request has left: every write would be unknown.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        password = settings.client_key_password.reveal() if settings.client_key_password else ""
        # Without a password, OpenSSL would ask for one on the terminal.
        context.load_cert_chain(str(settings.client_cert), settings.client_key, password=lambda: password)
        return context
