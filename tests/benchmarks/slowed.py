"""An adapter that wastes CPU time before a balance: as many microseconds as the member's value says."""

import time

from adapters.iactionable.adapter import IActionable
from gateway.model import Balance, Member
from gateway.port import Exchange


class Slowed(IActionable):
    """As the one it extends, but slower."""

    def balance(self, *, member: Member) -> Exchange[Balance]:
        """Waste the time, then read."""
        until = time.thread_time() + float(member.value) * 1e-6
        while time.thread_time() < until:
            pass
        return (yield from super().balance(member=member))
