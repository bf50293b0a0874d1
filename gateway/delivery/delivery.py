"""Runs one exchange against one vendor within its deadline, and says what came of it.

A write is had once, and what it proves is for `Call` to say; a read, which changes nothing, is had again where the
vendor was out of reach and there is time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from math import inf
from typing import Any, TypeVar

from gateway.adjustments import Verdict
from gateway.delivery import unsent
from gateway.delivery.call import AdapterFault, Call, speaks_of_success
from gateway.delivery.concurrency import GATEWAY
from gateway.delivery.digest import digest
from gateway.delivery.faults import Faults
from gateway.delivery.gate import Gate, Held, Standing
from gateway.delivery.outcome import Outcome, Reading, masked_fields, without_secrets
from gateway.delivery.redaction import Masks, Redactor
from gateway.delivery.retries import Retries
from gateway.errors import (
    GatewayError,
    InternalError,
    VendorBadResponse,
    VendorBusy,
    VendorError,
)
from gateway.metrics import Metrics
from gateway.model import Applied, Balance, Expiring, Found, time_text
from gateway.planning.translation import Translation
from gateway.port import VendorRequest, VendorResponse, VendorSettings
from gateway.port.refusals import BOOKED
from gateway.transport import Evidence, Transport, TransportError, Withheld

Leave = Callable[[str], Awaitable[bool]]
"""Hears the digest of a request with an effect before it leaves; gives whether an earlier request may have arrived.

Raises `Withheld` where it may not leave, `StoreUnavailable` where nobody can tell.
"""
T = TypeVar("T", bound=Applied | Balance | Expiring | Found)
_LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class _Limits:
    """One moment on two clocks: the event loop's, and one that goes on while the process is stopped."""

    deadline: float
    expires: float


class Delivery:
    """The way to one configured vendor.

    `boottime`: seconds, on a clock that goes on while the process is stopped. `gate` lets calls through; the default
    one knows no outages. Without `retries` a read asks once.
    """

    def __init__(
        self,
        name: str,
        settings: VendorSettings,
        transport: Transport,
        *,
        metrics: Metrics,
        clock: Callable[[], datetime],
        boottime: Callable[[], float],
        gate: Gate | None = None,
        retries: Retries | None = None,
    ) -> None:
        self._name = name
        self._settings = settings
        self._metrics = metrics
        self._transport = transport
        self._clock = clock
        self._boottime = boottime
        self._gate = gate or Gate(name, settings, outages=0, clock=boottime, metrics=metrics)
        self._retries = retries
        self._masks = Masks(settings.concealed())
        self._faults = Faults(name, settings.adapter, metrics)

    async def write(
        self,
        translation: Translation[Applied],
        *,
        client: str = GATEWAY,
        lease_until: float = inf,
        leave: Leave | None = None,
        anew: Callable[[], Translation[Applied]] | None = None,
    ) -> Outcome:
        """Have the exchange of a write for a client; nothing is sent past `lease_until`, a moment of `boottime`.

        `leave` is asked before a request with an effect leaves. `anew` begins the same exchange once more, to see
        whether an answer under a status of the setting `not_applied` speaks of a success; without it, these statuses
        prove nothing. Never raises: what went wrong is in the outcome, a cancellation too.
        """
        call = Call(writing=translation.writes)
        begun = self._boottime()
        applied: Applied | None = None
        error: BaseException | None = None
        try:
            applied = await self._drive(translation, call, self._limits(lease_until), client, leave)
        except (Exception, asyncio.CancelledError) as raised:
            error = raised
        verdict = call.verdict(error)
        answer = call.vouched_for(error, self._settings.not_applied)
        vouched = verdict is Verdict.UNKNOWN and answer and anew and not speaks_of_success(call, answer, anew)
        if vouched:
            verdict = Verdict.NOT_APPLIED
        self._metrics.attempted(self._name, verdict, self._boottime() - begun)
        if error is not None:
            self._faults.note(error, verdict, translation.adjustment)
        outcome = Outcome(
            verdict=verdict,
            evidence={**self._evidence(call, error), **_said_of(verdict, error, vouched=bool(vouched))},
            exchange=self._redactor(call).exchange(self._settings.base_url, call.came),
            applied=applied if applied or verdict is not Verdict.APPLIED else Applied(),
            error=self._told(verdict, call, error),
        )
        del error  # its traceback holds this call: all of it would wait for the garbage collector
        return outcome

    async def read(
        self,
        translation: Translation[T],
        *,
        client: str = GATEWAY,
        again: Callable[[], Translation[T]] | None = None,
    ) -> Reading[T]:
        """Have the exchange of a read for a client; without `again`, which begins it anew, the vendor is asked once.

        Raises `VendorError`: what the vendor said, or `VendorUnavailable`, `VendorTimeout`, `VendorBadResponse`; and
        `InternalError` where the adapter did what a read may not, or the request did not leave for a reason of ours.
        """
        limits = self._limits()
        if again is None or self._retries is None:
            return await self._read(translation, limits, client)
        translations = chain([translation], iter(again, None))  # an exchange that has begun cannot begin once more
        return await self._retries.had(lambda: self._read(next(translations), limits, client), deadline=limits.deadline)

    async def _read(self, translation: Translation[T], limits: _Limits, client: str) -> Reading[T]:
        call = Call(writing=translation.writes, deciding=translation.returns is Found)
        begun = self._boottime()
        try:
            result = await self._drive(translation, call, limits, client)
        except TransportError as error:
            self._faults.note(error, Verdict.UNKNOWN, translation.adjustment)
            raise unsent.of_read(error, call, timeout=self._settings.timeout) from error
        except VendorError as error:
            raise self._masked(error, call) from error
        except AdapterFault as error:
            self._faults.note(error, Verdict.UNKNOWN, translation.adjustment)
            raise InternalError(f"{error}; nothing was changed") from error
        except Exception as error:
            self._faults.note(error, Verdict.UNKNOWN, translation.adjustment)
            raise VendorBadResponse("The vendor's answer has an unexpected form") from error
        finally:
            self._metrics.read(self._name, self._boottime() - begun)
        return Reading(result, self._clock(), self._settings.base_url, call.steps, self._redactor(call))

    def digest(self, request: VendorRequest) -> str:
        """The digest of a request with an effect, by which a repeat of it is known."""
        redactor = self._masks.redactor(request.issued)
        return digest(request, base_url=self._settings.base_url, redactor=redactor)

    @property
    def standing(self) -> Standing:
        """How the vendor stands now."""
        return self._gate.standing

    async def close(self) -> None:
        """Close the connections to the vendor."""
        await self._transport.close()

    def _limits(self, lease_until: float = inf) -> _Limits:
        timeout = self._settings.timeout
        now = self._boottime()
        left = min(timeout, lease_until - now)
        return _Limits(asyncio.get_running_loop().time() + left, now + left)

    async def _drive(
        self, translation: Translation[T], call: Call, limits: _Limits, client: str, leave: Leave | None = None
    ) -> T:
        """Have the whole exchange in one slot. Raises `Held` where the gate is closed."""
        given = await self._gate.enter(limits.deadline, client)
        error: BaseException | None = None
        request = translation.request
        try:
            while True:
                response = await self._send(request, call, limits, leave)
                try:
                    request = translation.exchange.send(response)
                except StopIteration as stop:
                    return self._without_secrets(call.end(stop.value, translation.returns), call, translation)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._gate.leave(given, call.last, call.response.status if call.response else None, error)
            del error  # see `write`

    async def _send(self, request: VendorRequest, call: Call, limits: _Limits, leave: Leave | None) -> VendorResponse:
        request = call.begin(request)
        self._masks.redactor()  # the secrets of this moment are in the request: they stay masked, whatever follows
        if request.effect and leave is not None:
            sent_as = digest(request, base_url=self._settings.base_url, redactor=self._redactor(call))
            call.first = not await leave(sent_as)
            if asyncio.get_running_loop().time() >= limits.deadline:
                raise Withheld("The journal took too long to keep what the request is")
        response = await self._transport.send(request, call.last, deadline=limits.deadline, expires=limits.expires)
        call.answered(response)
        return response

    def _evidence(self, call: Call, error: BaseException | None) -> dict[str, Any]:
        effect = call.effect or Evidence()
        said = effect.error or (error and _words(error, call))
        evidence = {
            "at": time_text(self._clock()),
            "sent": effect.sent,
            "status": effect.status,
            "error": said and self._redactor(call).mask(said)[:500],
        }
        return evidence if call.refused is None else {**evidence, "refused_before": call.refused}

    def _told(self, verdict: Verdict, call: Call, error: BaseException | None) -> GatewayError | None:
        if verdict in (Verdict.APPLIED, Verdict.UNKNOWN):
            return None
        if isinstance(error, Held) or (isinstance(error, VendorError) and call.proves(error)):
            return self._masked(error, call)
        if isinstance(error, VendorError) and call.vouched_for(error, self._settings.not_applied):
            return self._masked(_busy(error), call)
        return unsent.of_write(self._masked(error, call) if isinstance(error, VendorError) else error, call)

    def _without_secrets(self, result: T, call: Call, translation: Translation[T]) -> T:
        masked = without_secrets(result, self._redactor(call))
        if masked is not result and (fields := masked_fields(result, masked)):
            self._faults.masked(fields, translation.adjustment)
        return masked

    def _redactor(self, call: Call) -> Redactor:
        """What masks our own secrets, should the vendor echo them, and those that it issued in this exchange."""
        return self._masks.redactor(call.issued)

    def _masked(self, error: VendorError, call: Call) -> VendorError:
        if call.is_confidential(error):
            error.detail = f"{error.title} (status {error.vendor_status})"
            error.vendor_code = error.vendor_message = None
        mask = self._redactor(call).mask
        error.detail = mask(error.detail)
        error.vendor_code = error.vendor_code and mask(error.vendor_code)
        error.vendor_message = error.vendor_message and mask(error.vendor_message)
        if error.retry_after is not None:
            error.retry_after = min(error.retry_after, _LONGEST_WAIT)
        return error


def _said_of(verdict: Verdict, error: BaseException | None, *, vouched: bool) -> dict[str, Any]:
    """What else the evidence holds: that the operator vouched, or that the vendor knows the id, and not from us."""
    booked = verdict is Verdict.UNKNOWN and isinstance(error, BOOKED)
    return {name: True for name, holds in (("vouched", vouched), ("booked", booked)) if holds}


def _busy(error: VendorError) -> VendorBusy:
    """What a caller is told where the operator vouches for the status, in the vendor's own words."""
    busy = VendorBusy(
        f"The vendor failed (status {error.vendor_status}) and, by the configuration, applied nothing",
        vendor_status=error.vendor_status,
        vendor_code=error.vendor_code,
        vendor_message=error.vendor_message,
        retry_after=error.retry_after,
    )
    busy.answer = error.answer
    return busy


def _words(error: BaseException, call: Call) -> str:
    """What an error says, for the evidence; only its class where it may quote what is confidential."""
    name = type(error).__name__
    return name if call.is_confidential(error) and not isinstance(error, AdapterFault) else f"{name}: {error}"
