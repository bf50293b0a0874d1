"""Everything that can go wrong, as a caller hears of it; codes and statuses are those of docs/api.md.

GatewayError
├── InvalidRequest, IdempotencyKeyRequired, TenantRequired      400
├── Unauthenticated, Forbidden                                  401, 403
├── NotFound, MethodNotAllowed                                  404, 405
├── IdempotencyInProgress, NotResolvable                        409
├── PayloadTooLarge, UnsupportedMediaType                       413, 415
├── IdempotencyKeyReused                                        422
├── OperationNotSupported, FieldNotSupported                    422
├── LimitExceeded ── DailyLimitExceeded                         422             the latter: not today
├── RateLimited                                                 429
├── InternalError, StoreUnavailable, Overloaded                 500, 503, 503
└── VendorError                      said by a vendor, or about the way to it
    ├── MemberNotFound, InsufficientPoints, VendorRejected      404, 422, 422   refusals: final
    ├── VendorAuthFailed, VendorRateLimited                     502, 503        not applied
    ├── VendorUnavailable ── VendorBusy                         503             the latter: not applied
    ├── VendorTimeout                                           504
    └── VendorBadResponse, NotApplied                           502
"""

from dataclasses import dataclass
from typing import ClassVar

AUTH_PAUSE = 60.0
"""Seconds after which it is worth asking again a vendor that refused our credentials."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that is wrong: `pointer` is an RFC 6901 JSON pointer into the body, or a name such as `?from`."""

    pointer: str
    detail: str


class GatewayError(Exception):
    """Raised when a call cannot be answered with what it asked for; each subclass is one problem code.

    `adjustment` (its id) and `vendor` (its name and its adapter's) are set where they have a part in it;
    `new_key_allowed`, where that adjustment has failed for good, so that another key cannot apply it twice.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong here"
    retryable: ClassVar[bool] = False
    adjustment: str | None = None
    new_key_allowed: bool = False
    vendor: tuple[str, str] | None = None

    def __init__(
        self, detail: str = "", *, errors: tuple[FieldError, ...] = (), retry_after: float | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors
        self.retry_after = retry_after


class InvalidRequest(GatewayError):
    """Raised when a request is not what the API reads: not JSON, a wrong type, an unknown or repeated name."""

    code, status, title = "invalid_request", 400, "The request cannot be read"


class IdempotencyKeyRequired(GatewayError):
    """Raised when a write comes without one usable `Idempotency-Key`."""

    code, status, title = "idempotency_key_required", 400, "A write needs an Idempotency-Key"


class TenantRequired(GatewayError):
    """Raised when a client with several tenants names none."""

    code, status, title = "tenant_required", 400, "Name the tenant in X-Tenant"


class Unauthenticated(GatewayError):
    """Raised when there is no API key, or not one that is known."""

    code, status, title = "unauthenticated", 401, "No valid API key"


class Forbidden(GatewayError):
    """Raised when the key is known and its client has not this scope or this tenant."""

    code, status, title = "forbidden", 403, "Not allowed for this client"


class NotFound(GatewayError):
    """Raised when there is no such path or adjustment for this tenant."""

    code, status, title = "not_found", 404, "No such thing here"


class MethodNotAllowed(GatewayError):
    """Raised when the path exists and does not take this method."""

    code, status, title = "method_not_allowed", 405, "The path does not take this method"


class IdempotencyInProgress(GatewayError):
    """Raised when the first request under this key is still in flight."""

    code, status, title, retryable = "idempotency_in_progress", 409, "The first request is still in flight", True


class NotResolvable(GatewayError):
    """Raised when an adjustment is not `unknown`, or may still change by itself."""

    code, status, title = "not_resolvable", 409, "The adjustment cannot be settled by hand"


class PayloadTooLarge(GatewayError):
    """Raised when a request body is larger than is read."""

    code, status, title = "payload_too_large", 413, "The request body is too large"


class UnsupportedMediaType(GatewayError):
    """Raised when a request body is not `application/json`."""

    code, status, title = "unsupported_media_type", 415, "The request body must be application/json"


class IdempotencyKeyReused(GatewayError):
    """Raised when a key comes again with other content."""

    code, status, title = "idempotency_key_reused", 422, "The key was used for something else"


class OperationNotSupported(GatewayError):
    """Raised when no route leads this call to a vendor that can do it."""

    code, status, title = "operation_not_supported", 422, "No vendor does this here"


class FieldNotSupported(GatewayError):
    """Raised when the routed vendor cannot be told something that the caller said.

    `field` is dotted, as a caller would find it: `points`, `member`, `options.ADAPTER.FIELD`.
    """

    code, status, title = "field_not_supported", 422, "The vendor cannot be told this"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}", errors=(FieldError("/" + field.replace(".", "/"), detail),))
        self.field = field


class LimitExceeded(GatewayError):
    """Raised when an adjustment is of more points than its client or tenant may adjust at once, or on any day."""

    code, status, title = "limit_exceeded", 422, "More points than the gateway lets pass"


class DailyLimitExceeded(LimitExceeded):
    """Raised when an adjustment is of more points than are left for the day; they are there again on the next."""

    code, retryable = "limit_exceeded", True


class RateLimited(GatewayError):
    """Raised when a client, or somebody without a valid key, sends more than it may."""

    code, status, title, retryable = "rate_limited", 429, "Too many requests", True


class InternalError(GatewayError):
    """Raised when something failed here before anything was claimed, or before anything with an effect was sent."""

    code, status, title, retryable = "internal_error", 500, "A fault of the gateway", True


class StoreUnavailable(GatewayError):
    """Raised when the journal cannot be written or read; nothing was sent."""

    code, status, title, retryable = "store_unavailable", 503, "The journal is not available", True


class Overloaded(GatewayError):
    """Raised when there is more to do than can be done soon, and nothing of this request was done."""

    code, status, title, retryable = "overloaded", 503, "The gateway has too much to do", True


class VendorError(GatewayError):
    """Raised when a vendor did not do what it was asked.

    `vendor_status`, `vendor_code` and `vendor_message` are the vendor's own words. `judged`, and the `answer` that it
    is about, are set by `Adapter.judge` and `Adapter.refuse` alone: of a write, only a judged error proves that
    nothing was applied, and only where it is about the right answer.
    """

    judged = False
    answer: object = None

    def __init__(
        self,
        detail: str = "",
        *,
        vendor_status: int | None = None,
        vendor_code: str | None = None,
        vendor_message: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.vendor_status = vendor_status
        # An adapter may hand on what the vendor wrote, which need not be a text.
        self.vendor_code = None if vendor_code is None else str(vendor_code)
        self.vendor_message = None if vendor_message is None else str(vendor_message)


class MemberNotFound(VendorError):
    """Raised when the vendor knows no such member."""

    code, status, title = "member_not_found", 404, "The vendor knows no such member"


class InsufficientPoints(VendorError):
    """Raised when the vendor says that the member has not enough points."""

    code, status, title = "insufficient_points", 422, "The member has not enough points"


class VendorRejected(VendorError):
    """Raised when the vendor said no, in a way that its adapter knows to mean that nothing was applied."""

    code, status, title = "vendor_rejected", 422, "The vendor said no"


class AlreadyBooked(VendorError):
    """Raised when the vendor says that it has booked under this adjustment's own id before.

    No caller hears it: the adjustment is applied by then, or stays unknown.
    """


class BookedOtherwise(VendorError):
    """Raised when the vendor says that this adjustment's own id was used for something else; no caller hears it."""


class VendorAuthFailed(VendorError):
    """Raised when the vendor refused the gateway's credentials."""

    code, status, title, retryable = "vendor_auth_failed", 502, "The vendor refused our credentials", True


class VendorRateLimited(VendorError):
    """Raised when the vendor says that it is asked too often."""

    code, status, title, retryable = "vendor_rate_limited", 503, "The vendor is asked too often", True


class VendorUnavailable(VendorError):
    """Raised when the vendor could not be reached, or (of a read) answered that it cannot serve."""

    code, status, title, retryable = "vendor_unavailable", 503, "The vendor is not available", True


class VendorBusy(VendorUnavailable):
    """Raised when the vendor says that it has applied nothing, and could later: it is busy, or something is locked."""

    title = "The vendor cannot do this now, and has applied nothing"


class VendorTimeout(VendorError):
    """Raised when a read ran out of time."""

    code, status, title, retryable = "vendor_timeout", 504, "The vendor did not answer in time", True


class VendorBadResponse(VendorError):
    """Raised when a vendor's answer cannot be understood; never taken for a zero."""

    code, status, title = "vendor_bad_response", 502, "The vendor's answer cannot be understood"


class NotApplied(VendorError):
    """Raised when a write whose outcome was unknown was settled as not applied."""

    code, status, title = "not_applied", 502, "Settled as not applied"
