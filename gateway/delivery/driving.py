"""Drives one exchange with one vendor: in one slot, within its deadline, each of its requests sent once.

Where the vendor refuses a token by a judged 401, the exchange begins again, once, with a new token.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from math import inf
from typing import TypeVar
from urllib.parse import urlsplit

from gateway import tracing
from gateway.delivery import tokens
from gateway.delivery.call import Call
from gateway.delivery.digest import digest
from gateway.delivery.gate import Gate
from gateway.delivery.redaction import Masks
from gateway.delivery.tokens import Begun, Tokens
from gateway.errors import VendorAuthFailed
from gateway.planning.translated import Translation
from gateway.port import Exchange, VendorRequest, VendorResponse, VendorSettings
from gateway.transport import Transport, Withheld

Leave = Callable[[str], Awaitable[bool]]
"""Hears the digest of a request with an effect before it leaves; gives whether an earlier request may have arrived.

Raises `Withheld` where it may not leave, `StoreUnavailable` where nobody can tell.
"""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """One moment on two clocks: the event loop's, and one that goes on while the process is stopped."""

    deadline: float
    expires: float


class Driver:
    """Drives exchanges with one configured vendor.

    `boottime`: seconds, on a clock that goes on while the process is stopped. `gate` lets exchanges through. `tokens`:
    those of the vendor, where it issues any.
    """

    def __init__(
        self,
        name: str,
        settings: VendorSettings,
        transport: Transport,
        *,
        gate: Gate,
        masks: Masks,
        tokens: Tokens | None,
        boottime: Callable[[], float],
    ) -> None:
        self._name = name
        self._address = urlsplit(settings.base_url).hostname or ""
        self._settings = settings
        self._transport = transport
        self._gate = gate
        self._masks = masks
        self._tokens = tokens
        self._boottime = boottime

    def limits(self, lease_until: float = inf) -> Limits:
        """The end of an exchange that begins now; `lease_until` is a moment of `boottime`."""
        timeout = self._settings.timeout
        now = self._boottime()
        left = min(timeout, lease_until - now)
        return Limits(asyncio.get_running_loop().time() + left, now + left)

    async def begin(self, translation: Translation[T], limits: Limits) -> Begun[T]:
        """An exchange that has made its first request. Raises what the adapter raises, and as `tokens.begin` does."""
        return await tokens.begin(translation, self._tokens, limits.deadline)

    async def drive(
        self,
        translation: Translation[T],
        begun: Begun[T],
        call: Call,
        limits: Limits,
        client: str,
        leave: Leave | None = None,
    ) -> T:
        """Have the whole exchange in one slot. Raises `Held` where the gate is closed."""
        entered = await self._gate.enter(limits.deadline, client)
        error: BaseException | None = None
        exchange, request, token = begun
        try:
            if token is not None:
                call.mask(token)
            while True:
                response = await self._send(request, call, limits, leave)
                try:
                    request = exchange.send(response)
                except StopIteration as stop:
                    return call.end(stop.value, translation.returns)
                except VendorAuthFailed as refused:
                    error = refused  # the vendor has answered, whatever comes of another token
                    renewed = await self._renewed(translation, token, call, limits, refused)
                    if renewed is None:
                        raise
                    (exchange, request), token, error = renewed, None, None  # no token: it is renewed once
        except BaseException as raised:
            error = error or raised
            raise
        finally:
            self._gate.leave(entered, call.last, call.response.status if call.response else None, error)
            del error  # its traceback holds this call: all of it would wait for the garbage collector

    async def _renewed(
        self,
        translation: Translation[T],
        token: str | None,
        call: Call,
        limits: Limits,
        refused: VendorAuthFailed,
    ) -> tuple[Exchange[T], VendorRequest] | None:
        """The exchange begun again with another token; None where the refusal does not prove that it may be."""
        if token is None or self._tokens is None or not call.proves(refused):
            return None
        try:
            new = await self._tokens.after(token, limits.deadline)
            call.mask(new)
            return None if new == token else translation.begin(new)
        except BaseException:
            call.go_on()  # what was refused applied nothing, whatever ends the attempt now
            raise

    async def _send(self, request: VendorRequest, call: Call, limits: Limits, leave: Leave | None) -> VendorResponse:
        request = call.begin(request)
        self._masks.redactor()  # the secrets of this moment are in the request: they stay masked, whatever follows
        if request.effect and leave is not None:
            redactor = self._masks.redactor(call.issued)
            made_of = self._settings.made_of
            sent_as = digest(request, base_url=self._settings.base_url, redactor=redactor, made_of=made_of)
            call.first = not await leave(sent_as)
            if asyncio.get_running_loop().time() >= limits.deadline:
                raise Withheld("The journal took too long to keep what the request is")
        with tracing.vendor_request(request.method, self._name, self._address) as span:
            if self._settings.traceparent and (trace := tracing.headers()):
                request = replace(request, headers={**request.headers, **trace})
            response = await self._transport.send(request, call.last, deadline=limits.deadline, expires=limits.expires)
            if span is not None:
                span.set_attribute("http.response.status_code", response.status)
        call.answered(response)
        return response
