"""The client's exceptions; invalid arguments raise `TypeError` and `ValueError`.

PointsError
├── Problem             the gateway answered with a problem (see problems.py: one class per code)
├── OutcomeUnknown      202: accepted, and possibly applied
├── UnexpectedAnswer    an answer that is not the gateway's, such as a proxy's HTML
└── NoAnswer            every attempt was refused, cut off or timed out
    └── NotSent         and no attempt sent anything
"""

from dataclasses import dataclass

from points_gateway_client.results import Adjustment


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field: `pointer` is a JSON pointer into the body, or a name such as `?from`."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class VendorWords:
    """A vendor's own status, code and message for a problem."""

    name: str | None
    adapter: str | None
    status: int | None
    code: str | None
    message: str | None


class PointsError(Exception):
    """Raised when a call does not succeed.

    `code` and `status` are the API's; each is None if there was no such answer. `retryable`: the same call may be
    made again, and that can help. `retry_after` is in seconds. `idempotency_key` is the key of a write.
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
        """Whether an earlier attempt of the same call got no answer from the gateway, so that it may still act."""

    @property
    def new_key_allowed(self) -> bool:
        """Whether a write may be repeated under another key without the danger of applying it twice.

        Only a problem can be true here. It covers this one call: an app that called before under the same key and
        got no answer must repeat that key until it gets one.
        """
        return False

    def __str__(self) -> str:
        return self.detail


class NoAnswer(PointsError):
    """Raised when every attempt ended in a connection error or a time-out; a write may have been applied."""


class NotSent(NoAnswer):
    """Raised when no attempt of the call left this machine: the gateway was unreachable, or no place became free.

    It covers this call alone: an earlier call under the same key may still have been applied.
    """


class UnexpectedAnswer(PointsError):
    """Raised when an answer is not one of this API; a write may have been applied."""


class OutcomeUnknown(PointsError):
    """Raised when an adjustment was accepted and may have been applied; it has neither succeeded nor failed yet.

    Do not take a new key: that can apply the points twice. `wait` for the outcome, or repeat the call with
    `idempotency_key`: either way the points are applied at most once. `adjustment` is its state at that time.
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
        self.args = (adjustment,)  # unpickling calls the class with these arguments
        self.adjustment = adjustment
        self.id = adjustment.id
