"""Content types and codings: what can be meant in one way only is taken, everything else is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.content import require_json, require_none
from gateway.api.request_headers import RequestHeaders
from gateway.errors import GatewayError, InvalidRequest, UnsupportedMediaType


def headers(**values: str | list[str]) -> RequestHeaders:
    """Headers by name, underscores for hyphens; a list is a header that is given several times."""
    raw = [
        (name.replace("_", "-").encode(), each.encode("latin-1"))
        for name, value in values.items()
        for each in ([value] if isinstance(value, str) else value)
    ]
    return RequestHeaders(raw)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON",
        "application/json;",
        "application/json ; ",
        "application/json;;",
        "application/json; charset=utf-8",
        "application/json; charset=utf-8;",
        "application/json;charset=UTF8",
        'application/json; charset="UTF-8"',
        "application/json; Charset = utf8 ; ",
        "application/json; charset=utf-8; charset=UTF8",
        'application/json; profile="a; b=c"; charset=utf-8',
        "application/json; odata.metadata=minimal",
        "application/json; v=1",
    ],
)
def test_json_in_utf_8_by_any_spelling(kind: str) -> None:
    """Case, quotes, spaces, empty and unknown parameters leave one meaning."""
    require_json(headers(content_type=kind))


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("", "The Content-Type is ''"),
        ("text/plain", "The Content-Type is 'text/plain'"),
        ("application/json charset=utf-8", "The Content-Type is 'application/json charset=utf-8'"),
        ("application/json, application/json", "The Content-Type is 'application/json, application/json'"),
        ("application/vnd.api+json", "The Content-Type is 'application/vnd.api+json'"),
        ("\xff", "The Content-Type is '\\xff'"),
        ("x" * 5000, "x'"),
        ("application/json; charset=utf-16", "The charset is 'utf-16': send the body in UTF-8"),
        ('application/json; charset="ISO-8859-1"', "The charset is 'ISO-8859-1'"),
        ("application/json; charset=utf-8; charset=latin1", "The charset is 'latin1'"),
        ('application/json; charset=""', "The charset is ''"),
        ("application/json; charset=", "cannot be read"),
        ("application/json; charset", "cannot be read"),
        ('application/json; charset="utf-8', "cannot be read"),
        ("application/json; a b", "cannot be read"),
    ],
)
def test_another_content_type(kind: str, cause: str) -> None:
    """What is not JSON in UTF-8 is 415, and says what came."""
    with pytest.raises(UnsupportedMediaType) as refused:
        require_json(headers(content_type=kind))
    assert cause in refused.value.detail
    assert len(refused.value.detail) < 300


def test_no_content_type_and_two() -> None:
    """A body of no stated kind, or of two, is 415, and says which it is."""
    with pytest.raises(UnsupportedMediaType, match="The request has no Content-Type"):
        require_json(headers())
    with pytest.raises(UnsupportedMediaType, match="Content-Type is given twice"):
        require_json(headers(content_type=["application/json", "application/json"]))


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "identity, gzip", "br", "deflate", "utf-8", ["identity", "zstd"]])
def test_a_body_that_is_encoded(coding: str | list[str]) -> None:
    """A coding of the content is refused by name, and its bytes are never read as JSON."""
    with pytest.raises(UnsupportedMediaType, match="The body has the Content-Encoding"):
        require_json(headers(content_type="application/json", content_encoding=coding))


@pytest.mark.parametrize("coding", ["", "identity", "Identity", ["identity", "identity"]])
def test_a_body_that_is_said_not_to_be_encoded(coding: str | list[str]) -> None:
    """`identity` says nothing."""
    require_json(headers(content_type="application/json", content_encoding=coding))


def test_a_body_where_none_is_taken() -> None:
    """A request without a body of its own does not drop one in silence."""
    require_none(headers())
    require_none(headers(content_length="0", content_type="application/json"))
    for body in ({"content_length": "5"}, {"transfer_encoding": "chunked"}):
        with pytest.raises(InvalidRequest, match="takes no body"):
            require_none(headers(**body))


@given(st.text(st.characters(max_codepoint=255)), st.text(st.characters(max_codepoint=255)))
def test_no_header_is_a_fault_of_ours(kind: str, coding: str) -> None:
    """Whatever a header holds, it is taken or refused."""
    for prefix in ("", "application/json", "application/json;"):
        try:
            require_json(headers(content_type=prefix + kind, content_encoding=coding))
        except GatewayError as error:
            assert error.detail.isascii()  # noqa: PT017 (it need not raise)
