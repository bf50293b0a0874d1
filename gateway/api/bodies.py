"""The models of the body of an adjustment, kept by the adapters that they are made of."""

from collections.abc import Sequence

from cachetools import LRUCache

from gateway.api.schemas import AdjustmentBody, adjustment_body
from gateway.port.registry import AdapterType

MOST = 4
"""Sets of adapters for which the model is kept: to make one takes long, and leaves much behind."""


class Bodies:
    """Gives the model of the body for these adapters."""

    def __init__(self) -> None:
        self._made: LRUCache[tuple[tuple[str, str], ...], type[AdjustmentBody]] = LRUCache(MOST)

    def __call__(self, adapters: Sequence[AdapterType]) -> type[AdjustmentBody]:
        """The model with the options of these adapters."""
        named = tuple((kind.name, kind.settings.made_of) for kind in adapters)
        if named not in self._made:
            self._made[named] = adjustment_body(adapters)
        return self._made[named]
