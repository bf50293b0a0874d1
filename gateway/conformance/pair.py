"""An adapter, the simulator that plays its vendor, and the examples that it is tried with."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.conformance.examples import Examples
from gateway.port import registry
from gateway.port.installed import Installed
from gateway.port.registry import AdapterType
from gateway.simulation import Simulator

EXAMPLES = "points_gateway.examples"
"""The group of entry points; an adapter without one is tried with the example of its simulator alone."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An adapter and the simulator that plays its vendor, where there is one."""

    kind: AdapterType
    simulator: type[Simulator] | None
    examples: Examples = field(default_factory=Examples)


def installed() -> Iterator[Pair]:
    """Every adapter that is installed, by name. Raises `NotLoadable`."""
    return (paired(name) for name in registry.adapters())


def paired(name: str) -> Pair:
    """An installed adapter by its name. Raises `KeyError` for an unknown name, and `NotLoadable`."""
    examples = Installed(EXAMPLES, "set of examples", _examples)
    kind = registry.adapters()[name]
    return Pair(kind, registry.simulators().get(name), examples.get(name) or Examples())


def _examples(name: str, examples: object, origin: str) -> Examples:
    if not isinstance(examples, Examples):
        raise TypeError(f"expected gateway.conformance.Examples, and it is {examples!r}")
    return examples
