"""Previews and capabilities: what a call would send, and what could be sent, without sending anything."""

from typing import Any

import pytest

from tests.end_to_end.caller import MEMBER, Caller, refused
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.writers import WRITERS, Writer


def preview(api: Caller, body: dict[str, Any]) -> Any:
    """Preview an adjustment, without a key."""
    return api.send("POST", "/v1/adjustments/preview", json=body)


@pytest.mark.parametrize("writer", WRITERS, ids=str)
def test_a_preview_is_what_is_sent(api: Caller, vendors: Vendors, writer: Writer) -> None:
    """The request that a preview shows is the one that the vendor gets, but for secrets and the id."""
    shown = preview(api, writer.body)
    assert shown.status_code == 200, shown.text
    assert vendors.requests == 0
    vendor = writer.vendor(vendors)
    assert vendor.secret not in shown.text
    identifier = api.adjust(writer.body).json()["id"]
    (sent,) = vendor.requests
    document = shown.json()["request"]
    assert (document["method"], document["url"]) == (sent.method, vendor.simulator.origin + sent.target)
    unmasked = {name: value.replace("***", vendor.secret) for name, value in document["headers"].items()}
    assert unmasked.items() <= dict(sent.headers).items()
    assert "***" in str(document["headers"])
    if sent.body:
        inside = shown.content.partition(b'"body":')[2]
        assert inside.startswith(sent.body.replace(identifier.encode(), b"adj_preview"))
    else:
        assert document["body"] is None


def test_a_preview_says_how_it_was_decided(api: Caller, vendors: Vendors) -> None:
    """The rule, the vendor, what would not be sent, and what the vendor offers against repeating it."""
    body = {"member": MEMBER["iactionable"], "points": 5, "reason": "x", "reference": "order-1", "store": "12"}
    document = preview(api, body).json()
    del document["request"]
    assert document == {
        "rule": "tenants.acme.routes.adjust[2]",
        "vendor": {"name": "arcade", "adapter": "iactionable"},
        "not_sent": ["reason", "reference", "store"],
        "repeat_safety": "none",
    }
    assert preview(api, {"member": "contact_id:1", "points": 5}).json()["repeat_safety"] == "searchable"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"member": "contact_id:1", "points": 0}, 400, "invalid_request"),
        ({"member": "contact_id:1", "points": 5, "x": 1}, 400, "invalid_request"),
        ({"member": "card:1", "points": 5}, 422, "operation_not_supported"),
        ({"member": "contact_id:one", "points": 5}, 422, "field_not_supported"),
        ({"member": "contact_id:1", "points": 5, "pending": True}, 422, "field_not_supported"),
    ],
)
def test_a_preview_has_the_problems_of_the_call(
    api: Caller, vendors: Vendors, body: dict[str, Any], status: int, code: str
) -> None:
    """What would be refused before anything is sent is refused here in the same words."""
    shown, response = refused(preview(api, body), status, code), refused(api.adjust(body), status, code)
    assert {**shown, "request_id": None} == {**response, "request_id": None}
    assert vendors.requests == 0


def test_a_preview_keeps_nothing(api: Caller, vendors: Vendors) -> None:
    """A preview takes no key, and the list knows nothing of it."""
    body = {"member": "contact_id:1", "points": 5, "reference": "only previewed"}
    assert preview(api, body).status_code == 200
    assert api.get("/v1/adjustments", reference="only previewed").json() == {"data": [], "next_cursor": None}


UNSAYABLE = (
    ("contact-points", {"reason": "goodwill"}, "/reason"),
    ("contact-points", {"pending": True}, "/pending"),
    ("contact-points", {"point_type": "gold"}, "/point_type"),
    ("contact-points", {"store": "twelve"}, "/store"),
    ("contact-points", {"options": {"contact-points": {"sub_type": "x" * 33}}}, "/options/contact-points/sub_type"),
    ("contact-points", {"reference": "r", "options": {"contact-points": {"source_description": "s"}}}, "/reference"),
    ("iactionable", {"points": "0.5"}, "/points"),
    ("iactionable", {"point_type": "base"}, "/point_type"),
    ("iactionable", {"pending": True}, "/pending"),
    ("fabric", {"description": "You are cool"}, "/description"),
    ("fabric", {"reference": "order-1"}, "/reference"),
    ("fabric", {"store": "12"}, "/store"),
    ("fabric", {"reason": "unheard-of"}, "/reason"),
    ("fabric", {"point_type": "gold"}, "/point_type"),
)


@pytest.mark.parametrize(("adapter", "fields", "pointer"), UNSAYABLE, ids=lambda value: str(value)[:32])
def test_nothing_is_dropped_in_silence(
    api: Caller, vendors: Vendors, adapter: str, fields: dict[str, Any], pointer: str
) -> None:
    """What the routed vendor cannot be told is 422 `field_not_supported`, named, and nothing is sent."""
    problem = refused(api.adjust({"member": MEMBER[adapter], "points": 5, **fields}), 422, "field_not_supported")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert problem["retryable"] is False
    assert vendors.requests == 0


def test_what_the_operator_lets_go(api: Caller, vendors: Vendors) -> None:
    """A field under `ignore` is kept and said back, not sent, and named in `not_sent`."""
    body = {"member": MEMBER["fabric"], "points": 5, "description": "You are cool", "reference": "r", "store": "12"}
    response = api.acting(tenant="outlet").adjust(body)
    document = response.json()
    assert (response.status_code, document["not_sent"]) == (201, ["description", "reference", "store"])
    assert (document["description"], document["reference"], document["store"]) == ("You are cool", "r", "12")
    assert b"cool" not in vendors.club.requests[0].body


def test_options_of_other_adapters_are_checked_and_not_sent(api: Caller, vendors: Vendors) -> None:
    """Options belong to an adapter: those of another one are checked by it, kept, and go nowhere."""
    body = {"member": "contact_id:1", "points": 5, "options": {"fabric": {"billing_entity": "Elsewhere"}}}
    response = api.adjust(body)
    assert (response.status_code, response.json()["options"]) == (201, body["options"])
    assert b"Elsewhere" not in vendors.crm.requests[0].body
    wrong = {**body, "options": {"fabric": {"billing_entity": ""}}}
    refused(api.adjust(wrong), 400, "invalid_request")


def test_capabilities(api: Caller, vendors: Vendors) -> None:
    """Each rule says when it applies, to whom it leads, and what can be said there."""
    document = api.get("/v1/capabilities").json()
    assert document["tenant"] == "acme"
    crm, club, arcade = document["operations"]["adjust"]
    assert crm == {
        "when": {"member": ["contact_id"]},
        "vendor": "crm",
        "adapter": "contact-points",
        "member_schemes": ["contact_id"],
        "resolves": [],
        "fields": ["description", "member", "options", "point_type", "points", "reference", "store"],
        "point_types": ["base", "bonus"],
        "fractions": True,
        "balance_in_answer": True,
        "repeat_safety": "searchable",
        "reversals": ["linked"],
    }
    assert (club["fractions"], club["repeat_safety"], "reason" in club["fields"]) == (True, "none", True)
    assert (arcade["fractions"], arcade["point_types"]) == (False, [])
    assert [each["vendor"] for each in document["operations"]["balance"]] == ["arcade"]
    (expiring,) = document["operations"]["expiring"]
    assert expiring["member_schemes"] == ["email", "phone", "profile_id", "custom.*"]
    assert expiring["fields"] == ["from", "member", "point_type", "to"]
    assert vendors.requests == 0


def test_capabilities_without_routes(api: Caller) -> None:
    """An operation without a rule has none to show."""
    document = api.acting(tenant="silent").get("/v1/capabilities").json()
    assert (document["operations"]["adjust"], document["operations"]["balance"]) == ([], [])
