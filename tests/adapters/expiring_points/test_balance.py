"""What expiring-points' balances mean, by what they say and by what they do not."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.expiring_points.adapter import ExpiringPoints, Settings
from gateway import exact
from gateway.errors import FieldNotSupported, VendorAuthFailed, VendorBadResponse, VendorError, VendorRejected
from gateway.model import Balance, Member
from gateway.port import VendorResponse

MEMBER = Member("email", "user@example.com")
DATA = {"total_balance": "1000.00", "active_balance": "800.50"}


def adapter(**changes: Any) -> ExpiringPoints:
    base = {"adapter": "expiring-points", "base_url": "https://example.com", "token": "t", "loyalty_program_id": 123}
    own = {"point_types": {"bonus": {"eid": "starts"}, "base": {"iid": 1}}, "default_point_type": "bonus"}
    return ExpiringPoints(Settings.model_validate({**base, **own, **changes}))


def balance(body: bytes) -> Balance:
    exchange = adapter().balance(member=MEMBER)
    next(exchange)
    with pytest.raises(StopIteration) as stopped:
        exchange.send(VendorResponse(200, body=body))
    found: Balance = stopped.value.value
    return found


def answer(data: Any, **changes: Any) -> bytes:
    return exact.dumps({"error": 0, "error_text": "Successful operation", "data": data, **changes})


@pytest.mark.parametrize(
    ("point_type", "changes", "ids"),
    [
        (None, {}, {"points_currency_eid": "starts"}),
        ("base", {}, {"points_currency_iid": 1}),
        (None, {"default_point_type": None}, {}),
    ],
)
def test_a_currency_is_sent_where_there_is_one(
    point_type: str | None, changes: dict[str, Any], ids: dict[str, Any]
) -> None:
    """This call does not require it, unlike that for expiring points."""
    request = next(adapter(**changes).balance(member=MEMBER, point_type=point_type))
    assert request.resolved(writing=False).effect is False
    sent = exact.loads(request.body.decode())
    assert {name: value for name, value in sent.items() if name.startswith("points_currency")} == ids


def test_a_point_type_needs_a_mapping() -> None:
    """It is refused before anything is sent."""
    with pytest.raises(FieldNotSupported):
        next(adapter().balance(member=MEMBER, point_type="silver"))


def test_active_is_available_and_the_rest_of_the_total_is_not_named() -> None:
    """Nothing says why points are not active, so nothing is subtracted."""
    details = {"error": 0, "error_text": "Successful operation"}
    assert balance(answer(DATA)) == Balance(Decimal("800.5"), total=Decimal(1000), details=details)


def test_a_total_that_cannot_be_read_is_null() -> None:
    """What is available does not depend on it."""
    found = balance(answer({"active_balance": "0"}))
    assert (found.available, found.total) == (0, None)


@pytest.mark.parametrize("data", [None, {}, [], "words", {"total_balance": "5"}, {**DATA, "active_balance": "many"}])
def test_a_balance_without_its_number_is_no_balance(data: Any) -> None:
    """It is not understood, and never a zero."""
    with pytest.raises(VendorBadResponse):
        balance(answer(data))


@pytest.mark.parametrize(
    ("error", "kind"), [(400, VendorRejected), (401, VendorAuthFailed), (7, VendorRejected), (None, VendorBadResponse)]
)
def test_an_error_in_the_body_is_one(error: int | None, kind: type[VendorError]) -> None:
    """As for expiring points."""
    with pytest.raises(VendorError) as raised:
        balance(answer(DATA, error=error))
    assert type(raised.value) is kind
