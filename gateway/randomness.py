"""Random texts for ids, drawn from the system many at once: a system call for each has the process's threads switch."""

import os
import weakref
from collections.abc import Callable

MANY = 256
"""Texts that are drawn at once."""


class Randomness:
    """Gives texts of `size` random bytes in hexadecimal that nobody can guess, and each of them once.

    For ids, and not for keys, since some lie in memory for a while. `draw` gives so many bytes from the system. A
    process that was forked draws its own.
    """

    def __init__(self, size: int, draw: Callable[[int], bytes] = os.urandom) -> None:
        self._size = size
        self._draw = draw
        self._texts: list[str] = []
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _forget(this()))

    def __call__(self) -> str:
        """The next one, in whichever thread."""
        while True:
            try:
                return self._texts.pop()
            except IndexError:
                drawn, digits = self._draw(MANY * self._size).hex(), 2 * self._size
                self._texts += [drawn[begin : begin + digits] for begin in range(0, len(drawn), digits)]


def _forget(drawn: Randomness | None) -> None:
    if drawn is not None:
        drawn._texts.clear()
