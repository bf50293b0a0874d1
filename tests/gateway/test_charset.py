"""The text of a body is read in the charset that its bytes are in, whatever is claimed of them."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import charset

SAID = '{"a": "é漢🙂"}'
LATIN = '{"a": "é"}'
DECLARED_BY_MISTAKE = (
    "",
    "application/json",
    "application/json; charset=utf-8;",
    "application/json; charset=utf8; charset=utf-8",
    "application/json; charset=utf-8, application/json; charset=utf-8",
    "application/json; charset=utf-8, application/json; charset=iso-8859-1",
    "application/json; charset='UTF-8'",
    "application/json; charset=utf8mb4",
    "application/json; charset=nowhere",
    "application/json; charset=a\0b",
    "application/json; charset=",
    "application/json; charset=us-ascii",
    "application/json; charset=iso-8859-1",
    "application/json; charset=windows-1251",
    "application/json; charset=utf-16",
    "application/json; charset=utf-32",
    "application/json; charset=utf-7",
    "application/json; charset=iso-2022-jp",
    "application/json; charset=cp037",
    "application/json; charset=unicode_escape",
    "application/json; charset=rot13",
    "application/json; charset=hex",
)


@pytest.mark.parametrize("content_type", DECLARED_BY_MISTAKE)
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8, codecs.BOM_UTF8 * 2])
def test_utf_8_is_read_whatever_is_declared(content_type: str, mark: bytes) -> None:
    """A charset that is unknown, doubled or wrong, or none: the bytes say what they are."""
    assert charset.exactly(mark + SAID.encode(), content_type) == SAID


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("content_type", DECLARED_BY_MISTAKE)
def test_wide_characters_are_known_by_their_mark_or_by_their_beginning(name: str, content_type: str) -> None:
    """As JSON and XML begin with two characters of ASCII, a byte order mark is not needed."""
    assert charset.exactly(SAID.encode(name), content_type) == SAID
    assert charset.exactly(f"\ufeff{SAID}".encode(name), content_type) == SAID


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("latin-1", "text/plain; charset=ISO-8859-1"),
        ("latin-1", 'text/plain; charset="latin1"; version=1'),
        ("latin-1", "text/plain; charset=nowhere; charset=latin1"),
        ("latin-1", "text/plain; charset=utf-8; charset=latin1"),
        ("cp1252", "text/plain;charset=windows-1252"),
        ("cp037", "text/plain; charset=cp037"),
    ],
)
def test_what_is_no_utf_8_is_read_as_it_is_declared(name: str, content_type: str) -> None:
    """By whichever of several names the bytes can be read."""
    assert charset.exactly(LATIN.encode(name), content_type) == LATIN


def test_a_charset_of_seven_bits_is_believed() -> None:
    """Its bytes are UTF-8 too, and mean something else there."""
    for name in ("utf-7", "iso-2022-jp"):
        assert charset.exactly("{漢}".encode(name), f"text/plain; charset={name}") == "{漢}"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', "application/xml"),
        ("<?xml version='1.0' encoding='windows-1252' standalone='yes'?><a>é</a>", "application/xml"),
        ('\n<?xml version="1.0" encoding="iso-8859-1" ?><a>é</a>', "text/xml; charset=utf-8"),
    ],
)
def test_xml_names_its_charset_in_its_prolog(body: str, content_type: str) -> None:
    """Where the bytes are no UTF-8, and the header says nothing else that they could be."""
    assert charset.exactly(body.encode("latin-1"), content_type) == body


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"caf\xe9", ""),
        (b"caf\xe9", "text/plain; charset=utf-8"),
        (b"caf\xe9", "text/plain; charset=nowhere"),
        (b"caf\xe9", "text/plain; charset=unicode_escape"),
        (b"caf\xe9", "text/plain; charset=iso-8859-1; charset=cp437"),
        (codecs.BOM_UTF8 + b"caf\xe9", "text/plain; charset=iso-8859-1"),
        (b'<?xml version="1.0" encoding="cp437"?><a>\xe9</a>', "text/xml; charset=iso-8859-1"),
        (codecs.BOM_UTF16_LE + b"a\0b", ""),
        (b"{\0a\0\xd8", ""),
    ],
)
def test_what_cannot_be_told_is_not_guessed(body: bytes, content_type: str) -> None:
    """In no charset that is declared, or in two of them that differ: there is no text, and U+FFFD in the rough one."""
    assert charset.exactly(body, content_type) is None
    assert "\ufffd" in charset.roughly(body, content_type)


@given(st.binary(max_size=60), st.sampled_from(DECLARED_BY_MISTAKE))
def test_any_bytes_make_a_rough_text(body: bytes, content_type: str) -> None:
    """It is the exact one where there is one, and never an error."""
    exact = charset.exactly(body, content_type)
    rough = charset.roughly(body, content_type)
    assert exact is None or rough == exact


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=60))
def test_utf_8_comes_back_as_it_went(text: str) -> None:
    """Whatever its characters are."""
    assert charset.exactly(text.encode(), "application/json") == text
