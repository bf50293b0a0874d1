"""A token for a client's credentials: the request of RFC 6749, and what of an answer is one."""

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.errors import VendorBadResponse, VendorRateLimited, VendorUnavailable
from gateway.port import ClientCredentials, Issued, VendorRequest, VendorResponse, client_credentials

URL = "https://login.example/v1/token"


def credentials(**fields: Any) -> ClientCredentials:
    whole = {"token_url": URL, "client_id": "a b+c", "client_secret": 'p:ä/"', **fields}
    return ClientCredentials.model_validate(whole)


def asked(**fields: Any) -> VendorRequest:
    return next(client_credentials(credentials(**fields)))


def issued(response: VendorResponse) -> Issued:
    exchange = client_credentials(credentials())
    next(exchange)
    with pytest.raises(StopIteration) as stopped:
        exchange.send(response)
    found: Issued = stopped.value.value
    return found


def refused(response: VendorResponse) -> Exception:
    exchange = client_credentials(credentials())
    next(exchange)
    with pytest.raises((VendorBadResponse, VendorRateLimited, VendorUnavailable)) as caught:
        exchange.send(response)
    return caught.value


def test_credentials_in_the_header() -> None:
    """Both are form-encoded before they are joined (RFC 6749, 2.3.1); the request has no effect."""
    request = asked(scope="a b")
    assert (request.method, request.base_url, request.path) == ("POST", URL, "")
    assert (request.confidential, request.effect) == (True, False)
    assert request.body == b"grant_type=client_credentials&scope=a+b"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"a+b%2Bc:p%3A%C3%A4%2F%22"


def test_credentials_in_the_form() -> None:
    """Then the header is left out; so is a scope that is not set."""
    request = asked(style="form")
    assert "Authorization" not in request.headers
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["a b+c"],
        "client_secret": ['p:ä/"'],
    }


@pytest.mark.parametrize(
    ("body", "token"),
    [
        ('{"access_token": "t", "token_type": "Bearer", "expires_in": 600}', Issued("t", 600)),
        ('{"access_token": "t", "token_type": "bearer", "expires_in": "3600.5"}', Issued("t", 3600.5)),
        ('{"access_token": "t", "token_type": "BEARER"}', Issued("t")),
        ('{"access_token": "t", "token_type": null, "expires_in": null, "more": [1]}', Issued("t")),
    ],
)
def test_answers_with_a_token(body: str, token: Issued) -> None:
    """Its life may be absent; so may its type, which some vendors leave out."""
    assert issued(VendorResponse(200, body=body.encode())) == token
    assert "'t'" not in repr(token)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"access_token": ""}',
        '{"access_token": 7}',
        '{"access_token": "a", "access_token": "b"}',
        '{"access_token": "a b"}',
        '{"access_token": "\\u00e4"}',
        '{"access_token": "a", "token_type": "mac"}',
        '{"access_token": "a", "token_type": 7}',
        '{"access_token": "a", "expires_in": 0}',
        '{"access_token": "a", "expires_in": true}',
        '{"access_token": "a", "expires_in": NaN}',
        '{"access_token": "a", "expires_in": "soon"}',
    ],
)
def test_successes_without_a_token(body: str) -> None:
    """What cannot be read, or cannot be sent as a bearer token, is none."""
    assert isinstance(refused(VendorResponse(200, body=body.encode())), VendorBadResponse)


def test_a_refusal_has_its_code_only_where_the_standard_has_it() -> None:
    """Any other text may be a secret that is said back."""
    known = refused(VendorResponse(400, body=b'{"error": "invalid_scope", "error_description": "secret"}'))
    other = refused(VendorResponse(401, body=b'{"error": "secret"}'))
    assert (getattr(known, "vendor_code", ""), getattr(other, "vendor_code", "")) == ("invalid_scope", None)
    assert "secret" not in f"{known}{other}"


def test_too_many_requests() -> None:
    """The vendor says for how long."""
    error = refused(VendorResponse(429, {"retry-after": "9"}))
    assert isinstance(error, VendorRateLimited)
    assert error.retry_after == 9


@given(body=st.binary(max_size=60), status=st.integers(200, 599))
def test_any_answer_is_a_token_or_a_vendors_error(body: bytes, status: int) -> None:
    """Nothing else is raised, whatever comes."""
    exchange = client_credentials(credentials())
    next(exchange)
    with pytest.raises((StopIteration, VendorBadResponse, VendorRateLimited, VendorUnavailable)):
        exchange.send(VendorResponse(status, body=body))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("token_url", "login.example/token"),
        ("token_url", "https://user@login.example/token"),
        ("token_url", "https://login.example/token?a=b"),
        ("client_id", ""),
        ("client_secret", ""),
        ("scope", ""),
        ("style", "header"),
        ("secret", "x"),
    ],
)
def test_settings_that_cannot_be(field: str, value: str) -> None:
    """They are checked like a vendor's own."""
    with pytest.raises(ValidationError):
        credentials(**{field: value})
