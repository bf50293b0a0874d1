"""The gateway of a later version: its adjustments have one more field, `campaign`, and all options have two more.

Run like `points-gateway`. Everything else is the gateway as it is, which takes its fields from these models.
"""

from dataclasses import field, make_dataclass, replace
from typing import Any

from pydantic import create_model

import gateway.model

_TODAY = gateway.model.Adjustment
# Before any part of the gateway has taken the model of today.
setattr(  # noqa: B010 (a type checker cannot follow this)
    gateway.model,
    "Adjustment",
    make_dataclass(
        "Adjustment", [("campaign", str | None, field(default=None))], bases=(_TODAY,), frozen=True, slots=True
    ),
)

from gateway.api import schemas  # noqa: E402
from gateway.api.fields import Text64  # noqa: E402
from gateway.cli import main  # noqa: E402
from gateway.port import registry  # noqa: E402
from gateway.port.registry import AdapterType  # noqa: E402


class Body(schemas.AdjustmentBody):
    """An adjustment as a caller of the later version asks for it."""

    campaign: Text64 | None = None

    def adjustment(self) -> Any:
        """The canonical value."""
        return replace(super().adjustment(), campaign=self.campaign)  # type: ignore[call-arg]  # the later model's


def adapters() -> dict[str, AdapterType]:
    """Every adapter, with two more options."""
    return {
        name: replace(
            kind,
            options=create_model(
                "Options", __base__=kind.options, voucher=(str | None, None), channels=(list[str], ["shop"])
            ),
        )
        for name, kind in _installed().items()
    }


_installed = registry.adapters
setattr(schemas, "AdjustmentBody", Body)  # noqa: B010 (as above)
setattr(registry, "adapters", adapters)  # noqa: B010 (as above)

if __name__ == "__main__":
    main()
