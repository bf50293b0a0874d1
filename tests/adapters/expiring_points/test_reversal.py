"""A cancel: the transaction with the adjustment's own id, the token in the header, and what each answer proves."""

import json
from decimal import Decimal

import pytest

from gateway import exact
from gateway.errors import VendorBadResponse, VendorError, VendorRejected
from gateway.model import Applied, Balance
from gateway.port import VendorResponse
from tests.adapters.expiring_points.test_booking import DETAILS, DONE, NAMED, OWN, adapter


def result(response: VendorResponse, **settings: object) -> Applied | VendorError:
    """What comes of an answer to a cancel."""
    writing = adapter(**settings).reverse(original=OWN)
    next(writing)
    try:
        writing.send(response)
    except StopIteration as stopped:
        applied: Applied = stopped.value
        return applied
    except VendorError as error:
        return error
    raise AssertionError("a second request")


def answer(body: object, status: int = 200) -> VendorResponse:
    return VendorResponse(status, {"content-type": "application/json"}, exact.dumps(body))


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_the_request(format_: str) -> None:
    """One POST with an effect; its fields hold no token, which is in the header."""
    request = next(adapter(format=format_).reverse(original=OWN))
    assert (request.method, request.path) == ("POST", "/api/v1.1/loyalty/cancel_transaction")
    assert request.headers["Authorization"] == "Bearer abc123def456"
    assert request.headers["Content-Type"] == f"application/{format_}"
    assert request.has_effect(writing=True)
    if format_ == "json":
        assert json.loads(request.body) == {"transaction_eid": OWN}
    else:
        assert f"<transaction_eid>{OWN}</transaction_eid>".encode() in request.body
        assert b"abc123def456" not in request.body


def test_a_success() -> None:
    assert result(answer(DONE)) == Applied("t-1", Balance(Decimal("800.50")), DETAILS)


@pytest.mark.parametrize(
    ("body", "status", "settings", "kind"),
    [
        ({"error": 404, "error_text": "Transaction not found"}, 404, {}, VendorBadResponse),
        ({"error": 422, "error_text": "The transaction cannot be cancelled"}, 422, {}, VendorBadResponse),
        ({"error": 422, "error_text": "Not enough points"}, 422, {"problems": NAMED}, VendorError),
        ({"error": 400, "error_text": "Bad request"}, 400, {}, VendorRejected),
        ({"error": 0}, 500, {}, VendorError),
    ],
)
def test_what_is_not_listed_proves_nothing(
    body: dict[str, object], status: int, settings: dict[str, object], kind: type[VendorError]
) -> None:
    """The vendor publishes no codes of its own for a cancel; a code that the operator names is a refusal."""
    found = result(answer(body, status), **settings)
    assert isinstance(found, kind)
    assert found.judged is (status == 400 or bool(settings))
