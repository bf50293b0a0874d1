"""What the adapter for expiring-points is tried with."""

from gateway.conformance import Examples

EXAMPLES = Examples(
    notes={"transactions": "in JSON", "look-up": "the tier"},
    # Points are accrued by one call and redeemed by another.
    unsigned=True,
    # The answer to a look-up has the member's tiers alone.
    nameless=True,
)
