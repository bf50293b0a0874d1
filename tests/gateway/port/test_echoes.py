"""A secret that a vendor says back is masked in whichever form it comes, and nothing else is."""

import html
import json
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gateway.delivery.redaction import Redactor
from gateway.port.echoes import Echoes, ordinary

SECRETS = {
    "letters and digits": "abc123def456",
    "symbols": "sk_live-Ab9/x+Zq=7%2F&amp;z",
    "blanks and quotes": "pa\"ss w\\ord <it's> \\n 1",
    "a token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NzExIn0.c2lnbmF0dXJlLTQ3",
    "base64": "c2VjcmV0LWtleS1vZi12ZW5kb3I=",
    "other letters": "schlüssel-ключ-鍵-1",
}
LEFT = 10
"""Letters and digits that may be left: those of base64 that hold a part of a byte, and what was encoded before."""


def entities(text: str, form: str) -> str:
    return "".join(form.format(ord(each)) for each in text)


def units(text: str) -> str:
    raw = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(raw[at : at + 2]):04X}" for at in range(0, len(raw), 2))


def in_lines(text: str) -> str:
    return "\r\n ".join(text[at : at + 6] for at in range(0, len(text), 6))


def other_case(text: str) -> str:
    swapped = text.swapcase()
    return swapped if swapped.swapcase() == text and len(swapped) == len(text) else text


FORMS: dict[str, Callable[[str], str]] = {
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64 of user:key": lambda text: b64encode(b"user:" + text.encode()).decode(),
    "base64 from the second byte": lambda text: b64encode(b"x" + text.encode() + b"yz").decode(),
    "base64 from the third byte": lambda text: b64encode(b"xy" + text.encode() + b"z").decode().rstrip("="),
    "base64 for URLs": lambda text: urlsafe_b64encode(b"u:" + text.encode()).decode().rstrip("="),
    "base64 in lines": lambda text: "\r\n".join(
        encodebytes(text.encode()).decode()[at : at + 7] for at in range(0, 99, 7)
    ),
    "base64 in JSON": lambda text: json.dumps(encodebytes(b"user:" + text.encode()).decode()).replace("/", "\\/"),
    "hex": lambda text: text.encode().hex(),
    "hex in capitals": lambda text: text.encode().hex().upper(),
    "percent": lambda text: "".join(f"%{each:02X}" for each in text.encode()),
    "percent in small letters": lambda text: "".join(f"%{each:02x}" for each in text.encode()),
    "percent of percent": lambda text: "".join(f"%25{each:02X}" for each in text.encode()),
    "named entities": lambda text: html.escape(text),
    "named entities of entities": lambda text: html.escape(html.escape(text)),
    "decimal entities": lambda text: entities(text, "&#{};"),
    "hexadecimal entities": lambda text: entities(text, "&#x{:X};"),
    "escaped": units,
    "escaped twice": lambda text: json.dumps(json.dumps(json.dumps(text))),
    "every character escaped twice": lambda text: json.dumps(units(text)),
    "another case": other_case,
    "capitals": lambda text: text.upper() if text.upper().lower() == text.lower() else text,
    "blanks between": lambda text: " ".join(text),
    "lines": in_lines,
    "percent of JSON": lambda text: "".join(f"%{each:02X}" for each in json.dumps(text).encode()),
    "entities of percent": lambda text: entities("".join(f"%{each:02X}" for each in text.encode()), "&#{};"),
}


def left(echo: str, secret: str, before: str = "say [", after: str = "] now") -> int:
    """How many letters and digits are left of what was said of a secret."""
    masked = Redactor([secret]).mask(before + echo + after)
    return sum(map(str.isalnum, masked)) - sum(map(str.isalnum, before + after))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", SECRETS)
def test_every_echo(kind: str, form: str) -> None:
    """Of every kind of secret, in every form, nothing is left that could be read back."""
    assert left(FORMS[form](SECRETS[kind]), SECRETS[kind]) <= LEFT


ALPHABET = st.characters(min_codepoint=0x20, max_codepoint=0x24FF, exclude_categories=["C", "Z"])
RANDOM = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E) | ALPHABET, min_size=8, max_size=40)
CONTEXT = st.text(st.sampled_from('%\\&#;x2u0n"+=/ aZ\n'), max_size=6)


@settings(deadline=None)
@given(secret=RANDOM, form=st.sampled_from(sorted(FORMS)), before=CONTEXT, after=CONTEXT)
@example(secret="%41%41%41-key", form="percent", before="%", after="")
@example(secret="nnnn-key-1", form="capitals", before="\\", after="n")
def test_any_echo(secret: str, form: str, before: str, after: str) -> None:
    """Of any secret, wherever it stands."""
    assume(ordinary(secret) is None)
    assert left(FORMS[form](secret), secret, before, after) <= LEFT


ENCODED = st.text(st.sampled_from('%\\&#;x25u0041ntamp"+=/ABab \n-_'), max_size=60)


@given(text=st.text(max_size=60) | ENCODED, secret=st.sampled_from(sorted(SECRETS.values())))
def test_text_without_a_secret_stays_as_it_is(text: str, secret: str) -> None:
    """Whatever it looks like: nothing of it is undone."""
    assert Echoes([secret]).masked(text) == text


def test_what_stands_beside_a_secret_stays() -> None:
    """A form of a secret is masked where it stands in the text, to the character."""
    text = '{"a": "x\\u0041 %41 &amp; abc 123\\ndef 456 y", "b": "%61bc123def456%20z", "c": "&quot;"}'
    masked = '{"a": "x\\u0041 %41 &amp; *** y", "b": "***%20z", "c": "&quot;"}'
    assert Echoes(["abc123def456"]).masked(text) == masked


def test_two_secrets_in_one_place() -> None:
    """Both are masked where one is a part of the other, or both overlap."""
    assert Echoes(["abc123def456", "def456ghi789"]).masked("<ABC123def456ghi789>") == "<***>"


def test_a_text_with_too_many_of_them_shows_nothing() -> None:
    """As a text could be made of them that takes long to mask."""
    assert Echoes(["abc123def456"]).masked("x ABC123DEF456 " * 1_001) == "***"


@pytest.mark.parametrize("secret", ["abc123def456", "demo-key", "A1b2C3d4", "key of arcade"])
def test_secrets_that_can_be_told_from_ordinary_text(secret: str) -> None:
    """Eight characters that are no word and no number are enough."""
    assert ordinary(secret) is None


@pytest.mark.parametrize("number", [471_108_154_711, -471_108_154_711, "471108154711"])
def test_a_number_that_is_a_secret(number: object) -> None:
    """It is masked in what an adapter hands on, as a text."""
    assert "4711" not in str(Redactor(["471108154711"]).masked({"a": [number, 4711081]})["a"][0])
    assert Redactor(["471108154711"]).masked({"a": [4711081]}) == {"a": [4711081]}
