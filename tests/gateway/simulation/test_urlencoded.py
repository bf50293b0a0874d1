"""The reader of queries and forms for simulators."""

import pytest

from gateway.simulation import urlencoded


def test_parameters_are_decoded() -> None:
    """Names and values are percent-decoded, a plus is a space, and an empty value stays."""
    assert urlencoded.read("a=1%2B1&b+c=%C3%A6+x&d=") == {"a": "1+1", "b c": "æ x", "d": ""}
    assert urlencoded.read("") == {}


@pytest.mark.parametrize("text", ["a=1&a=1", "a=1&a=2", "a=%FF"])
def test_what_is_not_plain_is_refused(text: str) -> None:
    """A repeated name, and bytes that are no UTF-8, are errors."""
    with pytest.raises(ValueError, match=r"repeated|decode"):
        urlencoded.read(text)
