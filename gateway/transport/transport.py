"""One vendor's way out: a request leaves at most once, and its evidence says whether it left.

What was raised proves nothing about that: a POST that was read and then reset fails like one that never left. So
every failure is a `TransportError` here, and `Evidence.sent` alone is believed.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable
from importlib.metadata import version

from gateway.port import VendorRequest, VendorResponse, VendorSettings
from gateway.port.addresses import is_of_the_machine
from gateway.transport.answer import Answer
from gateway.transport.connector import Call, Connector
from gateway.transport.dialling import Dialler, Proxy
from gateway.transport.endpoint import Endpoint
from gateway.transport.evidence import (
    Evidence,
    OutOfResources,
    RequestRefused,
    TransportClosed,
    TransportError,
    TransportTimeout,
)
from gateway.transport.identity import Identity, trust
from gateway.transport.names import Resolver
from gateway.transport.request import Writer

_OURS = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS))
"""What the system says where this process, or its machine, can open nothing more."""


class Transport:
    """Sends requests to one configured vendor.

    `clock` gives seconds and goes on while the machine sleeps: `boottime`. The setting `max_answer` counts for an
    answer's body before and after decompression. `resolver` finds addresses, by default the system's. `trusting` says
    by the `ca_file` whom to trust, and is not asked where no TLS is spoken; one that remembers lets many vendors
    share what takes time and memory to make. Raises `OSError` where `ca_file` cannot be read.
    """

    def __init__(
        self,
        settings: VendorSettings,
        clock: Callable[[], float],
        *,
        resolver: Resolver | None = None,
        trusting: Callable[[str | None], ssl.SSLContext] = trust,
    ) -> None:
        vendor = Endpoint.of(settings.base_url)
        proxy = Proxy.of(settings.proxy.reveal()) if settings.proxy else None
        # A `ca_file` is read in any case, so that one that cannot be is known at the start.
        shared = trusting(settings.ca_file) if settings.ca_file or (proxy and proxy.endpoint.encrypted) else None
        absolute = proxy is not None and not vendor.encrypted
        self._clock = clock
        self._max_answer = settings.max_answer
        self._reuse = settings.reuse_connections
        self._writer = Writer(
            settings.base_url,
            user_agent=f"points-gateway/{version('points-gateway')}",
            proxied=absolute,
            ours=proxy.authorization if proxy and absolute else b"",
        )
        dialler = Dialler(
            vendor,
            proxy=proxy,
            identity=Identity(settings, trusting) if vendor.encrypted else None,
            proxy_tls=shared if proxy and proxy.endpoint.encrypted else None,
            resolver=resolver,
            refused=_nowhere if settings.allow_link_local else is_of_the_machine,
        )
        self._connector = Connector(dialler.dial, limit=settings.max_concurrency)
        self._under_way: set[asyncio.Timeout] = set()
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
        alone = (request.effect or request.decides) and not self._reuse
        within = asyncio.timeout_at(deadline)
        try:
            async with within:
                self._under_way.add(within)
                return await self._exchange(request, Call(evidence, deadline, expires, self._clock, alone))
        except asyncio.CancelledError:
            evidence.error = "The call was cancelled"
            raise
        except TransportError as error:
            evidence.error = str(error)
            raise
        except Exception as error:  # whatever its class, it proves the same: nothing
            # What the system says can hold an address, and its cause more: neither is passed on, nor chained.
            if not within.expired():
                evidence.error = _reason(error)
                if not evidence.sent and _root(error) in _OURS:
                    raise OutOfResources(f"No connection could be opened here ({evidence.error})") from None
                raise TransportError(evidence.error) from None
            if self._closed:
                evidence.error = "The transport was closed"
                raise TransportClosed(evidence.error) from None
            evidence.error = "The deadline passed"
            raise TransportTimeout(evidence.error) from None
        finally:
            self._under_way.discard(within)
            evidence.finished_at = self._clock()

    async def close(self) -> None:
        """Close every connection; calls under way end with an error, and later ones are refused."""
        self._closed = True
        self._connector.close()
        for within in self._under_way:
            if not within.expired():
                within.reschedule(0.0)  # wherever it is: in line, on its way to the vendor, or waiting for an answer

    async def _exchange(self, request: VendorRequest, call: Call) -> VendorResponse:
        call.check()  # else the time-out would seem to be the vendor's, who was never called
        if call.evidence.sent:
            raise RequestRefused("The evidence is that of a request that was sent; nothing is sent a second time")
        written = self._writer.written(request)
        answer = Answer(call.evidence, method=request.method, limit=self._max_answer)
        wire = await self._connector.connect(call)
        try:
            call.leave(kept=wire.kept)
            await wire.ask(written, answer)
            return answer.response()
        except BaseException:
            call.evidence.partial = answer.partial()
            raise
        finally:
            self._connector.release(wire, call)
            answer.discard()


def _nowhere(_: str) -> bool:
    return False


def _root(error: BaseException) -> int | None:
    """The number of the system's error that an error comes from, if it comes from one."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error.errno if isinstance(error, OSError) else None


def _reason(error: BaseException) -> str:
    """The class of an error and what the system said, without anything that could hold a URL or a header."""
    name = type(error).__name__
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, ssl.SSLCertVerificationError):
        why, _, _host = error.verify_message.partition(", certificate is not valid for")
        return f"{name}: {why}"
    if isinstance(error, ssl.SSLError):
        return f"{name}: {error.reason}"
    if isinstance(error, socket.gaierror):
        return f"{name}: {error.strerror}"
    if isinstance(error, OSError) and error.errno:
        return f"{name}: {os.strerror(error.errno)}"
    return name
