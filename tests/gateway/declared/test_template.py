"""Holes: what they are, and that what fills them arrives as it is."""

import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import exact
from gateway.declared.body import Body
from gateway.declared.request_rules import HOLES
from gateway.declared.template import Hole, LeftOut, Template, encoded
from gateway.errors import FieldNotSupported
from gateway.model import Member
from tests.gateway.declared.described import adapter, asked

ADAPTER = adapter()
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
POINTS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12).filter(
    bool
)
SENT: dict[str, Any] = {"id": "adj_1", "member": Member("card", "7")}


@given(value=TEXTS.filter(lambda text: text not in (".", "..")))
def test_a_hole_in_a_path_is_one_encoded_segment(value: str) -> None:
    """Whatever is in it: no slash, no question mark, no dot segment comes of it, and it can be read back."""
    path = asked(ADAPTER, "reverse", transaction=value, id="adj_1").path
    _, tokens, segment, void = path.split("/")
    assert (tokens, unquote(segment, errors="strict"), void) == ("tokens", value, "void")
    assert urlsplit(path).path == path


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_what_is_no_segment_is_refused(value: str) -> None:
    """It would lead elsewhere."""
    with pytest.raises(FieldNotSupported) as refused:
        Template.parse("/a/{transaction}/b").path({"transaction": value})
    assert refused.value.field == "transaction"


@given(points=POINTS)
def test_points_stay_a_number_digit_for_digit(points: Decimal) -> None:
    """A value that is one hole keeps its type: a JSON number with the digits that were given."""
    body = asked(ADAPTER, "adjust", points=points, **SENT).body.decode()
    assert f'"tokens":{exact.text(points)},' in body
    assert json.loads(body, parse_float=Decimal)["tokens"] == points


@given(text=TEXTS)
def test_words_arrive_as_they_are(text: str) -> None:
    """In a body and in a query."""
    body = asked(ADAPTER, "adjust", points=Decimal(5), description=text, **SENT).body
    assert json.loads(body)["text"] == text
    query = urlsplit(asked(ADAPTER, "lookup", member=Member("email", text)).path).query
    assert parse_qs(query, strict_parsing=True) == {"mail": [text]}


def test_an_optional_hole_leaves_its_field_out() -> None:
    """And an object without any of its fields too; true, false and null are no absence."""
    body = Body.of(
        {"a": "{reference?}", "b": {"c": "no. {reference?}"}, "d": ["{store?}", "x"], "e": None, "f": "{pending}"}
    )
    assert body.filled({"pending": False}) == {"d": ["x"], "e": None, "f": False}
    filled = {"a": "r", "b": {"c": "no. r"}, "d": ["s", "x"], "e": None, "f": True}
    assert body.filled({"pending": True, "reference": "r", "store": "s"}) == filled
    with pytest.raises(LeftOut):
        Body.of({"a": "{reference?}"}).filled({})


def test_a_hole_without_a_value_is_refused_by_name() -> None:
    """By the name that callers give it."""
    for name, field in (("description", "description"), ("start", "from"), ("options.colour", "options.shop.colour")):
        with pytest.raises(FieldNotSupported) as refused:
            Template.parse(f"{{{name}}}").value({"adapter": "shop"})
        assert refused.value.field == field


def test_a_form_makes_another_type() -> None:
    """Digits as a number, a number as text; a name that is no whole number is refused."""
    assert Template.parse("{member.number}").value({"member": "12"}) == 12
    assert Template.parse("{points.text}").value({"points": Decimal("-0.50")}) == "-0.5"
    assert Template.parse("<{points}>").value({"points": Decimal("1E+3")}) == "<1000>"
    for value in ("", "x", "01", "1.0", "+1", " 1", "-0", "9" * 19):
        with pytest.raises(FieldNotSupported):
            Template.parse("{member.number}").value({"member": value})


def test_a_name_that_is_nearly_one_is_told() -> None:
    """Of settings, options and periods, whose values have names of their own; a form that is none is another fault."""
    for name, meant in (("setting.shop", "settings.shop"), ("option.colour.text", "options.colour.text")):
        with pytest.raises(ValueError, match=re.escape(f"{{{name}}}: did you mean {{{meant}}}?")):
            Hole.of(name, optional=False)
    for base in set().union(*HOLES.values()) - {"period.start", "period.end"}:
        with pytest.raises(ValueError, match="or one of"):
            Hole.of(f"{base}.words", optional=False)


def test_braces_are_doubled() -> None:
    """As in Python's own formats."""
    assert Template.parse("{{{points}}} {{x}}").text({"points": Decimal(5)}) == "{5} {x}"
    assert Template.parse("{a?}").parts == (Hole("a", None, True),)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "}",
        "{}",
        "{a",
        "a}",
        "{A}",
        "{a b}",
        "{a.b.c.d}",
        "{a??}",
        "{settings}",
        "{a.of}",
        "{now.number}",
        "{a:>3}",
    ],
)
def test_a_brace_of_no_hole_is_an_error(text: str) -> None:
    """There are no expressions, and no formats."""
    with pytest.raises(ValueError, match=r"expected|hole"):
        Template.parse(text)


@given(text=st.text(max_size=30))
def test_no_text_is_more_than_refused(text: str) -> None:
    """Any text is a template or a `ValueError`."""
    try:
        template = Template.parse(text)
    except ValueError:
        return
    assert all(isinstance(part, str | Hole) for part in template.parts)


def test_a_lone_surrogate_is_no_traceback() -> None:
    """UTF-8 cannot carry it."""
    assert encoded("a\ud800b") == "a%3Fb"
