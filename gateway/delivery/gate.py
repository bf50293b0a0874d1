"""The gate before one vendor: who may call it now, by its circuit and by its free slots.

What is not let through was not sent: no byte of it left. So one vendor that hangs holds up its own callers for a
bounded time, and nobody else's.
"""

from dataclasses import dataclass

from gateway.delivery.channels import Channel
from gateway.delivery.circuit import Pass, Sign
from gateway.delivery.concurrency import GATEWAY, NoPlace
from gateway.errors import VendorError, VendorRateLimited, VendorUnavailable
from gateway.metrics import Metrics
from gateway.model import CircuitState
from gateway.transport import Evidence, TransportError, Withheld


class Held(VendorUnavailable):
    """Raised when a call is not let through; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one vendor's circuit stands; `wait` is the seconds until a call may go out."""

    vendor: str
    state: CircuitState
    wait: float


class Gate:
    """Lets calls through to a channel of one configured vendor.

    `heeds`: a gate to the same vendor whose open circuit holds calls here too; nothing that happens here changes that
    one.
    """

    def __init__(self, channel: Channel, *, metrics: Metrics, heeds: "Gate | None" = None) -> None:
        self._name = channel.vendor
        self._purpose = channel.purpose
        self._patience = channel.patience
        self._circuit = channel.circuit
        self._concurrency = channel.concurrency
        self._metrics = metrics
        self._heeds = heeds

    @property
    def standing(self) -> Standing:
        """How the vendor stands now."""
        return Standing(self._name, self._circuit.state, self._wait())

    @property
    def slots(self) -> int:
        """How many exchanges may be under way at once."""
        return self._concurrency.places

    @property
    def under_way(self) -> int:
        """How many exchanges are under way."""
        return self._concurrency.under_way

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
            detail = "More calls to the vendor wait for their turn than end in time; nothing was sent"
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
