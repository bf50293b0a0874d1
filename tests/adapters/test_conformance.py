"""Every adapter that is installed, and one that only tests know, keeps every promise of the port."""

from collections.abc import Callable

import pytest

from gateway.port import registry
from tests.adapters.conftest import PAIRS


@pytest.mark.conformance(*PAIRS)
def test_conformance(conforms: Callable[[], None]) -> None:
    """See gateway/conformance/checks."""
    conforms()


def test_every_adapter_has_a_simulator_and_the_reverse() -> None:
    """What is installed as an adapter can be played against, under the same name."""
    simulators = registry.simulators()
    assert simulators.keys() == registry.adapters().keys()
    assert all(simulator.name == name for name, simulator in simulators.items())
