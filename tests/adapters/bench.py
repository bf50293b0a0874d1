"""The bench of the conformance kit, as patient as this machine needs it."""

from typing import Any

from gateway.conformance import bench
from gateway.conformance.pair import Pair
from tests.deadlines import FACTOR

__all__ = ["Bench", "Pair"]


class Bench(bench.Bench):
    """A running simulator and the adapter configured for it."""

    def __init__(self, pair: Pair, *, patience: float = FACTOR, **changes: Any) -> None:
        super().__init__(pair, patience=patience, **changes)
