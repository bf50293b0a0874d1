"""The cells of the field table that tell of one field of one vendor."""

from decimal import Decimal
from typing import Any

from tests.adapters.cells import preview
from tests.adapters.desk import Desk, assert_refused


def point_type_or_none(desk: Desk, vendor: str) -> None:
    """The mapped word, else the default's, else nothing."""
    assert desk.sent(vendor, point_type="bonus")["pointType"] == "Bonus"
    assert desk.sent(vendor)["pointType"] == "Base"
    assert "pointType" not in desk.sent("club_bare")
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust(vendor, point_type="gold"), "/point_type")


def currency(desk: Desk, vendor: str) -> None:
    """The mapped external or internal id, else the default's; without either the question is refused."""

    def named(sent: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in sent.items() if name.startswith("points_currency")}

    assert named(desk.asked(vendor, point_type="bonus")) == {"points_currency_eid": "bonus_points"}
    assert named(desk.asked(vendor, point_type="base")) == {"points_currency_iid": 1}
    assert named(desk.asked(vendor)) == {"points_currency_eid": "bonus_points"}
    desk.fresh()
    assert_refused(desk, vendor, desk.read("perks_bare", "expiring"), "/point_type")
    assert_refused(desk, vendor, desk.read(vendor, "expiring", point_type="gold"), "/point_type")


def required_type(desk: Desk, vendor: str) -> None:
    """The mapped word, else the default's; without either, or with one that is too long, nothing is sent."""
    assert desk.sent(vendor, point_type="bonus")["Type"] == "bonus"
    assert desk.sent(vendor)["Type"] == "standard"
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust("crm_bare", description="d"), "/point_type")
    assert_refused(desk, vendor, desk.adjust(vendor, point_type="gold"), "/point_type")
    assert_refused(desk, vendor, desk.adjust("crm_long"), "/point_type")


def description_in_query(desk: Desk, vendor: str) -> None:
    """The words stand in the query, in UTF-8 and percent-encoded; none where there are none."""
    assert desk.adjust(vendor, description="50% für dich & mich + 1").status_code == 201
    words = "50%25%20f%C3%BCr%20dich%20%26%20mich%20%2B%201"
    assert desk.requests(vendor)[-1].query == f"value=5&description={words}"
    assert desk.adjust(vendor).status_code == 201
    assert desk.requests(vendor)[-1].query == "value=5"


def required_description(desk: Desk, vendor: str) -> None:
    """The words, else the default ones; without either nothing is sent."""
    assert desk.sent(vendor, description="50% für dich")["Description"] == "50% für dich"
    assert desk.sent(vendor)["Description"] == "Points adjustment"
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust("crm_bare", point_type="base"), "/description")


def reason_code(desk: Desk, vendor: str) -> None:
    """The mapped code, else the default's, else nothing; a reason without a code is refused."""
    assert desk.sent(vendor, reason="correction")["reasonCode"] == "7503"
    assert desk.sent(vendor)["reasonCode"] == "7502"
    assert "reasonCode" not in desk.sent("club_bare")
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust(vendor, reason="whim"), "/reason")


def source(desk: Desk, vendor: str) -> None:
    """The reference is SourceDescription, whose option then has no place; or SourceId, where so configured."""
    option = {"contact-points": {"source_description": "till"}}
    assert desk.sent(vendor, reference="order-1")["SourceDescription"] == "order-1"
    assert "SourceDescription" not in desk.sent(vendor)
    sent = desk.sent("crm_reference", reference="order-1", options=option)
    assert (sent["SourceId"], sent["SourceDescription"]) == ("order-1", "till")
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust(vendor, reference="order-1", options=option), "/reference")


def store_id(desk: Desk, vendor: str) -> None:
    """The store is a positive whole number."""
    assert desk.sent(vendor, store="12")["StoreId"] == 12
    assert "StoreId" not in desk.sent(vendor)
    desk.fresh()
    for store in ("0", "-1", "012", "1.0", "downtown"):
        assert_refused(desk, vendor, desk.adjust(vendor, store=store), "/store")


def set_to_pending(desk: Desk, vendor: str) -> None:
    """Always said: true where asked for, else false."""
    assert desk.sent(vendor, pending=True)["setToPending"] is True
    assert desk.sent(vendor, pending=False)["setToPending"] is False
    assert desk.sent(vendor)["setToPending"] is False


def billing_entity(desk: Desk, vendor: str) -> None:
    """The option, else the setting, else nothing."""
    assert desk.sent(vendor, options={"fabric": {"billing_entity": "Outlet"}})["billingEntity"] == "Outlet"
    assert desk.sent(vendor)["billingEntity"] == "Company_Club"
    assert "billingEntity" not in desk.sent("club_bare")


def contact_options(desk: Desk, vendor: str) -> None:
    """Each option is a field of its own; what is not given is not sent."""
    options = {
        "company_id": 3,
        "sub_type": "web",
        "book_value": "0.10",
        "point_calculation_base": 99.95,
        "source_description": "till",
        "dynamic": {"Test": "x", "": "y"},
    }
    sent = desk.sent(vendor, options={"contact-points": options})
    fields = {
        "ContactCompanyId": 3,
        "SubType": "web",
        "BookValue": Decimal("0.1"),
        "PointCalculationBase": Decimal("99.95"),
        "SourceDescription": "till",
        "Dynamic_Test": "x",
        "Dynamic_": "y",
    }
    assert {name: value for name, value in sent.items() if name in fields} == fields
    assert not fields.keys() & desk.sent(vendor).keys()
    desk.fresh()
    long = desk.adjust(vendor, options={"contact-points": {"sub_type": "x" * 33}})
    assert_refused(desk, vendor, long, "/options/contact-points/sub_type")


def source_id(desk: Desk, vendor: str) -> None:
    """The adjustment's id is SourceId, by which it can be searched for, unless the reference takes that place."""
    identifier = desk.adjust(vendor).json()["id"]
    assert desk.last(vendor)["SourceId"] == identifier
    assert preview(desk, vendor)["repeat_safety"] == "searchable"
    assert "SourceId" not in desk.sent("crm_reference")
    assert preview(desk, "crm_reference", reference="order-1")["repeat_safety"] == "none"


def balance_with_lifetime(desk: Desk, vendor: str) -> None:
    """The answer's two numbers and its time."""
    body = '{"AvailablePoints": 5, "LastUpdated": "/Date(1278521302499)/", "TotalPoints": 7}'
    desk.simulator(vendor).faults.add({"kind": "body", "body": body, "apply": True})
    told = {"available": "5", "lifetime": "7", "updated_at": "2010-07-07T16:48:22.499Z"}
    assert desk.adjust(vendor).json()["balance"] == told


def sum_as_balance(desk: Desk, vendor: str) -> None:
    """The answer's Sum is what is available; it says no more."""
    for available in ("5.25", "10.5"):
        told = desk.adjust(vendor, points="5.25").json()["balance"]
        assert told == {"available": available, "lifetime": None, "updated_at": None}


def transaction(desk: Desk, vendor: str) -> None:
    """The vendor's own name for what it did, as text."""
    told = desk.adjust(vendor).json()["vendor"]["transaction_id"]
    assert told == desk.simulator(vendor).effects[-1].transaction_id


def envelope_details(desk: Desk, vendor: str) -> None:
    """What the envelope says besides its transaction."""
    details = {"message": "Member points adjusted", "data_message": "5.0 points added", "future_date": False}
    assert desk.adjust(vendor).json()["vendor"]["details"] == details


def error_details(desk: Desk, vendor: str) -> None:
    """The code and words of the answer."""
    details = {"error": 0, "error_text": "Successful operation"}
    assert desk.read(vendor, "expiring").json()["vendor"]["details"] == details


def point_details(desk: Desk, vendor: str) -> None:
    """Every field of ReadPointDto but those that have a place elsewhere: Id and Sum."""
    details = desk.adjust(vendor, store="12").json()["vendor"]["details"]
    assert details.keys() == {
        *("contact_id", "contact_company_id", "type", "amount", "date_time", "description", "source_id"),
        *("source_description", "store_id", "administrator_id", "book_value", "sub_type", "point_calculation_base"),
        *("converter_transaction_id", "is_canceller", "canceller_point_id"),
    }
    assert (details["amount"], details["store_id"], details["is_canceller"]) == ("5", 12, False)


def dates(desk: Desk, vendor: str) -> None:
    """Both ends, in UTC, whatever offset they came with."""
    sent = desk.asked(vendor, **{"from": "2023-09-01T02:00:00+02:00", "to": "2023-09-30T23:59:59.5Z"})
    assert (sent["date_from"], sent["date_to"]) == ("2023-09-01T00:00:00Z", "2023-09-30T23:59:59.500Z")
