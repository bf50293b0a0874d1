"""A few checks of the kit alone, tried of one pair."""

from gateway.conformance.pair import Pair
from gateway.conformance.trial import Problem, Trial, cases
from tests.deadlines import FACTOR


def tried(pair: Pair, *checks: str) -> list[Problem]:
    """What these checks say of a pair, or all of them where none is named."""
    with Trial(pair, patience=FACTOR) as trial:
        wanted = [case for case in cases(pair) if not checks or case.check.name in checks]
        assert {case.check.name for case in wanted} >= set(checks)
        return [result.problem for result in map(trial.result, wanted) if result.problem]
