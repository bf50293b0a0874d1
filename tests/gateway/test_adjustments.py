"""The life of an adjustment: every step from every state, and what holds along every path."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.adjustments import Draft, Mark, State, Status, Verdict, expire, repeat, resolve, retry, settle, withdraw
from gateway.model import Adjustment, Member
from gateway.write import Write

IN_PROGRESS = State(Status.IN_PROGRESS)
SUCCEEDED = State(Status.SUCCEEDED)
FAILED = State(Status.FAILED)
RETRYABLE = State(Status.FAILED, retryable=True)
UNKNOWN = State(Status.UNKNOWN)
REPEATED = State(Status.UNKNOWN, repeats=2)
ACCEPTED = State(Status.ACCEPTED)
STATES = [IN_PROGRESS, SUCCEEDED, FAILED, RETRYABLE, UNKNOWN, REPEATED, ACCEPTED]

SETTLED = {
    (IN_PROGRESS, Verdict.APPLIED): SUCCEEDED,
    (IN_PROGRESS, Verdict.REFUSED): FAILED,
    (IN_PROGRESS, Verdict.NOT_APPLIED): RETRYABLE,
    (IN_PROGRESS, Verdict.UNKNOWN): UNKNOWN,
    (UNKNOWN, Verdict.APPLIED): SUCCEEDED,
    (UNKNOWN, Verdict.REFUSED): FAILED,
    (UNKNOWN, Verdict.NOT_APPLIED): FAILED,
    (UNKNOWN, Verdict.UNKNOWN): None,
    (REPEATED, Verdict.APPLIED): State(Status.SUCCEEDED, repeats=2),
    (IN_PROGRESS, Verdict.ACCEPTED): ACCEPTED,
    (UNKNOWN, Verdict.ACCEPTED): ACCEPTED,
    (REPEATED, Verdict.ACCEPTED): State(Status.ACCEPTED, repeats=2),
    (RETRYABLE, Verdict.REFUSED): FAILED,
    (ACCEPTED, Verdict.APPLIED): SUCCEEDED,
    (ACCEPTED, Verdict.REFUSED): FAILED,
}
RESOLVED = {
    (UNKNOWN, True): SUCCEEDED,
    (UNKNOWN, False): FAILED,
    (REPEATED, True): State(Status.SUCCEEDED, repeats=2),
    (REPEATED, False): State(Status.FAILED, repeats=2),
    (ACCEPTED, True): SUCCEEDED,
    (ACCEPTED, False): FAILED,
}


def test_a_mark_is_of_the_first_attempt_and_not_alarmed() -> None:
    """Unless the one who makes it says otherwise."""
    mark = Mark("digest", datetime(2026, 1, 1, tzinfo=UTC))
    assert (mark.attempt, mark.alarmed) == (1, False)


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("state", STATES)
def test_settling_follows_the_table(state: State, verdict: Verdict) -> None:
    """Proof settles what is in progress or unknown; of what was repeated only a success does.

    What the vendor has accepted ends by its decision alone.
    """
    assert settle(state, attempt=1, verdict=verdict) == SETTLED.get((state, verdict))


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("attempt", [1, 3])
@pytest.mark.parametrize("status", Status)
def test_proof_about_another_attempt_settles_nothing(status: Status, attempt: int, verdict: Verdict) -> None:
    """What is said of attempt 1 or 3 says nothing about attempt 2."""
    assert settle(State(status, attempt=2), attempt=attempt, verdict=verdict) is None


@pytest.mark.parametrize("state", STATES)
def test_only_a_retryable_failure_is_sent_again(state: State) -> None:
    """The next attempt begins from a retryable failure, and has the next number."""
    assert retry(state) == (State(attempt=2) if state is RETRYABLE else None)


@pytest.mark.parametrize("state", STATES)
def test_only_what_is_in_progress_expires(state: State) -> None:
    """An attempt that nobody holds any more is unknown; everything else stays."""
    assert expire(state) == (UNKNOWN if state is IN_PROGRESS else None)


@pytest.mark.parametrize("state", STATES)
def test_only_what_nobody_else_has_sent_or_settled_is_withdrawn(state: State) -> None:
    """An attempt of which nothing was sent may be tried again, also where it was thought unknown meanwhile."""
    assert withdraw(state) == (RETRYABLE if state in (IN_PROGRESS, UNKNOWN) else None)


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("state", STATES)
def test_only_what_is_open_is_resolved(state: State, applied: bool) -> None:
    """A person decides about what is unknown or accepted, and about no other."""
    assert resolve(state, applied=applied) == RESOLVED.get((state, applied))


@pytest.mark.parametrize("state", STATES)
def test_only_the_unknown_is_repeated(state: State) -> None:
    """A repeat leaves the adjustment unknown, in the same attempt, and is counted."""
    repeated = {UNKNOWN: State(Status.UNKNOWN, repeats=1), REPEATED: State(Status.UNKNOWN, repeats=3)}
    assert repeat(state) == repeated.get(state)


@pytest.mark.parametrize("state", STATES)
def test_final_is_what_nothing_leaves(state: State) -> None:
    """A state is final exactly where no step leads out of it."""
    steps = [settle(state, attempt=state.attempt, verdict=verdict) for verdict in Verdict]
    steps += [retry(state), expire(state), repeat(state)]
    steps += [resolve(state, applied=True), resolve(state, applied=False)]
    assert state.final == all(step is None for step in steps)


class Life(RuleBasedStateMachine):
    """Any steps in any order, with what was sent and what was said counted beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.path = [self.state]
        self.sent = 1
        self.was_open = False
        self.resolved_against: list[State] = []

    def move(self, after: State | None) -> None:
        if after is not None:
            self.state = after
            self.path.append(after)
            self.was_open |= after.open

    @rule(verdict=st.sampled_from(Verdict), behind=st.integers(0, 2))
    def settle(self, verdict: Verdict, behind: int) -> None:
        self.move(settle(self.state, attempt=self.state.attempt - behind, verdict=verdict))

    @rule()
    def retry(self) -> None:
        after = retry(self.state)
        self.sent += after is not None
        self.move(after)

    @rule()
    def expire(self) -> None:
        self.move(expire(self.state))

    @rule()
    def repeat(self) -> None:
        self.move(repeat(self.state))

    @rule(applied=st.booleans())
    def resolve(self, applied: bool) -> None:
        if self.state.repeats and not applied and self.state.status is Status.UNKNOWN:
            self.resolved_against.append(self.state)
        self.move(resolve(self.state, applied=applied))

    @invariant()
    def a_final_state_never_changes(self) -> None:
        assert not any(state.final for state in self.path[:-1])

    @invariant()
    def there_is_at_most_one_success(self) -> None:
        assert sum(state.status is Status.SUCCEEDED for state in self.path) <= 1

    @invariant()
    def attempts_only_grow_and_each_was_sent_once(self) -> None:
        attempts = [state.attempt for state in self.path]
        assert attempts == sorted(attempts)
        assert self.state.attempt == self.sent

    @precondition(lambda self: self.was_open)
    @invariant()
    def what_was_unknown_or_accepted_is_never_attempted_again(self) -> None:
        assert retry(self.state) is None
        first = next(place for place, state in enumerate(self.path) if state.open)
        assert {state.attempt for state in self.path[first:]} == {self.path[first].attempt}

    @invariant()
    def only_a_person_fails_what_was_repeated(self) -> None:
        """Unless the vendor has accepted it, and then rejected what it had."""
        steps = zip(self.path, self.path[1:], strict=False)
        repeated = [(before, after) for before, after in steps if before.repeats and before.status is Status.UNKNOWN]
        failed = [before for before, after in repeated if after.status is Status.FAILED]
        assert failed == self.resolved_against[: len(failed)]

    @invariant()
    def only_a_failure_is_retryable(self) -> None:
        assert self.state.status is Status.FAILED or not self.state.retryable


TestLife = Life.TestCase


def test_what_the_vendor_was_told_is_the_callers_value_or_the_default_of_that_time() -> None:
    """Sent again, a write has the defaults that it was first sent with, and the caller's own values."""
    adjustment = Adjustment(Member("email", "a@example.com"), Decimal(5), description="Hello")
    names = ("id", "client", "tenant", "key", "fingerprint", "vendor", "adapter", "rule")
    texts: dict[str, Any] = {name: name for name in names}
    draft = Draft(**texts, write=Write(adjustment), not_sent=(), lease=1.0)
    assert (draft.effective("point_type"), draft.effective("description")) == (None, "Hello")
    assert draft.effective_write == draft.write
    filled = replace(draft, defaults={"point_type": "base", "description": "Points"})
    assert (filled.effective("point_type"), filled.effective("description")) == ("base", "Hello")
    assert filled.effective_write == Write(replace(adjustment, point_type="base"))
