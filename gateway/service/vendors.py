"""The vendors of one configuration."""

from dataclasses import dataclass, field

from gateway.delivery.ways import Ways
from gateway.pauses import Pauses
from gateway.planning.planning import Planner
from gateway.service.usage import Usage


@dataclass(frozen=True, slots=True, eq=False)
class Vendors:
    """The translators of one configuration's vendors, the ways to them, and what the configuration has paused.

    Whoever works with them for longer than a moment is counted in `usage`, else the ways may be closed meanwhile.
    """

    planner: Planner
    ways: Ways
    usage: Usage
    pauses: Pauses = field(default_factory=Pauses)
