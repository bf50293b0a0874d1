"""When what a person decides takes a second person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adjustments import Resolution, State, Status
from gateway.approvals import Proposal, ResolutionRule, judged

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STATE = State(Status.UNKNOWN)
SUBJECTS = st.sampled_from([None, "operator alice", "operator bob", "client alice"])
RULES = st.builds(ResolutionRule, approvals=st.sampled_from([1, 2]))


def proposal(subject: str, *, applied: bool) -> Proposal:
    resolution = Resolution(applied, "seen in their portal", subject, NOW)
    return Proposal("adj_1", resolution, subject, STATE, 3, NOW + timedelta(seconds=60))


STANDING = st.none() | st.builds(proposal, SUBJECTS.filter(bool).map(str), applied=st.booleans())


@given(rule=RULES, subject=SUBJECTS, applied=st.booleans(), confirms=st.booleans(), standing=STANDING)
def test_two_people_decide_the_same_or_nothing_is_decided(
    rule: ResolutionRule, subject: str | None, applied: bool, confirms: bool, standing: Proposal | None
) -> None:
    """Where two are needed, a decision is only ever of two different subjects whom the gateway knows."""
    verdict = judged(rule, subject=subject, applied=applied, confirms=confirms, standing=standing)
    if rule.approvals == 1:
        assert verdict == ("none" if confirms else "decided")
    elif verdict == "decided":
        assert standing is not None
        assert subject is not None
        assert subject != standing.subject
        assert standing.resolution.applied is applied
    elif subject is None:
        assert verdict == "nobody"
    else:
        assert (verdict == "proposed") is not confirms


@pytest.mark.parametrize(
    ("changes", "stands"),
    [
        ({}, True),
        ({"state": replace(STATE, attempt=2)}, False),
        ({"state": replace(STATE, repeats=1)}, False),
        ({"state": replace(STATE, status=Status.ACCEPTED)}, False),
        ({"steps": 4}, False),
        ({"now": NOW + timedelta(seconds=60)}, False),
    ],
    ids=str,
)
def test_a_proposal_counts_for_what_was_seen_and_until_its_end(changes: dict[str, object], stands: bool) -> None:
    """Another attempt, repeat or status, any further step, or its time being over makes it void."""
    asked: dict[str, object] = {"state": STATE, "steps": 3, "now": NOW, **changes}
    assert proposal("operator alice", applied=True).stands(**asked) is stands  # type: ignore[arg-type]
