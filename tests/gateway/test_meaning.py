"""What an adjustment means for as long as its key is kept, and where two differ."""

from dataclasses import field, make_dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model

from gateway import meaning
from gateway.api import reading
from gateway.api.schemas import adjustment_body
from gateway.meaning import differences
from gateway.model import Adjustment, Member
from gateway.port import Options
from gateway.port.registry import AdapterType, adapters
from gateway.write import Reversal, Write

FIRST = Adjustment(
    Member("email", "a@example.com"),
    Decimal("5.0"),
    description="You are cool",
    options={"some-vendor": {"sub_type": "web", "amount": Decimal("1.50"), "dynamic": {"a": "b"}}, "other": {"n": 1}},
)


def fingerprint(adjustment: Adjustment) -> str:
    return meaning.fingerprint(adjustment)


def matches(kept: str, adjustment: Adjustment) -> bool:
    return meaning.matches(kept, adjustment)


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({}, ()),
        ({"points": Decimal(5)}, ()),
        ({"points": Decimal(-5)}, ("/points",)),
        ({"member": Member("email", "A@example.com")}, ("/member",)),
        ({"description": None, "pending": True, "store": "1"}, ("/description", "/store", "/pending")),
        ({"options": {**FIRST.options, "other": {"n": Decimal(1)}}}, ()),
        ({"options": {**FIRST.options, "other": {"n": True}}}, ("/options/other/n",)),
        ({"options": {**FIRST.options, "other": {"a/b~c": None, "n": 1, "m": 0}}}, ("/options/other/m",)),
        ({"options": {**FIRST.options, "new/one": {"a~b": 1}}}, ("/options/new~1one/a~0b",)),
        (
            {"options": {"some-vendor": {"sub_type": "app", "amount": Decimal("1.5"), "dynamic": {"a": "c"}}}},
            ("/options/other/n", "/options/some-vendor/dynamic", "/options/some-vendor/sub_type"),
        ),
    ],
)
def test_the_fields_that_differ_are_named(changes: dict[str, Any], pointers: tuple[str, ...]) -> None:
    """Each field of the body, and each field of an adapter's options, where the meaning differs and only there."""
    assert differences(Write(FIRST), replace(FIRST, **changes)) == pointers
    assert differences(Write(replace(FIRST, **changes)), FIRST) == pointers


PINNED = {
    b'{"member": "contact_id:1", "points": "5"}': "7d5b40f603b79c0e4a2691833aa266be1cedf95d439339777edea67fbeae32e1",
    b'{"member": "contact_id:1", "points": 5.00, "pending": false, "options": {"contact-points": {}}}': (
        "7d5b40f603b79c0e4a2691833aa266be1cedf95d439339777edea67fbeae32e1"
    ),
    b'{"member": "email:Jason@example.com", "points": "-2.5", "pending": true}': (
        "101feeae19c04369f67ca909253eddde99b664b33862e6e1b968e497963358da"
    ),
    (
        '{"member": "custom.user_id:12345", "points": "999999999999.000001", "point_type": "base",'
        '"description": "Gro\u00dfartig \u2603", "reason": "goodwill", "reference": "order-1234", "store": "12"}'
    ).encode(): "f0825b92931e13d7ddea2e6951eb2addb43bb699f8187b947af2404c113df9a5",
    b'{"member": "contact_id:1", "points": "5", "options": {"contact-points": {"sub_type": "web", "company_id": 4,'
    b'"book_value": "1.50", "dynamic": {"Test": "x", "": "y"}}, "fabric": {"billing_entity": "Company_Club"}}}': (
        "32967fb3aec957c466cb7288842c3fd137e227e0032549b6bc24e2f722964e9e"
    ),
}
"""Bodies, and their fingerprints as the first gateways kept them: never to be changed."""


@pytest.mark.parametrize("body", PINNED)
def test_a_fingerprint_never_changes(body: bytes) -> None:
    """What a journal kept at any time is what the same body has today."""
    adjustment = reading.body(body, adjustment_body(list(adapters().values()))).adjustment()
    assert fingerprint(adjustment) == PINNED[body]
    assert matches(PINNED[body], adjustment)


@pytest.mark.parametrize(
    ("asked", "digest"),
    [
        (Reversal("adj_1"), "133bb3bdfde8f7fe4b07fca19950019194f41bf0576f10da34d651fedf27a122"),
        (
            Reversal("adj_1", Decimal("2.50"), linked=True, description="why"),
            "8aae133bbc08e68dafb0e4822b7c92b9ef6c39b08208a02c99fad5d7b33a21eb",
        ),
    ],
    ids=["what is left", "some points"],
)
def test_the_fingerprint_of_a_reversal_never_changes(asked: Reversal, digest: str) -> None:
    """It is kept like that of an adjustment."""
    assert meaning.fingerprint(asked) == digest
    assert meaning.matches(digest, asked)


Grown: Any = make_dataclass(
    "Grown",
    [
        ("campaign", str | None, field(default=None)),
        ("weight", Decimal, field(default=Decimal(1))),
        ("tags", list[str], field(default_factory=list)),
    ],
    bases=(Adjustment,),
    frozen=True,
    slots=True,
)
ADJUSTMENTS = st.builds(
    dict,
    member=st.just(Member("contact_id", "1")),
    points=st.decimals(-9, 9, places=2),
    description=st.none() | st.text(max_size=3),
    pending=st.booleans(),
    options=st.just({}) | st.just({"a": {"n": 1}}),
)


@given(ADJUSTMENTS)
def test_a_later_field_at_its_default_changes_nothing(said: dict[str, Any]) -> None:
    """What does not use the fields of a later version has the fingerprint that it had before there were any."""
    assert fingerprint(Grown(**said)) == fingerprint(Adjustment(**said))
    assert fingerprint(Grown(**said, weight=Decimal("1.0"))) == fingerprint(Adjustment(**said))


@pytest.mark.parametrize("later", [{"campaign": "spring"}, {"campaign": ""}, {"weight": Decimal(2)}, {"tags": ["a"]}])
def test_a_later_field_counts_where_it_is_used(later: dict[str, Any]) -> None:
    """Another value than the default is another meaning, and the same for every spelling of it."""
    usual = {"member": FIRST.member, "points": FIRST.points}
    used = Grown(**usual, **later)
    assert fingerprint(used) != fingerprint(Adjustment(**usual))
    assert matches(fingerprint(used), Grown(**usual, **later))
    assert differences(Write(Grown(**usual)), used) == (f"/{next(iter(later))}",)


def test_another_operation_is_another_meaning() -> None:
    """A reversal is no adjustment, and each of its fields counts; absent points are not those that are left."""
    asked = [
        FIRST,
        Reversal("adj_1"),
        Reversal("adj_2"),
        Reversal("adj_1", Decimal(5)),
        Reversal("adj_1", Decimal(4)),
        Reversal("adj_1", linked=True),
        Reversal("adj_1", linked=False),
        Reversal("adj_1", description="why"),
    ]
    kept = [meaning.fingerprint(each) for each in asked]
    assert len(set(kept)) == len(asked)
    assert [[meaning.matches(each, one) for one in asked] for each in kept] == [
        [each is one for one in kept] for each in kept
    ]
    assert meaning.fingerprint(Reversal("adj_1", Decimal("5.0"))) == kept[3]


def test_what_differs_between_reversals_is_named() -> None:
    """By pointers into the body, the original by its place in the path; nothing where only one is a reversal."""
    first = Write(FIRST, "reverse", "adj_1", None, Reversal("adj_1", Decimal(5), linked=True))
    assert meaning.differences(first, Reversal("adj_2", description="d")) == (
        "{id}",
        "/points",
        "/linked",
        "/description",
    )
    assert meaning.differences(first, FIRST) == meaning.differences(Write(FIRST), Reversal("adj_1")) == ()


def test_the_scheme_is_that_of_what_is_kept() -> None:
    """A fingerprint without the name of a scheme is of the first; one of an unknown scheme matches nothing."""
    digest = fingerprint(FIRST)
    assert ":" not in digest
    assert matches(digest, FIRST)
    assert not matches(f"2:{digest}", FIRST)
    assert not matches(digest, replace(FIRST, pending=True))


class Nested(BaseModel):
    """A part of some options, as of the first version."""

    shelf: int = 1


class LaterNested(Nested):
    """The same as of a later version."""

    row: int | None = None
    seat: Decimal = Decimal("1.50")


def options_body(nested: type[BaseModel], **more: Any) -> Any:
    """The body of an adjustment where one adapter has options with parts in them."""
    options: Any = create_model(
        "Options",
        __base__=Options,
        place=(nested, nested()),
        places=(list[nested], []),  # type: ignore[valid-type]  # made here
        amount=(Decimal, Field(Decimal("1.50"), alias="theAmount")),
        **more,
    )
    kind = next(iter(adapters().values()))
    return adjustment_body([AdapterType("some-vendor", kind.adapter, kind.settings, options, {}, {})])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"place": {}},
        {"place": {"shelf": 1}, "places": []},
        {"place": {"shelf": 2}},
        {"places": [{}, {"shelf": 3}]},
        {"theAmount": Decimal("1.5")},
        {"theAmount": Decimal("2.50")},
    ],
)
def test_later_options_at_their_defaults_change_nothing(options: dict[str, Any]) -> None:
    """Options that grow, also in their parts, by whatever alias and with whatever default, leave older bodies alone."""
    fields = {"member": "contact_id:1", "points": "5", "options": {"some-vendor": options}}
    before = options_body(Nested).model_validate(fields).adjustment()
    grown = options_body(
        LaterNested,
        voucher=(str | None, None),
        weight=(Decimal, Field(Decimal("0.5"), alias="theWeight")),
        channels=(list[str], Field(default_factory=lambda: ["shop"])),
        spot=(LaterNested, LaterNested()),
    )
    after = grown.model_validate(fields).adjustment()
    assert fingerprint(after) == fingerprint(before)
    spelled = {**options, "voucher": None, "theWeight": Decimal("0.50"), "channels": ["shop"], "spot": {"row": None}}
    spelled_out = grown.model_validate({**fields, "options": {"some-vendor": spelled}}).adjustment()
    assert fingerprint(spelled_out) == fingerprint(before)
    changed = grown.model_validate({**fields, "options": {"some-vendor": {**options, "voucher": "v"}}}).adjustment()
    assert fingerprint(changed) != fingerprint(before)


@pytest.mark.parametrize("value", [2**80, -(2**64), {"deep": [2**64, Decimal("1.50")]}, "a lone \ud800"], ids=str)
def test_what_options_hold_has_a_meaning_whatever_its_size(value: Any) -> None:
    """An integer of more than 64 bits, and text that is no UTF-8, are compared like all others, and are no fault."""
    asked = replace(FIRST, options={"other": {"n": value}})
    same = replace(FIRST, options={"other": {"n": value}})
    assert fingerprint(asked) == fingerprint(same) != fingerprint(FIRST)
    assert meaning.matches(fingerprint(FIRST), asked) is False
    assert "/options/other/n" in differences(Write(FIRST), asked)
    assert differences(Write(asked), same) == ()
