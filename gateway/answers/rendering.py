"""From what the core knows to what callers are told: records, balances and errors as the models of `models`."""

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
    BalanceSaid,
    FieldProblem,
    Preview,
    Problem,
    ResolutionSaid,
    TransitionSaid,
    VendorProblem,
)
from gateway.errors import GatewayError, NotApplied, StoreUnavailable, VendorError
from gateway.model import Balance, time_text

MAX_WORDS = 500
# In the body of a problem. Only texts stand before it, and the quotes inside a text are escaped.
_RETRYABLE = re.compile(rb'("retryable":(?:true|false))(?:,"new_key_allowed":(?:true|false))?')


def problem(error: GatewayError, *, request_id: str) -> Problem:
    """The problem that tells a caller of an error."""
    words = None
    if error.vendor is not None and isinstance(error, VendorError):
        name, adapter = error.vendor
        words = VendorProblem(
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
        errors=[FieldProblem(pointer=wrong.pointer, detail=wrong.detail) for wrong in error.errors] or None,
        adjustment=error.adjustment,
        vendor=words,
    )


def adjustment(record: Record) -> AdjustmentAnswer:
    """An adjustment as it stands."""
    return AdjustmentAnswer(**_fields(record))


def with_history(record: Record, history: Sequence[Transition] | None, *, inspected: bool) -> AdjustmentHistory:
    """An adjustment as it stands and, where given, how it came there; vendors' words only where it is `inspected`."""
    if history is None:
        return AdjustmentHistory(**_fields(record))
    steps = [
        TransitionSaid(
            at=time_text(step.at),
            from_=step.before,
            to=step.after,
            attempt=step.attempt,
            by=step.by,
            evidence=plain(step.evidence if inspected else _without_words(step.evidence)),
            exchange=plain(step.exchange) if inspected else None,
        )
        for step in history
    ]
    return AdjustmentHistory(**_fields(record), history=steps)


def without_request(preview: Preview) -> Preview:
    """A preview that does not show what would be sent, nor where."""
    request = preview.request.model_copy(update=dict.fromkeys(("url", "headers", "body")))
    return preview.model_copy(update={"request": request})


def final_answer(record: Record) -> Answer | None:
    """The answer that a key gets from now on; None while it may still change."""
    if not record.state.final:
        return None
    if record.state.status is Status.FAILED:
        return failure(record)
    return Answer(201, adjustment(record).to_json())


def replay(record: Record) -> Answer | None:
    """The kept answer of a key, byte for byte but for `new_key_allowed`, which is as it is now.

    An answer that was kept before there was such a member gets it.
    """
    kept = record.answer
    if kept is None or record.state.status is not Status.FAILED:
        return kept
    member = b',"new_key_allowed":' + (b"true" if record.new_key_allowed else b"false")
    return Answer(kept.status, _RETRYABLE.sub(rb"\1" + member, kept.body, count=1))


def failure(record: Record) -> Answer:
    """What a failed adjustment is answered with now, be it final or retryable."""
    told = _problem_of(record) or {}
    return Answer(told["status"], exact.dumps(told))


def plain(value: Any) -> Any:
    """JSON values with every `Decimal` as text, digit for digit."""
    if isinstance(value, Decimal):
        return exact.text(value)
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _without_words(evidence: Mapping[str, Any]) -> Mapping[str, Any]:
    """The evidence with an error's kind alone: its text may quote the vendor."""
    error = evidence.get("error")
    return {**evidence, "error": error.partition(":")[0]} if isinstance(error, str) else evidence


def _fields(record: Record) -> dict[str, Any]:
    draft, asked, applied = record.draft, record.draft.adjustment, record.applied
    resolution = record.resolution and ResolutionSaid(
        outcome="applied" if record.resolution.applied else "not_applied",
        reason=record.resolution.reason,
        by=record.resolution.by,
        at=time_text(record.resolution.at),
        actor=record.resolution.actor,
    )
    return {
        "id": draft.id,
        "status": record.state.status,
        "tenant": draft.tenant,
        "client": draft.client,
        "idempotency_key": draft.key,
        "member": str(asked.member),
        "points": asked.points,
        "point_type": asked.point_type,
        "description": asked.description,
        "reason": asked.reason,
        "reference": asked.reference,
        "store": asked.store,
        "pending": asked.pending,
        "options": plain(asked.options),
        "not_sent": list(draft.not_sent),
        "balance": _balance(applied.balance) if applied else None,
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
    }


def _balance(balance: Balance | None) -> BalanceSaid | None:
    if balance is None:
        return None
    updated_at = time_text(balance.updated_at) if balance.updated_at else None
    return BalanceSaid(available=balance.available, lifetime=balance.lifetime, updated_at=updated_at)


def _problem_of(record: Record) -> dict[str, Any] | None:
    """The problem of a failed adjustment: as its caller was told it, or as it is since nobody could be told."""
    if record.state.status is not Status.FAILED:
        return None
    told = dict(record.problem or {})
    if told and told["retryable"] == record.state.retryable:
        return _with_new_key(told, allowed=record.new_key_allowed)
    settled: GatewayError
    if record.state.retryable:
        settled = StoreUnavailable("The journal could not be written, and nothing was sent")
    else:
        settled = NotApplied(
            "A person says that nothing was applied" if record.resolution else "It is known that nothing was applied"
        )
    settled.adjustment = record.draft.id
    settled.new_key_allowed = record.new_key_allowed
    settled.vendor = (record.draft.vendor, record.draft.adapter)
    return problem(settled, request_id=told.get("request_id", record.draft.id)).model_dump()


def _with_new_key(told: Mapping[str, Any], *, allowed: bool) -> dict[str, Any]:
    """A kept problem with the member in its place; one that was kept before there was such a member gets it."""
    present: dict[str, Any] = {}
    for name, value in told.items():
        present[name] = value
        if name == "retryable":
            present["new_key_allowed"] = allowed
    return present | {"new_key_allowed": allowed}


def _bounded(text: str | None) -> str | None:
    """Somebody else's words, cut to a bound."""
    return text if text is None or len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"
