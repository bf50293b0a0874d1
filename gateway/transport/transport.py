"""One vendor's way out: a request leaves at most once, and its evidence says whether it left.

What aiohttp raises proves nothing about that: it calls a POST that was read and then reset by the same names as one
that never left. So every failure is a `TransportError` here, and `Evidence.sent` alone is believed.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable
from importlib.metadata import version

from aiohttp import ClientHttpProxyError, ClientSession, ClientTimeout, DummyCookieJar
from aiohttp.abc import AbstractResolver
from yarl import URL

from gateway.port import VendorRequest, VendorResponse, VendorSettings
from gateway.transport import answer
from gateway.transport import request as outgoing
from gateway.transport.connector import Call, Connector, Request
from gateway.transport.evidence import Evidence, TransportError, TransportTimeout

BODY_LIMIT = 1024 * 1024


class Transport:
    """Sends requests to one configured vendor.

    `clock` gives seconds and goes on while the machine sleeps: `boottime`. `body_limit` is in bytes and counts for
    an answer's body before and after decompression. `resolver` finds addresses, by default the system's. Raises
    `OSError` where `ca_file` cannot be read.
    """

    def __init__(
        self,
        settings: VendorSettings,
        clock: Callable[[], float],
        *,
        body_limit: int = BODY_LIMIT,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._body_limit = body_limit
        self._resolver = resolver
        self._proxy = URL(settings.proxy.reveal()) if settings.proxy else None
        self._tls = _trust(settings.ca_file)
        self._user_agent = f"points-gateway/{version('points-gateway')}"
        self._session: ClientSession | None = None
        self._closed = False

    async def send(
        self, request: VendorRequest, evidence: Evidence, *, deadline: float, expires: float | None = None
    ) -> VendorResponse:
        """The complete answer to a request that is sent once; `evidence` must be new.

        `deadline` is a moment on the event loop's clock, for the whole call: a slot, the address, the connection,
        TLS, the request and the answer. `expires` is the same moment on the transport's own clock; a caller whose
        exchange has several requests makes both once, so that a sleep between two of them is noticed too. By default
        it follows from `deadline` at this call. Past it, nothing leaves.

        Raises `TransportError` where no complete answer came; a cancellation passes through. The evidence holds
        after either.
        """
        evidence.started_at = self._clock()
        if expires is None:
            expires = evidence.started_at + deadline - asyncio.get_running_loop().time()
        within = asyncio.timeout_at(deadline)
        try:
            async with within:
                alone = (request.effect or request.decides) and not self._settings.reuse_connections
                return await self._exchange(request, Call(evidence, deadline, expires, self._clock, alone))
        except asyncio.CancelledError:
            evidence.error = "The call was cancelled"
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # Nobody cancelled the caller: aiohttp says in this way that its pool was closed under one that waits.
            evidence.error = "The transport was closed"
            raise TransportError(evidence.error) from None
        except TransportError as error:
            evidence.error = str(error)
            raise
        except Exception as error:  # whatever its class, it proves the same: nothing
            # aiohttp's own messages hold the URL, and so the member: they are not passed on, nor chained.
            if within.expired():
                evidence.error = "The deadline passed"
                raise TransportTimeout(evidence.error) from None
            evidence.error = _reason(error)
            raise TransportError(evidence.error) from None
        finally:
            evidence.finished_at = self._clock()

    async def close(self) -> None:
        """Close every connection; calls under way end with an error, and later ones are refused."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def _exchange(self, request: VendorRequest, call: Call) -> VendorResponse:
        response = await self._open().request(
            request.method,
            outgoing.url(self._settings.base_url, request),
            headers=outgoing.headers(request, user_agent=self._user_agent),
            data=request.body or None,
            allow_redirects=False,
            middlewares=(call.attach,),
        )
        try:
            call.evidence.status = response.status
            return await answer.read(response, limit=self._body_limit)
        finally:
            response.close()  # drops the connection, unless the answer was complete and gave it back

    def _open(self) -> ClientSession:
        if self._closed:
            raise TransportError("The transport is closed")
        if self._session is None:  # made here, because it belongs to the running event loop
            self._session = ClientSession(
                connector=Connector(limit=self._settings.max_concurrency, tls=self._tls, resolver=self._resolver),
                request_class=Request,
                cookie_jar=DummyCookieJar(),
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                auto_decompress=False,
                trust_env=False,
                proxy=self._proxy,
                timeout=ClientTimeout(total=None),
            )
        return self._session


def _trust(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _reason(error: BaseException) -> str:
    """The class of an error and what the system said, without anything that could hold a URL or a header."""
    name = type(error).__name__
    if isinstance(error, ClientHttpProxyError):
        return f"{name}: status {error.status}"
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{name}: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"{name}: {error.reason}"
    if isinstance(error, socket.gaierror):
        return f"{name}: {error.strerror}"
    if isinstance(error, OSError) and error.errno:
        return f"{name}: {os.strerror(error.errno)}"
    return name
