"""The screen of tenants and clients, the configuration that serves, and what a call would send."""

import orjson
from starlette.responses import Response

from gateway.api import reading
from gateway.api.schemas import adjustment_body
from gateway.console.visit import Visit
from gateway.errors import GatewayError
from gateway.model import Adjustment
from gateway.operators.desk import Desk
from gateway.operators.tenants import explained, parties, tenant
from gateway.traits import traits

_FIRST = ("member", "points", "point_type")
FIELDS = {name: each for name, each in traits(Adjustment).items() if name not in _FIRST}
"""The optional fields of an adjustment, with what is known of each."""

_NAMES = (*_FIRST, *FIELDS)


class TenantsScreen:
    """Shows tenants and clients, and explains calls."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, visit: Visit) -> Response:
        """GET /console/tenants."""
        named = visit.form.text("named")
        shown = await parties(self._desk, visit.operator, named=named)
        return await visit.page("tenants.html", {"shown": shown, "named": named}, screen="tenants")

    async def tenant(self, visit: Visit) -> Response:
        """GET /console/tenants/{name}: its routes, and the form that explains a call."""
        return await self._tenant(visit, dict.fromkeys(_NAMES, ""))

    async def explain(self, visit: Visit) -> Response:
        """POST /console/tenants/{name}: what a call of the tenant would send; nothing is sent."""
        asked = {name: visit.form.text(name) for name in _NAMES}
        preview, problem = None, None
        try:
            body = {name: True if _is_flag(name) else value for name, value in asked.items() if value}
            # The same parser as for requests, so that the errors are the same.
            adjustment = reading.body(orjson.dumps(body), adjustment_body(())).adjustment()
            preview = await explained(self._desk, visit.operator, visit.request.path_params["name"], adjustment)
        except GatewayError as error:
            problem = error
        return await self._tenant(visit, asked, preview=preview, problem=problem)

    async def _tenant(self, visit: Visit, asked: dict[str, str], **result: object) -> Response:
        shown = await tenant(self._desk, visit.operator, visit.request.path_params["name"])
        fields = [
            {"name": name, "flag": _is_flag(name), "description": each.description} for name, each in FIELDS.items()
        ]
        unfolded = any(asked[name] for name in FIELDS)
        values = {
            "shown": shown,
            "asked": asked,
            "fields": fields,
            "unfolded": unfolded,
            "preview": None,
            "problem": None,
        }
        values |= result
        return await visit.page("tenant.html", values, screen="tenants")


def _is_flag(name: str) -> bool:
    return name in FIELDS and FIELDS[name].longest is None
