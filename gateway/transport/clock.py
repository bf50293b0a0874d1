"""The clock against which a deadline is checked just before a request leaves."""

import time


def boottime() -> float:
    """Seconds since some fixed moment, a suspended machine's time included where the system can tell it."""
    identifier = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if identifier is None else time.clock_gettime(identifier)
