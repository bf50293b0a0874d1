"""By its digest a repeat is known to be the very same request, whoever's secrets have changed since."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.digest import digest
from gateway.delivery.redaction import Redactor
from gateway.port import VendorRequest

HEADERS = {"X-Key": "today's-secret", "Entry-Key": "adj_1", "X-Signature": "abc"}
REQUEST = VendorRequest("POST", "/entries?kind=a", HEADERS, b'{"points":5}', effect=True, nonces=("x-signature",))


def of(request: VendorRequest, *secrets: str, base_url: str = "https://vendor.example") -> str:
    return digest(request, base_url=base_url, redactor=Redactor(secrets))


def with_headers(**headers: str) -> Mapping[str, str]:
    return {**HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "PUT"},
        {"path": "/entries?kind=b"},
        {"body": b'{"points":6}'},
        {"body": b'{"points":5.0}'},
        {"body": b'{"points":5}\xff'},
        {"headers": with_headers(Entry_Key="adj_2")},
        {"headers": with_headers(Extra="1")},
        {"headers": {"Entry-Key": "adj_1"}},
    ],
)
def test_whatever_the_vendor_could_tell_apart_differs(changed: dict[str, Any]) -> None:
    """Another method, path, header or byte of the body is another request."""
    assert of(replace(REQUEST, **changed)) != of(REQUEST)


def test_another_address_is_another_request() -> None:
    """The same path under another address asks somebody else."""
    assert of(REQUEST, base_url="https://other.example") != of(REQUEST)


def test_a_renewed_secret_makes_no_other_request() -> None:
    """Each is masked as the secret of its day, wherever it stands."""
    old = replace(REQUEST, path="/k/old-secret", body=b"old-secret", headers=with_headers(X_Key="old-secret"))
    new = replace(REQUEST, path="/k/new-secret", body=b"new-secret", headers=with_headers(X_Key="new-secret"))
    assert of(old, "old-secret") == of(new, "new-secret") != of(new, "old-secret")


def test_declared_nonces_and_the_spelling_of_names_make_no_difference() -> None:
    """A header that is new each time is left out; names of headers have no case, and no order."""
    headers = {"x-signature": "xyz", "ENTRY-KEY": "adj_1", "x-key": "today's-secret"}
    assert of(replace(REQUEST, headers=headers)) == of(REQUEST)


@given(one=st.binary(max_size=40), other=st.binary(max_size=40))
def test_bodies_are_told_apart_to_the_byte(one: bytes, other: bytes) -> None:
    """Whatever a body holds, text or not."""
    assert (of(replace(REQUEST, body=one)) == of(replace(REQUEST, body=other))) is (one == other)
