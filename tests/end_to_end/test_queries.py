"""Query strings: every parameter known, given once, and percent-encoded."""

import pytest

from tests.end_to_end.caller import Caller
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.wire import exchange, request

BALANCE = "/v1/members/email:jason@example.com/balance"
EXPIRING = "/v1/members/email:user@example.com/expiring"
WHEN = "from=2023-09-01T00:00:00Z&to=2023-09-30T23:59:59Z"

REFUSED = (
    ("/v1/capabilities?x=1", "?x"),
    ("/v1/capabilities?", None),
    ("/v1/adjustments?Limit=1", "?Limit"),
    ("/v1/adjustments?limit=1&limit=1", "?limit"),
    ("/v1/adjustments?limit=1&l%69mit=1", "?limit"),
    ("/v1/adjustments?limit=0", "?limit"),
    ("/v1/adjustments?limit=101", "?limit"),
    ("/v1/adjustments?limit=", "?limit"),
    ("/v1/adjustments?limit=-1", "?limit"),
    ("/v1/adjustments?limit=1.0", "?limit"),
    ("/v1/adjustments?limit=1e1", "?limit"),
    ("/v1/adjustments?limit=%2B1", "?limit"),
    ("/v1/adjustments?limit=+1", "?limit"),
    ("/v1/adjustments?limit=%D9%A1", "?limit"),
    ("/v1/adjustments?limit", "?limit"),
    ("/v1/adjustments?status=done", "?status"),
    ("/v1/adjustments?status=SUCCEEDED", "?status"),
    ("/v1/adjustments?status=", "?status"),
    ("/v1/adjustments?member=nobody", "?member"),
    ("/v1/adjustments?member=email:..", "?member"),
    ("/v1/adjustments?reference=", "?reference"),
    ("/v1/adjustments?reference=%00", "?reference"),
    ("/v1/adjustments?idempotency_key=two%20words", "?idempotency_key"),
    ("/v1/adjustments?idempotency_key=", "?idempotency_key"),
    ("/v1/adjustments?created_from=2023-09-01", "?created_from"),
    ("/v1/adjustments?created_to=2023-09-01T00:00:00", "?created_to"),
    ("/v1/adjustments?x=%zz", "address"),
    ("/v1/adjustments?x=%", "address"),
    ("/v1/adjustments?reference=%ff", "address"),
    ("/v1/adjustments?reference=%ed%a0%80", "address"),
    ("/v1/adjustments?&", "?"),
    ("/v1/adjustments?limit=1&", "?"),
    ("/v1/adjustments?=1", "?"),
    ("/v1/adjustments?limit=1;status=failed", "?limit"),
    ("/v1/adjustments/adj_1?include=everything", "?include"),
    ("/v1/adjustments/adj_1?include=history,history", "?include"),
    (f"{BALANCE}?include=history", "?include"),
    (f"{BALANCE}?point_type=", "?point_type"),
    (f"{BALANCE}?point_type={'x' * 65}", "?point_type"),
    (f"{BALANCE}?pointtype=base", "?pointtype"),
    (f"{EXPIRING}?from=2023-09-01T00:00:00Z", "?"),
    (f"{EXPIRING}?to=2023-09-01T00:00:00Z", "?"),
    (f"{EXPIRING}?from=2023-09-01&to=2023-09-30", "?from"),
    (f"{EXPIRING}?from=2023-09-01T00:00:00&to=2023-09-30T00:00:00Z", "?from"),
    (f"{EXPIRING}?from=2023-09-01T00:00Z&to=2023-09-30T00:00:00Z", "?from"),
    (f"{EXPIRING}?from=2023-09-01T00:00:00+02:00&to=2023-09-30T00:00:00Z", "?from"),
    (f"{EXPIRING}?from=2023-09-31T00:00:00Z&to=2023-10-30T00:00:00Z", "?from"),
    (f"{EXPIRING}?from=2023-09-01T24:00:01Z&to=2023-10-30T00:00:00Z", "?from"),
    (f"{EXPIRING}?from=0000-09-01T00:00:00Z&to=2023-10-30T00:00:00Z", "?from"),
    (f"{EXPIRING}?from=0001-01-01T00:00:00%2B02:00&to=2023-10-30T00:00:00Z", "?from"),
    (f"{EXPIRING}?from=1693526400&to=1696118399", "?from"),
    (f"{EXPIRING}?from=2023-09-30T00:00:00Z&to=2023-09-29T23:59:59Z", "?"),
    (f"{EXPIRING}?{WHEN}&from=2023-09-01T00:00:00Z", "?from"),
)


@pytest.mark.parametrize(("target", "named"), REFUSED, ids=lambda text: str(text)[-40:])
def test_a_wrong_query(api: Caller, vendors: Vendors, url: str, target: str, named: str | None) -> None:
    """What is unknown, repeated, mistyped or badly encoded is 400 and named; no vendor hears of it."""
    headers = [(name.encode(), value.encode()) for name, value in api.headers.items()]
    response = exchange(url, request(b"GET", target.encode(), headers))
    if named is None:
        assert response.status == 200
    else:
        assert (response.status, response.code) == (400, "invalid_request"), response.body
        expected = b"The address" if named == "address" else f'"pointer":"{named}"'.encode()
        assert expected in response.body
    assert vendors.requests == 0


@pytest.mark.parametrize(
    "moment",
    [
        "2023-09-01T00:00:00Z",
        "2023-09-01t00:00:00z",
        "2023-09-01T00:00:00.000000Z",
        "2023-09-01T02:00:00%2B02:00",
        "2023-08-31T19:00:00-05:00",
        "2023-09-01T00%3A00%3A00%2B00%3A00",
    ],
)
def test_moments_with_an_offset(api: Caller, vendors: Vendors, moment: str) -> None:
    """A time with an offset is taken, in any spelling of RFC 3339, and answered in UTC with `Z`."""
    response = api.send("GET", f"{EXPIRING}?from={moment}&to=2023-09-30T23:59:59.5Z")
    assert response.status_code == 200, response.text
    document = response.json()
    assert (document["from"], document["to"], document["points"]) == (
        "2023-09-01T00:00:00Z",
        "2023-09-30T23:59:59.500Z",
        "150.24",
    )


def test_an_empty_period_of_one_moment(api: Caller, vendors: Vendors) -> None:
    """Both ends count: a period may begin and end with the same moment."""
    response = api.send("GET", f"{EXPIRING}?from=2023-09-01T00:00:00Z&to=2023-09-01T00:00:00Z")
    assert response.json()["points"] == "100.1"


def test_a_parameter_without_value_is_an_empty_one(api: Caller, vendors: Vendors) -> None:
    """Leaving the value out does not leave the parameter out."""
    response = api.send("GET", "/v1/adjustments?cursor")
    assert response.status_code == 400
