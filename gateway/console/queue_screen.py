"""The screen of what waits for a person: searched for now, settled by explicit ids, and confirmed by a second one."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.api.edge import request_id
from gateway.console.forms import Form
from gateway.console.visit import Visit
from gateway.errors import InvalidRequest, NotFound
from gateway.operators.actions import search_now
from gateway.operators.chosen import MOST
from gateway.operators.decisions import Seen, approve, resolve, withdraw
from gateway.operators.desk import Desk
from gateway.operators.endings import WITHOUT_A_PERSON
from gateway.operators.queue import alarms, queue
from gateway.operators.timeline import Timeline, timeline

ROWS = 25
LONGEST_REASON = 500
_OUTCOMES = {"applied": True, "not_applied": False}


class QueueScreen:
    """Shows the queue, and has operators settle what is in it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, visit: Visit, *, unmarked: bool = False) -> Response:
        """GET /console/queue; `unmarked`: what was to be done needs at least one that is marked."""
        form = visit.form
        tenant, vendor = form.text("tenant") or None, form.text("vendor") or None
        after = form.text("after") or None
        page, alarmed = await asyncio.gather(
            queue(self._desk, visit.operator, tenant=tenant, vendor=vendor, limit=ROWS, after=after),
            alarms(self._desk, visit.operator),
        )
        settings = self._desk.current().settings
        asked = {"tenant": tenant, "vendor": vendor}
        more = urlencode({name: value for name, value in {**asked, "after": page.next_after}.items() if value})
        values = {
            **asked,
            "tenants": sorted(each.journal_name for each in settings.tenants.values())[:500],
            "vendors": sorted(settings.vendors),
            "page": page,
            "findable": not WITHOUT_A_PERSON.isdisjoint(way for each in page.data for way in each.ways),
            "alarms": alarmed,
            "more": f"/console/queue?{more}" if page.next_after else None,
            "two": settings.resolution.approvals > 1,
            "after": after,
            "unmarked": unmarked,
        }
        return await visit.page("queue.html", values, screen="queue", status=400 if unmarked else 200)

    async def review(self, visit: Visit) -> Response:
        """POST /console/queue/review: what was chosen, to be looked at once more; nothing is changed."""
        if not visit.form.all("adjustment"):
            return await self.show(visit, unmarked=True)
        seen = _seen(visit.form)
        found = await asyncio.gather(*(self._timeline(visit, each.id) for each in seen))
        values = {
            "rows": [
                {"seen": each, "shown": shown, "same": shown is not None and _same(each, shown)}
                for each, shown in zip(seen, found, strict=True)
            ],
            "two": self._desk.current().settings.resolution.approvals > 1,
            "longest": LONGEST_REASON,
        }
        return await visit.page("review.html", values, screen="queue")

    async def settle(self, visit: Visit) -> Response:
        """POST /console/queue/settle: settle, or propose or confirm where two people have to decide."""
        seen, applied, reason = _seen(visit.form), _outcome(visit.form), _reason(visit.form)
        decide = approve if visit.form.text("confirm") else resolve
        request = request_id(visit.request.scope)
        done = await decide(self._desk, visit.operator, seen, applied=applied, reason=reason, request_id=request)
        values = {"done": done.data, "outcome": visit.form.text("outcome"), "title": "What was settled"}
        return await visit.page("settled.html", values, screen="queue")

    async def search(self, visit: Visit) -> Response:
        """POST /console/queue/search: have the vendors searched now, without waiting for the next turn."""
        if not visit.form.all("adjustment"):
            return await self.show(visit, unmarked=True)
        asked = await search_now(self._desk, visit.operator, [each.id for each in _seen(visit.form)])
        values = {"done": asked.data, "outcome": "", "title": "Asked to be looked for now"}
        return await visit.page("settled.html", values, screen="queue")

    async def withdraw(self, visit: Visit) -> Response:
        """POST /console/queue/withdraw: take back what this operator has proposed."""
        ids, request = [each.id for each in _seen(visit.form)], request_id(visit.request.scope)
        done = await withdraw(self._desk, visit.operator, ids, request_id=request)
        values = {"done": done.data, "outcome": "", "title": "What was withdrawn"}
        return await visit.page("settled.html", values, screen="queue")

    async def _timeline(self, visit: Visit, id: str) -> Timeline | None:  # noqa: A002 (the field's name)
        try:
            return await timeline(self._desk, visit.operator, id)
        except NotFound:
            return None


def _same(seen: Seen, shown: Timeline) -> bool:
    """Whether an adjustment is still what was seen of it, and can be settled."""
    return shown.open and (seen.attempt, seen.repeats) == (shown.attempt, shown.repeats)


def _seen(form: Form) -> Sequence[Seen]:
    """The adjustments that were chosen, each as the page had it. Raises `InvalidRequest`."""
    chosen = form.all("adjustment")
    if not chosen:
        raise InvalidRequest("Nothing was chosen: go back, and mark the adjustments that this is about")
    if len(chosen) > MOST:
        raise InvalidRequest(f"At most {MOST} adjustments can be settled at once")
    try:
        return [Seen(id_, int(attempt), int(repeats)) for id_, attempt, repeats in (each.split() for each in chosen)]
    except ValueError as error:
        raise InvalidRequest("The form is not one of these pages") from error


def _outcome(form: Form) -> bool:
    outcome = _OUTCOMES.get(form.text("outcome"))
    if outcome is None:
        raise InvalidRequest("Say what the vendor's own records say: applied, or not applied")
    return outcome


def _reason(form: Form) -> str:
    reason = form.text("reason")
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidRequest(f"Say in 1 to {LONGEST_REASON} characters how the outcome is known")
    return reason
