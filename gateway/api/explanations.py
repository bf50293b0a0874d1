"""What each problem means to a person: the pages under /problems and the OpenAPI document say it."""

from collections.abc import Iterator
from typing import Any

from gateway import errors
from gateway.api.explanation import Explanation

EXAMPLE_ID = "adj_01a200020d41bb65eb26b6bc42f2d9b9"
"""The id of the adjustment in examples."""
_REPEAT = "Send the same request again under the same key"
_AGAIN = f"{_REPEAT}, after the seconds in `Retry-After`."
_OWN = {"adjustment": EXAMPLE_ID}
_FINAL = {"new_key_allowed": True, **_OWN}
_CORRECT = "Correct the request, and send it under the same key. Nothing was stored, and the key is as it was."


def _vendor(status: int | None, code: str | None = None, message: str | None = None) -> dict[str, Any]:
    said = {"status": status, "code": code, "message": message}
    return {"vendor": {"name": "crm", "adapter": "my-adapter", **said}}


def _field(pointer: str, detail: str) -> dict[str, Any]:
    return {"errors": [{"pointer": pointer, "detail": detail}]}


def explanations() -> dict[str, Explanation]:
    """The explanation of each problem that callers can get, by its code, in the order of status and code."""
    return {each.kind.code: each for each in sorted(_all(), key=lambda each: (each.kind.status, each.kind.code))}


def _all() -> Iterator[Explanation]:
    yield from _OF_REQUESTS
    yield from _OF_KEYS
    yield from _OF_THE_GATEWAY
    yield from _OF_VENDORS


_OF_REQUESTS = (
    Explanation(
        errors.InvalidRequest,
        "The gateway could not read the request: it is not JSON, a field has the wrong type, or a name is unknown or "
        "repeated. Each mistake is in `errors`, with a pointer to its place.",
        _CORRECT,
        "points: expected a number as text or as a JSON number",
        _field("/points", "expected a number as text or as a JSON number"),
    ),
    Explanation(
        errors.TenantRequired,
        "The client acts for several tenants, and the request names none.",
        "Name the tenant in the header `X-Tenant`.",
        "This client acts for several tenants: name one in X-Tenant",
    ),
    Explanation(
        errors.Unauthenticated,
        "The request has no API key, or one that is wrong or has expired.",
        "Send `Authorization: Bearer KEY` with a valid key. Ask the gateway's operator for one. Nothing was done.",
        "Send a valid key as Authorization: Bearer KEY",
    ),
    Explanation(
        errors.Forbidden,
        "The key is valid, and its client may not do this: it lacks the scope or the tenant.",
        "Use another client's key, or ask the operator for the scope that `detail` names.",
        "This client has no scope points:write",
    ),
    Explanation(
        errors.NotFound,
        "There is nothing at this path, or the tenant has no adjustment with this id.",
        "Check the path, the id and the tenant. Adjustments of other tenants are not found either.",
        "There is no such adjustment",
    ),
    Explanation(
        errors.MethodNotAllowed,
        "The path exists and does not take this method.",
        "Use one of the methods in the header `Allow`.",
        "This path takes GET and POST",
    ),
    Explanation(
        errors.PayloadTooLarge,
        "The body is larger than 64 KiB.",
        "Send a smaller body. No adjustment needs as much.",
        "The body has more than 65536 bytes",
    ),
    Explanation(
        errors.UnsupportedMediaType,
        "The body is not declared as JSON in UTF-8.",
        "Send `Content-Type: application/json`.",
        "Send the body as application/json",
    ),
    Explanation(
        errors.OperationNotSupported,
        "No route of the tenant leads to a vendor that can do this for this member and point type.",
        "Ask `GET /v1/capabilities` what the tenant's vendors can do. The operator can add a route.",
        "No vendor of tenant 'acme' reads expiring points of members by contact_id",
    ),
    Explanation(
        errors.FieldNotSupported,
        "The vendor cannot be told a field of the request, or its value. The gateway drops no field silently, so it "
        "sent nothing.",
        "Leave the field out or change it, and use the same key. The operator can let a vendor `ignore` a field.",
        "points: vendor 'crm' (my-adapter) takes whole points only",
        _field("/points", "vendor 'crm' (my-adapter) takes whole points only"),
    ),
    Explanation(
        errors.LimitExceeded,
        "The adjustment is larger than the client or the tenant may make at once or on any day, or than what is left "
        "for today. Only in the last case is it retryable.",
        "Ask `GET /v1/limits` what is left. Where `retryable` is true, send the same request again after the seconds "
        "in `Retry-After`; else adjust fewer points.",
        "client 'storefront' may adjust at most 1000 points at once",
    ),
)
_OF_KEYS = (
    Explanation(
        errors.IdempotencyKeyRequired,
        "A write came without an `Idempotency-Key`, or with one that is not 1 to 255 visible ASCII characters.",
        "Choose one key for each adjustment, such as the order's number, and send it with every repeat.",
        "Send an Idempotency-Key of 1 to 255 visible ASCII characters",
    ),
    Explanation(
        errors.IdempotencyInProgress,
        "An earlier request with this key is still at the vendor.",
        f"{_AGAIN} Its answer will be that of the first request. Do not use another key.",
        "The first request with this key is still in flight",
        _OWN,
    ),
    Explanation(
        errors.IdempotencyKeyReused,
        "The key belongs to an adjustment that means something else: `errors` names where the two differ.",
        "Send what the key was first sent with, or look at the adjustment. A new adjustment takes a key of its own.",
        "The key belongs to an adjustment with other points",
        {**_field("/points", "the key was first sent with another value"), **_OWN},
    ),
    Explanation(
        errors.KeyExpired,
        "The adjustment of this key was purged. Its status is in `detail`; what it was is not known any more.",
        "Do not send the same points under another key: they may have been applied. Look in your own records.",
        "The adjustment of this key has succeeded, and was purged",
        _OWN,
    ),
    Explanation(
        errors.EventsGone,
        "Events after the one in `after` were purged with their adjustments, so that the feed has a gap there.",
        "Begin again without `after`, or with `latest`, and read the adjustments that matter to you by their ids.",
        "Events after this one were purged",
    ),
    Explanation(
        errors.NotResolvable,
        "Only an `unknown` adjustment that nobody works on can be settled by hand. This one is not, or may still "
        "change by itself.",
        "Read the adjustment, and try again once its status is `unknown` and its attempt is over.",
        "The adjustment has succeeded: there is nothing to settle",
        _OWN,
    ),
    Explanation(
        errors.NotReversible,
        "The adjustment has not succeeded, is a reversal itself, or fewer points are left of it than were asked for.",
        "Read the adjustment: `reversed` has what was taken back already. Ask for at most what is left.",
        "3 of 5 points are left to reverse, and 4 were asked for",
    ),
    Explanation(
        errors.NotApplied,
        "The outcome of the write was unknown. It was then settled, by a search at the vendor or by a person, that "
        "nothing was applied.",
        "The adjustment has failed for good. To apply the points after all, send them under another key.",
        "Settled as not applied: searched for, and not found",
        _FINAL,
    ),
)
_OF_THE_GATEWAY = (
    Explanation(
        errors.ClientPaused,
        "An operator has paused this client. `detail` has the reason. No adjustment of it begins.",
        f"{_REPEAT} once the operator has ended the pause. Reads go on.",
        "This client is paused: key is being replaced",
    ),
    Explanation(
        errors.Paused,
        "An operator has paused the vendor, the tenant or all adjustments. `detail` has the reason. Nothing was sent.",
        f"{_AGAIN} Reads, and repeats of finished adjustments, go on.",
        "Adjustments at vendor 'crm' are paused: their maintenance, until 14:00",
    ),
    Explanation(
        errors.RateLimited,
        "The client sent more requests than it may, or has too many under way; or an address without a valid key did.",
        f"{_AGAIN} The headers `RateLimit` and `RateLimit-Policy` say what is left.",
        "More than 100 requests in a second",
    ),
    Explanation(
        errors.InternalError,
        "The gateway has a fault. Nothing with an effect was sent for this request.",
        f"{_AGAIN} Give the operator the `request_id`: the log has the cause under it.",
        "A fault of the gateway; the log has it under this request id",
    ),
    Explanation(
        errors.StoreUnavailable,
        "The gateway cannot write or read its journal. Nothing was sent.",
        _AGAIN,
        "The journal is not available",
    ),
    Explanation(
        errors.Overloaded,
        "More requests come than the gateway can serve soon. Nothing was done for this one.",
        _AGAIN,
        "The gateway has too much to do",
    ),
)
_OF_VENDORS = (
    Explanation(
        errors.MemberNotFound,
        "The vendor knows no such member. Nothing was applied.",
        "Check the member. If the adjustment has failed (`new_key_allowed` is true), a corrected one takes another "
        "key; else use the same key.",
        "The vendor knows no member contact_id:404",
        {**_FINAL, **_vendor(404, message="Contact not found")},
    ),
    Explanation(
        errors.MemberAmbiguous,
        "The vendor has several members with this name, or one member with several accounts. Nothing was applied.",
        "Name the member by the vendor's own id.",
        "Several members have the name email:user@example.com",
        _vendor(200),
    ),
    Explanation(
        errors.InsufficientPoints,
        "The member has fewer points than were to be taken. Nothing was applied.",
        "The adjustment has failed for good. Another one, for fewer points, takes another key.",
        "The member has not enough points",
        {**_FINAL, **_vendor(422, "insufficient_balance", "Not enough points")},
    ),
    Explanation(
        errors.VendorRejected,
        "The vendor refused, with an answer that is known to mean that nothing was applied. Its own words are in "
        "`vendor`.",
        "The adjustment has failed for good. Correct what the vendor names, and use another key.",
        "The vendor said no",
        {**_FINAL, **_vendor(400, "E17", "Description is required")},
    ),
    Explanation(
        errors.AlreadyReversed,
        "What is to be reversed was cancelled at the vendor already, and not by this gateway. Nothing was applied.",
        "There is nothing left to do: the points are taken back.",
        "The vendor has cancelled transaction 4711 already",
        {**_FINAL, **_vendor(200)},
    ),
    Explanation(
        errors.VendorAuthFailed,
        "The vendor refused the gateway's own credentials, not yours. Nothing was applied.",
        f"{_AGAIN} The operator has to renew the credentials.",
        "The vendor refused our credentials",
        {**_OWN, **_vendor(401)},
    ),
    Explanation(
        errors.VendorRateLimited,
        "The vendor limits how often the gateway may ask. Nothing was applied.",
        _AGAIN,
        "The vendor is asked too often",
        {**_OWN, **_vendor(429)},
    ),
    Explanation(
        errors.VendorUnavailable,
        "The vendor cannot be reached, is busy, or is left alone for a while after failures. A write was certainly not "
        "applied.",
        _AGAIN,
        "The vendor cannot be reached",
        {**_OWN, **_vendor(None)},
    ),
    Explanation(
        errors.VendorTimeout,
        "The vendor did not answer a read in time. A write in the same case is answered with 202 and is `unknown`.",
        "Read again, after the seconds in `Retry-After`.",
        "The vendor did not answer within 10 seconds",
        _vendor(None),
    ),
    Explanation(
        errors.VendorBadResponse,
        "The vendor answered a read with something that cannot be understood. The gateway never makes a zero of it.",
        "Tell the operator: the vendor, or what stands before it, has changed its answers.",
        "The vendor's answer cannot be understood",
        _vendor(200),
    ),
)
