"""Renders records, balances and errors as the models of `gateway.answers.models`."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway import exact
from gateway.adjustments import Answer, Record, Status, Transition
from gateway.answers.models import (
    AdjustmentAnswer,
    AdjustmentHistory,
    AdjustmentVendor,
    FieldProblem,
    Preview,
    Problem,
    ProposalSaid,
    ProposedAnswer,
    ResolutionSaid,
    ReversalShown,
    TransitionSaid,
    VendorProblem,
)
from gateway.answers.readings import BalanceSaid, NextExpiry
from gateway.approvals import Objection, Proposal
from gateway.errors import GatewayError, NotApplied, StoreUnavailable, VendorError
from gateway.model import AMOUNTS, Adjustment, Balance, time_text
from gateway.reversible import Share
from gateway.traits import traits
from gateway.write import Write

MAX_TEXT = 500
MOST_REVERSALS = 100
"""Reversals that are shown with an adjustment."""
# Within the JSON of a problem. Only strings come before this member, and quotes in strings are escaped, so that the
# first match is the member itself.
_RETRYABLE = re.compile(rb'("retryable":(?:true|false))(?:,"new_key_allowed":(?:true|false))?')


def problem(error: GatewayError, *, request_id: str) -> Problem:
    """The problem document for an error."""
    vendor = None
    if error.vendor is not None and isinstance(error, VendorError):
        name, adapter = error.vendor
        vendor = VendorProblem(
            name=name,
            adapter=adapter,
            status=error.vendor_status,
            code=_bounded(error.vendor_code),
            message=_bounded(error.vendor_message),
        )
    return Problem(
        type=f"/problems/{error.code}",
        title=error.title,
        status=error.status,
        detail=_bounded(error.detail) or error.title,
        code=error.code,
        retryable=error.retryable,
        new_key_allowed=error.new_key_allowed,
        request_id=request_id,
        errors=[FieldProblem(pointer=each.pointer, detail=each.detail) for each in error.errors] or None,
        adjustment=error.adjustment,
        vendor=vendor,
    )


def adjustment(record: Record) -> AdjustmentAnswer:
    """The current state of an adjustment."""
    return AdjustmentAnswer(**_fields(record))


def proposal(made: Proposal) -> ProposalSaid:
    """A decision that another person has to confirm."""
    resolution = made.resolution
    return ProposalSaid(
        outcome="applied" if resolution.applied else "not_applied",
        reason=resolution.reason,
        by=resolution.by,
        at=time_text(resolution.at),
        until=time_text(made.until),
    )


WHY_NOT_WITHDRAWN: Mapping[Objection, str] = {
    "none": "There is no proposal to withdraw: nobody has made one, or it was confirmed, has lapsed or is void",
    "another": "Another person has proposed it, and whoever proposes is who withdraws",
    "nobody": "The gateway does not know who you are here",
}
"""Why a proposal was not withdrawn, by `Withdrawal.refused`."""


def proposed(record: Record, made: Proposal) -> ProposedAnswer:
    """The current state of an adjustment, with such a decision."""
    return ProposedAnswer(**_fields(record), proposal=proposal(made))


def can_be_reversed(record: Record) -> bool:
    """Whether reversals belong into what is seen of an adjustment."""
    return record.state.status is Status.SUCCEEDED and record.draft.write.operation == "adjust"


def seen(
    record: Record, history: Sequence[Transition] | None, reversals: Sequence[Share] | None, *, inspected: bool
) -> AdjustmentHistory:
    """The current state of an adjustment and, if given, its history and reversals.

    Vendors' messages only if `inspected`.
    """
    fields = _fields(record) | ({} if reversals is None else _reversed(record, reversals))
    if history is None:
        return AdjustmentHistory(**fields)
    steps = [
        TransitionSaid(
            at=time_text(step.at),
            from_=step.before,
            to=step.after,
            attempt=step.attempt,
            by=step.by,
            evidence=plain(step.evidence if inspected else _without_messages(step.evidence)),
            exchange=plain(step.exchange) if inspected else None,
        )
        for step in history
    ]
    return AdjustmentHistory(**fields, history=steps)


def _reversed(record: Record, reversals: Sequence[Share]) -> dict[str, Any]:
    held = [each for each in reversals if each.held]
    taken = (each.points for each in held if each.status is Status.SUCCEEDED or each.conflict)
    shown = [
        ReversalShown(id=each.id, status=each.status, points=each.points, linked=each.linked)
        for each in held[:MOST_REVERSALS]
    ]
    return {
        "reversed": sum(taken, Decimal(0)),
        "reversals": shown,
        "at_vendor": record.reversed_at_vendor or None,
    }


def without_request(preview: Preview) -> Preview:
    """A preview without the URL, headers and body of the request."""
    request = preview.request.model_copy(update=dict.fromkeys(("url", "headers", "body")))
    return preview.model_copy(update={"request": request})


def final_answer(record: Record) -> Answer | None:
    """The final answer of a key; None while it may still change."""
    if not record.state.final:
        return None
    if record.state.status is Status.FAILED:
        return failure(record)
    return Answer(201, adjustment(record).to_json())


def replay(record: Record) -> Answer | None:
    """The stored answer of a key, byte for byte, except that `new_key_allowed` has its current value.

    The member is added to an answer that was stored before it existed.
    """
    stored = record.answer
    if stored is None or record.state.status is not Status.FAILED:
        return stored
    member = b',"new_key_allowed":' + (b"true" if record.new_key_allowed else b"false")
    return Answer(stored.status, _RETRYABLE.sub(rb"\1" + member, stored.body, count=1))


def failure(record: Record) -> Answer:
    """The current answer of a failed adjustment, whether final or retryable."""
    document = _problem_of(record) or {}
    return Answer(document["status"], exact.dumps(document))


def plain(value: Any) -> Any:
    """JSON values with every `Decimal` as text with all its digits."""
    if isinstance(value, Decimal):
        return exact.text(value)
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _without_messages(evidence: Mapping[str, Any]) -> Mapping[str, Any]:
    """The evidence with only the class of an error, because its message may quote the vendor."""
    error = evidence.get("error")
    return {**evidence, "error": error.partition(":")[0]} if isinstance(error, str) else evidence


_OPTIONAL = tuple(traits(Adjustment))


def _fields(record: Record) -> dict[str, Any]:
    draft, request, applied = record.draft, record.draft.adjustment, record.applied
    resolution = record.resolution and ResolutionSaid(
        outcome="applied" if record.resolution.applied else "not_applied",
        reason=record.resolution.reason,
        by=record.resolution.by,
        at=time_text(record.resolution.at),
        actor=record.resolution.actor,
        proposed_by=record.resolution.proposed_by,
    )
    return {
        "id": draft.id,
        "status": record.state.status,
        **_reversal(draft.write),
        "tenant": draft.tenant,
        "client": draft.client,
        "idempotency_key": draft.key,
        "member": str(request.member),
        "resolved": None if draft.write.resolved is None else str(draft.write.resolved),
        "points": request.points,
        **{name: getattr(request, name) for name in _OPTIONAL},
        "options": plain(request.options),
        "not_sent": list(draft.not_sent),
        "balance": BalanceSaid(**amounts(applied.balance)) if applied and applied.balance else None,
        "vendor": AdjustmentVendor(
            name=draft.vendor,
            adapter=draft.adapter,
            transaction_id=applied.transaction_id if applied else None,
            details=plain(applied.details) if applied else {},
        ),
        "retryable": record.state.retryable,
        "problem": _problem_of(record),
        "resolution": resolution,
        "attempts": record.state.attempt,
        "created_at": time_text(record.created_at),
        "completed_at": time_text(record.completed_at) if record.completed_at else None,
        "removed": record.removal,
    }


def _reversal(write: Write) -> dict[str, Any]:
    if write.operation != "reverse":
        return {}
    return {"operation": "reverse", "reverses": write.refers_to, "linked": write.linked}


def amounts(balance: Balance) -> dict[str, Any]:
    """The fields of the model `_Amounts`."""
    expiry = balance.next_expiry
    return {
        **{name: getattr(balance, name) for name in AMOUNTS},
        "next_expiry": expiry and NextExpiry(points=expiry.points, at=time_text(expiry.at) if expiry.at else None),
        "updated_at": time_text(balance.updated_at) if balance.updated_at else None,
    }


def _problem_of(record: Record) -> dict[str, Any] | None:
    """The problem of a failed adjustment: the one that its caller got, or a new one if the state has changed since."""
    if record.state.status is not Status.FAILED:
        return None
    stored = dict(record.problem or {})
    if stored and stored["retryable"] == record.state.retryable:
        return _with_new_key(stored, allowed=record.new_key_allowed)
    error: GatewayError
    if record.state.retryable:
        error = StoreUnavailable("The journal could not be written, and nothing was sent")
    else:
        error = NotApplied(
            "A person says that nothing was applied" if record.resolution else "It is known that nothing was applied"
        )
    error.adjustment = record.draft.id
    error.new_key_allowed = record.new_key_allowed
    error.vendor = (record.draft.vendor, record.draft.adapter)
    return problem(error, request_id=stored.get("request_id", record.draft.id)).model_dump()


def _with_new_key(stored: Mapping[str, Any], *, allowed: bool) -> dict[str, Any]:
    """A stored problem with the current `new_key_allowed`, after `retryable`; older ones do not have the member."""
    present: dict[str, Any] = {}
    for name, value in stored.items():
        present[name] = value
        if name == "retryable":
            present["new_key_allowed"] = allowed
    return present | {"new_key_allowed": allowed}


def _bounded(text: str | None) -> str | None:
    """A text from outside, truncated."""
    return text if text is None or len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
