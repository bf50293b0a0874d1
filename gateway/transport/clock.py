"""The clock that a deadline is checked against just before a request leaves."""

import time
from collections.abc import Callable
from functools import partial

_IDENTIFIER = getattr(time, "CLOCK_BOOTTIME", None)
boottime: Callable[[], float] = time.monotonic if _IDENTIFIER is None else partial(time.clock_gettime, _IDENTIFIER)
"""Seconds since a fixed moment; includes time in which the machine was suspended, where the system counts it.

A read asks for it seven times.
"""
