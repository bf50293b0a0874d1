"""What is left of an adjustment: shares that are held, what bounds them, and why a reversal may not begin."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adjustments import Draft, Record, Resolution, State, Status
from gateway.model import Adjustment, Applied, Member
from gateway.reversible import Reversible, Share
from gateway.write import Write, WriteOperation

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEEN = Resolution(True, "seen in their portal", "ops:jane", NOW)
POINTS = st.integers(1, 20).map(Decimal)


def original(
    points: int = 10, status: Status = Status.SUCCEEDED, operation: WriteOperation = "adjust", **fields: Any
) -> Record:
    write = Write(Adjustment(Member("contact_id", "1"), Decimal(points)), operation)
    draft = Draft("adj_1", "app", "acme", "k", "f", write, "crm", "example", "r", (), 30.0)
    return Record(draft, State(status), NOW, NOW, **fields)


def share(points: int | Decimal, status: Status = Status.SUCCEEDED, *, conflict: bool = False) -> Share:
    return Share("adj_2", Decimal(points), status, conflict, linked=False)


@pytest.mark.parametrize(
    ("status", "conflict", "held"),
    [
        (Status.IN_PROGRESS, False, True),
        (Status.SUCCEEDED, False, True),
        (Status.UNKNOWN, False, True),
        (Status.ACCEPTED, False, True),
        (Status.FAILED, False, False),
        (Status.FAILED, True, True),
    ],
)
def test_a_share_is_held_unless_nothing_was_taken_back(status: Status, conflict: bool, held: bool) -> None:
    one = share(3, status, conflict=conflict)
    reversible = Reversible.of(original(), [one])
    assert one.held is held
    assert (reversible.left, reversible.alone) == ((Decimal(7), False) if held else (Decimal(10), True))


@pytest.mark.parametrize(
    ("points", "booked", "expected"), [(10, None, 10), (-10, None, 10), (10, 6, 6), (-10, -6, 6), (10, 12, 10)]
)
def test_the_bound_is_what_was_booked(points: int, booked: int | None, expected: int) -> None:
    """Without a sign; what the vendor says that it booked counts where that is less."""
    applied = Applied("7", booked=None if booked is None else Decimal(booked))
    assert Reversible.of(original(points, applied=applied), []) == Reversible(
        Decimal(expected), Decimal(expected), True
    )


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (original(), None),
        (original(status=Status.UNKNOWN), "status"),
        (original(status=Status.ACCEPTED), "status"),
        (original(status=Status.FAILED), "status"),
        (original(operation="reverse"), "reversal"),
        (original(reversed_at_vendor=True), "at_vendor"),
        (original(conflict=True), None),
        (original(resolution=SEEN), None),
        (original(conflict=True, resolution=SEEN), "contradicted"),
        (original(removal="purged"), "purged"),
        (original(removal="erased"), "erased"),
        (original(erase_as="pseudonym"), "erased"),
        (original(removal="purged", erase_as="pseudonym"), "purged"),
    ],
)
def test_why_there_can_be_no_reversal(record: Record, why: str | None) -> None:
    reversible = Reversible.of(record, [])
    assert reversible.why == why
    assert reversible.refused(Decimal(1), linked=False) == why


@pytest.mark.parametrize(
    ("taken", "points", "linked", "all_left", "why"),
    [
        (0, 10, True, True, None),
        (0, 10, False, False, None),
        (0, 11, False, False, "too_much"),
        (3, 7, False, True, None),
        (3, 8, False, True, "changed"),
        (3, 6, False, True, "changed"),
        (3, 8, False, False, "too_much"),
        (3, 7, True, False, "not_alone"),
        (10, 1, False, False, "nothing_left"),
        (10, 1, True, False, "nothing_left"),
        (12, 1, False, False, "nothing_left"),
    ],
)
def test_when_a_reversal_may_begin(taken: int, points: int, linked: bool, all_left: bool, why: str | None) -> None:
    reversible = Reversible.of(original(), [share(taken)] if taken else [])
    assert reversible.refused(Decimal(points), linked=linked, all_left=all_left) == why


@pytest.mark.parametrize(("taken", "left"), [("9.5", "0.5"), ("10", "0"), ("12", "0")])
def test_what_is_left_is_a_part_of_a_point_or_nothing(taken: str, left: str) -> None:
    """It is never below nothing, and the last half a point can be taken back."""
    reversible = Reversible.of(original(), [share(Decimal(taken))])
    assert reversible.left == Decimal(left)
    assert reversible.refused(Decimal("0.5"), linked=False) == (None if left == "0.5" else "nothing_left")


@given(st.lists(st.tuples(POINTS, st.booleans(), st.booleans())))
def test_what_may_begin_never_takes_more_than_there_was(asked: list[tuple[Decimal, bool, bool]]) -> None:
    """Whatever is asked in whatever order, and whichever of it turns out to have taken nothing."""
    shares: list[Share] = []
    for points, linked, failed in asked:
        if Reversible.of(original(), shares).refused(points, linked=linked) is None:
            shares.append(share(points, Status.FAILED if failed else Status.UNKNOWN))
    assert sum(each.points for each in shares if each.held) <= 10
