"""What a vendor's answer can be made of: nothing in it that is not asked for makes the rest unreadable."""

import pytest

from gateway import exact
from gateway.errors import VendorBadResponse
from gateway.port import VendorRequest, VendorResponse


@pytest.mark.parametrize("past_all_bounds", ["1E999999999999999999999999", "9" * 5000, "-1e-99999999999999999999999"])
def test_a_number_past_all_bounds_is_unreadable_alone(past_all_bounds: str) -> None:
    """It is no number; what stands beside it is read."""
    said = VendorResponse(200, body=f'{{"a": {past_all_bounds}, "b": 5}}'.encode()).json_object()
    assert exact.number(said["b"]) == 5
    with pytest.raises(ValueError, match="number"):
        exact.number(said["a"])


@pytest.mark.parametrize(
    "text", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "soon", "", "-5", "1e9", "Mon, 32 Jan 2026 00:00:00 GMT"]
)
def test_a_wait_that_cannot_be_told_is_none(text: str) -> None:
    """Whatever stands in `Retry-After`, the answer that it came with still counts."""
    assert VendorResponse(429, {"retry-after": text}).retry_after() is None


@pytest.mark.parametrize("charset", ["undefined", "nowhere", "a\0b", "idna"])
def test_bytes_in_no_charset_make_no_text(charset: str) -> None:
    """A body in one that is none is not understood as a whole, by the one error that says so; its words are."""
    response = VendorResponse(200, {"content-type": f"text/plain; charset={charset}"}, b"\xff..")
    assert response.rough_text() == "\ufffd.."
    with pytest.raises(VendorBadResponse):
        response.text()


@pytest.mark.parametrize(
    ("method", "in_a_write", "in_a_read"),
    [
        ("GET", False, False),
        ("HEAD", False, False),
        ("POST", True, False),
        ("PUT", True, True),
        ("PATCH", True, True),
        ("DELETE", True, True),
    ],
)
def test_a_request_that_says_nothing_has_the_effect_of_its_method(
    method: str, in_a_write: bool, in_a_read: bool
) -> None:
    """In a write all but GET and HEAD, in a read all that does not only ask; what the request says itself wins."""
    request = VendorRequest(method, "/")
    assert (request.resolved(writing=True).effect, request.resolved(writing=False).effect) == (in_a_write, in_a_read)
    for effect in (True, False):
        said = VendorRequest(method, "/", effect=effect)
        assert [said.resolved(writing=writing).effect for writing in (True, False)] == [effect, effect]
