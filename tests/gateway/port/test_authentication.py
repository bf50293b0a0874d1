"""How requests prove who sends them: each way by name, for code in one line and for descriptions by setting names."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.model import Balance, Member
from gateway.port import (
    Adapter,
    Authentication,
    Basic,
    Bearer,
    ClientToken,
    Exchange,
    HeaderKey,
    QueryKey,
    Secret,
    Signature,
    VendorRequest,
    VendorSettings,
)
from gateway.port.signature import WAYS

NOW = datetime(2026, 11, 27, 8, 0, 0, 123_000, tzinfo=UTC)


class Settings(VendorSettings):
    """An account with everything that a way can read."""

    key: Secret
    user: str = "us"
    shop: str = "shop-7"


class Signed(Adapter[Settings]):
    """Reads a balance; a subclass says how requests are proven."""

    schemes = ("card",)

    def balance(self, *, member: Member, now: datetime, nonce: str) -> Exchange[Balance]:
        """Read a balance."""
        yield self.authenticated(VendorRequest("GET", f"/cards/{member.value}?a=b"), now=now, nonce=nonce)
        return Balance()


def request(way: Authentication, key: str = "s3cret key", *, base_url: str = "https://v.example/api") -> VendorRequest:
    """What an adapter with this way sends, which states it in one line."""
    adapter = type("One", (Signed,), {"authentication": (way,)})
    settings = Settings.model_validate({"adapter": "x", "base_url": base_url, "key": key})
    return next(adapter(settings).balance(member=Member("card", "7"), now=NOW, nonce="n-1"))


def test_a_key_stands_in_a_header_or_in_the_query() -> None:
    """As it is in a header, after a prefix if there is one; percent-encoded in the query."""
    assert request(HeaderKey(name="X-Key", setting="key")).headers == {"X-Key": "s3cret key"}
    prefixed = request(HeaderKey(name="Authorization", setting="key", prefix="ApiKey-v1 "))
    assert prefixed.headers == {"Authorization": "ApiKey-v1 s3cret key"}
    assert request(Bearer(setting="key")).headers == {"Authorization": "Bearer s3cret key"}
    assert request(QueryKey(name="api key", setting="key"), "a&b=/").path == "/cards/7?a=b&api%20key=a%26b%3D%2F"


@given(password=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_basic_credentials_are_those_of_the_settings(password: str) -> None:
    """A name and a password in base64, whatever is in the password."""
    header = request(Basic(user="user", password="key"), password).headers["Authorization"]
    assert b64decode(header.removeprefix("Basic ")).decode() == f"us:{password}"


def test_an_issued_token_is_a_bearer_token() -> None:
    """It is passed by the gateway; without one there is no request."""
    way = ClientToken()
    assert way.needs == {"token"}
    with pytest.raises(TypeError):
        request(way)


PARTS = [
    "method",
    "path",
    "query",
    "host",
    "body",
    "body_hash",
    "timestamp",
    "nonce",
    {"text": "v1"},
    {"setting": "shop"},
]


def signature(**fields: Any) -> Signature:
    """An HMAC over all parts, with fields changed."""
    whole = {
        "header": "X-Signature",
        "setting": "key",
        "parts": PARTS,
        "joined": "\n",
        "timestamp": {"header": "X-Time", "form": "milliseconds"},
        "nonce": "X-Nonce",
        **fields,
    }
    return Signature.model_validate(whole)


def test_an_hmac_is_over_the_parts_in_their_order() -> None:
    """The whole path as it is sent, the time and the nonce of their headers; all three headers are nonces."""
    sent = request(signature(prefix="v1="))
    empty = hashlib.sha256(b"").hexdigest()
    signed = f"GET\n/api/cards/7\na=b\nv.example\n\n{empty}\n1795766400123\nn-1\nv1\nshop-7"
    made = hmac.new(b"s3cret key", signed.encode(), "sha256").hexdigest()
    assert sent.headers == {"X-Signature": f"v1={made}", "X-Time": "1795766400123", "X-Nonce": "n-1"}
    assert set(sent.nonces) == set(sent.headers)


def test_a_hash_has_the_secret_among_its_parts() -> None:
    """In base64 as well, and by another hash."""
    way = signature(method="hash", algorithm="sha1", encoding="base64", parts=["secret", "path"], joined="")
    made = b64encode(hashlib.sha1(b"s3cret key/api/cards/7").digest()).decode()
    assert request(way).headers["X-Signature"] == made


def test_the_time_is_written_as_the_vendor_wants_it() -> None:
    """RFC 3339, seconds or milliseconds; a signature without time and nonce needs neither."""
    for form, text in (("rfc3339", "2026-11-27T08:00:00.123Z"), ("seconds", "1795766400")):
        assert request(signature(timestamp={"header": "X-Time", "form": form})).headers["X-Time"] == text
    assert signature(parts=["path"], timestamp=None, nonce=None).needs == frozenset()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"method": "hash"}, "parts has the secret with the method hash"),
        ({"parts": ["secret", "path"]}, "parts has the secret with the method hash"),
        ({"timestamp": None}, "timestamp is signed and not sent"),
        ({"nonce": None}, "nonce is signed and not sent"),
        ({"parts": ["nonce"]}, "neither path nor body"),
        ({"parts": []}, "at least 1 item"),
        ({"algorithm": "crc"}, "Input should be"),
        ({"header": "X Signature"}, "should match pattern"),
        ({"prefix": "a\nb"}, "should match pattern"),
    ],
)
def test_a_signature_that_proves_nothing_is_refused(changes: Mapping[str, Any], why: str) -> None:
    """When it is declared, and not when something is sent."""
    with pytest.raises(ValidationError, match=why):
        signature(**changes)


@pytest.mark.parametrize("way", [HeaderKey(name="X-Key", setting="key"), Bearer(setting="key"), signature()], ids=str)
def test_a_way_holds_no_secret(way: Authentication) -> None:
    """It names settings: those of a masked adapter make a request that can be shown."""
    assert "s3cret" not in repr(way)
    settings = Settings.model_validate({"adapter": "x", "base_url": "https://v.example", "key": "s3cret key"})
    adapter = type("One", (Signed,), {"authentication": (way,)})(settings.masked())
    shown = next(adapter.balance(member=Member("card", "7"), now=NOW, nonce="n-1"))
    assert "s3cret" not in f"{shown.path}{shown.headers}"


def test_every_way_has_a_name_and_says_what_it_reads() -> None:
    """The names are those that descriptions use."""
    assert set(WAYS) == {"header", "bearer", "basic", "query", "client_credentials", "signature"}
    assert signature().reads() == {"shop": str, "key": Secret}
