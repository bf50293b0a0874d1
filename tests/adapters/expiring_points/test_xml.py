"""The XML of expiring-points: everything that it can say survives, and what is not the vendor's is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.expiring_points import xml
from gateway.lenient import Unreadable

TEXTS = st.text(st.characters(exclude_categories=["Cs"])).filter(xml.carries)


@pytest.mark.parametrize("text", ["\x00", "\x1f", "\ud800", "\ufffe", "a\uffff"])
def test_what_xml_cannot_carry_is_not_written(text: str) -> None:
    """Escaping would not help."""
    with pytest.raises(ValueError, match="email"):
        xml.write({"email": text})


def test_markup_in_a_value_is_escaped() -> None:
    """A value stays a value."""
    assert xml.write({"email": "<a>&]]>\r"}) == b"<xml><email>&lt;a&gt;&amp;]]&gt;&#13;</email></xml>"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<xml>",
        "<xml/>",
        "<xml>0</xml>",
        "<html><error>0</error></html>",
        "<yml><error>0</error></yml>",
        "<xml><err\ufffdr>0</err\ufffdr></xml>",
        "<xml><err\x00r>0</err\x00r></xml>",
        '<!DOCTYPE xml [<!ENTITY a "0">]><xml><error>&a;</error></xml>',
        '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///dev/null">]><xml><error>&a;</error></xml>',
        "<xml>" * 100_000 + "</xml>" * 100_000,
    ],
)
def test_what_is_not_the_vendors_is_refused(text: str) -> None:
    """Entities, names that cannot be told, other roots and bottomless documents among it."""
    with pytest.raises(ValueError, match=r".+"):
        xml.read(text)


TAGS, DEPTH = 2_000, 32


@pytest.mark.parametrize(
    ("most", "more"),
    [
        (f"<xml>{'<a/>' * (TAGS - 2)}</xml>", f"<xml>{'<a/>' * (TAGS - 1)}</xml>"),
        (
            "<xml>" + "<a>" * (DEPTH - 1) + "</a>" * (DEPTH - 1) + "</xml>",
            "<xml>" + "<a>" * DEPTH + "</a>" * DEPTH + "</xml>",
        ),
        (f'<xml><a b="{"c" * 2_040}"/></xml>', f'<xml><a b="{"c" * 2_041}"/></xml>'),
    ],
    ids=["tags", "depth", "length of a tag"],
)
def test_a_document_may_be_as_large_as_its_bounds(most: str, more: str) -> None:
    """What is at a bound is read, and one more is refused."""
    assert "a" in xml.read(most)
    with pytest.raises(ValueError, match="more than"):
        xml.read(more)


def test_a_name_that_is_given_twice_is_told_where_its_values_are_one() -> None:
    """Else it cannot be told, and spoils nothing beside it."""
    read = xml.read("<xml><data><a>1</a><a> 1 </a></data><error>0</error><error>1</error><b>2</b></xml>")
    assert (read["data"], read["b"]) == ({"a": "1"}, "2")
    assert isinstance(read["error"], Unreadable)
    assert read["error"].readings == ("0", "1")


def test_a_character_that_xml_cannot_carry_spoils_its_own_text_alone() -> None:
    """It stands there as one that cannot be told."""
    assert xml.read("<xml><a>x\x01y</a><b>2</b></xml>") == {"a": "x\ufffdy", "b": "2"}


def test_a_declared_encoding_does_not_count_once_the_text_is_decoded() -> None:
    """The transport's charset has been applied before."""
    assert xml.read('<?xml version="1.0" encoding="windows-1251"?><xml><a>\u0434</a></xml>') == {"a": "\u0434"}


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["token", "email", "field_value"]), TEXTS, min_size=1))
def test_whatever_xml_carries_comes_back(fields: dict[str, str]) -> None:
    """Every text survives a round trip, but for white space around it."""
    assert xml.read(xml.write(fields).decode()) == {name: text.strip() for name, text in fields.items()}
