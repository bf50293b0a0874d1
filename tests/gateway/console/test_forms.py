"""Forms: read strictly and bounded, whatever a browser, or somebody else, sends."""

import asyncio
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.types import Message

from gateway.console.forms import MAX_BODY, MAX_FIELDS, Form, posted
from gateway.errors import GatewayError, InvalidRequest, PayloadTooLarge, UnsupportedMediaType

FORM = b"application/x-www-form-urlencoded"


def request(*parts: bytes, kind: bytes = FORM) -> Request:
    """A request whose body comes in these parts."""
    messages: Iterator[Message] = iter(
        [
            *({"type": "http.request", "body": part, "more_body": True} for part in parts),
            {"type": "http.request", "body": b"", "more_body": False},
        ]
    )

    async def receive() -> Message:
        return next(messages)

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind)]}, receive)


def test_fields_are_read() -> None:
    """A field may come several times; its text is without the blanks around it."""
    form = asyncio.run(posted(request(b"a=1&b=%C3%A9", b"+x+&a=2&c=", kind=FORM + b"; charset=utf-8")))
    assert (form.all("a"), form.text("b"), form.text("c"), form.text("d")) == (["1", "2"], "é x", "", "")
    with pytest.raises(InvalidRequest, match="twice"):
        form.text("a")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (request(b"a=1", kind=b"application/json"), UnsupportedMediaType),
        (request(b"a=1", kind=b"multipart/form-data; boundary=x"), UnsupportedMediaType),
        (request(b"a=%FF"), InvalidRequest),
        (request(b"a=\xff"), InvalidRequest),
        (request(b"&".join([b"a=1"] * (MAX_FIELDS + 1))), InvalidRequest),
        (request(b"x" * MAX_BODY, b"y"), PayloadTooLarge),
    ],
    ids=["json", "multipart", "not UTF-8", "not ASCII", "too many fields", "too long"],
)
def test_what_is_no_form_of_ours(wrong: Request, error: type[GatewayError]) -> None:
    """Is refused before anything is done by it."""
    with pytest.raises(error):
        asyncio.run(posted(wrong))


def test_a_query_is_a_form() -> None:
    """Without any, nothing is asked."""
    assert Form.of("").text("text") == ""
    assert Form.of("text=a%26b&by=").text("text") == "a&b"
