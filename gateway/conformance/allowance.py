"""How many requests a trial at a real account may send, and the transport that keeps to it."""

from dataclasses import dataclass

from gateway.port import VendorRequest, VendorResponse, VendorSettings
from gateway.transport import Evidence, Transport, Withheld, boottime


@dataclass(slots=True)
class Allowance:
    """The requests of one trial: `most` at all, `used` so far, `reserved` for what has to come last."""

    most: int
    used: int = 0
    reserved: int = 0

    @property
    def left(self) -> int:
        """How many may be sent now."""
        return max(0, self.most - self.used - self.reserved)

    def take(self) -> None:
        """Count one request. Raises `Withheld` where none is left."""
        if self.left == 0:
            why = f"; {self.reserved} are kept for what has to come last" if self.reserved else ""
            raise Withheld(f"No more requests are allowed: {self.used} of {self.most} were sent{why}")
        self.used += 1


class Metered(Transport):
    """A transport that sends no more than its allowance."""

    def __init__(self, settings: VendorSettings, allowance: Allowance) -> None:
        super().__init__(settings, boottime)
        self._allowance = allowance

    async def send(
        self, request: VendorRequest, evidence: Evidence, *, deadline: float, expires: float | None = None
    ) -> VendorResponse:
        """Send a request. Raises `Withheld` before anything leaves where the allowance is used up."""
        self._allowance.take()
        return await super().send(request, evidence, deadline=deadline, expires=expires)
