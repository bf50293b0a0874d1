"""The evidence of one request to a vendor, and the errors for requests without a complete answer.

TransportError
├── Withheld                the gateway did not send it
│   ├── RequestRefused      it is not a valid request
│   ├── AddressRefused      the vendor's name resolves to a forbidden address
│   ├── TooLate             the deadline had passed before it could be sent
│   ├── OutOfResources      this process or machine is out of file descriptors or memory
│   └── TransportClosed     the gateway shuts down; unlike the others, the request may have left
├── TooLarge                the answer exceeds the size limit
└── TransportTimeout        the deadline passed
    └── TooLate
"""

from dataclasses import dataclass, field
from typing import ClassVar

from gateway.port import PartialResponse


@dataclass(slots=True)
class Evidence:
    """The state of one request, updated while it runs and correct at every moment, also after a cancellation.

    `sent` becomes true just before the first byte can leave: while it is false, the vendor received nothing.
    `status` is set once the head of the answer is complete. `error` is a short reason why there is no complete
    answer; it contains no header, path or query. `partial` is the received part of such an answer, for people to
    see; no secret in it is masked. `reused` is true if the connection had carried an earlier request.
    The moments are seconds on the transport's clock; a `sent_at` or `finished_at` far past the deadline shows that
    the process was frozen in between.
    """

    sent: bool = False
    status: int | None = None
    error: str | None = None
    partial: PartialResponse | None = field(default=None, repr=False)
    reused: bool = False
    started_at: float | None = None
    sent_at: float | None = None
    finished_at: float | None = None


class TransportError(Exception):
    """Raised when no complete answer arrived; only the evidence says whether the request left, never the class."""

    timeout: ClassVar[bool] = False


class Withheld(TransportError):
    """Raised when the gateway itself does not send a request or stops waiting for it; not the vendor's fault."""


class RequestRefused(Withheld):
    """Raised when the request cannot be sent verbatim."""


class OutOfResources(Withheld):
    """Raised when this process or its machine lacks the resources to open a connection."""


class TransportClosed(Withheld):
    """Raised when the transport is closed, before the call or during it."""


class AddressRefused(Withheld):
    """Raised when a name resolves only to link-local or cloud metadata addresses."""


class TooLarge(TransportError):
    """Raised when an answer is larger than the vendor's setting `max_answer` allows."""


class TransportTimeout(TransportError):
    """Raised when the deadline passed before the answer was complete."""

    timeout = True


class TooLate(Withheld, TransportTimeout):
    """Raised when the deadline had passed before a request that was ready could be sent."""
