"""The adjustments that an operator names: one that has to be there, or many, each once."""

from collections.abc import Sequence

from gateway.adjustments import Record
from gateway.errors import InvalidRequest, NotFound
from gateway.operators.desk import Desk

MOST = 100
"""Adjustments that one action may name."""


async def chosen(desk: Desk, id: str) -> Record:  # noqa: A002 (the field's name)
    """One adjustment, of whichever tenant. Raises `NotFound` or `StoreUnavailable`."""
    record = await desk.journal.get(None, id)
    if record is None:
        error = NotFound(f"There is no adjustment {id!r} in this journal")
        error.adjustment = id
        raise error
    return record


def check(ids: Sequence[str]) -> None:
    """Raises `InvalidRequest` where one action may not name these."""
    if not ids or len(ids) > MOST:
        raise InvalidRequest(f"Name 1 to {MOST} adjustments")
    if len(set(ids)) < len(ids):
        raise InvalidRequest("Name each adjustment once")
