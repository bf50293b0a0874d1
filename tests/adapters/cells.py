"""What a cell of the field table in docs/api.md means, checked on what arrived at the vendor and on the answer."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from gateway.conformance.request_texts import texts_of
from gateway.errors import OperationNotSupported
from gateway.model import Adjustment, Member
from gateway.planning.translation import Translator
from gateway.port import registry
from gateway.reads import LookupRead, TransactionsRead
from gateway.settings import SettingsError
from gateway.write import Write
from tests.adapters.desk import Desk, assert_refused
from tests.adapters.served import configured

Check = Callable[[Desk, str], None]
"""Takes a desk and the vendor of the cell's column."""


def works(operation: str) -> Check:
    """The vendor does this."""

    def check(desk: Desk, vendor: str) -> None:
        assert desk.call(vendor, operation).status_code == (201 if operation == "adjust" else 200)
        assert len(desk.requests(vendor)) == 1
        assert [effect.points for effect in desk.simulator(vendor).effects] == [5] * (operation == "adjust")

    return check


def cannot(operation: str) -> Check:
    """The vendor has no such operation: no configuration can ask it for it, and no caller."""

    def check(desk: Desk, vendor: str) -> None:
        response = desk.call(vendor, operation)
        assert (response.status_code, response.json()["code"]) == (422, "operation_not_supported")
        kinds, settings = registry.adapters(), desk.simulator(vendor).settings
        with pytest.raises(SettingsError, match=f"cannot do {operation}"):
            configured(desk.scratch(), {vendor: settings}, kinds, more={"routes": {operation: vendor}})
        assert desk.requests(vendor) == []

    return check


def listed_in_json(desk: Desk, vendor: str) -> None:
    """The vendor lists the transactions of a member in JSON; in XML nothing is sent."""
    works("transactions")(desk, vendor)
    arrived = len(desk.requests(vendor))
    assert desk.read(f"{vendor}_xml", "transactions").json()["code"] == "operation_not_supported"
    assert len(desk.requests(vendor)) == arrived


def tiers_in_json(desk: Desk, vendor: str) -> None:
    """The vendor lists a member's tiers of the configured group in JSON; in XML or without a group nothing is sent."""
    works("lookup")(desk, vendor)
    assert desk.last(vendor)["tiers_group_id"] == desk.simulator(vendor).settings["tiers_group_id"]
    kind, simulator = registry.adapters()[desk.simulator(vendor).name], desk.simulator(vendor)
    for changes in ({"tiers_group_id": None}, {"format": "xml"}):
        settings = kind.settings.model_validate({**simulator.settings, **changes})
        with pytest.raises(OperationNotSupported):
            Translator(vendor, kind, settings).read(LookupRead(Member.parse(simulator.example.member)))


def listed(desk: Desk, vendor: str) -> None:
    """The vendor lists the transactions of a member where the setting `account` is set; else nothing is sent."""
    works("transactions")(desk, vendor)
    made = desk.adjust(vendor).json()
    newest = desk.read(vendor, "transactions").json()["data"][0]
    assert (newest["id"], newest["adjustment"]) == (made["vendor"]["transaction_id"], made["id"])
    kind, simulator = registry.adapters()[desk.simulator(vendor).name], desk.simulator(vendor)
    settings = kind.settings.model_validate({**simulator.settings, "account": None})
    with pytest.raises(OperationNotSupported):
        Translator(vendor, kind, settings).read(TransactionsRead(Member.parse(simulator.example.member)))


def unsaid(field: str, *, ignoring: str | None = None) -> Check:
    """The vendor cannot be told this: refused by name, or left out and reported by a vendor that ignores it."""
    value = True if field == "pending" else "base" if field == "point_type" else "12"

    def check(desk: Desk, vendor: str) -> None:
        assert_refused(desk, vendor, desk.adjust(vendor, **{field: value}), f"/{field}")
        if ignoring is not None:
            answer = desk.adjust(ignoring, **{field: value}).json()
            assert (answer["status"], answer[field], answer["not_sent"]) == ("succeeded", value, [field])
            assert value not in texts_of(desk.requests(vendor)[-1])

    return check


def no_search(desk: Desk, vendor: str) -> None:
    """The vendor's adapter says of no way to look for a write."""
    assert registry.adapters()[desk.simulator(vendor).name].found_by is None


def searched(desk: Desk, vendor: str) -> None:
    """The vendor is searched by contact and by the adjustment's id, where that was sent and an account is named."""
    kind, simulator = registry.adapters()[desk.simulator(vendor).name], desk.simulator(vendor)
    wanted = Adjustment(Member("contact_id", "1"), Decimal(5))

    def translator(**changes: Any) -> Translator:
        return Translator(vendor, kind, kind.settings.model_validate({**simulator.settings, **changes}))

    request = translator(account="sample").find(Write(wanted), id="adj_1").request
    assert (request.method, request.path) == ("GET", "/api/v2/sample/Points?contactId=1&sourceId=adj_1")
    assert request.resolved(writing=False).effect is False
    for changes in ({"account": None}, {"account": "sample", "source_id": "reference"}):
        with pytest.raises(OperationNotSupported):
            translator(**changes).find(Write(wanted), id="adj_1")


def searched_by_pages(desk: Desk, vendor: str) -> None:
    """The vendor's list of transactions is searched, from the first or from a later one on; not in XML."""
    kind, simulator = registry.adapters()[desk.simulator(vendor).name], desk.simulator(vendor)
    wanted, last = Write(Adjustment(Member("email", "a"), Decimal(5))), "0b9a2b1e-6f5d-4f6c-9c55-0a1b2c3d4e5f"

    def translator(**changes: Any) -> Translator:
        return Translator(vendor, kind, kind.settings.model_validate({**simulator.settings, **changes}))

    for cursor in (None, last):
        request = translator().find(wanted, id="adj_1", cursor=cursor).request
        assert request.path == "/api/v1.1/loyalty/account/transactions"
        assert json.loads(request.body).get("from_id") == cursor
        assert request.resolved(writing=False).effect is False
    with pytest.raises(OperationNotSupported):
        translator(format="xml").find(wanted, id="adj_1")


def no_id(desk: Desk, vendor: str) -> None:
    """The vendor hears nothing of the adjustment's id, so a repeat could not be found or seen."""
    identifier = desk.adjust(vendor).json()["id"]
    [request] = desk.requests(vendor)
    assert identifier not in request.target + request.body.decode() + str(request.headers)
    assert preview(desk, vendor)["repeat_safety"] == "none"


def absent(*path: str, value: Any = None) -> Check:
    """The vendor's answer to an adjustment says nothing of this."""

    def check(desk: Desk, vendor: str) -> None:
        told = desk.adjust(vendor).json()
        for name in path:
            told = told[name]
        assert told == value

    return check


def by_id_type(desk: Desk, vendor: str) -> None:
    """EntityIDType and EntityID stand in the path."""
    for member, end in (
        ("email:Jason@example.com", "Email/Jason%40example.com"),
        ("custom.user_id:7 %", "Custom/7%20%25"),
    ):
        assert desk.adjust("arcade_ids", member=member).status_code == 201
        assert desk.requests(vendor)[-1].path == f"/API/Partners/99999/Profiles/{end}/Points"
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust(vendor, member="custom.user_id:7"), "/member")


def by_profile_id(desk: Desk, vendor: str) -> None:
    """The profile's id is said as it is."""
    member = desk.simulator(vendor).example.member
    assert desk.sent(vendor, member=member)["profileId"] == member.removeprefix("profile_id:")
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust(vendor, member="email:jason@example.com"), "/member")


def by_matching(desk: Desk, vendor: str) -> None:
    """Each scheme is a way of matching, with its own fields."""
    asked = {
        "email:user@example.com": {"matching": "email", "email": "user@example.com"},
        "phone:+1234567890": {"matching": "phone", "phone": "+1234567890"},
        "profile_id:profile_123": {"matching": "profile_id", "profile_id": "profile_123"},
        "custom.user_id:12345": {"matching": "custom", "field_name": "user_id", "field_value": 12345},
        "custom.card:0012": {"matching": "custom", "field_name": "card", "field_value": "0012"},
    }
    names = {"matching", "email", "phone", "profile_id", "field_name", "field_value"}
    for member, fields in asked.items():
        sent = desk.asked(vendor, member=member)
        assert {name: value for name, value in sent.items() if name in names} == fields
    desk.fresh()
    assert_refused(desk, vendor, desk.read(vendor, "expiring", member="contact_id:1"), "/member")


def by_contact_id(desk: Desk, vendor: str) -> None:
    """The contact's id is a number."""
    assert desk.sent(vendor, member="contact_id:2")["ContactId"] == 2
    desk.fresh()
    for member in ("contact_id:0", "contact_id:-1", "contact_id:01", "contact_id:x", "email:jason@example.com"):
        assert_refused(desk, vendor, desk.adjust(vendor, member=member), "/member")


def whole_points(desk: Desk, vendor: str) -> None:
    """Whole numbers of either sign are said as digits; a fraction is refused."""
    for points in ("5", "-7", "999999999999"):
        assert desk.adjust(vendor, points=points).status_code == 201
        assert f"value={points}" in desk.requests(vendor)[-1].query.split("&")
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust(vendor, points="2.5"), "/points")


def exact_points(name: str) -> Check:
    """Points arrive as a JSON number with the digits that they were given."""

    def check(desk: Desk, vendor: str) -> None:
        for points in ("150.24", "-2.5", "999999999999.999999", "-0.000001", "100"):
            assert desk.adjust(vendor, points=points).status_code == 201
            assert f'"{name}":{points}'.encode() in desk.requests(vendor)[-1].body
            assert desk.simulator(vendor).effects[-1].points == Decimal(points)

    return check


def preview(desk: Desk, vendor: str, **body: Any) -> dict[str, Any]:
    """What an adjustment would send."""
    member = desk.simulator(vendor).example.member
    response = desk.gateway.adjust(vendor, {"member": member, "points": "5", **body}, preview=True)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document
