"""The headers of a request by name, as they came."""

import pytest

from gateway.api.request_headers import RequestHeaders


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        ([], []),
        ([(b"b", b"1")], []),
        ([(b"b", b"1"), (b"a", b"\xe4")], ["ä"]),
        ([(b"a", b"1"), (b"b", b"2"), (b"a", b"3")], ["1", "3"]),
        ([(b"b", b"1"), (b"b", b"2"), (b"a", b"3")], ["3"]),
    ],
)
def test_every_value_is_there_in_its_order(raw: list[tuple[bytes, bytes]], values: list[str]) -> None:
    """Also of a header that is repeated, and where another one is."""
    headers = RequestHeaders(raw)
    assert headers.texts(b"a") == values
    assert (b"a" in headers) is bool(values)


def test_they_are_parsed_once() -> None:
    """All who look at a request have the same ones, whether its connection has parsed them or not."""
    scope = {"headers": [(b"a", b"1")]}
    assert RequestHeaders.of(scope) is RequestHeaders.of(scope)
    parsed = RequestHeaders([(b"a", b"2")])
    parsed.enter(scope)
    assert RequestHeaders.of(scope) is parsed
