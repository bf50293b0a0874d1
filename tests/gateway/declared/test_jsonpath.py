"""Where values stand: the singular queries of RFC 9535, one `[*]` for lists, and what cannot be told."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import lenient
from gateway.declared.jsonpath import MISSING, ListQuery, Query
from gateway.lenient import Unreadable

DOCUMENT = lenient.loads('{"a": {"b c": [1, 2.50]}, "n": null, "twice": 1, "twice": 2, "rows": [{"x": 1}, {"x": 2}]}')


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("$", DOCUMENT),
        ("$.a", {"b c": [1, Decimal("2.50")]}),
        ("$.a['b c'][1]", Decimal("2.50")),
        ('$["a"]["b c"][-1]', Decimal("2.50")),
        ("$['\\u0061']", {"b c": [1, Decimal("2.50")]}),
        ("$.n", None),
        ("$.missing", MISSING),
        ("$.a.missing.more", MISSING),
        ("$.a['b c'][2]", MISSING),
        ("$.a[0]", MISSING),
        ("$.n.x", MISSING),
    ],
)
def test_a_query_names_one_value(query: str, value: Any) -> None:
    """Numbers keep their digits; what is not there is not null."""
    found = Query.parse(query).value(DOCUMENT)
    assert found is value or (value is not MISSING and found == value)


def test_what_cannot_be_told_is_not_absent() -> None:
    """A name that is given twice, and everything within it."""
    for query in ("$.twice", "$.twice.x", "$.twice[0].x"):
        assert isinstance(Query.parse(query).value(DOCUMENT), Unreadable)


def test_a_list_query_names_rows() -> None:
    """Of a list alone, with what stands in each; what is no object there makes no list."""
    assert ListQuery.parse("$.rows[*]").rows(DOCUMENT) == [{"x": 1}, {"x": 2}]
    assert ListQuery.parse("$[*].a").rows([{"a": {}}, {"a": {"b": 1}}]) == [{}, {"b": 1}]
    for query in ("$.a[*]", "$.n[*]", "$.missing[*]", "$.twice[*]", "$.rows[*].x", "$.rows[*].y"):
        assert ListQuery.parse(query).rows(DOCUMENT) is None
    assert ListQuery.parse("$[*]").rows([]) == []


@pytest.mark.parametrize(
    "query",
    [
        *("", "a", ".a", " $.a", "^.a", "$.", "$.a b", "$.~a", "$.length(", "$.a | $.b"),
        *("$..a", "$.a[*]", "$.a[1:2]", "$.a[?@.b]", "$['a','b']", "$[99999]", "$" + "[0]" * 400),
    ],
)
def test_anything_else_is_refused(query: str) -> None:
    """No expressions, no slices, no descent, nothing beyond the standard."""
    with pytest.raises(ValueError, match=r"expected|RFC 9535"):
        Query.parse(query)


@pytest.mark.parametrize("query", ["$.a", "$[*][*]", "$..[*]", "$"])
def test_rows_need_one_star(query: str) -> None:
    """Not none, and not two."""
    with pytest.raises(ValueError, match="expected"):
        ListQuery.parse(query)


@given(st.text(max_size=20).map(lambda text: f"${text}"))
def test_no_text_is_more_than_refused(text: str) -> None:
    """Any text is a query or a `ValueError`."""
    try:
        query = Query.parse(text)
    except ValueError:
        return
    query.value(DOCUMENT)
