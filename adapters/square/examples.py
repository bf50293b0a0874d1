"""What the adapter for square is tried with."""

from decimal import Decimal

from gateway.conformance import Examples

EXAMPLES = Examples(
    notes={"repeats": "enforced, with `keys_kept_for`"},
    # Documented: points are integers of 32 bits.
    largest=Decimal(2**31 - 1),
    # A guess: the vendor leaves an empty list of events out.
    left_out=frozenset({"transactions"}),
)
