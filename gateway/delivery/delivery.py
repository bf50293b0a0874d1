"""Runs one exchange against one vendor within its deadline, and says what came of it.

A write is had once, and what it proves is for `Call` to say; a read, which changes nothing, is had again where the
vendor was out of reach and there is time.
"""

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from math import inf
from typing import Any, TypeVar

from gateway.adjustments import Verdict
from gateway.delivery import unsent
from gateway.delivery.alarms import Faults
from gateway.delivery.call import AdapterFault, Call, speaks_of_success
from gateway.delivery.channels import alone
from gateway.delivery.concurrency import GATEWAY
from gateway.delivery.digest import digest
from gateway.delivery.driving import Driver, Leave, Limits
from gateway.delivery.gate import Gate, Held, Standing
from gateway.delivery.meter import Meter
from gateway.delivery.outcome import Outcome, Reading, masked_fields, without_secrets
from gateway.delivery.redaction import Masks, Redactor
from gateway.delivery.retries import Retries
from gateway.delivery.tokens import Tokens
from gateway.errors import (
    GatewayError,
    InternalError,
    VendorBadResponse,
    VendorBusy,
    VendorError,
)
from gateway.metrics import Metrics, Purpose
from gateway.model import Applied, Balance, Expiring, Found, Profile, Transactions, time_text
from gateway.planning.translated import Translation
from gateway.port import VendorRequest, VendorSettings
from gateway.port.refusals import BOOKED
from gateway.transport import Evidence, Transport, TransportError

T = TypeVar("T", bound=Applied | Balance | Expiring | Transactions | Profile | Found)
_LONGEST_WAIT = 3600.0


class Delivery:
    """The way to one configured vendor.

    `boottime`: seconds, on a clock that goes on while the process is stopped. `gate` lets calls through; the default
    one knows no outages. Without `retries` a read asks once. `tokens`: those of the vendor, where it issues any.
    `purpose`: what it is used for.
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
        tokens: Tokens | None = None,
        purpose: Purpose = "call",
    ) -> None:
        self._name = name
        self._settings = settings
        self._metrics = metrics
        self._transport = transport
        self._clock = clock
        self._boottime = boottime
        self._gate = gate or Gate(
            alone(name, settings, transport, outages=0, clock=boottime, metrics=metrics), metrics=metrics
        )
        self._retries = retries
        self._meter = Meter(name, purpose, metrics, boottime)
        self._masks = Masks(settings.concealed())
        self._driver = Driver(
            name, settings, transport, gate=self._gate, masks=self._masks, tokens=tokens, boottime=boottime
        )
        self._faults = Faults(name, settings.adapter, metrics)

    async def write(
        self,
        translation: Translation[Applied],
        *,
        client: str = GATEWAY,
        lease_until: float = inf,
        leave: Leave | None = None,
        vouching: bool = False,
    ) -> Outcome:
        """Have the exchange of a write for a client; nothing is sent past `lease_until`, a moment of `boottime`.

        `leave` is asked before a request with an effect leaves. `vouching`: whether a status of the setting
        `not_applied` can prove that nothing was applied; its answer is then tried on a second exchange, to see whether
        it speaks of a success. Never raises: what went wrong is in the outcome, a cancellation too.
        """
        call = Call(writing=translation.writes)
        started = self._meter.begin()
        applied: Applied | None = None
        error: BaseException | None = None
        try:
            limits = self._driver.limits(lease_until)
            begun = await self._driver.begin(translation, limits)
            result = await self._driver.drive(translation, begun, call, limits, client, leave)
            applied = self._without_secrets(result, call, translation)
        except (Exception, asyncio.CancelledError) as raised:
            error = raised
        verdict = call.verdict(error)
        answer = call.vouched_for(error, self._settings.not_applied)
        vouched = (
            vouching
            and verdict is Verdict.UNKNOWN
            and answer is not None
            and not speaks_of_success(call, answer, translation)
        )
        if vouched:
            verdict = Verdict.NOT_APPLIED
        self._meter.end(started, translation, error)
        self._metrics.attempted(self._name, verdict)
        if error is not None:
            self._faults.note(error, verdict, translation.adjustment)
        outcome = Outcome(
            verdict=verdict,
            evidence={**self._evidence(call, error), **_said_of(verdict, error, vouched=vouched)},
            exchange=self._redactor(call).exchange(self._settings.base_url, call.came),
            applied=applied if applied or verdict is not Verdict.APPLIED else Applied(),
            error=self._told(verdict, call, error),
        )
        del error  # its traceback holds this call: all of it would wait for the garbage collector
        return outcome

    async def read(self, translation: Translation[T], *, client: str = GATEWAY) -> Reading[T]:
        """Have the exchange of a read for a client; with `retries`, it begins again where the vendor was out of reach.

        Raises `VendorError`: what the vendor said, or `VendorUnavailable`, `VendorTimeout`, `VendorBadResponse`; and
        `InternalError` where the adapter did what a read may not, or the request did not leave for a reason of ours.
        """
        limits = self._driver.limits()
        try:
            if self._retries is None:
                return await self._read(translation, limits, client)
            ask = partial(self._read, translation, limits, client)
            return await self._retries.had(ask, deadline=limits.deadline, again=self._meter.retry)
        except VendorError as error:
            self._meter.failed(error)
            raise

    async def _read(self, translation: Translation[T], limits: Limits, client: str) -> Reading[T]:
        # What is raised here is about no answer to this call. Most need no token, and are spared another coroutine.
        plain = translation.fresh is None
        begun = (*translation.begin(), None) if plain else await self._driver.begin(translation, limits)
        call = Call(writing=translation.writes, deciding=translation.returns in (Found, Profile))
        started = self._meter.begin()
        try:
            result = await self._driver.drive(translation, begun, call, limits, client)
            result = self._without_secrets(result, call, translation)
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
            raised = sys.exception()
            self._meter.end(started, translation, raised and (raised.__cause__ or raised))
            del raised  # its traceback holds this call
        return Reading(result, self._clock(), self._settings.base_url, call.steps, self._redactor(call))

    def digest(self, request: VendorRequest) -> str:
        """The digest of a request with an effect, by which a repeat of it is known."""
        redactor = self._masks.redactor(request.issued)
        made_of = self._settings.made_of
        return digest(request, base_url=self._settings.base_url, redactor=redactor, made_of=made_of)

    @property
    def standing(self) -> Standing:
        """How the vendor stands now."""
        return self._gate.standing

    @property
    def slots(self) -> int:
        """How many exchanges may be under way at once."""
        return self._gate.slots

    @property
    def under_way(self) -> int:
        """How many exchanges are under way."""
        return self._gate.under_way

    def now(self) -> datetime:
        """The time by the clock that dates readings."""
        return self._clock()

    def close(self) -> None:
        """Close the connections to the vendor."""
        self._transport.close()

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
        if verdict in (Verdict.APPLIED, Verdict.ACCEPTED, Verdict.UNKNOWN):
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
