"""The answers of the fake: adjustments and problems as the gateway writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from points_gateway_client import exact
from points_gateway_client.results import Proposal

VENDOR = {"name": "fake", "adapter": "fake", "details": {}}
TITLES = {
    "invalid_request": (400, "The request is not valid"),
    "idempotency_key_required": (400, "A write needs an idempotency key"),
    "unauthenticated": (401, "The API key is not known"),
    "not_found": (404, "There is no such thing here"),
    "method_not_allowed": (405, "The path does not take this method"),
    "member_not_found": (404, "The vendor knows no such member"),
    "events_gone": (410, "The feed cannot go on from there"),
    "not_resolvable": (409, "The adjustment cannot be resolved"),
    "not_reversible": (409, "The adjustment cannot be reversed"),
    "insufficient_points": (422, "The member has too few points"),
    "vendor_rejected": (422, "The vendor refused the call"),
    "idempotency_key_reused": (422, "The idempotency key was used for something else"),
    "operation_not_supported": (422, "The vendor cannot do this"),
    "field_not_supported": (422, "The vendor cannot be told this"),
    "not_applied": (502, "The adjustment was not applied"),
    "vendor_unavailable": (503, "The vendor cannot be reached"),
    "overloaded": (503, "More requests come than can be served"),
}
"""Status and title of each problem that the fake has, by code."""
RETRYABLE = frozenset({"vendor_unavailable", "overloaded"})


class Refused(Exception):
    """Raised when the fake answers with a problem."""

    def __init__(
        self, code: str, detail: str, *, errors: Mapping[str, str] | None = None, adjustment: str = ""
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.adjustment = code, detail, adjustment
        self.errors = dict(errors or {})
        self.new_key_allowed = False
        """Whether the adjustment that it names has failed for good."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its status, its document and its own headers."""

    status: int
    document: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, request: httpx.Request, request_id: str) -> httpx.Response:
        """The answer as the client gets it."""
        kind = "application/problem+json" if self.status >= 400 else "application/json"
        headers = {"Content-Type": kind, "Request-Id": request_id, "Cache-Control": "no-store", **self.headers}
        return httpx.Response(self.status, headers=headers, content=exact.dumps(self.document), request=request)


def refusal(refused: Refused, request_id: str) -> Reply:
    """The answer to a request that is refused."""
    document = problem(refused, request_id)
    headers = {"Retry-After": "1"} if document["retryable"] else {}
    if refused.code == "unauthenticated":
        headers["WWW-Authenticate"] = "Bearer"
    return Reply(document["status"], document, headers)


def problem(refused: Refused, request_id: str) -> dict[str, Any]:
    """A problem document."""
    status, title = TITLES[refused.code]
    document = {
        "type": f"/problems/{refused.code}",
        "title": title,
        "status": status,
        "detail": refused.detail,
        "code": refused.code,
        "retryable": refused.code in RETRYABLE,
        "new_key_allowed": refused.new_key_allowed,
        "request_id": request_id,
    }
    if refused.errors:
        document["errors"] = [{"pointer": pointer, "detail": detail} for pointer, detail in refused.errors.items()]
    if refused.adjustment:
        document["adjustment"] = refused.adjustment
    return document


def proposal_document(proposal: Proposal) -> dict[str, str]:
    """A proposal as it is answered."""
    return {
        "outcome": proposal.outcome,
        "reason": proposal.reason,
        "by": proposal.by,
        "at": time_text(proposal.at),
        "until": time_text(proposal.until),
    }


def time_text(moment: datetime) -> str:
    """A time as the gateway writes it."""
    return moment.isoformat().replace("+00:00", "Z")
