"""Opening a connection: to one address or the first of several that answers, through a proxy, under TLS."""

import asyncio
import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from aiohappyeyeballs import start_connection

from gateway.transport.answer import Answer
from gateway.transport.connection import Connection
from gateway.transport.endpoint import Endpoint
from gateway.transport.evidence import Evidence, TransportError
from gateway.transport.identity import Identity
from gateway.transport.names import Names, Resolver

AHEAD = 0.25
"""Seconds before the next address is tried in parallel (Happy Eyeballs)."""


class ProxyUnreachable(Exception):
    """Raised when no connection to the proxy could be made."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the header line that authenticates to it; the line is empty if its URL names no user."""

    endpoint: Endpoint
    authorization: bytes

    @classmethod
    def of(cls, url: str) -> "Proxy":
        """The proxy at a URL, with or without a user."""
        parts = urlsplit(url)
        if parts.username is None:
            return cls(Endpoint.of(url), b"")
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        return cls(Endpoint.of(url), b"Proxy-Authorization: Basic %b\r\n" % base64.b64encode(credentials))


class Dialler:
    """Opens connections to one vendor.

    `identity` is required if the vendor uses TLS, `proxy_tls` if the proxy does; a proxy never receives the client
    certificate. `refused` is true for addresses that must not be connected to.
    """

    def __init__(
        self,
        vendor: Endpoint,
        *,
        proxy: Proxy | None,
        identity: Identity | None,
        proxy_tls: ssl.SSLContext | None,
        resolver: Resolver | None,
        refused: Callable[[str], bool],
    ) -> None:
        self._vendor = vendor
        self._proxy = proxy
        self._first = proxy.endpoint if proxy else vendor
        self._identity = identity
        self._proxy_tls = proxy_tls
        self._names = Names(self._first.host, self._first.port, resolver, refused=refused)

    async def dial(self) -> Connection:
        """A new connection. Raises `TransportError`, or the system's error, if it cannot be made."""
        connection = Connection(asyncio.get_running_loop())
        try:
            tls = await self._identity.context() if self._identity else None
            await self._connect(connection, self._proxy_tls if self._proxy else tls)
            if self._proxy and tls:
                await self._tunnel(connection, self._proxy, tls)
        except BaseException:
            connection.drop()
            raise
        return connection

    async def _connect(self, connection: Connection, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            addresses = await self._names.addresses()
            if len(addresses) == 1:
                host, port = addresses[0][4][:2]
                await loop.create_connection(lambda: connection, host, port)
            else:
                connected = await start_connection(addresses, happy_eyeballs_delay=AHEAD)
                await loop.create_connection(lambda: connection, sock=connected)
            if tls:
                # Not by create_connection(): its TLS transport hides how much of a request has left.
                await connection.encrypt(tls, self._first.name)
        except (OSError, UnicodeError) as error:
            if self._proxy:
                raise ProxyUnreachable from error
            raise

    async def _tunnel(self, connection: Connection, proxy: Proxy, tls: ssl.SSLContext) -> None:
        """Open a tunnel through the proxy and start TLS with the vendor in it. Raises as `dial` does."""
        target = self._vendor.authority.encode()
        answer = Answer(Evidence(), method="CONNECT", limit=0)
        try:
            await connection.ask(
                b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (target, target, proxy.authorization), answer
            )
        finally:
            answer.discard()
        if answer.status != 200:
            raise TransportError(f"The proxy opened no tunnel: status {answer.status}")
        await connection.encrypt(tls, self._vendor.name)
