"""The adapters and simulators that are installed, by entry point, and what their signatures say they can do."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, get_args, get_type_hints

from gateway.model import Operation
from gateway.port import Adapter, Options, VendorSettings

ADAPTERS = "points_gateway.adapters"
SIMULATORS = "points_gateway.simulators"


_SAID: Mapping[Operation, frozenset[str]] = {
    "adjust": frozenset(
        ("member", "points", "id", "point_type", "description", "reason", "reference", "store", "pending", "options")
    ),
    "balance": frozenset(("member", "point_type")),
    "expiring": frozenset(("member", "period", "point_type")),
}
_FOUND_BY = frozenset(("id", "member", "points", "point_type"))
"""All that an adapter's operation may take."""


@dataclass(frozen=True, slots=True)
class AdapterType:
    """One kind of adapter: its class, its models, and per operation the parameters that it can be told.

    `found_by`: what its `find` takes; None where a write cannot be looked for. `probes`: whether it says how its vendor
    is probed.
    """

    name: str
    adapter: type[Adapter[Any]]
    settings: type[VendorSettings]
    options: type[Options]
    operations: Mapping[Operation, frozenset[str]]
    found_by: frozenset[str] | None = None
    probes: bool = False

    @classmethod
    def of(cls, name: str, adapter: type[Adapter[Any]]) -> "AdapterType":
        """Read an adapter class.

        Raises `TypeError` where it does not say which settings it takes, or takes what the gateway never says.
        """
        settings = _settings(adapter)
        operations: dict[Operation, frozenset[str]] = {}
        found_by = _taken(adapter, "find", _FOUND_BY)
        options: type[Options] = Options
        for operation in get_args(Operation):
            taken = _taken(adapter, operation, _SAID[operation])
            if taken is not None:
                operations[operation] = taken
                options = get_type_hints(getattr(adapter, operation)).get("options", options)
        probes = _taken(adapter, "probe", frozenset()) is not None
        return cls(name, adapter, settings, options, operations, found_by, probes)


def _taken(adapter: type[Adapter[Any]], method: str, known: frozenset[str]) -> frozenset[str] | None:
    """What a method takes; None where there is none. Raises `TypeError` for what the gateway never says."""
    written = getattr(adapter, method, None)
    if written is None:
        return None
    taken = frozenset(inspect.signature(written).parameters) - {"self"}
    if unknown := taken - known:
        expected = ", ".join(sorted(known)) or "nothing"
        raise TypeError(f"{adapter.__name__}.{method} takes {min(unknown)!r}; expected only {expected}")
    return taken


def _settings(adapter: type[Adapter[Any]]) -> type[VendorSettings]:
    """The settings in `class Name(Adapter[Settings])`, of the class itself or of the nearest base that names some."""
    for base in adapter.__mro__:
        for named in (argument for said in vars(base).get("__orig_bases__", ()) for argument in get_args(said)):
            if isinstance(named, type) and issubclass(named, VendorSettings):
                return named
    raise TypeError(f"{adapter.__name__} must name its settings: class {adapter.__name__}(Adapter[Settings])")


def adapters() -> dict[str, AdapterType]:
    """Every installed adapter, by the name that configurations use."""
    return {entry.name: AdapterType.of(entry.name, entry.load()) for entry in _sorted(ADAPTERS)}


def simulators() -> dict[str, type[Any]]:
    """Every installed simulator, by the name of the adapter that it plays against."""
    return {entry.name: entry.load() for entry in _sorted(SIMULATORS)}


def _sorted(group: str) -> list[Any]:
    return sorted(entry_points(group=group), key=lambda entry: entry.name)
