"""The errors that callers can get; codes and statuses are those of docs/api.md.

GatewayError
├── InvalidRequest, IdempotencyKeyRequired, TenantRequired      400
├── Unauthenticated, Forbidden, ClientPaused, NotFound          401, 403, 403, 404
├── MethodNotAllowed                                            405
├── IdempotencyInProgress, NotResolvable, NotReversible         409
├── KeyExpired, EventsGone                                      410
├── PayloadTooLarge, UnsupportedMediaType                       413, 415
├── IdempotencyKeyReused                                        422
├── OperationNotSupported, FieldNotSupported                    422
├── LimitExceeded ── DailyLimitExceeded                         422             the latter: not today
├── RateLimited, InternalError, StoreUnavailable                429, 500, 503
├── Overloaded, Paused                                          503, 503
└── VendorError                      from a vendor, or about the connection to it
    ├── MemberNotFound, MemberAmbiguous                         404, 409        refusals: final
    ├── InsufficientPoints, VendorRejected                      422             refusals: final
    ├── AlreadyReversed                                         409             a refusal: final
    ├── VendorAuthFailed, VendorRateLimited                     502, 503        not applied
    ├── VendorUnavailable ── VendorBusy                         503             the latter: not applied
    ├── VendorTimeout                                           504
    └── VendorBadResponse, NotApplied                           502
"""

from gateway.gateway_error import FieldError as FieldError
from gateway.gateway_error import GatewayError as GatewayError

AUTH_PAUSE = 60.0
"""Seconds before a retry at a vendor that refused our credentials."""


class InvalidRequest(GatewayError):
    """Raised when a request is malformed: not JSON, a wrong type, an unknown or repeated name."""

    code, status, title = "invalid_request", 400, "The request cannot be read"


class IdempotencyKeyRequired(GatewayError):
    """Raised when a write has no valid `Idempotency-Key`."""

    code, status, title = "idempotency_key_required", 400, "A write needs an Idempotency-Key"


class TenantRequired(GatewayError):
    """Raised when a client with several tenants names none."""

    code, status, title = "tenant_required", 400, "Name the tenant in X-Tenant"


class Unauthenticated(GatewayError):
    """Raised when the API key is missing or unknown."""

    code, status, title = "unauthenticated", 401, "No valid API key"


class Forbidden(GatewayError):
    """Raised when the client of a valid key lacks the scope or the tenant."""

    code, status, title = "forbidden", 403, "Not allowed for this client"


class ClientPaused(GatewayError):
    """Raised when an operator has paused the client: none of its writes begins an attempt."""

    code, status, title = "client_paused", 403, "This client is paused"


class NotFound(GatewayError):
    """Raised when the path does not exist, or the tenant has no such adjustment."""

    code, status, title = "not_found", 404, "No such thing here"


class MethodNotAllowed(GatewayError):
    """Raised when the path does not support the method."""

    code, status, title = "method_not_allowed", 405, "The path does not take this method"


class IdempotencyInProgress(GatewayError):
    """Raised when an earlier request under this key is still in progress."""

    code, status, title, retryable = "idempotency_in_progress", 409, "The first request is still in flight", True


class KeyExpired(GatewayError):
    """Raised when the adjustment of a key was purged: what the key once carried is not known any more."""

    code, status, title = "key_expired", 410, "The key has expired"


class EventsGone(GatewayError):
    """Raised when events after the one that was named were purged, or when the journal does not know it."""

    code, status, title = "events_gone", 410, "The feed cannot go on from there"


class NotResolvable(GatewayError):
    """Raised when an adjustment is not `unknown`, or may still change by itself."""

    code, status, title = "not_resolvable", 409, "The adjustment cannot be settled by hand"


class NotReversible(GatewayError):
    """Raised when an adjustment has not succeeded, is a reversal itself, or too little of it is left to reverse."""

    code, status, title = "not_reversible", 409, "The adjustment cannot be reversed"


class PayloadTooLarge(GatewayError):
    """Raised when a request body exceeds the size limit."""

    code, status, title = "payload_too_large", 413, "The request body is too large"


class UnsupportedMediaType(GatewayError):
    """Raised when a request body is not `application/json`."""

    code, status, title = "unsupported_media_type", 415, "The request body must be application/json"


class IdempotencyKeyReused(GatewayError):
    """Raised when a key is used again with another body."""

    code, status, title = "idempotency_key_reused", 422, "The key was used for something else"


class OperationNotSupported(GatewayError):
    """Raised when no route leads to a vendor that supports the operation."""

    code, status, title = "operation_not_supported", 422, "No vendor does this here"


class FieldNotSupported(GatewayError):
    """Raised when the vendor does not support a field, or its value; `field`: its dotted path in the request."""

    code, status, title = "field_not_supported", 422, "The vendor cannot be told this"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}", errors=(FieldError("/" + field.replace(".", "/"), detail),))
        self.field = field


class LimitExceeded(GatewayError):
    """Raised when an adjustment exceeds a limit of its client or tenant per adjustment, or a whole day's budget."""

    code, status, title = "limit_exceeded", 422, "More points than the gateway lets pass"


class DailyLimitExceeded(LimitExceeded):
    """Raised when an adjustment exceeds the rest of the day's budget; it can succeed on the next day."""

    code, retryable = "limit_exceeded", True


class RateLimited(GatewayError):
    """Raised when a client, or an address without a valid key, exceeds its rate."""

    code, status, title, retryable = "rate_limited", 429, "Too many requests", True


class InternalError(GatewayError):
    """Raised when the gateway failed before it claimed the key, or before it sent anything with an effect."""

    code, status, title, retryable = "internal_error", 500, "A fault of the gateway", True


class StoreUnavailable(GatewayError):
    """Raised when the journal cannot be written or read; nothing was sent."""

    code, status, title, retryable = "store_unavailable", 503, "The journal is not available", True


class Overloaded(GatewayError):
    """Raised when the gateway sheds load; nothing of the request was done."""

    code, status, title, retryable = "overloaded", 503, "The gateway has too much to do", True


class Paused(GatewayError):
    """Raised when an operator has paused the vendor, the tenant or all writes; nothing was sent."""

    code, status, title, retryable = "paused", 503, "Adjustments are paused here", True


class VendorError(GatewayError):
    """Raised when a vendor did not do what was requested.

    `vendor_status`, `vendor_code` and `vendor_message` are the vendor's own, made texts. `judged`, and the `answer`
    concerned, are set by `Adapter.judge` and `Adapter.refuse` alone: only a judged error about the right answer proves
    that nothing of a write was applied.
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
        self.vendor_code = None if vendor_code is None else str(vendor_code)
        self.vendor_message = None if vendor_message is None else str(vendor_message)


class MemberNotFound(VendorError):
    """Raised when the vendor knows no such member."""

    code, status, title = "member_not_found", 404, "The vendor knows no such member"


class MemberAmbiguous(VendorError):
    """Raised when the vendor has several members of the name that was asked, or one with several accounts."""

    code, status, title = "member_ambiguous", 409, "Several members have this name"


class InsufficientPoints(VendorError):
    """Raised when the vendor reports that the member has too few points."""

    code, status, title = "insufficient_points", 422, "The member has not enough points"


class VendorRejected(VendorError):
    """Raised when the vendor refused, with an answer that its adapter lists as proof that nothing was applied."""

    code, status, title = "vendor_rejected", 422, "The vendor said no"


class AlreadyReversed(VendorError):
    """Raised when the vendor shows that what is to be reversed was cancelled there already, and not by the gateway."""

    code, status, title = "already_reversed", 409, "The vendor has reversed it already"


class AlreadyBooked(VendorError):
    """Raised when the vendor reports an earlier booking under the adjustment's own id; callers never get it."""


class BookedOtherwise(VendorError):
    """Raised when the vendor reports that the adjustment's own id belongs to another booking; callers never get it."""


class VendorAuthFailed(VendorError):
    """Raised when the vendor refused the gateway's credentials."""

    code, status, title, retryable = "vendor_auth_failed", 502, "The vendor refused our credentials", True


class VendorRateLimited(VendorError):
    """Raised when the vendor limits the gateway's request rate."""

    code, status, title, retryable = "vendor_rate_limited", 503, "The vendor is asked too often", True


class VendorUnavailable(VendorError):
    """Raised when the vendor is unreachable, or (for a read) answers that it is out of service."""

    code, status, title, retryable = "vendor_unavailable", 503, "The vendor is not available", True


class VendorBusy(VendorUnavailable):
    """Raised when the vendor reports that it applied nothing but could later, because it is busy or has a lock."""

    title = "The vendor cannot do this now, and has applied nothing"


class VendorTimeout(VendorError):
    """Raised when a read timed out."""

    code, status, title, retryable = "vendor_timeout", 504, "The vendor did not answer in time", True


class VendorBadResponse(VendorError):
    """Raised when a vendor's answer cannot be understood; it is never read as zero."""

    code, status, title = "vendor_bad_response", 502, "The vendor's answer cannot be understood"


class NotApplied(VendorError):
    """Raised when a write of unknown outcome turned out not to be applied."""

    code, status, title = "not_applied", 502, "Settled as not applied"
