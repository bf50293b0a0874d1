"""The machine that a process runs on, beside which the journal's clock is watched."""

from dataclasses import dataclass

from gateway.uptime import Uptime


@dataclass(slots=True)
class Machine:
    """A machine and its uptime, for the one writer of a process; all in microseconds.

    `begun`: its uptime when the batch under way was about to begin. `ahead`: by how much the journal has kept that its
    clock was ahead of the uptime, as this process has read it there; None until it has.
    """

    uptime: Uptime
    begun: int = 0
    ahead: int | None = None

    @property
    def boot(self) -> str:
        """The name of its last start."""
        return self.uptime.boot

    @property
    def up(self) -> int:
        """Its uptime now."""
        return round(self.uptime.seconds() * 1_000_000)

    def knows(self, moment: int, error: int) -> bool:
        """Whether the journal has kept, but for an error, that its clock is as far ahead as at the batch's `moment`."""
        return self.ahead is not None and moment - self.begun <= self.ahead + error

    def begin(self) -> None:
        """Note when a batch is about to begin."""
        self.begun = self.up
