"""The problems of docs/api.md, one class per code.

Problem
├── RequestProblem      4xx: one subclass per documented code; itself for any other 4xx
└── ServerProblem       5xx: one subclass per documented code; itself for every other status
"""

from collections.abc import Mapping
from typing import Any

from points_gateway_client.exceptions import FieldError, PointsError, VendorWords
from points_gateway_client.json_object import Document


class Problem(PointsError):
    """Raised when the gateway answers with a problem; `adjustment` is the id of the adjustment concerned."""

    adjustment: str | None = None
    failed_for_good = False
    """The problem's member `new_key_allowed`; false if the gateway left it out."""

    @property
    def new_key_allowed(self) -> bool:
        """Whether a write may be repeated under another key without the danger of applying it twice.

        True only if the gateway says so. If an earlier attempt of the call may still arrive, the problem must also
        name the adjustment of this key; otherwise that attempt could still begin one.
        """
        return self.failed_for_good and (self.adjustment is not None or not self.unanswered)


class RequestProblem(Problem):
    """Raised when the gateway answered with a 4xx."""


class ServerProblem(Problem):
    """Raised when the gateway answered with a 5xx."""


class InvalidRequest(RequestProblem):
    """Raised when the request is malformed: not JSON, a wrong type, an unknown or repeated name."""

    code = "invalid_request"


class IdempotencyKeyRequired(RequestProblem):
    """Raised when a write has no valid idempotency key."""

    code = "idempotency_key_required"


class TenantRequired(RequestProblem):
    """Raised when the API key has several tenants and the call names none."""

    code = "tenant_required"


class Unauthenticated(RequestProblem):
    """Raised when the gateway does not know the API key."""

    code = "unauthenticated"


class Forbidden(RequestProblem):
    """Raised when the API key lacks the scope or the tenant."""

    code = "forbidden"


class ClientPaused(RequestProblem):
    """Raised when the gateway's operator has paused this client: it may adjust nothing for now."""

    code = "client_paused"


class NotFound(RequestProblem):
    """Raised when there is no such adjustment or path for this tenant."""

    code = "not_found"


class MethodNotAllowed(RequestProblem):
    """Raised when the path does not take this method."""

    code = "method_not_allowed"


class MemberNotFound(RequestProblem):
    """Raised when the vendor knows no such member."""

    code = "member_not_found"


class MemberAmbiguous(RequestProblem):
    """Raised when the vendor has several members of this name, or one with several accounts."""

    code = "member_ambiguous"


class IdempotencyInProgress(RequestProblem):
    """Raised when an earlier call under this key is still in progress."""

    code = "idempotency_in_progress"


class NotResolvable(RequestProblem):
    """Raised when an adjustment is not unknown, may still settle by itself, or has no proposal to withdraw."""

    code = "not_resolvable"


class NotReversible(RequestProblem):
    """Raised when an adjustment has not succeeded, is a reversal itself, or too little of it is left to reverse."""

    code = "not_reversible"


class AlreadyReversed(RequestProblem):
    """Raised when the adjustment was cancelled at the vendor, and not by a reversal of the gateway."""

    code = "already_reversed"


class KeyExpired(RequestProblem):
    """Raised when the adjustment of the key was purged; no other key may repeat it."""

    code = "key_expired"


class EventsGone(RequestProblem):
    """Raised when events after the one that is named were purged, or there is none of its id."""

    code = "events_gone"


class PayloadTooLarge(RequestProblem):
    """Raised when the request body exceeds the gateway's size limit."""

    code = "payload_too_large"


class UnsupportedMediaType(RequestProblem):
    """Raised when the request body is not JSON."""

    code = "unsupported_media_type"


class IdempotencyKeyReused(RequestProblem):
    """Raised when the key was used before with another body."""

    code = "idempotency_key_reused"


class OperationNotSupported(RequestProblem):
    """Raised when no vendor of the tenant supports the operation."""

    code = "operation_not_supported"


class FieldNotSupported(RequestProblem):
    """Raised when the vendor does not support a field of the call."""

    code = "field_not_supported"


class InsufficientPoints(RequestProblem):
    """Raised when the vendor reports that the member has too few points."""

    code = "insufficient_points"


class VendorRejected(RequestProblem):
    """Raised when the vendor refused the call and applied nothing."""

    code = "vendor_rejected"


class LimitExceeded(RequestProblem):
    """Raised when the points exceed the maximum per adjustment, or the rest of the day's budget.

    If only the day's budget is exceeded, it is `retryable`, with the time of the next day in `retry_after`.
    """

    code = "limit_exceeded"


class RateLimited(RequestProblem):
    """Raised when the client exceeds its request rate."""

    code = "rate_limited"


class InternalError(ServerProblem):
    """Raised when the gateway failed before it sent anything that could change points."""

    code = "internal_error"


class VendorAuthFailed(ServerProblem):
    """Raised when the vendor refused the gateway's credentials."""

    code = "vendor_auth_failed"


class VendorBadResponse(ServerProblem):
    """Raised when the vendor's answer to a read cannot be understood."""

    code = "vendor_bad_response"


class NotApplied(ServerProblem):
    """Raised when an adjustment of unknown outcome turned out not to be applied."""

    code = "not_applied"


class VendorUnavailable(ServerProblem):
    """Raised when the vendor is unreachable or out of service."""

    code = "vendor_unavailable"


class VendorRateLimited(ServerProblem):
    """Raised when the vendor limits the gateway's request rate."""

    code = "vendor_rate_limited"


class StoreUnavailable(ServerProblem):
    """Raised when the gateway's journal is unavailable; nothing was sent."""

    code = "store_unavailable"


class Overloaded(ServerProblem):
    """Raised when the gateway sheds load; nothing of the request was done."""

    code = "overloaded"


class Paused(ServerProblem):
    """Raised when the gateway's operator has paused the vendor, the tenant or all adjustments; nothing was sent."""

    code = "paused"


class VendorTimeout(ServerProblem):
    """Raised when a read from the vendor timed out."""

    code = "vendor_timeout"


# The classes with a code are exactly the direct subclasses of the two bases.
CODES: Mapping[str, type[Problem]] = {
    str(kind.code): kind for base in (RequestProblem, ServerProblem) for kind in base.__subclasses__()
}


def problem(
    document: Document,
    *,
    status: int,
    request_id: str | None = None,
    retry_after: float | None = None,
    idempotency_key: str | None = None,
) -> Problem:
    """The exception for a problem document; for an undocumented code, `RequestProblem` or `ServerProblem`.

    Raises `ValueError` if the document is not a problem of this API.
    """
    code = document.text("code")
    kind = CODES.get(code) or (RequestProblem if 400 <= status < 500 else ServerProblem)
    result = kind(
        document.text_or_none("detail") or document.text_or_none("title") or code,
        status=status,
        retryable=document.flag("retryable"),
        errors=tuple(FieldError(each.text("pointer"), each.text("detail")) for each in document.several("errors")),
        vendor=_vendor(document.mapping("vendor")),
        request_id=request_id or document.text_or_none("request_id"),
        retry_after=retry_after,
        idempotency_key=idempotency_key,
    )
    result.code = code
    result.adjustment = document.text_or_none("adjustment")
    result.failed_for_good = document.flag_or_none("new_key_allowed") or False
    return result


def _vendor(member: Mapping[str, Any]) -> VendorWords | None:
    if not member:
        return None
    status = member.get("status")
    texts = {
        name: None if member.get(name) is None else str(member[name]) for name in ("name", "adapter", "code", "message")
    }
    return VendorWords(status=status if isinstance(status, int) else None, **texts)
