"""The cells of the field table that tell of one field of one vendor."""

from decimal import Decimal

from adapters.iactionable.simulated_point_types import APP_KEY
from gateway import exact
from gateway.conformance.request_texts import texts_of
from tests.adapters.cells import preview
from tests.adapters.desk import Desk, assert_refused

NOTHING = dict.fromkeys(("available", "total", "pending", "held", "lifetime", "next_expiry", "updated_at"))
"""A balance of which the vendor says nothing."""


def point_type_or_none(desk: Desk, vendor: str) -> None:
    """The mapped word, else the default's, else nothing."""
    assert desk.sent(vendor, point_type="bonus")["pointType"] == "Bonus"
    assert desk.sent(vendor)["pointType"] == "Base"
    assert "pointType" not in desk.sent("club_bare")
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust(vendor, point_type="gold"), "/point_type")


def required_type(desk: Desk, vendor: str) -> None:
    """The mapped word, else the default's; without either, or with one that is too long, nothing is sent."""
    assert desk.sent(vendor, point_type="bonus")["Type"] == "bonus"
    assert desk.sent(vendor)["Type"] == "standard"
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust("crm_bare", description="d"), "/point_type")
    assert_refused(desk, vendor, desk.adjust(vendor, point_type="gold"), "/point_type")
    assert_refused(desk, vendor, desk.adjust("crm_long"), "/point_type")


def type_of_v3(desk: Desk, vendor: str) -> None:
    """The mapped key, else the default's, of the v3 API; the partner API knows no types."""
    for body, key in (({"point_type": "coins"}, "coins"), ({}, "experience")):
        assert desk.adjust("arcade_v3", **body).status_code == 201
        request = desk.requests(vendor)[-1]
        assert request.path == f"/v3/user/email/jason%40example.com/points/{key}"
        assert request.query == f"value=5&appKey={APP_KEY}"
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust("arcade_v3", point_type="gold"), "/point_type")
    assert_refused(desk, vendor, desk.adjust(vendor, point_type="coins"), "/point_type")


def details_of_v3(desk: Desk, vendor: str) -> None:
    """What the v3 API says besides points; the partner API says nothing."""
    assert desk.adjust(vendor).json()["vendor"]["details"] == {}
    found = desk.adjust("arcade_v3", description="Thanks").json()["vendor"]["details"]
    assert (set(found), found["reason"]) == ({"point_type", "level", "reason"}, "Thanks")


def spending(desk: Desk, vendor: str) -> None:
    """What is available falls, and the lifetime total stays; a credit cannot be spent, nor is it in the v3 API."""
    spend = {"iactionable": {"spend": True}}
    assert desk.adjust(vendor, points="7").status_code == 201
    for options, total in ((spend, "7"), ({"iactionable": {"spend": False}}, "6"), ({}, "5")):
        balance = desk.adjust(vendor, points="-1", options=options).json()["balance"]
        assert balance["lifetime"] == total
    assert balance["available"] == "4"
    desk.fresh()
    for name, points in ((vendor, "1"), ("arcade_v3", "-1")):
        response = desk.adjust(name, points=points, options=spend)
        assert_refused(desk, vendor, response, "/options/iactionable/spend")
    response = desk.adjust(vendor, options={"iactionable": {"sub_type": "web"}})
    assert response.json()["errors"] == [{"pointer": "/options/iactionable/sub_type", "detail": "is not known here"}]
    assert desk.adjust(vendor, options={"contact-points": {"sub_type": "web"}}).status_code == 201
    assert "web" not in texts_of(desk.requests(vendor)[-1])


def id_of_spending(desk: Desk, vendor: str) -> None:
    """It is the transaction's id; no search by it is documented, nor what the same one does twice."""
    assert desk.adjust(vendor, points="7").status_code == 201
    assert "transactions" not in desk.requests(vendor)[-1].path
    options = {"iactionable": {"spend": True}}
    identifier = desk.adjust(vendor, points="-2", options=options, description="a b").json()["id"]
    request = desk.requests(vendor)[-1]
    assert request.target.endswith(f"/Points/transactions/{identifier}?value=2&description=a%20b")
    assert preview(desk, vendor, points="-2", options=options)["repeat_safety"] == "none"


def required_currency(desk: Desk, vendor: str) -> None:
    """The mapped external or internal id, else the default's; without either nothing is sent."""
    for body, name, value in (
        ({"point_type": "bonus"}, "points_currency_eid", "bonus_points"),
        ({"point_type": "base"}, "points_currency_iid", 1),
        ({}, "points_currency_eid", "bonus_points"),
    ):
        sent = desk.sent(vendor, **body)
        assert {name: each for name, each in sent.items() if name.startswith("points_currency")} == {name: value}
    desk.fresh()
    assert_refused(desk, vendor, desk.adjust("perks_bare"), "/point_type")
    assert_refused(desk, vendor, desk.adjust(vendor, point_type="gold"), "/point_type")


def amount_by_sign(desk: Desk, vendor: str) -> None:
    """A credit is accrued and a debit redeemed, with the digits of the magnitude as text."""
    for points, call, amount in (
        ("150.24", "accrue_points", "150.24"),
        ("-2.5", "redeeme_points", "2.5"),
        ("999999999999.999999", "accrue_points", "999999999999.999999"),
        ("-0.000001", "redeeme_points", "0.000001"),
        ("100", "accrue_points", "100"),
    ):
        for name in (vendor, f"{vendor}_xml"):
            assert desk.adjust(name, points=points).status_code == 201
            request = desk.requests(vendor)[-1]
            assert request.target == f"/api/v1.1/loyalty/{call}"
            assert amount in texts_of(request)
            assert desk.simulator(vendor).effects[-1].points == Decimal(points)


def description_in_query(desk: Desk, vendor: str) -> None:
    """The words stand in the query, in UTF-8 and percent-encoded; none where there are none."""
    assert desk.adjust(vendor, description="50% für dich & mich + 1").status_code == 201
    text = "50%25%20f%C3%BCr%20dich%20%26%20mich%20%2B%201"
    assert desk.requests(vendor)[-1].query == f"value=5&description={text}"
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


def transaction_options(desk: Desk, vendor: str) -> None:
    """Each is a parameter of its own; a debit has no dates of points, and XML no object."""
    both = {"promotion_id": "welcome", "created_at": "2026-01-01T02:00:00+02:00"}
    accrual = {"activation_date": "2026-02-01T00:00:00Z", "expiration_date": "2030-01-01T00:00:00.5Z"}
    data = {"external_data": {"order": {"id": 7, "total": 99.95, "note": None}, "lines": ["a", True]}}
    sent = desk.sent(vendor, options={"expiring-points": {**both, **accrual, **data}})
    options = {
        "promotion_id": "welcome",
        "created_at": "2026-01-01T00:00:00Z",
        "activation_date": "2026-02-01T00:00:00Z",
        "expiration_date": "2030-01-01T00:00:00.500Z",
        "external_data": {"order": {"id": 7, "total": Decimal("99.95"), "note": None}, "lines": ["a", True]},
    }
    assert {name: value for name, value in sent.items() if name in options} == options
    assert not options.keys() & desk.sent(vendor).keys()
    assert desk.sent(vendor, points="-1", options={"expiring-points": both})["promotion_id"] == "welcome"
    desk.fresh()
    for name, value in accrual.items():
        response = desk.adjust(vendor, points="-1", options={"expiring-points": {name: value}})
        assert_refused(desk, vendor, response, f"/options/expiring-points/{name}")
    response = desk.adjust(f"{vendor}_xml", options={"expiring-points": data})
    assert_refused(desk, vendor, response, "/options/expiring-points/external_data")
    response = desk.adjust(f"{vendor}_xml", options={"expiring-points": {"promotion_id": "a\ufffe"}})
    assert_refused(desk, vendor, response, "/options/expiring-points/promotion_id")


def transaction_eid(desk: Desk, vendor: str) -> None:
    """The adjustment's id is `transaction_eid`, by which it can be searched for."""
    identifier = desk.adjust(vendor).json()["id"]
    assert desk.last(vendor)["transaction_eid"] == identifier
    assert preview(desk, vendor)["repeat_safety"] == "searchable"


def active_balance(desk: Desk, vendor: str) -> None:
    """The answer's balance is that of the points that can be spent; it says no more."""
    before = Decimal(desk.read(vendor, "balance").json()["available"])
    for points in ("5.25", "-10.5"):
        before += Decimal(points)
        assert desk.adjust(vendor, points=points).json()["balance"] == {**NOTHING, "available": exact.text(before)}


def error_details(desk: Desk, vendor: str) -> None:
    """The code and words of the answer."""
    details = {"error": 0, "error_text": "Successful operation"}
    for name in (vendor, f"{vendor}_xml"):
        assert desk.adjust(name).json()["vendor"]["details"] == details


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
    expected = {**NOTHING, "available": "5", "lifetime": "7", "updated_at": "2010-07-07T16:48:22.499Z"}
    assert desk.adjust(vendor).json()["balance"] == expected
    desk.fresh()
    assert desk.adjust("arcade_v3").json()["balance"] == {**NOTHING, "available": "5"}


def sum_as_balance(desk: Desk, vendor: str) -> None:
    """The answer's Sum is what is available; it says no more."""
    for available in ("5.25", "10.5"):
        document = desk.adjust(vendor, points="5.25").json()["balance"]
        assert document == {**NOTHING, "available": available}


def transaction(desk: Desk, vendor: str) -> None:
    """The vendor's own name for what it did, as text."""
    document = desk.adjust(vendor).json()["vendor"]["transaction_id"]
    assert document == desk.simulator(vendor).effects[-1].transaction_id


def envelope_details(desk: Desk, vendor: str) -> None:
    """What the envelope says besides its transaction."""
    details = {"message": "Member points adjusted", "data_message": "5.0 points added", "future_date": False}
    assert desk.adjust(vendor).json()["vendor"]["details"] == details


def point_details(desk: Desk, vendor: str) -> None:
    """Every field of ReadPointDto but those that have a place elsewhere: Id and Sum."""
    details = desk.adjust(vendor, store="12").json()["vendor"]["details"]
    assert details.keys() == {
        *("contact_id", "contact_company_id", "type", "amount", "date_time", "description", "source_id"),
        *("source_description", "store_id", "administrator_id", "book_value", "sub_type", "point_calculation_base"),
        *("converter_transaction_id", "is_canceller", "canceller_point_id"),
    }
    assert (details["amount"], details["store_id"], details["is_canceller"]) == ("5", 12, False)
