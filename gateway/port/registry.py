"""The adapters and simulators that are installed, by entry point, and what the classes of adapters say they can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.model import Operation
from gateway.port.adapter import Adapter, Options, VendorSettings
from gateway.port.declaration import Declaration
from gateway.port.installed import Installed

ADAPTERS = "points_gateway.adapters"
SIMULATORS = "points_gateway.simulators"


@dataclass(frozen=True, slots=True)
class AdapterType:
    """One kind of adapter: its class, its models, and per operation the parameters that it can be told.

    `found_by`: what its `find` takes; None where a write cannot be looked for. `probes`: whether it says how its vendor
    is probed. `origin`: the distribution that it is installed by, and its entry point.
    """

    name: str
    adapter: type[Adapter[Any]]
    settings: type[VendorSettings]
    options: type[Options]
    operations: Mapping[Operation, frozenset[str]]
    found_by: frozenset[str] | None = None
    probes: bool = False
    origin: str = ""

    @classmethod
    def of(cls, name: str, adapter: type[Adapter[Any]], origin: str = "") -> "AdapterType":
        """Read an adapter class. Raises `Misdeclared`, a `TypeError`, for one that declares what cannot be."""
        said = Declaration.of(adapter)
        return cls(name, adapter, said.settings, said.options, said.operations, said.found_by, said.probes, origin)


def adapters() -> Installed[AdapterType]:
    """The installed adapters, by the name that configurations use; each is loaded when it is asked for."""
    return Installed(ADAPTERS, "adapter", AdapterType.of)


def simulators() -> Installed[type[Any]]:
    """The installed simulators, by the name of the adapter that they play against; loaded as adapters are."""
    return Installed(SIMULATORS, "simulator", lambda name, simulator, origin: simulator)
