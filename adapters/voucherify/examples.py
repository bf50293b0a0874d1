"""What the adapter for voucherify is tried with."""

from gateway.conformance import Examples

EXAMPLES = Examples(written_by="who described it")
