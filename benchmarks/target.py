"""One thing that the gateway is to reach."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached, what was measured of it, and whether it is met."""

    what: str
    measured: str
    met: bool
