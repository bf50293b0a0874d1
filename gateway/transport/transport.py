"""The transport to one vendor or webhook: it sends a request at most once and records in the evidence whether it left.

An exception's class does not prove that: a POST that was read and then reset fails like one that never left. So
every failure is a `TransportError`, and only `Evidence.sent` counts.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from gateway.port import VendorRequest, VendorResponse, VendorSettings
from gateway.port.addresses import is_link_local_or_metadata
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
from gateway.transport.identity import Identity, stamp, trust
from gateway.transport.names import Resolver
from gateway.transport.request import Writer

_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS))
"""System errors that mean that this process or its machine is out of file descriptors or memory."""


class Transport:
    """Sends requests to one configured vendor.

    `clock` returns seconds and must count suspension (`boottime`). The setting `max_answer` bounds an answer's body
    before and after decompression. `resolver` looks up addresses, by default the system's. `trusting` returns the
    TLS context for a `ca_file`; it is not called without TLS. A cached `trusting` lets vendors share contexts, which
    are slow and large to make. `refused` is true for addresses that must not be connected to; by default it goes by
    `allow_link_local`. Raises `OSError` if `ca_file` cannot be read.
    """

    def __init__(
        self,
        settings: VendorSettings,
        clock: Callable[[], float],
        *,
        resolver: Resolver | None = None,
        trusting: Callable[[str | None], ssl.SSLContext] = trust,
        refused: Callable[[str], bool] | None = None,
    ) -> None:
        vendor = Endpoint.of(settings.base_url)
        proxy = Proxy.of(settings.proxy.reveal()) if settings.proxy else None
        # A `ca_file` is read even if it is not used, so that an unreadable one is an error at the start.
        shared = trusting(settings.ca_file) if settings.ca_file or (proxy and proxy.endpoint.encrypted) else None
        absolute = proxy is not None and not vendor.encrypted
        self._clock = clock
        self._max_answer = settings.max_answer
        self._reuse = settings.reuse_connections
        self._writer = Writer(
            settings.base_url,
            user_agent=_user_agent(),
            proxied=absolute,
            extra=proxy.authorization if proxy and absolute else b"",
        )
        self._identity = Identity(settings, trusting) if vendor.encrypted else None
        dialler = Dialler(
            vendor,
            proxy=proxy,
            identity=self._identity,
            proxy_tls=shared if proxy and proxy.endpoint.encrypted else None,
            resolver=resolver,
            refused=refused or (_none_refused if settings.allow_link_local else is_link_local_or_metadata),
        )
        self._connector = Connector(dialler.dial, limit=settings.max_concurrency)
        self._under_way: set[asyncio.Timeout] = set()
        self._closed = False

    @staticmethod
    def basis(settings: VendorSettings) -> bytes:
        """A digest of all in a vendor's settings that a transport is made of and keeps.

        A transport that was made of settings with the same digest serves for these too, once it does `follow` them.
        """
        secrets = (settings.proxy, settings.client_key_password)
        parts = (
            settings.base_url,
            settings.ca_file and stamp(Path(settings.ca_file)),
            settings.ca_file,
            settings.client_cert,
            settings.client_key,
            settings.allow_link_local,
            settings.reuse_connections,
            settings.max_answer,
            *(each and each.reveal() for each in secrets),
        )
        return sha256(repr(parts).encode()).digest()

    def follow(self, settings: VendorSettings) -> None:
        """Go on with settings of the same `basis`: how many connections there may be, and the certificate's password.

        Connections and calls under way stay.
        """
        self._connector.resize(settings.max_concurrency)
        if self._identity is not None:
            self._identity.follow(settings)

    async def send(
        self, request: VendorRequest, evidence: Evidence, *, deadline: float, expires: float | None = None
    ) -> VendorResponse:
        """Send a request once and return the complete answer; `evidence` must be new.

        `deadline` is a moment on the event loop's clock, for the whole call: a slot, the address, the connection,
        TLS, the request and the answer. `expires` is the same moment on the transport's clock; nothing leaves after
        it. A caller whose exchange has several requests computes both once, so that a suspension between two of them
        counts too. By default `expires` is computed from `deadline` at this call.

        Raises `TransportError` if no complete answer arrived; a cancellation passes through. The evidence is correct
        in both cases.
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
        except Exception as error:  # its class proves nothing about what was sent
            # A system error's message can contain an address, and its cause more: neither is passed on or chained.
            if not within.expired():
                evidence.error = _reason(error)
                if not evidence.sent and _errno(error) in _EXHAUSTED:
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

    def close(self) -> None:
        """Close every connection; calls under way end with an error, and later ones are refused."""
        self._closed = True
        self._connector.close()
        for within in self._under_way:
            if not within.expired():
                within.reschedule(0.0)  # ends the call in every phase: waiting for a slot, connecting, or receiving

    async def _exchange(self, request: VendorRequest, call: Call) -> VendorResponse:
        call.check()  # without this check, the time-out would be blamed on the vendor, which was never called
        if call.evidence.sent:
            raise RequestRefused("The evidence is that of a request that was sent; nothing is sent a second time")
        message = self._writer.serialize(request)
        answer = Answer(call.evidence, method=request.method, limit=self._max_answer)
        connection = await self._connector.connect(call)
        try:
            call.leave(reused=connection.reused)
            await connection.ask(message, answer)
            return answer.response()
        except BaseException:
            call.evidence.partial = answer.partial()
            raise
        finally:
            self._connector.release(connection, call)
            answer.discard()


@cache  # to read the distribution's metadata takes milliseconds, and it stays the same while a process runs
def _user_agent() -> str:
    return f"points-gateway/{version('points-gateway')}"


def _none_refused(_: str) -> bool:
    return False


def _errno(error: BaseException) -> int | None:
    """The `errno` of the system error that is the root cause of an error, if there is one."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error.errno if isinstance(error, OSError) else None


def _reason(error: BaseException) -> str:
    """The class of an error and the system's reason, without text that could contain a URL or a header."""
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
