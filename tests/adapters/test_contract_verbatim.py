"""Digits, members and words reach the vendor as they were given, or are refused before anything is sent."""

from decimal import Decimal

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from gateway import exact
from gateway.adjustments import Verdict
from gateway.errors import FieldNotSupported
from gateway.model import Member, Operation
from gateway.simulation import Request
from tests.adapters.bench import Bench
from tests.adapters.said import said

CALL_BY_SIGN = {"expiring-points"}
"""The vendors that have a call for credits and another for debits, so that no amount has a sign."""
FEW = settings(max_examples=100, deadline=None)
MEMBER_VALUES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="/\\"), min_size=1, max_size=40),
    st.text("% +'\"&?#=;:,@<>~*é漢🙂\u0301aZ09", min_size=1, max_size=40),
    st.integers(1, 2**63 - 1).map(str),
    st.sampled_from(["a%20b", "%", "%2", "+", "a+b c", '"', "<xml>", "{}", "null", "0", "007", "Jason@Example.com"]),
)


def test_fractions_and_digits_are_exact(writing: Bench) -> None:
    """Points arrive digit for digit, 12 before the point and 6 after; a fraction may be refused, never rounded."""
    numbers = st.integers(-(10**18) + 1, 10**18 - 1).filter(bool).map(lambda number: Decimal(number).scaleb(-6))
    extremes = st.sampled_from([Decimal("999999999999.999999"), Decimal("-999999999999.999999"), Decimal("0.000001")])

    @FEW
    @given(points=numbers | extremes | st.integers(1, 10**12 - 1).map(Decimal))
    def holds(points: Decimal) -> None:
        writing.fresh()
        if not writing.translator.adapter.fractions and points != points.to_integral_value():
            with pytest.raises(FieldNotSupported) as caught:
                writing.adjust(points=points)
            assert caught.value.field == "points"
            assert writing.simulator.requests == []
            return
        outcome = writing.adjust(points=points)
        shown = points.copy_abs() if writing.kind.name in CALL_BY_SIGN else points
        assert exact.text(shown) in said(writing.simulator.requests[-1])
        refused = points < 0 and outcome.verdict is Verdict.REFUSED  # a vendor need not let a member owe
        assert refused or outcome.verdict is Verdict.APPLIED
        assert [effect.points for effect in writing.simulator.effects] == ([] if refused else [points])

    holds()


def test_a_fraction_of_a_vendor_of_whole_points_is_refused(writing: Bench) -> None:
    """Half a point is sent and applied as such, or refused before anything is sent."""
    if writing.translator.adapter.fractions:
        assert writing.adjust(points=Decimal("0.5")).verdict is Verdict.APPLIED
        assert [effect.points for effect in writing.simulator.effects] == [Decimal("0.5")]
    else:
        with pytest.raises(FieldNotSupported):
            writing.adjust(points=Decimal("0.5"))
        assert writing.simulator.requests == []


def called(bench: Bench, operation: Operation, member: Member) -> list[Request]:
    """The requests that arrived; none where the member was refused."""
    bench.fresh()
    refused = None
    try:
        bench.translation(operation, member=member)
    except FieldNotSupported as error:
        refused = error.field
    assert refused in (None, "member")
    return bench.call(operation, member=member) if refused is None else []


def test_members_arrive_as_they_were_given(bench: Bench) -> None:
    """A member's value reaches the vendor character for character, or is refused before anything is sent."""
    scheme = bench.member.scheme

    @FEW
    @given(value=MEMBER_VALUES)
    def holds(value: str) -> None:
        try:
            member = Member.parse(f"{scheme}:{value}")
        except ValueError:
            reject()
        for operation in bench.kind.operations:
            requests = called(bench, operation, member)
            if requests:
                texts = said(requests[-1])
                assert member.value in texts or str(member) in texts

    holds()


def test_words_arrive_as_they_were_given(writing: Bench) -> None:
    """What a caller says in words reaches the vendor character for character, unless refused before it is sent."""
    declared = [name for name in ("description", "reference") if name in writing.kind.operations["adjust"]]

    @FEW
    @given(words=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=200))
    def holds(words: str) -> None:
        for name in declared:
            requests = writing.fresh_call("adjust", **{name: words})
            assert words in said(requests[-1])
            assert len(writing.simulator.effects) == 1

    holds()
