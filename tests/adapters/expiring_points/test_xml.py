"""The XML of expiring-points: everything that it can say survives, and what is not the vendor's is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.expiring_points import xml

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
        "<xml><error>0</error><error>1</error></xml>",
        "<xml><data><a/><a/></data></xml>",
        '<!DOCTYPE xml [<!ENTITY a "0">]><xml><error>&a;</error></xml>',
        '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///dev/null">]><xml><error>&a;</error></xml>',
        "<xml>" * 100_000 + "</xml>" * 100_000,
    ],
)
def test_what_is_not_the_vendors_is_refused(text: str) -> None:
    """Entities, repeated names, other roots and bottomless documents among it."""
    with pytest.raises(ValueError, match=r".+"):
        xml.read(text)


def test_a_declared_encoding_does_not_count_once_the_text_is_decoded() -> None:
    """The transport's charset has been applied before."""
    assert xml.read('<?xml version="1.0" encoding="windows-1251"?><xml><a>\u0434</a></xml>') == {"a": "\u0434"}


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["token", "email", "field_value"]), TEXTS, min_size=1))
def test_whatever_xml_carries_comes_back(fields: dict[str, str]) -> None:
    """Every text survives a round trip, but for white space around it."""
    assert xml.read(xml.write(fields).decode()) == {name: text.strip() for name, text in fields.items()}
