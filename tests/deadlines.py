"""How long a test waits. One factor, measured when the tests start, scales every time-out and every deadline.

A deadline is only a bound against hanging: whoever waits goes on as soon as what it waits for is there.
"""

import os
import time
from collections.abc import Callable

VARIABLE = "POINTS_TEST_FACTOR"
"""Set it to have another factor. Processes that the tests start inherit it, so that it is measured once."""

LARGEST = 30.0
"""No factor is larger: with it, the longest vendor time-out here is the longest that the gateway takes."""

SHARED = 1.5
"""The least factor where tests run beside each other, three on two cores."""

_ROUNDS, _TURNS = 20, 300_000
_ORDINARY = 0.25
"""Seconds that the work below takes on the quiet machine that the time-outs were chosen on."""


def slowness() -> float:
    """How many times slower than a quiet one this machine is at the moment; 1 where it is not.

    Takes a quarter of a second where it is quiet: a shorter burst would not notice that the machine is shared.
    """
    begun = time.perf_counter()
    for _ in range(_ROUNDS):
        sum(number * number for number in range(_TURNS))
    return min(LARGEST, max(1.0, (time.perf_counter() - begun) / _ORDINARY))


def _factor() -> float:
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = f"{slowness():.1f}"
    measured = float(os.environ[VARIABLE])
    return max(SHARED, measured) if "PYTEST_XDIST_WORKER" in os.environ else measured


FACTOR = _factor()


def scaled(seconds: float) -> float:
    """So many seconds of a quiet machine. For time-outs that a test lets run out, and settings that it relies on."""
    return seconds * FACTOR


DEADLINE = scaled(60)
"""Seconds after which a test that waits has failed."""


def until(holds: Callable[[], object], *, pause: float = 0.01) -> None:
    """Return once it holds; `pause` is in seconds. Raises `AssertionError` after the deadline."""
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(pause)
