"""The problems of docs/api.md, one class a code.

Problem
├── RequestProblem      4xx: every code of the table below 500, and any other 4xx
└── ServerProblem       5xx: every other code
"""

from collections.abc import Mapping
from typing import Any

from gateway.client.document import Document
from gateway.client.errors import FieldError, PointsError, VendorWords


class Problem(PointsError):
    """Raised when the gateway answered with a problem; `adjustment` is the id of the adjustment it is about."""

    adjustment: str | None = None
    failed_for_good = False
    """The problem's member `new_key_allowed`; false where the gateway does not say it."""

    @property
    def new_key_allowed(self) -> bool:
        """Whether a write may be tried anew under another key without the danger of applying it twice.

        Only where the gateway says so, and of this key's adjustment where an earlier attempt of the call may still
        be on its way.
        """
        return self.failed_for_good and (self.adjustment is not None or not self.unanswered)


class RequestProblem(Problem):
    """Raised when the gateway answered with a 4xx."""


class ServerProblem(Problem):
    """Raised when the gateway answered with a 5xx."""


class InvalidRequest(RequestProblem):
    """Raised when the request is not what the API reads: not JSON, a wrong type, an unknown or repeated name."""

    code = "invalid_request"


class IdempotencyKeyRequired(RequestProblem):
    """Raised when a write came without one usable idempotency key."""

    code = "idempotency_key_required"


class TenantRequired(RequestProblem):
    """Raised when this key acts for several tenants and none was named."""

    code = "tenant_required"


class Unauthenticated(RequestProblem):
    """Raised when the gateway does not know the API key."""

    code = "unauthenticated"


class Forbidden(RequestProblem):
    """Raised when the API key has not this scope or this tenant."""

    code = "forbidden"


class NotFound(RequestProblem):
    """Raised when there is no such adjustment or path for this tenant."""

    code = "not_found"


class MethodNotAllowed(RequestProblem):
    """Raised when the path does not take this method."""

    code = "method_not_allowed"


class MemberNotFound(RequestProblem):
    """Raised when the vendor knows no such member."""

    code = "member_not_found"


class IdempotencyInProgress(RequestProblem):
    """Raised when the first call under this key is still under way."""

    code = "idempotency_in_progress"


class NotResolvable(RequestProblem):
    """Raised when an adjustment is not unknown, or may still settle by itself."""

    code = "not_resolvable"


class PayloadTooLarge(RequestProblem):
    """Raised when the request body is larger than the gateway reads."""

    code = "payload_too_large"


class UnsupportedMediaType(RequestProblem):
    """Raised when the request body is not JSON."""

    code = "unsupported_media_type"


class IdempotencyKeyReused(RequestProblem):
    """Raised when the key was used before, for something else."""

    code = "idempotency_key_reused"


class OperationNotSupported(RequestProblem):
    """Raised when no vendor does this for the tenant."""

    code = "operation_not_supported"


class FieldNotSupported(RequestProblem):
    """Raised when the vendor cannot be told something that the call says."""

    code = "field_not_supported"


class InsufficientPoints(RequestProblem):
    """Raised when the vendor says that the member has not enough points."""

    code = "insufficient_points"


class VendorRejected(RequestProblem):
    """Raised when the vendor said no, and applied nothing."""

    code = "vendor_rejected"


class LimitExceeded(RequestProblem):
    """Raised when it was more points than the client or tenant may adjust at once, or has left for the day.

    Where they are there again on the next day, it is `retryable`, and `retry_after` says when.
    """

    code = "limit_exceeded"


class RateLimited(RequestProblem):
    """Raised when the gateway is asked too often."""

    code = "rate_limited"


class InternalError(ServerProblem):
    """Raised when something failed in the gateway before anything that could change points was sent."""

    code = "internal_error"


class VendorAuthFailed(ServerProblem):
    """Raised when the vendor refused the gateway's credentials."""

    code = "vendor_auth_failed"


class VendorBadResponse(ServerProblem):
    """Raised when the vendor's answer to a read cannot be understood."""

    code = "vendor_bad_response"


class NotApplied(ServerProblem):
    """Raised when an adjustment of unknown outcome was settled as not applied."""

    code = "not_applied"


class VendorUnavailable(ServerProblem):
    """Raised when the vendor could not be reached or cannot serve."""

    code = "vendor_unavailable"


class VendorRateLimited(ServerProblem):
    """Raised when the vendor is asked too often."""

    code = "vendor_rate_limited"


class StoreUnavailable(ServerProblem):
    """Raised when the gateway's journal is not available; nothing was sent."""

    code = "store_unavailable"


class Overloaded(ServerProblem):
    """Raised when the gateway has too much to do; nothing of the request was done."""

    code = "overloaded"


class VendorTimeout(ServerProblem):
    """Raised when a read from the vendor ran out of time."""

    code = "vendor_timeout"


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
    """The exception for a problem document; a code that is not known becomes `RequestProblem` or `ServerProblem`.

    Raises `ValueError` where the document is no problem of this API.
    """
    code = document.text("code")
    kind = CODES.get(code) or (RequestProblem if 400 <= status < 500 else ServerProblem)
    made = kind(
        document.text_or_none("detail") or document.text_or_none("title") or code,
        status=status,
        retryable=document.flag("retryable"),
        errors=tuple(FieldError(each.text("pointer"), each.text("detail")) for each in document.several("errors")),
        vendor=_vendor(document.mapping("vendor")),
        request_id=request_id or document.text_or_none("request_id"),
        retry_after=retry_after,
        idempotency_key=idempotency_key,
    )
    made.code = code
    made.adjustment = document.text_or_none("adjustment")
    made.failed_for_good = document.flag_or_none("new_key_allowed") or False
    return made


def _vendor(said: Mapping[str, Any]) -> VendorWords | None:
    if not said:
        return None
    status = said.get("status")
    words = {
        name: None if said.get(name) is None else str(said[name]) for name in ("name", "adapter", "code", "message")
    }
    return VendorWords(status=status if isinstance(status, int) else None, **words)
