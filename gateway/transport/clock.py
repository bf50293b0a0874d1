"""The clock that a deadline is checked against just before a request leaves."""

import time


def boottime() -> float:
    """Seconds since a fixed moment; includes time in which the machine was suspended, where the system counts it."""
    identifier = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if identifier is None else time.clock_gettime(identifier)
