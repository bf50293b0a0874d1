"""What can be asked of the journal about sending the request of an `unknown` once more, as values.

Each can be done again where nobody knows whether it was done: it recognises what it did.
"""

from dataclasses import dataclass
from typing import Literal

from gateway.adjustments import Record, Settlement
from gateway.pauses import Pause

RepeatRefusal = Literal["changed", "under_way", "barred", "paused", "time", "clock", "behind", "unmarked", "differs"]
"""Why a request may not be sent.

`changed`: the adjustment is not as it was, or is owned by another; `under_way`: a repeat is, or was a moment ago;
`barred`: a person waits to settle it by hand; `paused`: an operator has paused its vendor, tenant or client, or all;
`time`: the vendor may have forgotten the first request; `clock`: the journal's clock was set back since; `behind`: it
shows less than it did before; `unmarked`: there is no digest to compare with; `differs`: the request is not the one
that was marked.
"""


@dataclass(frozen=True, slots=True)
class Permission:
    """The adjustment as it stands, and why its request may not be sent, where it may not."""

    record: Record
    refused: RepeatRefusal | None = None


@dataclass(frozen=True, slots=True)
class MarkEffect:
    """Keep what a repeat of this attempt's request must equal, before its first byte leaves: gives a `Permission`."""

    record: Record
    digest: str


@dataclass(frozen=True, slots=True)
class BeginRepeat:
    """Own the next repeat of an `unknown` for `lease` seconds: gives a `Permission`.

    `window`: seconds after the mark in which a repeat may begin. `rest`: seconds since the last one was over. `vendor`:
    the name by which it is sent. `paused`: what keeps it from beginning by the configuration.
    """

    record: Record
    lease: float
    window: float
    rest: float
    owner: str
    vendor: str
    paused: Pause | None = None


@dataclass(frozen=True, slots=True)
class ConfirmRepeat:
    """Look once more, before its first byte leaves, whether a repeat may be sent: gives a `Permission`."""

    record: Record
    digest: str
    window: float
    owner: str


@dataclass(frozen=True, slots=True)
class EndRepeat:
    """Keep what a repeat came to: gives a `Conclusion`. The next one is due in `pause` seconds.

    `alarmed`: the operator has heard that the time for repeats runs out.
    """

    settlement: Settlement
    pause: float
    alarmed: bool
    owner: str

    @property
    def record(self) -> Record:
        """The adjustment that it is about."""
        return self.settlement.record


@dataclass(frozen=True, slots=True)
class PostponeRepeat:
    """Have an `unknown` that was not repeated now due again in `pause` seconds; `alarmed` as of `EndRepeat`."""

    record: Record
    pause: float
    alarmed: bool


@dataclass(frozen=True, slots=True)
class RepeatsDue:
    """Give the `unknown` due for a repeat, so many of each account, and keep them from others for `hold` seconds."""

    accounts: frozenset[str]
    share: int
    hold: float


@dataclass(frozen=True, slots=True)
class SeeTime:
    """Keep the moment by the journal's clock where it is the highest so far, and notice where it was set back."""


Repeating = MarkEffect | BeginRepeat | ConfirmRepeat | EndRepeat | PostponeRepeat
"""What is done to one adjustment about sending its request once more."""
