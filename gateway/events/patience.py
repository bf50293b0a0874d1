"""How long a webhook is tried: growing pauses for three days, and what bounds one round. Pure."""

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
PAUSES = (5.0, 30.0, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR)
"""Seconds before each further try of one event; the last of them before all that follow."""
PARK_AFTER = 3 * DAY
"""Seconds after the first try at which an event that fails again is parked."""
ROUND = 5.0
"""Seconds within which the last request of a round begins."""
LEASE_MARGIN = 5.0
"""Seconds for which a webhook is owned after the last request of a round has ended, so that what came of it is kept.

After a kill, another process goes on once the round, the time-out of a request and this have passed.
"""
LONGEST_REST = MINUTE
LONGEST_ASKED = HOUR
"""Seconds for which an endpoint is left alone at most because it asks for that."""


def rest(failures: int) -> float:
    """Seconds before the next round of a webhook that took nothing in so many rounds in a row."""
    return min(LONGEST_REST, 2.0 ** min(failures, 10))
