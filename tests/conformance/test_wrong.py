"""The kit catches each wrong adapter of the set, by the check that is about it, and says what to do."""

from itertools import chain

import pytest

from gateway.conformance.checks import CHECKS
from gateway.conformance.trial import Trial, cases
from tests.conformance.elsewhere import ELSEWHERE
from tests.conformance.losing import LOSING
from tests.conformance.misdescribed import MISDESCRIBED
from tests.conformance.wrong import WRONG as OTHERS
from tests.deadlines import FACTOR

WRONG = {**OTHERS, **LOSING, **MISDESCRIBED, **ELSEWHERE}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_adapter_is_caught(name: str) -> None:
    """By name, in a paragraph that has what was expected, what was there instead, and where it is explained."""
    wrong = WRONG[name]
    with Trial(wrong.pair, patience=FACTOR) as trial:
        tried = [case for case in cases(wrong.pair) if case.check.name == wrong.caught_by]
        assert tried
        problems = [result.problem for result in map(trial.result, tried) if result.problem]
    assert problems
    for part in ("Expected: ", "Instead: ", "Sent: ", "Answered: ", "See docs/adding-an-adapter.md#"):
        assert part in str(problems[0])


def test_the_set_is_large_enough() -> None:
    """There are many ways to be wrong."""
    assert len(WRONG) > 30
    named = set(chain([wrong.caught_by for wrong in WRONG.values()]))
    assert named <= {check.name for check in CHECKS}
