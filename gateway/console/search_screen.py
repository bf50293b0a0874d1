"""The screen of search across tenants, and the page of one adjustment."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.adjustments import Status
from gateway.answers.models import AdjustmentAnswer
from gateway.console.visit import Visit
from gateway.errors import InvalidRequest
from gateway.model import Member
from gateway.operators.desk import Desk
from gateway.operators.endings import WITHOUT_A_PERSON
from gateway.operators.search import Query, found
from gateway.operators.timeline import Timeline, timeline

ROWS = 25
WAYS: Mapping[str, str] = {
    "": "anything",
    "member": "a member",
    "reference": "a reference",
    "key": "an idempotency key",
    "request_id": "a request id",
    "transaction": "a vendor's transaction id",
    "id": "an adjustment's id",
}
"""What a text can be searched as, with the words for it; without a choice it is searched as all that it may be."""


class SearchScreen:
    """Finds adjustments, and shows one with its whole history."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, visit: Visit) -> Response:
        """GET /console/search: what was searched for, or the newest adjustments."""
        form = visit.form
        text, way, after = form.text("text"), form.text("by"), form.text("after") or None
        rest = Query(
            tenant=form.text("tenant") or None, vendor=form.text("vendor") or None, status=_status(form.text("status"))
        )
        problem, next_after, cut = "", None, False
        rows: list[AdjustmentAnswer] = []
        try:
            queries = [rest] if not text else _queries(text, way, rest)
            rows, following = await self._found(visit, queries, after)
            # The newest of several queries have no common place after which all of them go on.
            next_after, cut = (following[0], False) if len(queries) == 1 else (None, any(following))
        except InvalidRequest as error:
            problem = error.detail
        settings = self._desk.current().settings
        asked = {"text": text, "by": way, "tenant": rest.tenant, "vendor": rest.vendor, "status": form.text("status")}
        more = urlencode({name: value for name, value in {**asked, "after": next_after}.items() if value})
        values = {
            **asked,
            "ways": WAYS,
            "statuses": list(Status),
            "tenants": sorted(each.journal_name for each in settings.tenants.values())[:500],
            "vendors": sorted(settings.vendors),
            "problem": problem,
            "rows": rows,
            "more": f"/console/search?{more}" if next_after else None,
            "cut": cut,
            "searched": bool(text),
        }
        return await visit.page("search.html", values, screen="search")

    async def adjustment(self, visit: Visit) -> Response:
        """GET /console/adjustments/{id}."""
        shown = await timeline(self._desk, visit.operator, visit.request.path_params["id"])
        settings = self._desk.current().settings
        values = {
            "shown": shown,
            "busy_until": shown.lease_until if _later(shown.lease_until, shown.now) else None,
            "findable": not WITHOUT_A_PERSON.isdisjoint(shown.ways),
            "two": settings.resolution.approvals > 1,
            "may_confirm": may_confirm(visit, shown),
            "may_withdraw": may_withdraw(visit, shown),
        }
        return await visit.page("adjustment.html", values, screen="search")

    async def _found(
        self, visit: Visit, queries: Sequence[Query], after: str | None
    ) -> tuple[list[AdjustmentAnswer], list[str | None]]:
        """What any of the queries finds, newest first, and where the list of each goes on."""
        pages = await asyncio.gather(
            *(found(self._desk, visit.operator, each, limit=ROWS, after=after) for each in queries)
        )
        rows = {each.id: each for page in pages for each in page.data}
        newest = sorted(rows.values(), key=lambda each: each.created_at, reverse=True)
        return newest, [page.next_after for page in pages]


def _later(one: str, other: str) -> bool:
    return datetime.fromisoformat(one) > datetime.fromisoformat(other)


def may_confirm(visit: Visit, shown: object) -> bool:
    """Whether what another person has proposed of an adjustment waits for this operator."""
    proposal = getattr(shown, "proposal", None)
    return visit.may_write and proposal is not None and proposal.by != visit.operator.subject


def may_withdraw(visit: Visit, shown: Timeline) -> bool:
    """Whether what this operator has proposed of an adjustment still waits for another person."""
    return visit.may_write and shown.proposal is not None and shown.proposal.by == visit.operator.subject


def _queries(text: str, way: str, rest: Query) -> list[Query]:
    """What to ask for a text. Raises `InvalidRequest` for what cannot be searched."""
    if way not in WAYS:
        raise InvalidRequest(f"There is no search by {way!r}")
    asked = {
        "id": lambda: replace(rest, id=text),
        "member": lambda: replace(rest, member=_member(text)),
        "reference": lambda: replace(rest, reference=text),
        "key": lambda: replace(rest, key=text),
        "request_id": lambda: replace(rest, request_id=text),
        "transaction": lambda: replace(rest, transaction=text),
    }
    if way:
        return [asked[way]()]
    if text.startswith("adj_"):
        return [asked["id"]()]
    queries = [asked[each]() for each in ("reference", "key", "request_id", "transaction")]
    with suppress(InvalidRequest):  # not every text names a member
        queries.append(asked["member"]())
    return queries


def _member(text: str) -> str:
    try:
        return str(Member.parse(text))
    except ValueError as error:
        raise InvalidRequest(f"A member is SCHEME:VALUE, as in email:jason@example.com ({error})") from error


def _status(text: str) -> Status | None:
    try:
        return Status(text) if text else None
    except ValueError as error:
        raise InvalidRequest(f"There is no status {text!r}") from error
