"""The installed adapters and simulators, by entry point, and the capabilities that adapter classes declare."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from importlib.metadata import EntryPoint
from typing import Any

from gateway.documents.problem import Problem
from gateway.model import Operation
from gateway.port.adapter import Adapter, Options, VendorSettings
from gateway.port.declaration import Declaration
from gateway.port.installed import Installed

ADAPTERS = "points_gateway.adapters"
SIMULATORS = "points_gateway.simulators"
DESCRIPTION = "description.yaml"
"""The file of a package that describes a vendor, as an entry point names it."""


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


@dataclass(frozen=True, slots=True)
class _Source:
    """The file of a description in a package, and what is in it."""

    package: str
    file: str
    raw: bytes


def adapters() -> Installed[AdapterType]:
    """The installed adapters, by the name that configurations use; each is loaded on first access.

    The entry point of a class is `package.module:Class`, that of a description in a package
    `package:description.yaml`.
    """
    return Installed(ADAPTERS, "adapter", _installed, _load)


def described(file: str, raw: bytes, problems: list[Problem]) -> AdapterType | None:
    """The adapter that the description in a file makes; None if it cannot be used, with its errors in `problems`."""
    from gateway.declared.loading import loaded  # only where there is a description

    found = loaded(file, raw, problems)
    if found is None:
        return None
    try:
        return AdapterType.of(found.name, found.adapter, file)
    except TypeError as error:  # the rules of descriptions should have found it, with its place
        problems.append(Problem(file, 1, 1, "", str(error)))
        return None


def _load(entry: EntryPoint) -> Any:
    if entry.attr != DESCRIPTION:
        return entry.load()
    file = resources.files(entry.module) / DESCRIPTION
    return _Source(entry.module, str(file), file.read_bytes())


def _installed(name: str, loaded: Any, origin: str) -> AdapterType:
    """The adapter behind an entry point. Raises `TypeError` for what cannot be one."""
    if not isinstance(loaded, _Source):
        return AdapterType.of(name, loaded, origin)
    problems: list[Problem] = []
    found = described(loaded.file, loaded.raw, problems)
    if found is None:
        raise TypeError("; ".join(map(str, sorted(problems))))
    if found.name != name:
        raise TypeError(f"its description has the name {found.name!r}")
    found.adapter.__module__ = f"{loaded.package}.description"  # the class is the package's own
    return replace(found, origin=origin)


def simulators() -> Installed[type[Any]]:
    """The installed simulators, by the name of their adapter; loaded like adapters."""
    return Installed(SIMULATORS, "simulator", lambda name, simulator, origin: simulator)
