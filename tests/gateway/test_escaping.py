"""Text from outside holds nothing that a terminal obeys, nor anything that nobody sees, once it is escaped."""

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.escaping import escaped, escaped_json

ANYTHING = st.text(st.characters(), max_size=40)  # lone surrogates too
HOSTILE = {
    "clear screen": ("\x1b[2J", r"\x1b[2J"),
    "clipboard": ("\x1b]52;c;cm0=\x07", r"\x1b]52;c;cm0=\x07"),
    "8-bit control": ("\x9b31m", r"\x9b31m"),
    "delete": ("\x7f", r"\x7f"),
    "forged line": ("no\r\npoints-gateway: yes", r"no\r\npoints-gateway: yes"),
    "vertical tab": ("\x0b\x0c", r"\x0b\x0c"),
    "line separators": ("\u2028\u2029\x85", r"\u2028\u2029\x85"),
    "overrides": ("\u202a\u202b\u202c\u202d\u202e", r"\u202a\u202b\u202c\u202d\u202e"),
    "isolates": ("\u2066\u2067\u2068\u2069", r"\u2066\u2067\u2068\u2069"),
    "marks": ("\u200e\u200f\u061c", r"\u200e\u200f\u061c"),
    "zero width": ("\u200b\u200c\u200d\u2060\ufeff", r"\u200b\u200c\u200d\u2060\ufeff"),
    "tags": ("\U000e0001\U000e0041\U000e007f", r"\U000e0001\U000e0041\U000e007f"),
    "variation selectors": ("\ufe0f\U000e0100", r"\ufe0f\U000e0100"),
    "fillers": ("\u3164\u115f\u1160\uffa0", r"\u3164\u115f\u1160\uffa0"),
    "blanks": ("\xa0\u2003\u3000\u2800", r"\xa0\u2003\u3000\u2800"),
    "surrogates": ("\ud800 \udcff", r"\ud800 \udcff"),
}


def is_harmless(text: str) -> bool:
    """Whether each character is seen, takes a place of its own or joins a letter, and moves nothing."""
    return all(each == " " or unicodedata.category(each)[0] not in "CZ" for each in text)


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_escaped(text: str, shown: str) -> None:
    """Each is written out as in a literal of Python, in text, and says the same in JSON."""
    assert escaped(f"a{text}b") == f"a{shown}b"
    document = json.dumps({text: [text]}, ensure_ascii=False)
    assert is_harmless(escaped_json(document))
    assert json.loads(escaped_json(document)) == {text: [text]}


@pytest.mark.parametrize("text", ["", "plain text", "C:\\new", "Zoë Müller, 5 €", "会員 1", "שלום", "🎉", "e\u0301"])
def test_what_is_not(text: str) -> None:
    """Letters of any script, marks on them, symbols and blanks stay as they are."""
    assert escaped(text) == text
    assert escaped_json(json.dumps(text, ensure_ascii=False)) == json.dumps(text, ensure_ascii=False)


@given(ANYTHING)
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    """Whatever goes in, one line of visible characters comes out, and escaping it again changes nothing."""
    assert is_harmless(escaped(text))
    assert len(escaped(text).splitlines()) <= 1
    assert escaped(escaped(text)) == escaped(text)


@given(st.text(st.characters(exclude_characters="\\"), max_size=40))
def test_no_two_texts_look_alike(text: str) -> None:
    """A text without a backslash can be read back from what is shown of it."""
    parts = re.split(r"(\\(?:[nrt]|x..|u.{4}|U.{8}))", escaped(text))
    assert (
        "".join(part.encode().decode("unicode_escape") if number % 2 else part for number, part in enumerate(parts))
        == text
    )


@given(
    st.recursive(ANYTHING | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(ANYTHING, inner))
)
def test_json_says_the_same(value: object) -> None:
    """A document with line breaks of its own, escaped either way, is harmless in every line and reads as before."""
    document = json.dumps(value, ensure_ascii=False, indent=1)
    for shown in (escaped_json(document), escaped_json(document, beyond_ascii=True)):
        assert json.loads(shown) == json.loads(json.dumps(value))  # halves of a pair that meet are one character
        assert all(map(is_harmless, shown.split("\n")))
    assert escaped_json(document, beyond_ascii=True).isascii()
