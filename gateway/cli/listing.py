"""Filters and formatting of adjustments on the command line."""

from collections.abc import Mapping
from typing import Any

import typer
from pydantic import TypeAdapter

from gateway import exact
from gateway.adjustments import Record, Status
from gateway.api.field_types import Moment
from gateway.journal import Filters
from gateway.model import time_text
from gateway.write import WriteOperation


def filters(
    *,
    member: str | None = None,
    status: Status | None = None,
    reference: str | None = None,
    key: str | None = None,
    operation: WriteOperation | None = None,
    reverses: str | None = None,
    created_from: str | None = None,
    created_to: str | None = None,
    vendor: str | None = None,
    client: str | None = None,
    request_id: str | None = None,
) -> Filters:
    """The filters of the command line. Raises `BadParameter` for an invalid time."""
    moment: TypeAdapter[Moment] = TypeAdapter(Moment)
    try:
        since, until = (None if text is None else moment.validate_python(text) for text in (created_from, created_to))
    except ValueError as error:
        message = "--created-from and --created-to are times with an offset, as in 2026-01-31T00:00:00Z"
        raise typer.BadParameter(message) from error
    return Filters(
        member=member,
        status=status,
        reference=reference,
        key=key,
        operation=operation,
        refers_to=reverses,
        created_from=since,
        created_to=until,
        vendor=vendor,
        client=client,
        request_id=request_id,
    )


HEADER = f"{'CREATED':27}  {'ID':36}  {'STATUS':11}  {'POINTS':>12}  TENANT  VENDOR  MEMBER"


def line(record: Record) -> str:
    """An adjustment as one line of text."""
    draft = record.draft
    return _line(
        time_text(record.created_at),
        draft.id,
        record.state.status,
        exact.text(draft.adjustment.points),
        f"{draft.tenant}  {draft.vendor}  {draft.adjustment.member}",
        draft.write.refers_to,
    )


def answer_line(answer: Mapping[str, Any]) -> str:
    """The same of an adjustment as the API answers it."""
    whose = f"{answer['tenant']}  {answer['vendor']['name']}  {answer['member']}"
    when, id_, status, points = (answer[name] for name in ("created_at", "id", "status", "points"))
    return _line(when, id_, status, points, whose, answer.get("reverses"))


def hint_line(hint: Mapping[str, Any]) -> str:
    """A hint from the vendor's balance, as the operator API answers it, as one sentence or two."""
    if hint["problem"] is not None:
        return f"no hint: {hint['problem']}"
    now = f"the vendor's balance is {'not told' if hint['available'] is None else hint['available']} now"
    before = "what it was before is not known"
    if (last := hint["before"]) is not None:
        before = f"it said {last['available']} at {last['at']}, after {last['adjustment']}"
    return f"{now}; {before}; this was {hint['points']}. It proves nothing."


def _line(when: str, id_: str, status: str, points: str, whose: str, reverses: str | None) -> str:
    tail = f"  reverses {reverses}" if reverses else ""
    return f"{when:27}  {id_}  {status:11}  {points:>12}  {whose}{tail}"
