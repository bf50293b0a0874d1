"""What is known of one request to a vendor, and what is raised where no complete answer came back.

TransportError
├── Withheld                it did not leave for a reason of ours
│   ├── RequestRefused      it was not fit to be sent
│   ├── AddressRefused      the vendor's name leads to an address that is no vendor's
│   ├── TooLate             the deadline had passed when all was ready for it
│   ├── OutOfResources      this process or machine has no more files or memory
│   └── TransportClosed     the gateway goes; the one of these that says nothing of whether it left
├── TooLarge                more came than is read of an answer
└── TransportTimeout        the deadline came first
    └── TooLate
"""

from dataclasses import dataclass, field
from typing import ClassVar

from gateway.port import PartialResponse


@dataclass(slots=True)
class Evidence:
    """What became of one request, filled in while it runs and true at every moment, a cancellation included.

    `sent` turns true just before the first byte can leave: while it is false, the vendor received nothing.
    `status` is that of an answer whose head arrived whole. `error` says in a few words why there is no complete
    answer; it holds no header, no path and no query. `partial` is what came of such an answer, for people to see and
    with nothing masked in it. `kept` says that the connection was one kept from before.
    The moments are seconds on the transport's own clock; a `sent_at` or `finished_at` far past the deadline
    shows a process that was frozen meanwhile.
    """

    sent: bool = False
    status: int | None = None
    error: str | None = None
    partial: PartialResponse | None = field(default=None, repr=False)
    kept: bool = False
    started_at: float | None = None
    sent_at: float | None = None
    finished_at: float | None = None


class TransportError(Exception):
    """Raised when no complete answer arrived; whether the request left is in the evidence, never in the class."""

    timeout: ClassVar[bool] = False


class Withheld(TransportError):
    """Raised when a request is not sent, or not waited for, for a reason of ours; the vendor has no part in it."""


class RequestRefused(Withheld):
    """Raised when the request itself could not go out as it is."""


class OutOfResources(Withheld):
    """Raised when this process, or its machine, has nothing left to make a connection with."""


class TransportClosed(Withheld):
    """Raised when the transport is closed, before the call or during it."""


class AddressRefused(Withheld):
    """Raised when a name leads only to addresses that are link-local or a cloud's for metadata."""


class TooLarge(TransportError):
    """Raised when an answer is larger than the vendor's setting `max_answer` allows."""


class TransportTimeout(TransportError):
    """Raised when the deadline came before the complete answer."""

    timeout = True


class TooLate(Withheld, TransportTimeout):
    """Raised when the deadline had passed before a request that was ready could be sent."""
