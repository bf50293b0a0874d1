"""Whom to trust over TLS, and as whom: contexts with a client's certificate, which follow its files."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import structlog

from gateway.port import VendorSettings

log = structlog.get_logger(__name__)


def trust(ca_file: str | None) -> ssl.SSLContext:
    """Whom to trust: the authorities of a PEM file, or the system's. Raises `OSError` where it cannot be read.

    A certificate has to name its host as a subject alternative name; a common name counts for nothing.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    context.hostname_checks_common_name = False
    return context


class Identity:
    """The TLS context for one vendor.

    `trusting` gives one by the `ca_file`, and may give the same to several; with a client's certificate the vendor has
    one of its own. Raises `OSError` where a file cannot be read.
    """

    def __init__(self, settings: VendorSettings, trusting: Callable[[str | None], ssl.SSLContext]) -> None:
        self._settings = settings
        self._files = [Path(each) for each in (settings.client_cert, settings.client_key) if each]
        self._stamps = self._now()
        self._context = self._made() if self._files else trusting(settings.ca_file)

    async def context(self) -> ssl.SSLContext:
        """The context for the next connection, with the certificate as its files have it now.

        Where they cannot be read, or do not fit each other, the old one serves, and the log says so once.
        """
        if self._files and (stamps := self._now()) != self._stamps:
            self._stamps = stamps
            try:
                self._context = await asyncio.to_thread(self._made)
            except OSError as error:
                log.error("a client certificate cannot be read again; the old one serves", error=type(error).__name__)
            except BaseException:  # the call that asked was given up: the next one reads them
                self._stamps = []
                raise
        return self._context

    def _now(self) -> list[tuple[int, int, int]]:
        """What tells by comparison that a file has changed."""
        stamps = []
        for file in self._files:
            try:
                stat = file.stat()
                stamps.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
            except OSError:
                stamps.append((0, 0, 0))
        return stamps

    def _made(self) -> ssl.SSLContext:
        settings = self._settings
        context = trust(settings.ca_file)
        # Under TLS 1.3 a server refuses a certificate after the request has left: every write would be unknown.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        password = settings.client_key_password.reveal() if settings.client_key_password else ""
        # Without a password, OpenSSL would ask for one on the terminal.
        context.load_cert_chain(str(settings.client_cert), settings.client_key, password=lambda: password)
        return context
