"""What the client raises; argument mistakes are the usual `TypeError` and `ValueError`.

PointsError
├── Problem             the gateway said why (see problems.py: one class a code)
├── OutcomeUnknown      202: accepted, and perhaps applied
├── UnexpectedAnswer    an answer that is not the gateway's, such as a proxy's HTML
└── NoAnswer            refused, cut off or timed out, however often it was tried
    └── NotSent         and certainly nothing was sent, in any attempt
"""

from dataclasses import dataclass

from gateway.client.answers import Adjustment


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that is wrong: `pointer` is a JSON pointer into the body, or a name such as `?from`."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class VendorWords:
    """What a vendor itself said about a problem, in its own words."""

    name: str | None
    adapter: str | None
    status: int | None
    code: str | None
    message: str | None


class PointsError(Exception):
    """Raised when a call did not end in the answer that it asked for.

    `code` and `status` are the API's, None where the gateway said neither. `retryable` says that the same call
    may be made again and that this can help. `retry_after` is in seconds. `idempotency_key` is that of a write.
    """

    code: str | None = None

    def __init__(
        self,
        detail: str = "",
        *,
        status: int | None = None,
        retryable: bool = False,
        errors: tuple[FieldError, ...] = (),
        vendor: VendorWords | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.retryable = retryable
        self.errors = errors
        self.vendor = vendor
        self.request_id = request_id
        self.retry_after = retry_after
        self.idempotency_key = idempotency_key
        self.unanswered = False
        """Whether an earlier attempt of the same call ended without the gateway's word, so that it may still act."""

    @property
    def new_key_allowed(self) -> bool:
        """Whether a write may be tried anew under another key without the danger of applying it twice.

        Only a problem can say so. It knows of this one call: an app that has called before under the same key,
        and heard nothing, repeats that key until it hears something.
        """
        return False

    def __str__(self) -> str:
        return self.detail


class NoAnswer(PointsError):
    """Raised when every attempt ended in a connection error or a time-out; a write may have been applied."""


class NotSent(NoAnswer):
    """Raised when no attempt of the call left this machine: the gateway was not reached, or no place came free.

    It speaks of this call alone: one that was made earlier under the same key may still have been applied.
    """


class UnexpectedAnswer(PointsError):
    """Raised when something answered that is not this API; a write may have been applied."""


class OutcomeUnknown(PointsError):
    """Raised when an adjustment was accepted and may have been applied; it is not done, and it has not failed.

    Taking a new key now is wrong: it can apply the points twice. `wait` for the outcome, or repeat the call
    with `idempotency_key`: either way the points are applied once at most. `adjustment` is its state at the time.
    """

    def __init__(
        self, adjustment: Adjustment, *, retry_after: float | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(
            f"Adjustment {adjustment.id} is {adjustment.status}: it may have been applied. "
            "Do not take a new key: wait for its outcome, or repeat the call with the same one",
            status=202,
            retryable=True,
            request_id=request_id,
            retry_after=retry_after,
            idempotency_key=adjustment.idempotency_key,
        )
        self.args = (adjustment,)  # what pickling makes the exception from again
        self.adjustment = adjustment
        self.id = adjustment.id
