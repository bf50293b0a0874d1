"""The strict reading of bodies, queries, paths and keys, for anything that can be sent."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import RootModel

from gateway.api import reading, shape
from gateway.errors import GatewayError, IdempotencyKeyRequired, InvalidRequest


class AnyBody(RootModel[dict[str, Any]]):
    """Takes any object."""


class AnyQuery(RootModel[dict[str, str]]):
    """Takes any parameters."""


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=15,
)


def depth(value: Any) -> int:
    """How deep a value is nested."""
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(st.dictionaries(TEXT, VALUES, max_size=4), st.booleans())
def test_any_object_is_read_as_it_is(value: dict[str, Any], ascii_only: bool) -> None:
    """JSON is read to an equal value, whether it escapes or not."""
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    if depth(value) <= shape.MAX_DEPTH:
        assert reading.body(raw, AnyBody).root == value
    else:
        with pytest.raises(InvalidRequest):
            reading.body(raw, AnyBody)


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_nothing_sent_is_a_fault(raw: bytes) -> None:
    """Whatever bytes come as a body, a query or a path are read or refused, and nothing else is raised."""
    for read in (
        lambda: reading.body(raw, AnyBody),
        lambda: reading.query(raw, AnyQuery),
        lambda: reading.segment(raw.decode("latin-1")),
        lambda: reading.idempotency_key([raw.decode("latin-1")]),
    ):
        try:
            read()
        except GatewayError as error:
            json.dumps(error.detail).encode()


@given(st.lists(st.sampled_from(['{"a":', "[", '"', "\\", "]", "}", "1", ",", '"b":', " "]), max_size=40))
def test_depth_never_misses(parts: list[str]) -> None:
    """Brackets in any disorder: what is JSON and too deep is refused, and what is not deep is not called so."""
    raw = "".join(parts)
    try:
        value = json.loads(raw)
    except ValueError:
        return
    if isinstance(value, dict):
        reading.body(raw.encode(), AnyBody)


@given(TEXT, st.lists(st.sampled_from(["[", '{"x":']), max_size=8), VALUES)
def test_a_repeated_name_at_any_depth(name: str, around: list[str], value: Any) -> None:
    """A name that is given twice in one object is refused, however deep and however it is escaped."""
    said, repeated = json.dumps(name), json.dumps(name, ensure_ascii=False)
    inner = f"{{{said}: 1, {repeated}: {json.dumps(value)}}}"
    for bracket in around:
        inner = bracket + inner + ("]" if bracket == "[" else "}")
    with pytest.raises(InvalidRequest, match="twice"):
        reading.body(f'{{"outer": {inner}}}'.encode(), AnyBody)


@given(st.dictionaries(TEXT, TEXT, max_size=5))
def test_queries_come_back_as_they_went(values: dict[str, str]) -> None:
    """Percent-encoded names and values are decoded once, and only once."""
    raw = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in values.items())
    if raw:
        assert reading.query(raw.encode(), AnyQuery).root == values


@given(TEXT, st.lists(TEXT, min_size=2, max_size=3))
def test_a_repeated_parameter(name: str, values: list[str]) -> None:
    """A parameter given twice is refused, however it is encoded."""
    raw = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for value in values)
    with pytest.raises(InvalidRequest, match="repeated"):
        reading.query(raw.encode(), AnyQuery)


@given(TEXT)
def test_segments_come_back_as_they_went(text: str) -> None:
    """A path segment is decoded once."""
    assert reading.segment(quote(text, safe="")) == text


VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255)


@given(VISIBLE)
def test_a_key_quoted_is_the_key(key: str) -> None:
    """Every usable key can be sent in quotes; bare, where it does not begin with one."""
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    assert reading.idempotency_key([f'"{escaped}"']) == key
    if not key.startswith('"'):
        assert reading.idempotency_key([key]) == key


@given(st.text(st.characters(max_codepoint=0xFF), max_size=300))
def test_no_other_key_is_usable(text: str) -> None:
    """What is taken as a key is always 1 to 255 visible ASCII characters."""
    try:
        key = reading.idempotency_key([text])
    except IdempotencyKeyRequired:
        return
    assert 1 <= len(key) <= 255
    assert all("!" <= each <= "~" for each in key)


def test_long_integers_take_no_time() -> None:
    """A number of very many digits is refused before anybody converts it."""
    value = reading.body(b'{"n": ' + b"9" * 60_000 + b"}", AnyBody).root["n"]
    assert isinstance(value, reading.Exponent)
