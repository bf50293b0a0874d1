"""Where two adjustments differ, as pointers into the body that a caller sent."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from gateway.meaning import differences
from gateway.model import Adjustment, Member

FIRST = Adjustment(
    Member("email", "a@example.com"),
    Decimal("5.0"),
    description="You are cool",
    options={"some-vendor": {"sub_type": "web", "amount": Decimal("1.50"), "dynamic": {"a": "b"}}, "other": {"n": 1}},
)


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
    assert differences(FIRST, replace(FIRST, **changes)) == pointers
    assert differences(replace(FIRST, **changes), FIRST) == pointers
