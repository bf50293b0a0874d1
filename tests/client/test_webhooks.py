"""Verifying requests of webhooks: by the specification's own vector and library, and what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from points_gateway_client import InvalidSignature, verified

SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
NOW = 1_674_087_231
BODY = b'{"id":"evt_1_2","type":"adjustment.failed","timestamp":"2026-01-31T12:00:00Z","data":{"new_key_allowed":true}}'


def signed(body: bytes = BODY, *secrets: str, id_: str = "evt_1_2", at: int = NOW) -> dict[str, str]:
    """The headers of a request that the library of the specification signs."""
    moment = datetime.fromtimestamp(at, UTC)
    signatures = [Webhook(secret).sign(id_, moment, body.decode()) for secret in secrets or (SECRET,)]
    return {"Webhook-Id": id_, "Webhook-Timestamp": str(at), "Webhook-Signature": " ".join(signatures)}


def read(headers: dict[str, str], body: bytes | str = BODY, *secrets: str) -> Any:
    return verified(headers, body, secrets=secrets or (SECRET,), now=NOW)


def test_the_vector_of_the_specification() -> None:
    """The signature that the libraries of the specification are tested with is the one that is expected here."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    body = '{"test": 2432232314}'
    with pytest.raises(
        ValueError, match="id: expected str"
    ):  # its body is no event, and it is verified before that is noticed
        verified(headers, body, secrets=[SECRET], now=1_614_265_330)
    with pytest.raises(InvalidSignature):
        verified(headers, body + " ", secrets=[SECRET], now=1_614_265_330)


def test_what_the_library_signs_is_verified() -> None:
    """As bytes and as text, with header names in any case, and the event is what was sent."""
    event = read(signed())
    assert event == read(signed(), BODY.decode())
    assert (event.id, event.type, event.over) == ("evt_1_2", "adjustment.failed", True)
    assert event.timestamp == datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_secrets_rotate() -> None:
    """Either side may have both secrets, or one of them."""
    assert read(signed(BODY, OTHER, SECRET)) == read(signed(), BODY, OTHER, SECRET)
    with pytest.raises(InvalidSignature):
        read(signed(BODY, OTHER))


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
@pytest.mark.parametrize(
    "value", ["", "evt_1_3", "1674087230", "v1,", "v1,AAAA", "v2,AAAA", "v1,ü", "1e9", "٣", "9" * 40]
)
def test_another_header_is_refused(name: str, value: str) -> None:
    """Whatever it is; no other error comes of it."""
    with pytest.raises(InvalidSignature):
        read({**signed(), name: value})


@pytest.mark.parametrize("age", [-301, 301])
def test_an_old_request_is_refused(age: int) -> None:
    """One of five minutes ago, or of in five minutes, though it is signed."""
    with pytest.raises(InvalidSignature, match="too long ago"):
        read(signed(at=NOW + age))
    assert read(signed(at=NOW + age - (1 if age > 0 else -1)))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_?", "no secret"])
def test_a_secret_that_is_none(secret: str) -> None:
    """It verifies nothing, and that is no fault of the request."""
    with pytest.raises(ValueError, match="whsec_"):
        read(signed(), BODY, secret)
