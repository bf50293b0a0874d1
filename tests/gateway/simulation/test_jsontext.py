"""JSON keeps its digits, and is read strictly."""

import json
from decimal import Decimal

import pytest

from gateway.simulation import jsontext


def test_json_keeps_every_digit() -> None:
    """Numbers are read and written with the digits that they have."""
    written = b'{"a": 0.1, "b": 3.0, "c": 5, "d": [123456789012345678901.123456789012345678901, -2.50]}'
    assert jsontext.write(jsontext.read(written)) == written.decode()
    assert jsontext.read(b"0.1") == Decimal("0.1")
    assert json.loads(jsontext.write(["\u00e6\ud800", None, True])) == ["\u00e6\ud800", None, True]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b'{"a": 1, "a": 1}',
        b"1e99",
        b"1e-99",
        b"0e99999999999999999999",
        b"1e99999999999999999999",
        b"1" * 61,
        b"0." + b"1" * 61,
        b"[" * 100_000,
    ],
)
def test_json_is_read_strictly(body: bytes) -> None:
    """What is not JSON, repeats a name, or has a number beyond reason is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        jsontext.read(body)
