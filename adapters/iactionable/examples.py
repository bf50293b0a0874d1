"""What the adapter for iactionable is tried with."""

from decimal import Decimal

from gateway.conformance import Examples

EXAMPLES = Examples(
    notes={
        "members": "by `id_types`",
        "an adjustment can also say": "description, options; with `app_key` point type",
    },
    # Only negative points can be spent, and only a spending carries the adjustment's own id.
    needs={
        "spend": {"points": Decimal(-1)},
        "id": {"points": Decimal(-1), "options": {"iactionable": {"spend": True}}},
    },
    # The v3 API alone has point types.
    elsewhere=frozenset({("adjust", "point_type"), ("balance", "point_type")}),
    # The shape of an error is not documented, so that a 400 refuses whatever its body is.
    bodiless=frozenset({400}),
    words=True,
)
