"""How adjustments are chosen and shown on the command line."""

import typer
from pydantic import TypeAdapter

from gateway import exact
from gateway.adjustments import Record, Status
from gateway.api.fields import Moment
from gateway.journal import Filters
from gateway.model import time_text


def filters(
    *,
    member: str | None = None,
    status: Status | None = None,
    reference: str | None = None,
    key: str | None = None,
    created_from: str | None = None,
    created_to: str | None = None,
    vendor: str | None = None,
    client: str | None = None,
) -> Filters:
    """The filters that options ask for. Raises `BadParameter` for a time that cannot be read."""
    moment: TypeAdapter[Moment] = TypeAdapter(Moment)
    try:
        since, until = (None if text is None else moment.validate_python(text) for text in (created_from, created_to))
    except ValueError as error:
        told = "--created-from and --created-to are times with an offset, as in 2026-01-31T00:00:00Z"
        raise typer.BadParameter(told) from error
    return Filters(
        member=member,
        status=status,
        reference=reference,
        key=key,
        created_from=since,
        created_to=until,
        vendor=vendor,
        client=client,
    )


def line(record: Record) -> str:
    """One adjustment in one line."""
    draft = record.draft
    when, points = time_text(record.created_at), exact.text(draft.adjustment.points)
    standing = f"{when:27}  {draft.id}  {record.state.status:11}  {points:>12}"
    return f"{standing}  {draft.tenant}  {draft.vendor}  {draft.adjustment.member}"
