"""What is written as JSON or text comes back as it was."""

from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import exact
from gateway.journal import codec

TEXTS = st.text() | st.sampled_from(["\ud800", "a\udfffb", "\0", '"', '"\0'])
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | DECIMALS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)


@given(VALUES)
def test_json_comes_back_as_it_was(value: Any) -> None:
    """Every value, its types, and every digit of a decimal survive."""
    assert repr(exact.loads(codec.dumps(value))) == repr(value)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("-Infinity"), object(), {"a": [object()]}])
def test_what_has_no_json_form_is_refused(value: Any) -> None:
    """What could not come back is not written."""
    with pytest.raises((TypeError, ValueError)):
        codec.dumps(value)


def test_any_mapping_is_written() -> None:
    """A mapping that is no `dict` is written as one."""
    assert exact.loads(codec.dumps({"a": MappingProxyType({"b": Decimal(1)})})) == {"a": {"b": Decimal(1)}}


@given(TEXTS, TEXTS)
def test_storable_texts_stay_apart(one: str, other: str) -> None:
    """What a column holds can be encoded, has no NUL, and is another for every other text."""
    kept = codec.storable(one)
    assert "\0" not in kept
    assert kept.encode().decode() == kept
    assert (kept == codec.storable(other)) == (one == other)
