"""The checks of the kit wait as long as this machine needs."""

import pytest

from tests.deadlines import FACTOR


@pytest.fixture(scope="session")
def conformance_patience() -> float:
    """The factor that is measured when the tests start."""
    return FACTOR
