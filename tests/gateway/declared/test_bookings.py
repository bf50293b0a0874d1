"""A described vendor is asked whether it has cancelled a booking: what it does not say is never a "no"."""

from decimal import Decimal
from typing import Any

import pytest

from gateway.errors import VendorBadResponse
from gateway.model import Applied, Found, Member
from tests.gateway.declared.cards import BY_ROWS, CARDS
from tests.gateway.declared.described import answer, made, problems_of, replaced, told

CALL: dict[str, Any] = {"transaction": "t-1"}
ROWS: dict[str, Any] = {"transaction": "t-1", "member": Member("card", "7"), "points": Decimal(-5)}
OWN = CARDS[CARDS.index("find_reversal:") :]
LISTED = replaced(CARDS, (OWN, BY_ROWS))


def adapter(text: str) -> Any:
    kind = made(text)
    settings = {"adapter": "declared", "base_url": "https://cards.example", "key": "key-of-the-cards-7"}
    return kind.adapter(kind.settings.model_validate(settings))


def found(body: str) -> Found:
    result: Found = told(adapter(CARDS), "find_reversal", answer(body), **CALL)
    return result


def listed(*rows: str) -> Found:
    body = f'{{"tokens": [{", ".join(rows)}]}}'
    result: Found = told(adapter(LISTED), "find_reversal", answer(body), **ROWS)
    return result


def test_its_holes_are_its_parameters() -> None:
    """As of every other method; the points are among them where they are compared."""
    assert made(CARDS).reversal_found_by == {"transaction"}
    assert made(LISTED).reversal_found_by == {"transaction", "member", "points"}
    assert made(CARDS).reversed_by == {"transaction", "id"}


@pytest.mark.parametrize(
    ("value", "matches"),
    [
        *(("null", ()), ('""', ()), ("false", ())),
        *(("true", (Applied(),)), ('"t-2"', (Applied("t-2"),)), ("2", (Applied("2"),))),
    ],
)
def test_a_booking_says_whether_it_was_cancelled(value: str, matches: tuple[Applied, ...]) -> None:
    """By the id of its cancel, or by a flag."""
    assert found(f'{{"id": "t-1", "void": {value}}}') == Found(matches)


@pytest.mark.parametrize(
    "body",
    [
        '{"id": "t-1"}',
        '{"id": "t-9", "void": null}',
        '{"id": "t-1", "void": {}}',
        '{"id": "t-1", "void": 0}',
        '{"id": "t-1", "void": null, "void": "t-2"}',
        '{"id": "t-1", "void": NaN}',
        '{"void": null}',
        "{}",
        "[]",
    ],
)
def test_what_does_not_say_so_is_no_absence(body: str) -> None:
    """A field that is not there, another booking, or a value that cannot be told."""
    with pytest.raises(VendorBadResponse):
        found(body)


CANCEL = '{"id": "t-2", "tokens": -5, "voids": "t-1"}'
OTHER = '{"id": "t-1", "tokens": 5}'


def test_a_list_has_the_cancel_or_has_it_not() -> None:
    """A row without the name of what it takes back is another one, where the description says so."""
    assert listed(OTHER) == listed() == Found(())
    assert listed(OTHER, CANCEL) == Found((Applied("t-2"),))
    assert len(listed(CANCEL, CANCEL).matches) == 2


@pytest.mark.parametrize(("old", "new"), [("-5", "-4"), ('"t-1"', "{}"), ("-5", "null")])
def test_a_cancel_that_is_otherwise_is_not_understood(old: str, new: str) -> None:
    """Other points than were sent, or a name that cannot be told."""
    with pytest.raises(VendorBadResponse):
        listed(OTHER, CANCEL.replace(old, new))


@pytest.mark.parametrize(
    ("text", "old", "new", "why"),
    [
        (CARDS, "  cancelled: $.void\n", "", "find_reversal: expected one of cancelled, of the booking"),
        (CARDS, "  cancelled: $.void\n", "  cancelled: $.void\n  points: $.tokens\n", "expected one of cancelled"),
        (
            CARDS,
            "  cancelled: $.void\n",
            "  cancelled: $.void\n  transaction: $.id\n",
            "with cancelled, that",
        ),
        (CARDS, "  cancelled: $.void\n", "  points: $.tokens\n", "find_reversal: expected rows: an answer that is one"),
        (
            CARDS,
            'ours: {$.id: "{transaction}"}',
            'ours: {$.card: "{member}"}',
            "ours: expected {original} or",
        ),
        (
            LISTED,
            'ours: {$.voids: "{transaction}"}',
            'ours: {$.voids: "{reference}"}',
            "{reference} is not known to a search for a",
        ),
        (
            LISTED,
            'ours: {$.voids: "{transaction}"}',
            'ours: {$.voids: "{point_type?}"}',
            "{point_type?} may have no value",
        ),
        (LISTED, '{key: "{id}", revision: "{before.revision}"}', '{revision: "{before.revision}"}', None),
    ],
)
def test_a_wrong_description_is_refused(text: str, old: str, new: str, why: str | None) -> None:
    """With its place, and with what was expected."""
    if why is None:
        wrong = (old, new), ('ours: {$.voids: "{transaction}"}', 'ours: {$.key: "{id}"}')
        why = "find_reversal.ours: {id} is not in the request of reverse"
    else:
        wrong = ((old, new),)
    assert any(why in problem for problem in problems_of(text, *wrong))


def test_it_needs_a_reverse() -> None:
    """There is nothing to search for otherwise."""
    without = CARDS[: CARDS.index("reverse:\n  before")] + OWN
    assert any("find_reversal: expected reverse" in problem for problem in problems_of(without))
