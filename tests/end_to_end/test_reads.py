"""Balances and expiring points: what the vendor says, exactly; what it does not say is never made up."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.vendors import Vendor, Vendors

BALANCE = "/v1/members/email:jason@example.com/balance"
EXPIRING = "/v1/members/email:user@example.com/expiring"
WHEN = {"from": "2023-09-01T00:00:00Z", "to": "2023-09-30T23:59:59Z"}
PATIENCE = 5
"""More often than a read is asked again."""
FIVE = {"member": "email:jason@example.com", "points": 5}


def read(api: Caller, operation: str, **query: str) -> Any:
    """Read a balance, or the points that expire in September 2023."""
    return api.get(BALANCE, **query) if operation == "balance" else api.get(EXPIRING, **WHEN, **query)


def vendor_of(vendors: Vendors, operation: str) -> Vendor:
    return vendors.arcade if operation == "balance" else vendors.perks


def test_a_balance(api: Caller, vendors: Vendors) -> None:
    """A balance says what the vendor said, when it was asked, and null for what it does not say."""
    document = api.get(BALANCE).json()
    as_of = document.pop("as_of")
    assert as_of.endswith("Z")
    assert document == {
        "member": "email:jason@example.com",
        "point_type": None,
        "available": "0",
        "total": None,
        "pending": None,
        "held": None,
        "lifetime": "0",
        "next_expiry": None,
        "updated_at": "2010-07-07T16:48:22.499Z",
        "vendor": {"name": "arcade", "adapter": "iactionable", "details": {}},
        "cached": False,
    }


@pytest.mark.parametrize("tenant", ["acme", "cached"])
@pytest.mark.parametrize(
    "member", ["email:user@example.com", "phone:+1234567890", "profile_id:profile_123", "custom.user_id:12345"]
)
def test_expiring_points(api: Caller, vendors: Vendors, tenant: str, member: str) -> None:
    """The points that expire in a period, by every identifier, in JSON and in XML."""
    document = api.acting(tenant=tenant).get(f"/v1/members/{quote(member, safe='')}/expiring", **WHEN).json()
    assert (document["member"], document["points"], document["point_type"]) == (member, "150.24", None)
    assert {"from": document["from"], "to": document["to"]} == WHEN
    assert document["vendor"]["details"] == {"error": 0, "error_text": "Successful operation"}


@pytest.mark.parametrize("operation", ["balance", "expiring"])
def test_the_vendors_own_answer(api: Caller, vendors: Vendors, operation: str) -> None:
    """`include=vendor_response` adds the answer as it came."""
    assert "response" not in read(api, operation).json()["vendor"]
    response = read(api, operation, include="vendor_response").json()["vendor"]["response"]
    assert response["status"] == 200
    assert response["body"].keys() >= ({"AvailablePoints"} if operation == "balance" else {"data"})


def test_numbers_as_they_came(api: Caller, vendors: Vendors) -> None:
    """Inside the vendor's own answer every digit is as the vendor wrote it."""
    body = '{"AvailablePoints": 1.50, "TotalPoints": 12345678901234567890.123456789, "extra": [1E5, -0.0, 1e400]}'
    vendors.arcade.fault("body", body=body)
    response = api.get(BALANCE, include="vendor_response")
    assert f'"body":{body}'.encode() in response.content
    assert (response.json()["available"], response.json()["lifetime"]) == ("1.5", "12345678901234567890.123456789")


def test_an_xml_answer_is_text(api: Caller, vendors: Vendors) -> None:
    """An answer that is not JSON is shown as text."""
    document = api.acting(tenant="cached").get(EXPIRING, **WHEN, include="vendor_response").json()
    assert document["vendor"]["response"]["body"].startswith("<xml><data><expiring_points>150.24<")


@pytest.mark.parametrize("operation", ["balance", "expiring"])
def test_an_echo_of_our_own_secret_is_masked(api: Caller, vendors: Vendors, operation: str) -> None:
    """Should the vendor say our key back, no caller sees it."""
    vendor = vendor_of(vendors, operation)
    good = '"AvailablePoints": 1' if operation == "balance" else '"error": 0, "data": {"expiring_points": "1"}'
    vendor.fault("body", body=f'{{{good}, "seen": "Bearer {vendor.secret}"}}')
    heard = read(api, operation, include="vendor_response")
    assert heard.json()["vendor"]["response"]["body"]["seen"] == "Bearer ***"
    vendor.fault(
        "status",
        status=400,
        body=f'{{"Message": "bad {vendor.secret}", "error": 400, "error_text": "bad {vendor.secret}"}}',
    )
    problem = refused(read(api, operation), 422, "vendor_rejected")
    assert problem["vendor"]["message"] == "bad ***"
    assert vendor.secret not in str(problem)


FAILURES: tuple[tuple[str, dict[str, Any], int, str, bool], ...] = (
    ("html", {"status": 404}, 502, "vendor_bad_response", False),
    ("html", {"status": 200}, 502, "vendor_bad_response", False),
    ("body", {"body": "{}"}, 502, "vendor_bad_response", False),
    ("body", {"body": ""}, 502, "vendor_bad_response", False),
    ("body", {"body": "[" * 100_000}, 502, "vendor_bad_response", False),
    ("body", {"body": '{"AvailablePoints": null, "error": 0, "data": {}}'}, 502, "vendor_bad_response", False),
    (
        "body",
        {"body": '{"AvailablePoints": true, "error": 0, "data": {"expiring_points": true}}'},
        502,
        "vendor_bad_response",
        False,
    ),
    (
        "body",
        {"body": '{"AvailablePoints": "1e2", "error": 0, "data": {"expiring_points": "1e2"}}'},
        502,
        "vendor_bad_response",
        False,
    ),
    ("status", {"status": 302, "headers": {"Location": "/x"}}, 502, "vendor_bad_response", False),
    ("status", {"status": 401}, 502, "vendor_auth_failed", True),
    ("status", {"status": 429, "headers": {"Retry-After": "9"}}, 503, "vendor_rate_limited", True),
    ("status", {"status": 500}, 503, "vendor_unavailable", True),
    ("status", {"status": 503}, 503, "vendor_unavailable", True),
    ("cut", {}, 503, "vendor_unavailable", True),
    ("reset", {"when": "before"}, 503, "vendor_unavailable", True),
    ("close", {"when": "after"}, 503, "vendor_unavailable", True),
)


@pytest.mark.parametrize("operation", ["balance", "expiring"])
@pytest.mark.parametrize(("kind", "fields", "status", "code", "retryable"), FAILURES)
def test_a_read_that_fails(
    api: Caller,
    vendors: Vendors,
    operation: str,
    kind: str,
    fields: dict[str, Any],
    status: int,
    code: str,
    retryable: bool,
) -> None:
    """An answer that is no balance is a problem, never a zero; the next read is answered again."""
    vendor = vendor_of(vendors, operation)
    vendor.fault(kind, times=PATIENCE, **fields)
    heard = read(api, operation)
    problem = refused(heard, status, code)
    assert problem["retryable"] is retryable
    assert problem["vendor"]["adapter"] == vendor.simulator.name
    if code == "vendor_rate_limited":
        assert heard.headers["retry-after"] == "9"
    assert "adjustment" not in problem
    vendor.simulator.faults.clear()
    assert read(api, operation).status_code == 200


@pytest.mark.parametrize("operation", ["balance", "expiring"])
def test_a_read_that_takes_too_long(api: Caller, vendors: Vendors, operation: str) -> None:
    """A vendor that does not answer in time is 504 `vendor_timeout`, retryable."""
    vendor_of(vendors, operation).fault("hang", when="before")
    problem = refused(read(api.acting(tenant="hasty"), operation), 504, "vendor_timeout")
    assert problem["retryable"] is True
    assert vendor_of(vendors, operation).effects == []


@pytest.mark.parametrize("operation", ["balance", "expiring"])
def test_a_vendor_that_is_not_there(api: Caller, operation: str) -> None:
    """A vendor that cannot be reached is 503 `vendor_unavailable`, retryable."""
    problem = refused(read(api.acting(tenant="gone"), operation), 503, "vendor_unavailable")
    assert problem["retryable"] is True


def test_members_and_point_types_that_a_vendor_does_not_know(api: Caller, vendors: Vendors) -> None:
    """A scheme, a point type or an operation that cannot be said is refused by name, before the vendor is called."""
    unsaid = refused(api.get("/v1/members/phone:+1234567890/balance"), 422, "field_not_supported")
    assert unsaid["errors"][0]["pointer"] == "/member"
    unsaid = refused(api.get(BALANCE, point_type="base"), 422, "field_not_supported")
    assert unsaid["errors"][0]["pointer"] == "/point_type"
    refused(api.get(EXPIRING, **WHEN, point_type="gold"), 422, "field_not_supported")
    refused(api.acting(tenant="silent").get(BALANCE), 422, "operation_not_supported")
    assert vendors.requests == 0


def test_a_point_type_is_the_vendors_own(api: Caller, vendors: Vendors) -> None:
    """A canonical point type is translated, and said back as it was asked."""
    document = api.get(EXPIRING, **WHEN, point_type="status").json()
    assert (document["point_type"], document["points"]) == ("status", "0")
    assert b'"points_currency_iid":2' in vendors.perks.requests[0].body


def test_a_balance_may_be_kept(api: Caller, vendors: Vendors) -> None:
    """Where the route says so a balance may be a moment old, and says when the vendor gave it."""
    cached = api.acting(tenant="cached")
    refreshed(cached)
    first, second = cached.get(BALANCE).json(), cached.get(BALANCE).json()
    assert (first["cached"], second) == (False, {**first, "cached": True})
    assert cached.get(BALANCE, include="vendor_response").json()["cached"] is False
    assert api.get(BALANCE).json()["cached"] is False
    assert [request.method for request in vendors.arcade.requests] == ["POST", "GET", "GET", "GET"]


@pytest.mark.parametrize(
    ("fault", "status", "balance"),
    [
        ({"kind": "delay", "seconds": 0}, 201, "10"),
        ({"kind": "reset", "when": "after"}, 202, "10"),
        ({"kind": "reset", "when": "before"}, 202, "5"),
        ({"kind": "status", "status": 400}, 422, "5"),
    ],
)
def test_a_write_drops_what_was_kept(
    api: Caller, vendors: Vendors, fault: dict[str, Any], status: int, balance: str
) -> None:
    """After any write, an unknown one too, the next balance comes from the vendor."""
    cached = api.acting(tenant="cached")
    refreshed(cached)
    assert cached.get(BALANCE).json()["available"] == "5"
    assert cached.get(BALANCE).json()["cached"] is True
    vendors.arcade.fault(**fault)
    assert cached.adjust(FIVE).status_code == status
    after = cached.get(BALANCE).json()
    assert (after["available"], after["cached"]) == (balance, False)


def test_a_failed_read_is_not_kept(api: Caller, vendors: Vendors) -> None:
    """Only an answer is kept, not a problem."""
    cached = api.acting(tenant="cached")
    refreshed(cached)
    vendors.arcade.fault("status", status=500, times=PATIENCE)
    refused(cached.get(BALANCE), 503, "vendor_unavailable")
    vendors.arcade.simulator.faults.clear()
    assert cached.get(BALANCE).json()["cached"] is False


def refreshed(cached: Caller) -> None:
    """Forget what an earlier test left in the cache, by a write, and the vendor's record of it."""
    assert cached.adjust(FIVE).status_code == 201
