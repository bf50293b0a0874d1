"""The installed adapters behind one running gateway, each in the configurations that their documents call for."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from adapters.iactionable.simulated_point_types import APP_KEY
from adapters.iactionable.simulator import IActionableSimulator
from gateway.port import registry
from gateway.simulation import Request, Simulator, in_thread
from tests.adapters.served import Served, configured, served
from tests.deadlines import scaled

VENDORS = {
    "iactionable": "arcade",
    "fabric": "club",
    "expiring-points": "perks",
    "contact-points": "crm",
    "square": "till",
}
"""The vendor of each adapter that the tables of docs/api.md have a column for."""
VARIANTS: dict[str, dict[str, Any]] = {
    "arcade_ids": {"extends": "arcade", "id_types": {"email": "Email", "custom.user_id": "Custom"}},
    "arcade_ignoring": {"extends": "arcade", "ignore": ["reason", "reference", "store"]},
    "club_ignoring": {"extends": "club", "ignore": ["description", "reference", "store"]},
    "club_bare": {"extends": "club", "billing_entity": None, "default_point_type": None, "default_reason": None},
    "perks_xml": {"extends": "perks", "format": "xml"},
    "perks_ignoring": {"extends": "perks", "ignore": ["description", "reason", "reference", "store"]},
    "perks_bare": {"extends": "perks", "default_point_type": None},
    "crm_ignoring": {"extends": "crm", "ignore": ["reason"]},
    "crm_bare": {"extends": "crm", "default_point_type": None, "default_description": None},
    "crm_long": {"extends": "crm", "point_types": {"base": "x" * 33}},
    "crm_reference": {"extends": "crm", "source_id": "reference"},
    "perks_sample": {"extends": "perks", "point_types": {"bonus": {"eid": "starts"}}},
    "perks_sample_xml": {"extends": "perks", "format": "xml", "point_types": {"bonus": {"eid": "starts"}}},
    "crm_sums": {"extends": "crm", "point_types": {"base": "sample string 1"}},
    "till_ignoring": {"extends": "till", "ignore": ["reason", "reference", "store"]},
    "till_bare": {"extends": "till", "keys_kept_for": None},
    "crm_sample": {"extends": "crm", "source_id": "reference", "point_types": {"base": "sample string 2"}},
}


class Desk:
    """A caller's desk: calls to the gateway, and what then arrived at the simulators. `folder` is for scratch files."""

    def __init__(self, gateway: Served, simulators: dict[str, Simulator], folder: Path) -> None:
        self.gateway = gateway
        self._folder = folder
        self._simulators = simulators

    def scratch(self) -> Path:
        """A new folder."""
        return Path(tempfile.mkdtemp(dir=self._folder))

    def simulator(self, vendor: str) -> Simulator:
        """The simulator behind a vendor, or behind a variant of one."""
        return self._simulators[vendor.partition("_")[0]]

    def fresh(self) -> None:
        """Let the simulators forget everything."""
        for simulator in self._simulators.values():
            self.gateway.http.post(f"{simulator.origin}/_simulator/reset").raise_for_status()

    def adjust(self, vendor: str, **body: Any) -> httpx.Response:
        """Ask for 5 points for the example's member, with fields changed."""
        return self.gateway.adjust(vendor, {"member": self.simulator(vendor).example.member, "points": "5", **body})

    def read(self, vendor: str, operation: str, **query: str) -> httpx.Response:
        """Read about the example's member, or another `member`; what expires, in the September of the sample.

        A vendor with a schedule of its own is not asked about a period.
        """
        if operation == "expiring" and not vendor.startswith(("club", "till")):
            query = {"from": "2023-09-01T00:00:00Z", "to": "2023-09-30T23:59:59Z", **query}
        member = query.pop("member", self.simulator(vendor).example.member)
        path = f"members/{member}" if operation == "lookup" else f"members/{member}/{operation}"
        return self.gateway.get(vendor, path, **query)

    def call(self, vendor: str, operation: str) -> httpx.Response:
        """Make a call of this operation."""
        return self.adjust(vendor) if operation == "adjust" else self.read(vendor, operation)

    def requests(self, vendor: str) -> list[Request]:
        """What arrived."""
        return self.simulator(vendor).requests

    def sent(self, vendor: str, **body: Any) -> dict[str, Any]:
        """The JSON that arrives for an adjustment that succeeds; numbers that are not whole as `Decimal`."""
        response = self.adjust(vendor, **body)
        assert response.status_code == 201, response.text
        return self.last(vendor)

    def asked(self, vendor: str, operation: str = "expiring", **query: str) -> dict[str, Any]:
        """The JSON that arrives for a question, whatever the answer."""
        self.read(vendor, operation, **query)
        return self.last(vendor)

    def queried(self, vendor: str, operation: str, **query: str) -> str:
        """The path and query that arrive for a question, whatever the answer."""
        self.read(vendor, operation, **query)
        return self.requests(vendor)[-1].target

    def last(self, vendor: str) -> dict[str, Any]:
        """The JSON of the last request."""
        parsed: dict[str, Any] = json.loads(self.requests(vendor)[-1].body, parse_float=Decimal)
        return parsed


def assert_refused(desk: Desk, vendor: str, response: httpx.Response, pointer: str) -> None:
    """Raises `AssertionError` unless the response refuses the field there, and nothing was sent to the vendor."""
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "field_not_supported"), response.text
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert desk.requests(vendor) == []


@contextmanager
def opened_desk(folder: Path) -> Iterator[Desk]:
    """A desk, until the block ends."""
    kinds = registry.adapters()
    made = registry.simulators()
    simulators = {vendor: made[name]() for name, vendor in VENDORS.items()}
    with in_thread(*simulators.values()):
        vendors: dict[str, Any] = {
            name: {**simulator.settings, "timeout": scaled(10)} for name, simulator in simulators.items()
        }
        arcade = simulators["arcade"]
        assert isinstance(arcade, IActionableSimulator)
        vendors["arcade_v3"] = {
            **{name: value for name, value in vendors["arcade"].items() if name != "partner_id"},
            "base_url": arcade.v3_url,
            "app_key": APP_KEY,
            "default_point_type": "base",
            "point_types": {"base": "experience", "coins": "coins"},
        }
        settings = configured(folder, {**vendors, **VARIANTS}, kinds)
        with served(settings, kinds) as gateway:
            yield Desk(gateway, simulators, folder)
