"""Each vendor's own samples: the request that a canonical call makes, and the answer in its canonical form."""

import json
from typing import Any
from urllib.parse import unquote

from gateway import exact
from tests.adapters.desk import Desk

IACTIONABLE_REQUEST = "/API/Partners/99999/Profiles/email/Jason@example.com/Points?value=5&description=You are cool"
IACTIONABLE_ANSWER = """{
"AvailablePoints": 5,
"LastUpdated": "/Date(1278521302499)/",
"TotalPoints": 5
}"""
FABRIC_REQUEST = """{
  "profileId": "f90a1da5-c072-48b7-a9ea-eb35c5dd506b",
  "pointType": "Base",
  "billingEntity": "Company_Club",
  "points": 100,
  "reasonCode": "7502",
  "setToPending": false
}"""
FABRIC_ANSWER = """{
  "message": "Member points adjusted",
  "errors": {},
  "data": {
    "Message": "100.0 points added",
    "futureDate": false,
    "ExceptionString": "",
    "transactionCode": "78660e74-02e3-11e8-b443-00163e911bd2"
  },
  "status": 200
}"""
EXPIRING_REQUEST = """{
"token": "abc123def456",
"loyalty_program_id": 123,
"points_currency_eid": "bonus_points",
"matching": "email",
"email": "user@example.com",
"date_from": "2023-09-01T00:00:00Z",
"date_to": "2023-09-30T23:59:59Z"
}"""
EXPIRING_REQUEST_XML = """<xml>
<token>abc123def456</token>
<loyalty_program_id>123</loyalty_program_id>
<points_currency_eid>bonus_points</points_currency_eid>
<matching>email</matching>
<email>user@example.com</email>
<date_from>2023-09-01T00:00:00Z</date_from>
<date_to>2023-09-30T23:59:59Z</date_to>
</xml>"""
EXPIRING_ANSWER = """{
"data": {
"expiring_points": "150.24"
},
"error": 0,
"error_text": "Successful operation"
}"""
EXPIRING_ANSWER_XML = """<xml>
<data>
<expiring_points>150.24</expiring_points>
</data>
<error>0</error>
<error_text>Successful operation</error_text>
</xml>"""
CONTACT_REQUEST = """{
  "ContactId": 1,
  "ContactCompanyId": 1,
  "Type": "sample string 2",
  "Amount": 3.0,
  "Description": "sample string 4",
  "SourceId": "sample string 5",
  "SourceDescription": "sample string 6",
  "StoreId": 1,
  "BookValue": 1.0,
  "SubType": "sample string 7",
  "PointCalculationBase": 1.0,
  "Dynamic_": "sample string 8"
}"""
CONTACT_ANSWER = """{
  "Id": 1,
  "ContactId": 1,
  "ContactCompanyId": 1,
  "Type": "sample string 2",
  "Amount": 3.0,
  "Sum": 4.0,
  "DateTime": "2024-03-29T06:37:11.5943992+00:00",
  "Description": "sample string 6",
  "SourceId": "sample string 7",
  "SourceDescription": "sample string 8",
  "StoreId": 1,
  "AdministratorId": 1,
  "BookValue": 1.0,
  "SubType": "sample string 9",
  "PointCalculationBase": 1.0,
  "ConverterTransactionId": 1,
  "IsCanceller": true,
  "CancellerPointId": 1
}"""
CONTACT_CALL: dict[str, Any] = {
    "member": "contact_id:1",
    "points": "3.0",
    "point_type": "base",
    "description": "sample string 4",
    "reference": "sample string 5",
    "store": "1",
    "options": {
        "contact-points": {
            "company_id": 1,
            "sub_type": "sample string 7",
            "book_value": "1.0",
            "point_calculation_base": 1,
            "source_description": "sample string 6",
            "dynamic": {"": "sample string 8"},
        }
    },
}


def balance(**values: str) -> dict[str, str | None]:
    """A balance as an answer shows it, null where the vendor says nothing."""
    names = ("available", "total", "pending", "held", "lifetime", "next_expiry", "updated_at")
    return {**dict.fromkeys(names), **values}


def answering(desk: Desk, vendor: str, body: str, content_type: str = "application/json") -> None:
    desk.simulator(vendor).faults.add({"kind": "body", "body": body, "content_type": content_type})


def test_iactionable_adjust_request(desk: Desk) -> None:
    """The sample's address, percent-encoded as a URL has to be, by POST, with a key and without a body."""
    response = desk.adjust("arcade", member="email:Jason@example.com", points="5", description="You are cool")
    [request] = desk.requests("arcade")
    assert response.status_code == 201
    assert (request.method, unquote(request.target), request.body) == ("POST", IACTIONABLE_REQUEST, b"")
    assert request.header("Authorization") == desk.simulator("arcade").settings["api_key"]


def test_iactionable_adjust_answer(desk: Desk) -> None:
    """Points, lifetime and the time of the sample."""
    answering(desk, "arcade", IACTIONABLE_ANSWER)
    document = desk.adjust("arcade").json()
    assert document["status"] == "succeeded"
    assert document["balance"] == balance(available="5", lifetime="5", updated_at="2010-07-07T16:48:22.499Z")
    assert document["vendor"] == {"name": "arcade", "adapter": "iactionable", "transaction_id": None, "details": {}}


def test_iactionable_balance(desk: Desk) -> None:
    """The sample's address by GET, without a key, and its answer."""
    answering(desk, "arcade", IACTIONABLE_ANSWER)
    document = desk.read("arcade", "balance", member="email:Jason@example.com", include="vendor_response").json()
    [request] = desk.requests("arcade")
    assert (request.method, unquote(request.target)) == ("GET", IACTIONABLE_REQUEST.partition("?")[0])
    assert request.header("Authorization") is None
    assert (document["available"], document["lifetime"], document["updated_at"]) == (
        "5",
        "5",
        "2010-07-07T16:48:22.499Z",
    )
    assert document["vendor"]["response"] == {"status": 200, "body": json.loads(IACTIONABLE_ANSWER)}


def test_fabric_adjust(desk: Desk) -> None:
    """The sample's body and headers, and its answer."""
    answering(desk, "club", FABRIC_ANSWER)
    document = desk.adjust(
        "club",
        member="profile_id:f90a1da5-c072-48b7-a9ea-eb35c5dd506b",
        points=100,
        point_type="base",
        reason="goodwill",
        options={"fabric": {"billing_entity": "Company_Club"}},
    ).json()
    [request] = desk.requests("club")
    assert (request.method, request.target) == ("POST", "/api/v1/members/points-adjustment")
    assert request.header("Authorization") == f"Bearer {desk.simulator('club').settings['token']}"
    assert request.header("Content-Type") == "application/json"
    assert exact.loads(request.body.decode()) == exact.loads(FABRIC_REQUEST)
    assert (document["status"], document["balance"]) == ("succeeded", None)
    assert document["vendor"]["transaction_id"] == "78660e74-02e3-11e8-b443-00163e911bd2"
    assert document["vendor"]["details"] == {
        "message": "Member points adjusted",
        "data_message": "100.0 points added",
        "future_date": False,
    }


def test_expiring_points_in_json(desk: Desk) -> None:
    """The sample's body, field for field in its order, and its answer."""
    answering(desk, "perks", EXPIRING_ANSWER)
    document = desk.read("perks", "expiring", member="email:user@example.com", point_type="bonus").json()
    [request] = desk.requests("perks")
    assert (request.method, request.target) == ("POST", "/api/v1.1/loyalty/account/expiring_points")
    assert list(desk.last("perks").items()) == list(json.loads(EXPIRING_REQUEST).items())
    assert document["points"] == "150.24"
    assert document["vendor"]["details"] == {"error": 0, "error_text": "Successful operation"}


def test_expiring_points_in_xml(desk: Desk) -> None:
    """The sample's XML but for its line breaks, and its answer."""
    answering(desk, "perks", EXPIRING_ANSWER_XML, "application/xml")
    document = desk.read("perks_xml", "expiring", point_type="bonus", include="vendor_response").json()
    [request] = desk.requests("perks")
    assert request.header("Content-Type") == "application/xml"
    assert request.body.decode() == EXPIRING_REQUEST_XML.replace("\n", "")
    assert document["points"] == "150.24"
    assert document["vendor"]["details"] == {"error": 0, "error_text": "Successful operation"}
    assert document["vendor"]["response"] == {"status": 200, "body": EXPIRING_ANSWER_XML}


def test_contact_points_request(desk: Desk) -> None:
    """The sample's body, every field of it said in canonical terms, and its sum of 4.0 from the vendor itself."""
    response = desk.adjust("crm_sample", **CONTACT_CALL)
    [request] = desk.requests("crm")
    assert (request.method, request.target) == ("POST", "/api/v1/Points")
    assert request.header("X-ApiKey") == desk.simulator("crm").settings["api_key"]
    assert exact.loads(request.body.decode()) == exact.loads(CONTACT_REQUEST)
    assert response.status_code == 201
    assert response.json()["balance"] == balance(available="4")


def test_contact_points_answer(desk: Desk) -> None:
    """The sample in canonical form, once it is no longer that of a cancelling point."""
    answering(desk, "crm", CONTACT_ANSWER.replace('"IsCanceller": true', '"IsCanceller": false'))
    document = desk.adjust("crm_sample", **CONTACT_CALL).json()
    assert (document["status"], document["vendor"]["transaction_id"]) == ("succeeded", "1")
    assert document["balance"] == balance(available="4")
    assert document["vendor"]["details"] == {
        "contact_id": 1,
        "contact_company_id": 1,
        "type": "sample string 2",
        "amount": "3",
        "date_time": "2024-03-29T06:37:11.5943992Z",
        "description": "sample string 6",
        "source_id": "sample string 7",
        "source_description": "sample string 8",
        "store_id": 1,
        "administrator_id": 1,
        "book_value": "1",
        "sub_type": "sample string 9",
        "point_calculation_base": "1",
        "converter_transaction_id": 1,
        "is_canceller": False,
        "canceller_point_id": 1,
    }


def test_contact_points_answer_of_a_cancelling_point(desk: Desk) -> None:
    """The sample as it stands is a point that cancels another: no answer to what was asked, so unknown."""
    answering(desk, "crm", CONTACT_ANSWER)
    response = desk.adjust("crm_sample", **CONTACT_CALL)
    assert (response.status_code, response.json()["status"]) == (202, "unknown")
    assert response.json()["balance"] is None
