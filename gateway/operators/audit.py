"""The audit log: what operators read and did."""

from typing import Any

from gateway.answers.answer_model import AnswerModel, Time
from gateway.answers.rendering import plain
from gateway.model import time_text
from gateway.operators.desk import Desk
from gateway.operators.operator import Operator


class AuditEntry(AnswerModel):
    """One action of an operator; `detail` names adjustments by id, and nobody."""

    at: Time
    by: str
    action: str
    detail: dict[str, Any]


class AuditLog(AnswerModel):
    """Actions, newest first; `next_after` is what the next page comes after, where there are more."""

    data: list[AuditEntry]
    next_after: str | None


async def log(desk: Desk, operator: Operator, *, limit: int = 20, after: int | None = None) -> AuditLog:
    """The last actions, or those after the one with this number. Raises `Forbidden` or `StoreUnavailable`."""
    operator.permit("operator:read")
    found = await desk.journal.audit(limit=limit + 1, after=after)
    entries = found[:limit]
    return AuditLog(
        data=[
            AuditEntry(at=time_text(each.at), by=each.by, action=each.action, detail=plain(each.detail))
            for each in entries
        ],
        next_after=str(entries[-1].number) if len(found) > limit else None,
    )
