"""How a process stops: it leaves, lingers for callers that do not know it yet, and then drains."""

import asyncio
import signal
from collections.abc import Callable

SAME = 1.0
"""Seconds in which a further signal is the same stop: a terminal and a service manager tell each process of a group,
and the first process passes it on to its workers."""


class Stopping:
    """The stop of one process, in its event loop.

    `leave` is called at the first signal, `drain` once `linger()` seconds have passed or another signal arrives, and at
    every signal after that.
    """

    def __init__(
        self, *, linger: Callable[[], float], leave: Callable[[], None], drain: Callable[[signal.Signals], None]
    ) -> None:
        self._linger = linger
        self._leave = leave
        self._drain = drain
        self._since: float | None = None
        self._lingering: asyncio.TimerHandle | None = None

    def signalled(self, sig: signal.Signals) -> None:
        """Handle a signal to stop."""
        loop = asyncio.get_running_loop()
        if self._since is None:
            self._since = loop.time()
            self._leave()
            if (seconds := self._linger()) > 0:
                self._lingering = loop.call_later(seconds, self._drain, sig)
            else:
                self._drain(sig)
        elif loop.time() - self._since >= SAME:
            if self._lingering is not None:
                self._lingering.cancel()
            self._drain(sig)
