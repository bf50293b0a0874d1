"""The vendors that can be written to, each with a write that it takes."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.end_to_end.caller import MEMBER
from tests.end_to_end.vendors import Vendor, Vendors


@dataclass(frozen=True, slots=True)
class Writer:
    """One vendor of the configuration, and the adapter that translates for it."""

    name: str
    adapter: str
    body: dict[str, Any]
    ledger: Decimal

    def vendor(self, vendors: Vendors) -> Vendor:
        """The simulator that plays it."""
        found: Vendor = getattr(vendors, self.name)
        return found

    def __str__(self) -> str:
        return self.name


def _writer(name: str, adapter: str, points: str) -> Writer:
    return Writer(name, adapter, {"member": MEMBER[adapter], "points": points}, Decimal(points))


WRITERS = (
    _writer("crm", "contact-points", "2.5"),
    _writer("arcade", "iactionable", "-7"),
    _writer("club", "fabric", "100.0625"),
)
