"""The screen of requests as they come, with their rates and times over the last hour."""

import asyncio
import os
from collections.abc import Callable, Iterator
from itertools import islice
from urllib.parse import urlencode

from cachetools import LRUCache
from markupsafe import Markup
from starlette.responses import Response

from gateway.console import charts
from gateway.console.hours import Hour, hours, together
from gateway.console.templating import HEADERS, Templates
from gateway.console.visit import Visit, html
from gateway.operators.desk import Desk
from gateway.operators.live import request_seen
from gateway.operators.recorder import LATEST, Of, Seen

ROWS = 50
"""Requests that are shown."""
MOST = 6
"""Charts of tenants, and of vendors, that are shown unless one is chosen."""
FRESH = 2.0
"""Seconds in which what was drawn for one tab serves the others: ten cost what one does."""
STALE = 10.0
"""Seconds after which the charts are drawn again without a new request here, since other processes have theirs."""
_WORDS: dict[Of, tuple[str, str]] = {"tenant": ("Tenant", "Requests"), "vendor": ("Vendor", "Exchanges")}
_Chosen = tuple[str | None, str | None]


class LiveScreen:
    """Shows what the recorder remembers. `clock`: monotonic seconds."""

    def __init__(self, desk: Desk, templates: Templates, *, clock: Callable[[], float]) -> None:
        self._desk = desk
        self._templates = templates
        self._clock = clock
        self._drawn: LRUCache[_Chosen, tuple[float, str, str]] = LRUCache(16)

    async def show(self, visit: Visit) -> Response:
        """GET /console/live: the page, or the part of it that changes; nothing where that is what the page has."""
        visit.operator.permit("operator:read")
        chosen = visit.form.text("tenant") or None, visit.form.text("vendor") or None
        state, part = await self._part(chosen)
        if visit.part:
            if visit.form.text("state") == state:
                return Response(status_code=204, headers=HEADERS)
            response = html(part)
            response.headers["X-State"] = state
            return response
        query = urlencode({name: value for name, value in zip(("tenant", "vendor"), chosen, strict=True) if value})
        recorder = self._desk.recorder
        values = {
            "process": self._desk.process,
            "tenant": chosen[0],
            "vendor": chosen[1],
            "tenants": _names(hours(recorder.minutes("tenant")), chosen[0]),
            "vendors": _names(hours(recorder.minutes("vendor")), chosen[1]),
            "part_url": f"/console/live?{query}",
            "part": part,
            "state": state,
        }
        return await visit.page("live.html", values, screen="live")

    async def _part(self, chosen: _Chosen) -> tuple[str, str]:
        """The state of the part that changes, and its HTML."""
        now = self._clock()
        state = f"{os.getpid()}.{self._desk.recorder.number}.{int(now // STALE)}"
        drawn = self._drawn.get(chosen)
        if drawn is None or (drawn[1] != state and now - drawn[0] >= FRESH):
            self._drawn[chosen] = drawn = now, state, await asyncio.to_thread(self._draw, *chosen)
        return drawn[1], drawn[2]

    def _draw(self, tenant: str | None, vendor: str | None) -> str:
        shown = list(self._charts(tenant, vendor))
        seen = (each for each in self._desk.recorder.requests() if _is_of(each, tenant, vendor))
        values = {
            "charts": shown,
            "words": _WORDS,
            "bars": _bars,
            "times": _times,
            "slowest": _slowest,
            "requests": [request_seen(each) for each in islice(seen, ROWS)],
            "chosen": tenant is not None or vendor is not None,
            "latest": LATEST,
        }
        return self._templates.render("live_part.html", values)

    def _charts(self, tenant: str | None, vendor: str | None) -> Iterator[tuple[Of, Hour]]:
        """The charts to show: those of what is chosen, or of the busiest, with all others in one."""
        kinds: tuple[tuple[Of, str | None], ...] = ("tenant", tenant), ("vendor", vendor)
        for of, name in kinds:
            found = hours(self._desk.recorder.minutes(of))
            if name is not None:
                yield from ((of, hour) for hour in found if hour.name == name)
            elif tenant is None and vendor is None:
                yield from ((of, hour) for hour in found[:MOST])
                if rest := found[MOST:]:
                    yield of, together(rest, f"{len(rest)} others")


def _is_of(seen: Seen, tenant: str | None, vendor: str | None) -> bool:
    return tenant in (None, seen.line.get("tenant")) and vendor in (None, seen.line.get("vendor"))


def _names(found: list[Hour], chosen: str | None) -> list[str]:
    return sorted({hour.name for hour in found} | ({chosen} if chosen else set()))


def _bars(hour: Hour) -> Markup:
    label = f"{hour.total} in the last hour, {max(hour.counts)} in the busiest minute, {sum(hour.failed)} failed"
    return charts.bars(hour.counts, hour.failed, label=label)


def _times(hour: Hour) -> Markup:
    label = f"95 of 100 took at most {_slowest(hour)} in the slowest minute"
    return charts.steps(hour.slowest, label=label)


def _slowest(hour: Hour) -> str:
    known = [value for value in hour.slowest if value is not None]
    return f"{max(known):,.0f} ms" if known else "-"
