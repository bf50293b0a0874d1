"""What can be asked of the journal's writer, as values that wait for the next batch, and what it may answer.

Each can be done again where nobody knows whether it was done: it recognises what it did. `owner` is whose an attempt
is: the process, and the operation that began it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from gateway.adjustments import Draft, Record, Settlement
from gateway.approvals import ResolutionRule
from gateway.journal.decision_commands import Resolve, WithdrawProposal
from gateway.journal.naming import Names
from gateway.journal.repeat_commands import Repeating
from gateway.limits import Budget
from gateway.pauses import Pause
from gateway.reversible import Why


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
class Exhausted:
    """A budget that has not the points left: how many of it are `used`, and when it is whole again, and in how long."""

    budget: Budget
    used: Decimal
    until: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Unreversible:
    """A reversal that may not begin: `why`, and how many points of its `original` are `left`."""

    original: str
    why: Why
    left: Decimal


Obstacle = Exhausted | Unreversible | Pause
"""What can keep an attempt from beginning now: a union of types, each with what its caller has to know."""


class Claimed(NamedTuple):
    """The record that has a key, and whether it is the one that was to be claimed: then its attempt 1 is ours."""

    record: Record
    ours: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an attempt may not begin now; nothing is kept of it, and its key is as free as it was."""

    reason: Obstacle


@dataclass(frozen=True, slots=True)
class Claim:
    """Make a key ours, its points taken from `budgets`: gives `Claimed` or `Refused`.

    `paused`: what keeps it from beginning by the configuration; what the journal has is found with it.
    """

    draft: Draft
    owner: str
    budgets: tuple[Budget, ...] = ()
    paused: Pause | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Begin the next attempt, its points taken from `budgets`: gives the new record, or `Refused`.

    None where the state is not `record`'s any more. `paused`: as of `Claim`.
    """

    record: Record
    lease: float
    account: str
    owner: str
    budgets: tuple[Budget, ...] = ()
    paused: Pause | None = None


@dataclass(frozen=True, slots=True)
class Settle:
    """Keep what an attempt came to: gives a `Conclusion`."""

    settlement: Settlement

    @property
    def record(self) -> Record:
        """The adjustment that it is about."""
        return self.settlement.record


@dataclass(frozen=True, slots=True)
class Postpone:
    """Look for an `unknown` in so many seconds, and count that it was looked for where the vendor was `asked`.

    `cursor`: where the search then goes on; None: it begins anew.
    """

    record: Record
    seconds: float
    asked: bool
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """End an attempt of which nothing was sent, since whoever began it could not be told of it."""

    adjustment: str
    owner: str


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
class Adopt:
    """Keep the names of a configuration: gives a `Renamed` for each that it may not have, and keeps nothing then.

    `rule`: how many people a resolution takes; None leaves it as it is. `id`: unique, as of `Note`.
    """

    names: Names
    id: str = ""
    rule: ResolutionRule | None = None


Action = Literal[
    "reload",
    "pause",
    "resume",
    "erase",
    "purge",
    "replay",
    "search",
    "view",
    "look",
    "resolve",
    "approve",
    "withdraw",
    "rule",
    "sign_in",
    "sign_out",
]
"""What operators do to a running gateway and to its journal, of which an audit log is kept. In this order from the
seventh on: they search for adjustments, and view some; have some looked for at their vendors; decide what is unknown;
confirm what another has decided; withdraw what they have proposed; the configuration has changed how many people that
takes; they sign in to the console, and out of it."""


@dataclass(frozen=True, slots=True)
class Note:
    """Keep in the audit log what an operator did. `id`: unique for this action; `detail`: JSON values, no secrets."""

    id: str
    by: str
    action: Action
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Switch:
    """Pause something, or end its pause, and note that in the audit log: gives whether it was paused before.

    `id`: unique for this action, as of `Note`.
    """

    id: str
    by: str
    pause: Pause
    on: bool


@dataclass(frozen=True, slots=True)
class Touch:
    """Change nothing: it succeeds where the journal can be written. Gives whether a standby confirms."""


Step = Retry | Settle | Resolve | WithdrawProposal | Postpone | Withdraw | Repeating
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
