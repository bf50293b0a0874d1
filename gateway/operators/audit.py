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
    """The last actions, newest first."""

    data: list[AuditEntry]


async def log(desk: Desk, operator: Operator, *, limit: int = 20) -> AuditLog:
    """The last actions. Raises `Forbidden` or `StoreUnavailable`."""
    operator.permit("operator:read")
    entries = await desk.journal.audit(limit=limit)
    return AuditLog(
        data=[
            AuditEntry(at=time_text(each.at), by=each.by, action=each.action, detail=plain(each.detail))
            for each in entries
        ]
    )
