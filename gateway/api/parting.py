"""A connection that ends without losing a call when the gateway stops.

An answer with `Connection: close` is the only way to tell a caller that no further request is taken. A connection that
is closed without one may meet a request on its way, which a proxy does not send again if it is a write.
"""

from gateway.api.protocol import Protocol

FIRST = 1.0
"""Seconds in which the first request has to begin on a connection that was opened just before the end."""


class Parting(Protocol):
    """One connection of a caller; once the gateway leaves, its next answer is its last."""

    def leave(self) -> None:
        """Have the answer that is under way be the last one."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._last()

    def on_headers_complete(self) -> None:
        """Check the head; where the gateway leaves, have its answer be the last one."""
        super().on_headers_complete()
        if self._peers.leaving and not self._upgrading:  # after an offer of another protocol there is no request yet
            self._last()

    def shutdown(self) -> None:
        """Close an idle connection at once; any other after the request that is arriving, or expected."""
        answered = self.cycle is None or self.cycle.response_complete
        if self._begun == 0:
            self.loop.call_later(FIRST, self._close_unless_begun)
        elif self._begun == self._whole or not answered:
            super().shutdown()

    def _last(self) -> None:
        self._closes_unless_whole = False
        self.cycle.keep_alive = False

    def _close_unless_begun(self) -> None:
        if self._begun == 0:
            self.transport.close()
