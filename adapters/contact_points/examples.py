"""What the adapter for contact-points is tried with."""

from gateway.conformance import Examples

EXAMPLES = Examples(
    notes={"transactions": "with `account`"},
    # The vendor answers an empty list of sums where it has none.
    empty_reads=frozenset({"balance"}),
)
