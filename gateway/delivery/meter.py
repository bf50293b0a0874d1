"""Measures the exchanges with one vendor: for Prometheus, and for the log line of the request that they belong to."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from gateway.delivery.gate import Held
from gateway.errors import VendorBadResponse, VendorError, VendorRateLimited, VendorTimeout, VendorUnavailable
from gateway.metrics import Asked, Metrics, Operation, Purpose
from gateway.model import Applied, Balance, Expiring, Found, Profile, Transactions
from gateway.planning.translated import Translation
from gateway.transport import TooLarge, TransportError, Withheld

_READS: dict[type[Any], Operation] = {
    Balance: "balance",
    Expiring: "expiring",
    Transactions: "transactions",
    Profile: "lookup",
    Found: "search",
}


class Spent:
    """Seconds that exchanges with vendors took for one request; those at the same time are added up."""

    __slots__ = ("seconds",)

    def __init__(self) -> None:
        self.seconds = 0.0


# At module level, as each context variable is. The tasks that a request begins have its context.
_spent: ContextVar[Spent | None] = ContextVar("spent", default=None)


def measured() -> Spent:
    """The time at vendors of what the present task does from now on."""
    spent = Spent()
    _spent.set(spent)
    return spent


class Meter:
    """Measures for one configured vendor. `clock`: seconds."""

    def __init__(self, vendor: str, purpose: Purpose, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._vendor = vendor
        self._purpose = purpose
        self._metrics = metrics
        self._clock = clock

    def begin(self) -> float:
        """An exchange begins: the moment, for `end`."""
        if self._purpose == "call":
            self._metrics.under_way(self._vendor, 1)
        return self._clock()

    def end(self, begun: float, translation: Translation[Any], error: BaseException | None) -> None:
        """An exchange has ended, by this error where there was one."""
        seconds = self._clock() - begun
        if self._purpose == "call":
            self._metrics.under_way(self._vendor, -1)
        self._metrics.asked(self._vendor, self._operation(translation), ending(error), seconds)
        if (spent := _spent.get()) is not None:
            spent.seconds += seconds

    def retry(self) -> None:
        """A read is asked again."""
        self._metrics.retried(self._vendor)

    def failed(self, error: VendorError) -> None:
        """A read has failed for good; what a vendor refuses has not."""
        if ending(error) != "refused":
            self._metrics.read_failed(self._vendor)

    def _operation(self, translation: Translation[Any]) -> Operation:
        if self._purpose == "repeat":
            return "repeat"
        if translation.returns is Applied:
            return "cancel" if getattr(translation.method, "__name__", "") == "cancel" else "adjust"
        return _READS[translation.returns]


def ending(error: BaseException | None) -> Asked:
    """What came of an exchange that ended by this error, or by none."""
    if error is None:
        return "success"
    if isinstance(error, Held | Withheld):
        return "held"
    if isinstance(error, VendorTimeout):
        return "timeout"
    if isinstance(error, TransportError):
        return "unreadable" if isinstance(error, TooLarge) else "timeout" if error.timeout else "unavailable"
    if isinstance(error, VendorUnavailable | VendorRateLimited):
        return "unavailable"
    if isinstance(error, VendorError) and not isinstance(error, VendorBadResponse):
        return "unavailable" if (error.vendor_status or 0) >= 500 and not error.judged else "refused"
    return "cut" if isinstance(error, asyncio.CancelledError) else "unreadable"
