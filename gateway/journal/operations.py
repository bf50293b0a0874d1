"""What can be asked of the journal's writer, as values that wait for the next batch, and what it may answer.

Each can be done again where nobody knows whether it was done: it recognises what it did. `owner` is whose an attempt
is: the process, and the operation that began it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from gateway.adjustments import Draft, Record, Resolution, Settlement
from gateway.limits import Budget


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The adjustment as it stands after a settlement.

    `late`: the settlement changed nothing, and is kept in the history alone; `conflict`: it contradicts what the
    journal says, so that points may be wrong at the vendor.
    """

    record: Record
    late: bool = False
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The adjustment as it stands after a person's decision, and why that was refused, where it was.

    `lease`: an attempt may still be under way; `repeat`: a repeat of its request may still be, or was possible since
    the person looked, and from now on none begins; `changed`: it is not what the person has seen. `until`: when the
    same decision is taken, from who has looked again.
    """

    record: Record
    refused: Literal["lease", "repeat", "changed"] | None = None
    until: datetime | None = None


RepeatRefusal = Literal["changed", "under_way", "barred", "time", "clock", "behind", "unmarked", "differs"]
"""Why a request may not be sent.

`changed`: the adjustment is not as it was, or is owned by another; `under_way`: a repeat is, or was a moment ago;
`barred`: a person waits to settle it by hand; `time`: the vendor may have forgotten the first request; `clock`: the
journal's clock was set back since; `behind`: it shows less than it did before; `unmarked`: there is no digest to
compare with; `differs`: the request is not the one that was marked.
"""


@dataclass(frozen=True, slots=True)
class Permission:
    """The adjustment as it stands, and why its request may not be sent, where it may not."""

    record: Record
    refused: RepeatRefusal | None = None


@dataclass(frozen=True, slots=True)
class Exhausted:
    """A budget that has not the points left: how many of it are `used`, and when it is whole again, and in how long."""

    budget: Budget
    used: Decimal
    until: datetime
    seconds: float


class Claimed(NamedTuple):
    """The record that has a key, and whether it is the one that was to be claimed: then its attempt 1 is ours."""

    record: Record
    ours: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an attempt may not begin now; nothing is kept of it, and its key is as free as it was."""

    reason: Exhausted


@dataclass(frozen=True, slots=True)
class Claim:
    """Make a key ours, its points taken from `budgets`: gives `Claimed` or `Refused`."""

    draft: Draft
    owner: str
    budgets: tuple[Budget, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """Begin the next attempt, its points taken from `budgets`: gives the new record, or `Refused`.

    None where the state is not `record`'s any more.
    """

    record: Record
    lease: float
    account: str
    owner: str
    budgets: tuple[Budget, ...] = ()


@dataclass(frozen=True, slots=True)
class Settle:
    """Keep what an attempt came to: gives a `Conclusion`."""

    settlement: Settlement

    @property
    def record(self) -> Record:
        """The adjustment that it is about."""
        return self.settlement.record


@dataclass(frozen=True, slots=True)
class Resolve:
    """Keep a person's decision: gives a `Decision`."""

    record: Record
    resolution: Resolution
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Postpone:
    """Look for an `unknown` in so many seconds, and count that it was looked for where the vendor was `asked`."""

    record: Record
    seconds: float
    asked: bool


@dataclass(frozen=True, slots=True)
class Withdraw:
    """End an attempt of which nothing was sent, since whoever began it could not be told of it."""

    adjustment: str
    owner: str


@dataclass(frozen=True, slots=True)
class MarkEffect:
    """Keep what a repeat of this attempt's request must equal, before its first byte leaves: gives a `Permission`."""

    record: Record
    digest: str


@dataclass(frozen=True, slots=True)
class BeginRepeat:
    """Own the next repeat of an `unknown` for `lease` seconds: gives a `Permission`.

    `window`: seconds after the mark in which a repeat may begin. `rest`: seconds since the last one was over.
    """

    record: Record
    lease: float
    window: float
    rest: float
    owner: str


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


@dataclass(frozen=True, slots=True)
class Present:
    """Give an adjustment as it stands, `unknown` where its lease is over."""

    record: Record


@dataclass(frozen=True, slots=True)
class Due:
    """Give the `unknown` to look for, of each account `share` at most; nobody else gets them for `hold` seconds."""

    accounts: frozenset[str]
    share: int
    hold: float


@dataclass(frozen=True, slots=True)
class Expire:
    """Make `unknown` what is in progress past its lease: gives how many."""


@dataclass(frozen=True, slots=True)
class NoteLimits:
    """Keep the limits of clients and tenants, `written` by whose they are: gives a `LimitChange` for each change."""

    written: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LimitChange:
    """A limit that is another one than the journal last saw; empty where there was none, or is none any more."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Touch:
    """Change nothing: it succeeds where the journal can be written."""


Repeating = MarkEffect | BeginRepeat | ConfirmRepeat | EndRepeat | PostponeRepeat
"""What is done to one adjustment about sending its request once more."""

Step = Retry | Settle | Resolve | Postpone | Withdraw | Repeating
"""What is done to one adjustment that is known."""


def adjustment_of(step: Step) -> str:
    """The id of the adjustment that a step is about."""
    return step.adjustment if isinstance(step, Withdraw) else step.record.draft.id


def withdrawal(operation: object) -> Withdraw | None:
    """What takes back an operation of which nobody knows whether it was done; None where nothing has to."""
    match operation:
        case Claim(draft, owner, _):
            return Withdraw(draft.id, owner)
        case Retry(record, _, _, owner, _):
            return Withdraw(record.draft.id, owner)
    return None
