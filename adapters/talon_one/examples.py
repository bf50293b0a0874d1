"""What the adapter for talon-one is tried with."""

from decimal import Decimal

from gateway.conformance import Examples

EXAMPLES = Examples(written_by="who described it", unsigned=True, largest=Decimal("999999999999.99"))
