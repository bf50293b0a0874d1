"""What a cell of the tables of reads in docs/api.md means, checked on what arrived at the vendor and on the answer."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from adapters.iactionable.simulated_point_types import APP_KEY
from tests.adapters.answered import FABRIC_DISTINCT, V3_ANSWER
from tests.adapters.cells import Check
from tests.adapters.desk import Desk, assert_refused
from tests.adapters.square import cells_of_square
from tests.adapters.test_read_samples import ACCOUNT_ANSWER, FABRIC_EXPIRY, SUMS_ANSWER
from tests.adapters.test_samples import IACTIONABLE_ANSWER, answering

MATCHING = ("matching", "email", "phone", "profile_id", "field_name", "field_value")
SAMPLES: Mapping[str, tuple[str, str]] = {
    "arcade": ("arcade", IACTIONABLE_ANSWER),
    "club": ("club", FABRIC_DISTINCT),
    "perks": ("perks", ACCOUNT_ANSWER),
    "crm": ("crm_sums", SUMS_ANSWER),
    "till": ("till", cells_of_square.ANSWER),
}
"""An answer about a balance, and the vendor whose settings fit it."""


def amount(name: str, value: str | None, *, with_type: Any = ...) -> Check:
    """The sample's value of this amount or time; with a point type, another."""

    def check(desk: Desk, vendor: str) -> None:
        configured, sample = SAMPLES[vendor]
        answering(desk, vendor, sample)
        assert desk.read(configured, "balance").json()[name] == value
        if with_type is not ...:
            answering(desk, vendor, sample)
            assert desk.read(configured, "balance", point_type="base").json()[name] == with_type

    return check


def type_of_v3(desk: Desk, vendor: str) -> None:
    """The mapped key, else the default's, of the v3 API, with the application's key; the partner API knows no types."""
    path = "/v3/user/email/jason%40example.com/points"
    assert desk.queried("arcade_v3", "balance", point_type="coins") == f"{path}/coins?appKey={APP_KEY}"
    assert desk.queried("arcade_v3", "balance") == f"{path}/experience?appKey={APP_KEY}"
    assert desk.requests(vendor)[-1].header("Authorization") is None
    desk.fresh()
    assert_refused(desk, vendor, desk.read("arcade_v3", "balance", point_type="gold"), "/point_type")
    assert_refused(desk, vendor, desk.read(vendor, "balance", point_type="coins"), "/point_type")


def points_or_those_of_v3(desk: Desk, vendor: str) -> None:
    """The points of the partner API's answer; of the v3 API's, without a lifetime total and a time."""
    amount("available", "5")(desk, vendor)
    answering(desk, vendor, V3_ANSWER)
    document = desk.read("arcade_v3", "balance").json()
    assert (document["available"], document["lifetime"], document["updated_at"]) == ("120", None, None)


def details_of_v3(desk: Desk, vendor: str) -> None:
    """The type of the points, the level and the reason, of the v3 API."""
    details()(desk, vendor)
    answering(desk, vendor, V3_ANSWER)
    assert desk.read("arcade_v3", "balance").json()["vendor"]["details"] == {
        "point_type": {"key": "experience", "name": "Experience Points"},
        "level": {
            "current": {
                "name": "Regular",
                "number": 2,
                "required_points": "100",
                "level_type": {"key": "experience_levels", "name": "Experience Levels"},
            },
            "next": None,
        },
        "reason": "You are cool",
    }


def sum_or_null(desk: Desk, vendor: str) -> None:
    """The sum, and no number without one."""
    amount("available", "2")(desk, vendor)
    answering(desk, vendor, "[]")
    document = desk.read(vendor, "balance").json()
    assert (document["available"], document["vendor"]["details"]) == (None, {"sums": []})


def details(*names: str, operation: str = "balance", sample: str | None = None) -> Check:
    """The vendor's other fields, by these names."""

    def check(desk: Desk, vendor: str) -> None:
        configured, own = SAMPLES[vendor]
        answering(desk, vendor, sample or own)
        assert set(desk.read(configured, operation).json()["vendor"]["details"]) == set(names)

    return check


def sums(desk: Desk, vendor: str) -> None:
    """The key of each sum."""
    answering(desk, vendor, SUMS_ANSWER)
    found = desk.read("crm_sums", "balance").json()["vendor"]["details"]
    assert found == {"sums": [{"contact_id": 1, "type": "sample string 1"}] * 2}


def refused(operation: str, field: str, **query: str) -> Check:
    """The vendor cannot be told this in a read."""

    def check(desk: Desk, vendor: str) -> None:
        assert_refused(desk, vendor, desk.read(vendor, operation, **query), f"/{field}")

    return check


def asks(operation: str, target: str, *, member: str, wrong: str) -> Check:
    """The member stands in the address; one of another scheme is refused."""

    def check(desk: Desk, vendor: str) -> None:
        assert desk.queried(vendor, operation, member=member) == target
        desk.fresh()
        assert_refused(desk, vendor, desk.read(vendor, operation, member=wrong), "/member")

    return check


def by_matching(operation: str) -> Check:
    """Each scheme is a way of matching, with its own fields."""

    def check(desk: Desk, vendor: str) -> None:
        asked = {
            "email:user@example.com": {"matching": "email", "email": "user@example.com"},
            "phone:+1234567890": {"matching": "phone", "phone": "+1234567890"},
            "profile_id:profile_123": {"matching": "profile_id", "profile_id": "profile_123"},
            "custom.user_id:12345": {"matching": "custom", "field_name": "user_id", "field_value": 12345},
        }
        for member, fields in asked.items():
            sent = desk.asked(vendor, operation, member=member)
            assert {name: value for name, value in sent.items() if name in MATCHING} == fields
        desk.fresh()
        assert_refused(desk, vendor, desk.read(vendor, operation, member="contact_id:1"), "/member")

    return check


def _currency(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name.startswith("points_currency")}


def currency(operation: str) -> Check:
    """The mapped external or internal id, else the default's; without either a balance is asked for without one."""

    def check(desk: Desk, vendor: str) -> None:
        assert _currency(desk.asked(vendor, operation, point_type="bonus")) == {"points_currency_eid": "bonus_points"}
        assert _currency(desk.asked(vendor, operation, point_type="base")) == {"points_currency_iid": 1}
        assert _currency(desk.asked(vendor, operation)) == {"points_currency_eid": "bonus_points"}
        if operation == "balance":
            assert _currency(desk.asked("perks_bare", operation)) == {}
        desk.fresh()
        assert_refused(desk, vendor, desk.read(vendor, operation, point_type="gold"), "/point_type")
        if operation == "expiring":
            assert_refused(desk, vendor, desk.read("perks_bare", operation), "/point_type")

    return check


def row_of_type(desk: Desk, vendor: str) -> None:
    """The request is the same, also under a default; the row of the type is chosen, and one without a row is null."""
    targets = set()
    for point_type, total in (("base", "302"), ("bonus", None)):
        answering(desk, vendor, FABRIC_DISTINCT)
        targets.add(desk.queried(vendor, "balance", point_type=point_type))
        answering(desk, vendor, FABRIC_DISTINCT)
        assert desk.read(vendor, "balance", point_type=point_type).json()["total"] == total
    assert targets == {desk.queried(vendor, "balance")}
    desk.fresh()
    assert_refused(desk, vendor, desk.read(vendor, "balance", point_type="gold"), "/point_type")


def sum_type(desk: Desk, vendor: str) -> None:
    """The mapped word, else the default's; without either, or with one that is too long, nothing is sent."""
    path = "/api/v1/Points/Sums?contactId=1&type="
    assert desk.queried(vendor, "balance", point_type="bonus") == f"{path}bonus"
    assert desk.queried(vendor, "balance") == f"{path}standard"
    desk.fresh()
    for name in ("crm_bare", "crm_long"):
        assert_refused(desk, vendor, desk.read(name, "balance"), "/point_type")
    assert_refused(desk, vendor, desk.read(vendor, "balance", point_type="gold"), "/point_type")


def expiring(check: Callable[[dict[str, Any]], bool], sample: str | None = None) -> Check:
    """What is true of an answer about expiring points."""

    def checked(desk: Desk, vendor: str) -> None:
        if sample is not None:
            answering(desk, vendor, sample)
        assert check(desk.read(vendor, "expiring").json())

    return checked


def buckets(desk: Desk, vendor: str) -> None:
    """Each row of the schedule, in its order."""
    answering(desk, vendor, FABRIC_EXPIRY)
    [bucket] = desk.read(vendor, "expiring").json()["buckets"]
    assert (bucket["points"], bucket["at"], bucket["within_days"]) == ("112", "2020-03-20T01:30:08.180856Z", 30)
    assert set(bucket["details"]) == {
        *("un_restricted_total_points", "restricted_total_points", "point_value", "restricted_points")
    }


def points_answered(desk: Desk, vendor: str) -> None:
    """The answer's text is the points, exactly; as many digits as it has."""
    assert desk.read(vendor, "expiring").json()["points"] == "150.24"
    body = {"data": {"expiring_points": "0012345678901234567890.1230"}, "error": 0, "error_text": ""}
    answering(desk, vendor, json.dumps(body))
    assert desk.read(vendor, "expiring").json()["points"] == "12345678901234567890.123"


def error_details(desk: Desk, vendor: str) -> None:
    """The code and words of the answer."""
    found = desk.read(vendor, "expiring").json()["vendor"]["details"]
    assert found == {"error": 0, "error_text": "Successful operation"}


def dates(desk: Desk, vendor: str) -> None:
    """Both ends, in UTC, whatever offset they came with."""
    sent = desk.asked(vendor, **{"from": "2023-09-01T02:00:00+02:00", "to": "2023-09-30T23:59:59.5Z"})
    assert (sent["date_from"], sent["date_to"]) == ("2023-09-01T00:00:00Z", "2023-09-30T23:59:59.500Z")
