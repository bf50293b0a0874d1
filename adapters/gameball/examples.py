"""What the adapter for gameball is tried with."""

from gateway.conformance import Examples

EXAMPLES = Examples(written_by="who described it")
