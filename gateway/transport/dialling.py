"""How a connection is made: to an address, to the first of several that answers, through a proxy, under TLS."""

import asyncio
import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from aiohappyeyeballs import start_connection

from gateway.transport.answer import Answer
from gateway.transport.endpoint import Endpoint
from gateway.transport.evidence import Evidence, TransportError
from gateway.transport.identity import Identity
from gateway.transport.names import Names, Resolver
from gateway.transport.wire import Wire

AHEAD = 0.25
"""Seconds that one address has before the next is tried beside it."""


class ProxyUnreachable(Exception):
    """Raised when no connection to the proxy could be made."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the header line by which it is told who asks; empty where its address names no user."""

    endpoint: Endpoint
    authorization: bytes

    @classmethod
    def of(cls, url: str) -> "Proxy":
        """The proxy that an address with or without a user names."""
        parts = urlsplit(url)
        if parts.username is None:
            return cls(Endpoint.of(url), b"")
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        return cls(Endpoint.of(url), b"Proxy-Authorization: Basic %b\r\n" % base64.b64encode(credentials))


class Dialler:
    """Makes connections to one vendor.

    `identity` must be there where the vendor is encrypted, `proxy_tls` where the proxy is: to a proxy no client's
    certificate is shown. `refused` tells addresses to which none is made.
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

    async def dial(self) -> Wire:
        """A new connection. Raises `TransportError`, or what the system said, where there is none to be had."""
        wire = Wire(asyncio.get_running_loop())
        try:
            tls = await self._identity.context() if self._identity else None
            await self._connect(wire, self._proxy_tls if self._proxy else tls)
            if self._proxy and tls:
                await self._tunnel(wire, self._proxy, tls)
        except BaseException:
            wire.drop()
            raise
        return wire

    async def _connect(self, wire: Wire, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            addresses = await self._names.addresses()
            if len(addresses) == 1:
                host, port = addresses[0][4][:2]
                await loop.create_connection(lambda: wire, host, port)
            else:
                connected = await start_connection(addresses, happy_eyeballs_delay=AHEAD)
                await loop.create_connection(lambda: wire, sock=connected)
            if tls:
                # Not by create_connection(): what that gives does not tell how much of a request has left.
                await wire.encrypt(tls, self._first.name)
        except (OSError, UnicodeError) as error:
            if self._proxy:
                raise ProxyUnreachable from error
            raise

    async def _tunnel(self, wire: Wire, proxy: Proxy, tls: ssl.SSLContext) -> None:
        """Have the proxy pass everything on to the vendor, and speak TLS with that. Raises as `dial` does."""
        there = self._vendor.authority.encode()
        answer = Answer(Evidence(), method="CONNECT", limit=0)
        try:
            await wire.ask(b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (there, there, proxy.authorization), answer)
        finally:
            answer.discard()
        if answer.status != 200:
            raise TransportError(f"The proxy opened no tunnel: status {answer.status}")
        await wire.encrypt(tls, self._vendor.name)
