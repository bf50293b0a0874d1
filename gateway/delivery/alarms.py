"""What the operator hears of an exchange that failed: in the log, and as alarms.

A vendor's words and those of an adapter's own error are left out, since both may quote what belongs to somebody.
"""

import asyncio
import traceback
from collections.abc import Sequence

import structlog

from gateway.adjustments import Verdict
from gateway.delivery.call import AdapterFault
from gateway.errors import AlreadyBooked, GatewayError
from gateway.metrics import Metrics
from gateway.port.refusals import BOOKED
from gateway.transport import TransportClosed, TransportError, Withheld

log = structlog.get_logger(__name__)


class Faults:
    """Tells of one configured vendor's exchanges."""

    def __init__(self, vendor: str, adapter: str, metrics: Metrics) -> None:
        self._who = {"vendor": vendor, "adapter": adapter}
        self._metrics = metrics

    def masked(self, fields: Sequence[str], adjustment: str | None) -> None:
        """Tell of a secret in these fields of what a vendor said; what is kept of them is not what it said."""
        self._metrics.alarmed("masked")
        log.error("a vendor's answer held a secret", adjustment=adjustment, **self._who, fields=list(fields))

    def note(self, error: BaseException, verdict: Verdict, adjustment: str | None) -> None:
        """Tell of what ended an exchange about this adjustment, where it is the operator's to know."""
        if isinstance(error, BOOKED) and verdict is Verdict.UNKNOWN:
            self._metrics.alarmed("booked")
            why = "it was booked before" if isinstance(error, AlreadyBooked) else "it was used for something else"
            log.error("a vendor knows an id that it cannot know", adjustment=adjustment, **self._who, why=why)
        elif isinstance(error, AdapterFault):
            self._metrics.alarmed("adapter")
            log.error("an adapter broke its contract", adjustment=adjustment, **self._who, why=str(error))
        elif isinstance(error, Withheld):
            if not isinstance(error, TransportClosed):
                log.error(
                    "a request was not sent for a reason of ours", adjustment=adjustment, **self._who, why=str(error)
                )
        elif not isinstance(error, GatewayError | TransportError | asyncio.CancelledError):
            frames = traceback.extract_tb(error.__traceback__)
            where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
            log.error("an adapter failed on a vendor's answer", error=type(error).__name__, where=where, **self._who)
