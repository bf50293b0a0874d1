"""The installed adapters and simulators, by entry point, and the capabilities that adapter classes declare."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model import Operation
from gateway.port.adapter import Adapter, Options, VendorSettings
from gateway.port.declaration import Declaration
from gateway.port.installed import Installed

ADAPTERS = "points_gateway.adapters"
SIMULATORS = "points_gateway.simulators"


@dataclass(frozen=True, slots=True)
class AdapterType:
    """One kind of adapter: its class, its models, and per operation the supported parameters.

    `needs` and what follows: as of `Declaration`. `origin`: its distribution and entry point.
    """

    name: str
    adapter: type[Adapter[Any]]
    settings: type[VendorSettings]
    options: type[Options]
    operations: Mapping[Operation, frozenset[str]]
    needs: Mapping[Operation, tuple[str, ...]]
    found_by: frozenset[str] | None = None
    reversed_by: frozenset[str] | None = None
    reversal_found_by: frozenset[str] | None = None
    probes: bool = False
    origin: str = ""
    fresh: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, adapter: type[Adapter[Any]], origin: str = "") -> "AdapterType":
        """Inspect an adapter class. Raises `Misdeclared`, a `TypeError`, for invalid declarations."""
        declared = Declaration.of(adapter)
        return cls(
            name,
            adapter,
            declared.settings,
            declared.options,
            declared.operations,
            declared.needs,
            declared.found_by,
            declared.reversed_by,
            declared.reversal_found_by,
            declared.probes,
            origin,
            declared.fresh,
        )


def adapters() -> Installed[AdapterType]:
    """The installed adapters, by the name that configurations use; each is loaded on first access."""
    return Installed(ADAPTERS, "adapter", AdapterType.of)


def simulators() -> Installed[type[Any]]:
    """The installed simulators, by the name of their adapter; loaded like adapters."""
    return Installed(SIMULATORS, "simulator", lambda name, simulator, origin: simulator)
