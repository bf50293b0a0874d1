"""The life of an adjustment: a pure state machine, no I/O.

in_progress(n) ─┬─> succeeded | failed            settle: proof either way
                ├─> failed, retryable             settle: proof that nothing was applied
                ├─> accepted                      settle: the vendor took it, and may still reject it
                └─> unknown                       settle or expire: no proof
failed, retryable ──> in_progress(n+1)            retry: by the same key
failed, retryable ──> failed                      settle: it can never be applied any more
in_progress(n), unknown ──> failed, retryable     withdraw: nothing of attempt n was ever sent
unknown ──> succeeded | failed | accepted         settle (late proof) or resolve (a person)
accepted ──> succeeded | failed                   settle (the vendor has decided) or resolve (a person)
unknown(r) ──> unknown(r+1)                       repeat: the very same request again, of which the vendor makes one

An unknown adjustment is never attempted again, unless whoever began its attempt withdraws that, having sent nothing.
A vendor that enforces idempotency may be sent its request once more;
from the first such repeat on, only a success settles, for no negative answer tells which of the requests it is about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from gateway.model import Adjustment, Applied
from gateway.write import Write

AT_VENDOR = "at_vendor"
"""In the evidence about a reversal: the vendor showed that the original was cancelled there, and not by the gateway."""
CLOCK_ERROR = 1.0
"""Seconds by which clocks that are kept in step may differ; one that runs back by more was set back."""
UNSEEN = 2.0
"""Seconds, about, after which the journal has noticed that its clock was set back."""


class Status(StrEnum):
    """Where an adjustment stands, as callers see it."""

    IN_PROGRESS = "in_progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"


class Verdict(StrEnum):
    """What the evidence of one attempt proves.

    `refused` is a final no; `not_applied` is proof that nothing was applied, and trying again can help. `accepted`: the
    vendor has it for certain, and decides later.
    """

    APPLIED = "applied"
    REFUSED = "refused"
    NOT_APPLIED = "not_applied"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class State:
    """Where an adjustment stands, in which attempt (the first is 1), and how often that one was repeated."""

    status: Status = Status.IN_PROGRESS
    retryable: bool = False
    attempt: int = 1
    repeats: int = 0

    @property
    def final(self) -> bool:
        """Whether nothing will change it any more."""
        return self.status is Status.SUCCEEDED or (self.status is Status.FAILED and not self.retryable)

    @property
    def open(self) -> bool:
        """Whether nobody works on it, and what the vendor has, or a person, can still settle it."""
        return self.status in (Status.UNKNOWN, Status.ACCEPTED)


_SETTLED = {
    Verdict.APPLIED: (Status.SUCCEEDED, False),
    Verdict.REFUSED: (Status.FAILED, False),
    Verdict.NOT_APPLIED: (Status.FAILED, True),
    Verdict.UNKNOWN: (Status.UNKNOWN, False),
    Verdict.ACCEPTED: (Status.ACCEPTED, False),
}


def settle(state: State, *, attempt: int, verdict: Verdict) -> State | None:
    """The state after what attempt `attempt` proved; None where that changes nothing."""
    if state == State(Status.FAILED, True, attempt, state.repeats) and verdict is Verdict.REFUSED:
        return replace(state, retryable=False)
    if attempt != state.attempt or not (state.status is Status.IN_PROGRESS or state.open):
        return None
    status, retryable = _SETTLED[verdict]
    if state.status is Status.ACCEPTED and verdict not in (Verdict.APPLIED, Verdict.REFUSED):
        return None  # only what the vendor has decided counts
    if state.open:
        yes = verdict in (Verdict.APPLIED, Verdict.ACCEPTED)
        if verdict is Verdict.UNKNOWN or (state.repeats and state.status is Status.UNKNOWN and not yes):
            return None
        retryable = False  # whoever finds that out later cannot know that nothing is still on its way
    return State(status, retryable, attempt, state.repeats)


def withdraw(state: State) -> State | None:
    """The state once whoever began the last attempt says that nothing of it was ever sent; None where that is late.

    Its caller was told so, and to repeat the key. What the vendor's records or a person has settled stays so, and what
    was repeated was sent by others.
    """
    if state.status is Status.IN_PROGRESS or (state.status is Status.UNKNOWN and not state.repeats):
        return State(Status.FAILED, True, state.attempt)
    return None


def retry(state: State) -> State | None:
    """The state in which the next attempt is sent; None where there may be none."""
    if state.status is Status.FAILED and state.retryable:
        return State(Status.IN_PROGRESS, False, state.attempt + 1)
    return None


def expire(state: State) -> State | None:
    """The state once nobody holds the attempt any more; None where nobody needs to."""
    if state.status is Status.IN_PROGRESS:
        return State(Status.UNKNOWN, False, state.attempt)
    return None


def resolve(state: State, *, applied: bool) -> State | None:
    """The state after a person has decided; None where there is nothing to decide."""
    if state.open:
        return replace(state, status=Status.SUCCEEDED if applied else Status.FAILED)
    return None


def repeat(state: State) -> State | None:
    """The state once the request of an unknown adjustment is sent again; None where it may not be."""
    if state.status is Status.UNKNOWN:
        return replace(state, repeats=state.repeats + 1)
    return None


@dataclass(frozen=True, slots=True)
class Draft:
    """A write that is about to be claimed.

    `lease`: seconds for which one attempt is owned. `account`: which account at the vendor it goes to, as the caller
    tells them apart; empty where it is not told. `defaults`: what the vendor's settings had for fields that the caller
    left out, by field. `vendor_point_type`: the vendor's own value for the point type, as text. Older rows lack both.
    `made_of`: the digest of the description that the adapter was made of; empty for one that is written in code.
    """

    id: str
    client: str
    tenant: str
    key: str
    fingerprint: str
    write: Write
    vendor: str
    adapter: str
    rule: str
    not_sent: tuple[str, ...]
    lease: float
    account: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    vendor_point_type: str | None = None
    made_of: str = ""

    @property
    def adjustment(self) -> Adjustment:
        """The change of points that it writes."""
        return self.write.adjustment

    def effective(self, name: str) -> str | None:
        """The value of a field that the vendor was told: the caller's, or the default of that time."""
        value: str | None = getattr(self.adjustment, name)
        return self.defaults.get(name) if value is None else value

    @property
    def effective_write(self) -> Write:
        """The write with these defaults as its own values: said again, it means the same whatever the defaults are."""
        absent: dict[str, Any] = {
            name: value for name, value in self.defaults.items() if getattr(self.adjustment, name) is None
        }
        return replace(self.write, adjustment=replace(self.adjustment, **absent)) if absent else self.write


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it is kept, to be repeated byte for byte."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Resolution:
    """A person's decision about an unknown adjustment.

    `by`: who is known to have decided, a client or a user of the machine. `actor`: whom that client names, which nobody
    checks; None where it names nobody. `proposed_by`: the other person, where it took two.
    """

    applied: bool
    reason: str
    by: str
    at: datetime
    actor: str | None = None
    proposed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What a repeat is held to: `digest`, of the request that it must equal, and how old that request is.

    `at`: before the first byte that may have left for this adjustment, by the journal's clock; `attempt`: in which one
    that was. `alarmed`: whether the operator has heard that the time for repeats runs out.
    """

    digest: str
    at: datetime
    attempt: int = 1
    alarmed: bool = False


Removal = Literal["erased", "purged"]
"""What was taken out of an adjustment: what names its member, or all but what keeps its key from a second effect."""


class Record(NamedTuple):
    """An adjustment as the journal has it: a tuple, which is made in a third of the time of a frozen dataclass.

    `problem` is the problem as its caller was told it. `looks`: how often the vendor was asked in vain whether it has
    this `unknown`. `conflict`: a late outcome of some attempt contradicts the state, or once did. `mark`: there only
    where the vendor enforces idempotency. `search_cursor`: of an `unknown`, where the search for it goes on.
    `reversed_at_vendor`: the vendor showed that it was cancelled there, and not by a reversal of ours. `removal`: what
    was taken out of it. `erase_as`: its member's pseudonym, where the member is to be erased once this has ended.
    """

    draft: Draft
    state: State
    created_at: datetime
    lease_until: datetime
    completed_at: datetime | None = None
    applied: Applied | None = None
    problem: Mapping[str, Any] | None = None
    resolution: Resolution | None = None
    answer: Answer | None = None
    looks: int = 0
    conflict: bool = False
    mark: Mark | None = None
    search_cursor: str | None = None
    reversed_at_vendor: bool = False
    removal: Removal | None = None
    erase_as: str | None = None

    @property
    def new_key_allowed(self) -> bool:
        """Whether the same points may be written under another key: certainly not applied under this one, for good."""
        certain = self.state.status is Status.FAILED and not self.state.retryable and not self.conflict
        return certain and self.removal != "purged"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one attempt came to, and who found out.

    `by`: `gateway`, which made it, `search`, which asked the vendor later, or `repeat`, which sent its request again.

    `evidence` and `exchange` are JSON values without secrets, of bounded size.
    """

    record: Record
    verdict: Verdict
    evidence: Mapping[str, Any]
    exchange: tuple[Mapping[str, Any], ...] = ()
    applied: Applied | None = None
    problem: Mapping[str, Any] | None = None
    by: str = "gateway"


@dataclass(frozen=True, slots=True)
class Transition:
    """One step in the life of an adjustment.

    `by`: `gateway`, `search`, `repeat`, `recovery`, or the client or person who decided.
    """

    at: datetime
    before: Status | None
    after: Status
    attempt: int
    by: str
    evidence: Mapping[str, Any]
    exchange: tuple[Mapping[str, Any], ...] = ()
