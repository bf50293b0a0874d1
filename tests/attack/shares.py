"""What reversals have taken back of one adjustment, and whether one that was refused should have been."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from gateway.adjustments import Status
from tests.attack.testimony import Case, Kept, Word

Found = Iterator[tuple[str, str]]
"""Keys, each with what is to say of it."""


def too_much(cases: Sequence[Case]) -> Found:
    """The originals of which more was taken back than was booked, by the vendor's own ledger."""
    for original, reversals in _reversed(cases):
        booked = sum((abs(entry.points) for entry in original.applied), Decimal(0))
        taken = sum((abs(entry.points) for each in reversals for entry in each.applied), Decimal(0))
        if taken > booked:
            yield original.asked.key, f"{taken} points of {booked}"


def not_freed(cases: Sequence[Case]) -> Found:
    """The reversals that were refused to the end, though what others hold leaves enough for them."""
    for original, reversals in _reversed(cases):
        if original.erased or not original.told(Word.SUCCEEDED):
            continue  # it cannot be reversed any more, or may have succeeded after it was asked for the last time
        for each in reversals:
            if each.heard and max(each.heard, key=lambda heard: heard.ended).word is Word.REFUSED:
                held = sum((_held(other.kept) for other in reversals if other is not each), Decimal(0))
                left = abs(original.asked.points) - held
                if _is_enough(each, left, alone=held == 0):
                    yield each.asked.key, f"{left} points are left of {original.asked.key}"


def _reversed(cases: Sequence[Case]) -> Iterator[tuple[Case, list[Case]]]:
    """Each adjustment that was to be reversed, and its reversals."""
    by_original: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if case.asked.reverses is not None:
            by_original[case.asked.reverses.of.key].append(case)
    return ((case, by_original[case.asked.key]) for case in cases if case.asked.key in by_original)


def _held(kept: Sequence[Kept]) -> Decimal:
    """What one reversal holds, or held until its vendor was searched: nobody knows when the last refusal was."""
    for each in kept:
        found = any((step.before, step.after) == (Status.UNKNOWN, Status.FAILED) for step in each.history)
        if each.status is not Status.FAILED or each.record.conflict or found:
            return abs(each.record.draft.adjustment.points)
    return Decimal(0)


def _is_enough(case: Case, left: Decimal, *, alone: bool) -> bool:
    """Whether so many points are enough for a reversal that has heard otherwise."""
    assert case.asked.reverses is not None
    linked, rest = case.asked.reverses.linked is True, case.asked.reverses.rest
    for kept in case.kept:
        linked, rest = kept.record.draft.write.linked, False
    return left > 0 and (alone or not linked) and (rest or abs(case.points) <= left)
