"""The screen of vendors: how each stands, and what is paused."""

from starlette.responses import Response

from gateway.console import charts
from gateway.console.hours import hours
from gateway.console.visit import Visit
from gateway.errors import InvalidRequest
from gateway.operators import actions
from gateway.operators.desk import Desk
from gateway.operators.vendors import vendors
from gateway.pauses import PAUSE_KINDS, RETRY_AFTER, Pause, PauseKind, reason_error

_BACK = {
    "vendor": "/console/vendors",
    "all": "/console/vendors",
    "tenant": "/console/tenants",
    "client": "/console/tenants",
}


class VendorsScreen:
    """Shows vendors, and has operators pause and resume what can be paused."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, visit: Visit) -> Response:
        """GET /console/vendors."""
        shown = await vendors(self._desk, visit.operator)
        drawn = {
            hour.name: charts.bars(hour.counts, hour.failed, label=f"{hour.total} exchanges in the last hour")
            for hour in hours(self._desk.recorder.minutes("vendor"))
        }
        everything = [each for each in shown.pauses if each.of == "all"]
        others = [each for each in shown.pauses if each.of in ("tenant", "client")]
        values = {
            "shown": shown,
            "charts": drawn,
            "everything": everything,
            "others": others,
            "retry_after": RETRY_AFTER,
        }
        return await visit.page("vendors.html", values, screen="vendors")

    async def pause(self, visit: Visit) -> Response:
        """POST /console/pause."""
        asked = _asked(visit)
        done = await actions.pause(self._desk, visit.operator, asked)
        if not done.under_way:
            return visit.seen(_BACK[asked.kind])
        values = {"asked": asked, "under_way": done.under_way, "back": _BACK[asked.kind]}
        return await visit.page("paused.html", values, screen="vendors")

    async def resume(self, visit: Visit) -> Response:
        """POST /console/resume."""
        asked = _asked(visit)
        await actions.resume(self._desk, visit.operator, asked)
        return visit.seen(_BACK[asked.kind])


def _asked(visit: Visit) -> Pause:
    """What the form is about. Raises `InvalidRequest`."""
    form = visit.form
    kinds: dict[str, PauseKind] = {kind: kind for kind in PAUSE_KINDS}
    kind, reason, wait = kinds.get(form.text("of")), form.text("reason"), form.text("retry_after")
    if kind is None:
        raise InvalidRequest("The form is not one of these pages")
    if reason and (error := reason_error(reason)):
        raise InvalidRequest(f"The reason: {error}")
    if wait and not (wait.isascii() and wait.isdigit() and 1 <= int(wait) <= 86_400):
        raise InvalidRequest("Callers can be told to wait for 1 to 86400 seconds")
    return Pause(kind, form.text("name"), reason, int(wait) if wait else RETRY_AFTER)
