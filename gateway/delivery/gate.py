"""The gate before one vendor: who may call it now, by its circuit and by its free slots.

What is not let through was not sent: no byte of it left. So one vendor that hangs holds up its own callers for a
bounded time, and nobody else's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from gateway.delivery.circuit import Circuit, Pass, Sign
from gateway.delivery.concurrency import GATEWAY, ConcurrencyLimit, NoPlace
from gateway.errors import VendorError, VendorRateLimited, VendorUnavailable
from gateway.metrics import Metrics, Purpose
from gateway.model import CircuitState
from gateway.port import VendorSettings
from gateway.transport import Evidence, TransportError, Withheld

log = structlog.get_logger(__name__)
PATIENCE = 0.2
"""The part of a vendor's time-out for which a call waits for a slot."""
QUEUE = 2
"""For each slot, how many calls may wait for one."""


class Held(VendorUnavailable):
    """Raised when a call is not let through; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one vendor's circuit stands; `wait` is the seconds until a call may go out."""

    vendor: str
    state: CircuitState
    wait: float


class Gate:
    """Lets calls to one configured vendor through. `outages`, `clock`: as of `Circuit`.

    `places`: calls under way at once; by default the vendor's `max_concurrency`. `heeds`: a gate to the same vendor
    whose open circuit holds calls here too; nothing that happens here changes that one.
    """

    def __init__(
        self,
        name: str,
        settings: VendorSettings,
        *,
        outages: int,
        clock: Callable[[], float],
        metrics: Metrics,
        purpose: Purpose = "call",
        places: int | None = None,
        heeds: "Gate | None" = None,
    ) -> None:
        self._name = name
        self._metrics = metrics
        self._purpose: Purpose = purpose
        self._heeds = heeds
        self._patience = settings.timeout * PATIENCE
        places = places or settings.max_concurrency
        self._concurrency = ConcurrencyLimit(places, waiting=places * QUEUE, patience=self._patience)
        self._circuit = Circuit(outages=outages, clock=clock, changed=self._changed)
        metrics.circuit(name, purpose, CircuitState.CLOSED)

    @property
    def standing(self) -> Standing:
        """How the vendor stands now."""
        return Standing(self._name, self._circuit.state, self._wait())

    async def enter(self, deadline: float, client: str = GATEWAY) -> Pass:
        """Leave to have one exchange, to be given back by `leave`; `deadline` is on the event loop's clock.

        Clients that wait take turns. Raises `Held`, with the seconds after which to try again.
        """
        if wait := self._wait():
            raise self._out_of_reach(wait)
        try:
            await self._concurrency.take(deadline, client)
        except NoPlace:
            self._metrics.held(self._name, self._purpose, "slots")
            detail = "The vendor has as many calls under way as it may, and none ended in time; nothing was sent"
            raise Held(detail, retry_after=self._patience) from None
        given = self._circuit.enter()  # it may have opened while this call waited
        if given is None:
            self._concurrency.release()
            raise self._out_of_reach(self._wait())
        return given

    def leave(self, given: Pass, evidence: Evidence, status: int | None, error: BaseException | None) -> None:
        """Take in how an exchange ended: its last request, the status of its last answer, what was raised."""
        self._concurrency.release()
        retry_after = error.retry_after if isinstance(error, VendorError) else None
        self._circuit.leave(given, sign(evidence, status, error), retry_after)

    def _wait(self) -> float:
        """Seconds until a call may go out, as far as circuits go."""
        return max(self._circuit.wait(), self._heeds.standing.wait if self._heeds else 0.0)

    def _out_of_reach(self, wait: float) -> Held:
        self._metrics.held(self._name, self._purpose, "circuit")
        return Held("The vendor was out of reach a moment ago and is left alone; nothing was sent", retry_after=wait)

    def _changed(self, state: CircuitState, seconds: float) -> None:
        self._metrics.circuit(self._name, self._purpose, state)
        which = {"vendor": self._name, "purpose": self._purpose, "circuit": state.value}
        if state is CircuitState.OPEN:
            log.warning("a vendor is left alone", **which, seconds=round(seconds, 1))
        elif state is CircuitState.HALF_OPEN:
            log.info("a vendor is tried again", **which)
        else:
            log.warning("a vendor is back", **which)


def sign(evidence: Evidence, status: int | None, error: BaseException | None) -> Sign:
    """What an exchange says about the vendor's health; a refusal is an answer like any other."""
    if isinstance(error, Withheld):
        return Sign.NOTHING
    if isinstance(error, TransportError):
        if not error.timeout and evidence.status is not None:
            return Sign.OUTAGE if evidence.status >= 500 else Sign.ANSWERED  # it spoke, if not to the end
        return Sign.OUTAGE
    if isinstance(error, VendorError):
        if isinstance(error, VendorRateLimited):
            return Sign.BUSY
        told = max(error.vendor_status or 0, status or 0)
        return Sign.OUTAGE if told >= 500 and not error.judged else Sign.ANSWERED
    if status is None or (error is not None and not isinstance(error, Exception)):
        return Sign.NOTHING  # cancelled, or a fault of ours: the vendor has no part in it
    return Sign.OUTAGE if status >= 500 else Sign.ANSWERED
