"""What the adapter for fabric is tried with."""

from gateway.conformance import Examples

EXAMPLES = Examples(
    # One answer has the balances of all point types.
    chooses=frozenset({("balance", "point_type")}),
)
