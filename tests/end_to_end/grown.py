"""The gateway of a later version: its adjustments have one more field, `campaign`, and all options have two more.

`points-gateway` is it in a process that has imported this first. Everything else is the gateway as it is, which takes
its fields from these models.
"""

from dataclasses import make_dataclass, replace

from pydantic import Field, create_model

import gateway.model
from gateway.traits import text

_TODAY = gateway.model.Adjustment
# Before any part of the gateway has taken the model of today.
setattr(  # noqa: B010 (a type checker cannot follow this)
    gateway.model,
    "Adjustment",
    make_dataclass(
        "Adjustment",
        [("campaign", str | None, text("The campaign that it belongs to."))],
        bases=(_TODAY,),
        frozen=True,
        slots=True,
    ),
)

from gateway.port import registry  # noqa: E402
from gateway.port.registry import AdapterType  # noqa: E402


def adapters() -> dict[str, AdapterType]:
    """Every adapter, with two more options."""
    return {
        name: replace(
            kind,
            # No vendor can be told the field, and each may ignore it.
            settings=create_model(
                "Settings", __base__=kind.settings, ignore=(tuple[str, ...], Field(("campaign",), strict=False))
            ),
            options=create_model(
                "Options", __base__=kind.options, voucher=(str | None, None), channels=(list[str], ["shop"])
            ),
        )
        for name, kind in _installed().items()
    }


_installed = registry.adapters
setattr(registry, "adapters", adapters)  # noqa: B010 (as above)
