"""What the cells of square in the tables of docs/api.md mean, checked on what arrived at the vendor and on answers."""

import json
from typing import Any

from tests.adapters.cells import preview
from tests.adapters.desk import Desk, assert_refused
from tests.adapters.test_samples import answering

ID = "79b807d2-d786-46a9-933b-918028d7a8c5"
ACCOUNT: dict[str, Any] = {
    "id": ID,
    "program_id": "d619f755-2d17-41f3-990d-c04ecedd64dd",
    "balance": 10,
    "lifetime_points": 20,
    "customer_id": "Q8002FAM9V1EZ0ADB2T5609X6NET1H0",
    "enrolled_at": "2020-05-08T21:43:00Z",
    "created_at": "2020-05-08T21:44:32Z",
    "updated_at": "2020-05-08T21:44:33Z",
    "mapping": {
        "id": "66aaab3f-da99-49ed-8b19-b87f851c844f",
        "phone_number": "+14155551234",
        "created_at": "2020-05-08T21:44:32Z",
    },
    "expiring_point_deadlines": [
        {"points": 7, "expires_at": "2021-06-08T21:44:32Z"},
        {"points": 3, "expires_at": "2021-05-08T23:44:32+02:00"},
    ],
}
"""The sample's account, with points that expire; each value another."""
ANSWER = json.dumps({"loyalty_account": ACCOUNT})
ACCOUNTS = "/v2/loyalty/accounts"


def by_account_id(desk: Desk, vendor: str) -> None:
    """The account's id stands in the path, as one segment."""
    desk.adjust(vendor, member="account_id:a&b %")
    assert desk.requests(vendor)[-1].path == f"{ACCOUNTS}/a%26b%20%25/adjust"
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust(vendor, member="phone:+14155551234"), "/member")


def whole_points(desk: Desk, vendor: str) -> None:
    """Whole numbers of either sign are JSON numbers; a fraction and what 32 bits cannot hold are refused."""
    for points in ("5", "-7", "2147483600"):
        assert desk.sent(vendor, points=points)["adjust_points"] == {"points": int(points)}
        desk.fresh()
    for points in ("2.5", "2147483648", "-2147483648"):
        assert_refused(desk, vendor, desk.adjust(vendor, points=points), "/points")


def reason(desk: Desk, vendor: str) -> None:
    """The words are the reason of the event; none where there are none."""
    assert desk.sent(vendor, description="50% für dich")["adjust_points"] == {"points": 5, "reason": "50% für dich"}
    assert desk.sent(vendor)["adjust_points"] == {"points": 5}


def allowing(desk: Desk, vendor: str) -> None:
    """Said only where it is true: a debit may then go below zero."""
    for options in ({}, {"square": {"allow_negative_balance": False}}):
        answer = desk.adjust(vendor, points="-11", options=options)
        assert (answer.status_code, answer.json()["code"]) == (422, "vendor_rejected")
        assert "allow_negative_balance" not in desk.last(vendor)
    sent = desk.sent(vendor, points="-11", options={"square": {"allow_negative_balance": True}})
    assert sent["allow_negative_balance"] is True
    assert desk.read(vendor, "balance").json()["available"] == "-1"


def key(desk: Desk, vendor: str) -> None:
    """The adjustment's id is the idempotency key; the vendor makes one of two only for as long as is configured."""
    identifier = desk.adjust(vendor).json()["id"]
    assert desk.last(vendor)["idempotency_key"] == identifier
    assert preview(desk, vendor)["repeat_safety"] == "enforced"
    assert preview(desk, f"{vendor}_bare")["repeat_safety"] == "none"


def event_details(desk: Desk, vendor: str) -> None:
    """The other fields of the event."""
    details = desk.adjust(vendor, description="Thanks").json()["vendor"]["details"]
    assert set(details) == {"created_at", "source", "location_id", "program_id", "reason"}
    assert (details["source"], details["location_id"], details["reason"]) == ("LOYALTY_API", None, "Thanks")


def next_expiry(desk: Desk, vendor: str) -> None:
    """The earliest deadline, and none where nothing expires."""
    answering(desk, vendor, ANSWER)
    expected = {"points": "3", "at": "2021-05-08T21:44:32Z"}
    assert desk.read(vendor, "balance").json()["next_expiry"] == expected
    desk.fresh()
    assert desk.read(vendor, "balance").json()["next_expiry"] is None


def deadlines(desk: Desk, vendor: str) -> None:
    """Each deadline, in the vendor's order; none is an empty schedule."""
    answering(desk, vendor, ANSWER)
    document = desk.read(vendor, "expiring").json()
    assert [(bucket["points"], bucket["at"], bucket["within_days"]) for bucket in document["buckets"]] == [
        ("7", "2021-06-08T21:44:32Z", None),
        ("3", "2021-05-08T21:44:32Z", None),
    ]
    assert desk.read(vendor, "expiring").json()["buckets"] == []


def looked_up(desk: Desk, vendor: str) -> None:
    """The account by its id, others by a search for one of them."""
    assert desk.queried(vendor, "lookup", member="account_id:a&b") == f"{ACCOUNTS}/a%26b"
    for member, query in (
        ("phone:+14155551234", {"mappings": [{"phone_number": "+14155551234"}]}),
        ("customer_id:Q8002", {"customer_ids": ["Q8002"]}),
    ):
        assert desk.asked(vendor, "lookup", member=member) == {"query": query}
        assert desk.requests(vendor)[-1].target == f"{ACCOUNTS}/search"
    desk.fresh()
    assert_refused(desk, vendor, desk.read(vendor, "lookup", member="email:jason@example.com"), "/member")


def enrolled_at(desk: Desk, vendor: str) -> None:
    """The time of the answer; none where it has none."""
    answering(desk, vendor, ANSWER)
    assert desk.read(vendor, "lookup").json()["enrolled_at"] == "2020-05-08T21:43:00Z"
    assert desk.read(vendor, "lookup").json()["enrolled_at"] is None


def several(desk: Desk, vendor: str) -> None:
    """Two accounts with the same phone are told apart by nobody."""
    answering(desk, vendor, json.dumps({"loyalty_accounts": [ACCOUNT, {**ACCOUNT, "id": "another"}]}))
    problem = desk.read(vendor, "lookup", member="phone:+14155551234").json()
    assert problem["code"] == "member_ambiguous"


def account_details(desk: Desk, vendor: str) -> None:
    """The fields of the account that have no place of their own."""
    answering(desk, vendor, ANSWER)
    assert desk.read(vendor, "lookup").json()["vendor"]["details"] == {
        "balance": "10",
        "lifetime_points": "20",
        "program_id": "d619f755-2d17-41f3-990d-c04ecedd64dd",
        "mapping_id": "66aaab3f-da99-49ed-8b19-b87f851c844f",
        "created_at": "2020-05-08T21:44:32Z",
        "updated_at": "2020-05-08T21:44:33Z",
    }
