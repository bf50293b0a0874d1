"""What cannot be told in a vendor's JSON spoils nothing beside it, and is never taken for a value."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import exact, lenient
from gateway.lenient import Unreadable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abé"), inner, max_size=3),
    max_leaves=8,
)
ODD = (
    "NaN",
    "-Infinity",
    "undefined",
    "None",
    "True",
    "007",
    ".5",
    "5.",
    "+5",
    "0x10",
    "1e",
    "1_000",
    "-",
    "1e9999999999999999999",
)


@given(JSON)
def test_json_is_read_as_everywhere(value: Any) -> None:
    """As the exact reader has it, to the last digit."""
    text = json.dumps(value)
    if isinstance(value, dict | list):
        assert lenient.loads(text) == exact.loads(text) == value


@pytest.mark.parametrize("odd", ODD)
def test_a_word_that_is_no_json_cannot_be_told_alone(odd: str) -> None:
    """Where a value stands; what stands beside it is read."""
    read = lenient.loads(f'{{"a": {odd}, "b": [{odd}, 1.50], "c": "x"}}')
    assert isinstance(read["a"], Unreadable)
    assert isinstance(read["b"][0], Unreadable)
    assert (read["b"][1], read["c"]) == (Decimal("1.50"), "x")


@pytest.mark.parametrize("odd", ["\n", "\t", "\x00", "\x7f\x01", "\\x", "\\'", "\\u12", "\\ud", "\\\n"])
def test_a_character_that_is_no_json_cannot_be_told_alone(odd: str) -> None:
    """A raw control character and an escape that is none leave a mark in their own text."""
    read = lenient.loads(f'{{"a": "x{odd}y", "b": "z\\n\\u00e9\\\\"}}')
    assert "\ufffd" in read["a"]
    assert (read["a"][0], read["a"][-1], read["b"]) == ("x", "y", "z\né\\")


def test_a_name_with_one_value_several_times_has_that() -> None:
    """Numbers are the same where they are equal, objects whatever the order of their names."""
    read = lenient.loads('{"a": 200, "a": 200.0, "a": 2e2, "b": {"x": 1, "y": [2]}, "b": {"y": [2], "x": 1}}')
    assert read == {"a": 200, "b": {"x": 1, "y": [2]}}


@pytest.mark.parametrize(
    ("values", "readings"),
    [
        ("1 2", (1, 2)),
        ("1 1 2", (1, 1, 2)),
        ("1 true", (1, True)),
        ('0 "0"', (0, "0")),
        ('null ""', (None, "")),
        ('"a" "A"', ("a", "A")),
        ("{} []", ({}, [])),
    ],
)
def test_a_name_with_different_values_cannot_be_told(values: str, readings: tuple[Any, ...]) -> None:
    """Every value that it may have is at hand, and what stands beside it is read."""
    pairs = ", ".join(f'"a": {value}' for value in values.split())
    read = lenient.loads(f'{{{pairs}, "b": 5}}')
    assert isinstance(read["a"], Unreadable)
    assert (repr(read["a"].readings), read["b"]) == (repr(readings), 5)


def test_an_object_with_a_name_that_cannot_be_told_may_hold_anything() -> None:
    """Nothing is said to be absent from it; as the whole answer it is none."""
    read = lenient.loads('{"a": {"err\ufffdr": 1}, "b": 5}')
    assert (read["a"].opaque, read["a"].readings, read["b"]) == (True, (), 5)
    with pytest.raises(ValueError, match="cannot be told"):
        lenient.loads('{"err\ufffdr": 1, "b": 5}')


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "{",
            "}",
            "[1",
            '{"a": 1',
            '{"a": "x',
            '{"a" 1}',
            '{"a": 1,}',
            "[1, 2,]",
            "{a: 1}",
            "{'a': 1}",
            "{NaN: 1}",
        ),
        *("words", "NaN", "OK", "{} {}", '{"a": 1} x', "{'a", '"', '"\\', '{"a": 3,5}', '{"a": "x" "y"}', "\u00a0{}"),
        *("[" * 30 + "]" * 29, '{"a": "\x1b$B%"%(\x1b(B"}', '{"a": "\x0e\x22\x0f"}', '{"a": x "b": 1}', "/* */ {}"),
    ],
)
def test_what_is_not_json_as_a_whole_is_an_error(text: str) -> None:
    """Where it ends, or what belongs to what, is not guessed."""
    with pytest.raises(ValueError, match=r"."):
        lenient.loads(text)


@pytest.mark.parametrize(
    "text", ['{"a": "\ufffdé\\", "b": "x"}', '{"a": "\ufffdé\\\\", "b": "x"}', '{"a": "\ufffd\\""}']
)
def test_a_quote_that_may_be_half_a_character_ends_nothing(text: str) -> None:
    """Of bytes in no known charset, a backslash may be half a character: then two texts can be read out of one."""
    with pytest.raises(ValueError, match="told"):
        lenient.loads(text, rough=True)


@pytest.mark.parametrize(
    "use",
    [
        *(str, bool, int, float, len, list, hash, iter, "{}".format),
        *(
            lambda value: f"{value}",
            lambda value: value == 1,
            lambda value: value != "OK",
            lambda value: value in (None, ""),
            lambda value: value or None,
        ),
        *(lambda value: value["a"], lambda value: value.get("a"), lambda value: value > 0, lambda value: value + 1),
        exact.dumps,
    ],
)
def test_nothing_can_be_made_of_a_value_that_cannot_be_told(use: Any) -> None:
    """An adapter that does not look fails, which proves nothing; it takes it for no value and for no lack of one."""
    for value in (Unreadable(), Unreadable(1, 2), Unreadable(opaque=True)):
        with pytest.raises((ValueError, TypeError, AttributeError)):
            use(value)


@given(JSON, st.data())
def test_each_beginning_of_an_object_is_an_error(value: Any, data: st.DataObject) -> None:
    """A text that is cut anywhere is not read, however odd its parts are."""
    text = json.dumps({"a": value, "b": [1]}).replace("null", "NaN").replace("true", "undefined")
    at = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(ValueError, match=r"."):
        lenient.loads(text[:at])


@pytest.mark.parametrize("part", ['\\"', '"', '"\\', "\\", "x", "é\\\\", "NaN ", '{"a":', '{"a":1,"a":[', "[", '""'])
def test_a_large_text_that_is_no_json_is_refused_in_little_time(part: str) -> None:
    """The time that it takes grows with its length alone: a square of it would be hours here."""
    for text in ('"' + part * 200_000, '{"a": ' + part * 200_000):
        with pytest.raises((ValueError, RecursionError)):
            lenient.loads(text, rough=True)


def test_many_names_are_read_in_little_time() -> None:
    """A name that is given very often costs no more than as many names."""
    text = "{" + ", ".join(f'"{number % 50_000}": {number}' for number in range(100_000)) + "}"
    read = lenient.loads(text)
    assert len(read) == 50_000
    assert read["7"].readings == (7, 50_007)
