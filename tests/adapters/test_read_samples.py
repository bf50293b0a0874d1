"""The samples that public documents have of reads: the request of a canonical call, and the canonical answer."""

import json
from typing import Any

from tests.adapters.desk import Desk
from tests.adapters.test_samples import answering, balance

PROFILE = "profile_id:f90a1da5-c072-48b7-a9ea-eb35c5dd506b"
FABRIC_POINTS = """{
  "status": 200,
  "message": "",
  "errors": {},
  "data": [
    {
      "totalPoints": 300,
      "pointsByType": [
        {
          "pointType": "Base",
          "points": 300,
          "subType": null
        }
      ],
      "pointsBalance": {
        "memberPointsEarned": 600,
        "memberPointsDeducted": 100,
        "memberPointsUsed": 100,
        "memberPointsExpired": 100,
        "memberPointsAvailable": 300,
        "memberPointsLocked": 100
      },
      "breakdown": {
        "totalPoints": 300,
        "totalCurrencyValue": 150,
        "unrestrictedPoints": {
          "totalPoints": 200,
          "totalCurrencyValue": 100,
          "unrestrictedPointsItems": [
            {
              "points": 200,
              "pointType": "Base"
            }
          ]
        },
        "restrictedPoints": {
          "totalPoints": 100,
          "totalCurrencyValue": 50,
          "restrictedPointsItems": [
            {
              "points": 100,
              "pointType": "Base",
              "restrictedLocation": "4321"
            }
          ]
        }
      }
    }
  ]
}"""
FABRIC_EXPIRY = """{
  "message": "Success",
  "data": [
    {
      "expiryDuration": 30,
      "unRestrictedTotalPoints": 100,
      "restrictedTotalPoints": 12,
      "totalPoints": 112,
      "pointValue": 112,
      "restrictedPoints": [
        {
          "points": 12,
          "restrictedLocation": "demo_store"
        }
      ],
      "expiryDate": "2020-03-20T01:30:08.180856"
    }
  ],
  "status": 200,
  "errors": {}
}"""
ACCOUNT_REQUEST = """{
"token": "abc123def456",
"loyalty_program_id": 123,
"points_currency_eid": "starts",
"matching": "email",
"email": "user@example.com"
}"""
ACCOUNT_ANSWER = """{
"error": 0,
"error_text": "Successful operation",
"data": {
"total_balance": "1000.00",
"active_balance": "800.50"
}
}"""
ACCOUNT_REQUEST_XML = """<xml>
<token>abc123def456</token>
<loyalty_program_id>123</loyalty_program_id>
<points_currency_eid>starts</points_currency_eid>
<matching>email</matching>
<email>user@example.com</email>
</xml>"""
ACCOUNT_ANSWER_XML = """<xml>
<error>0</error>
<error_text>Successful operation</error_text>
<data>
<total_balance>1000.00</total_balance>
<active_balance>800.50</active_balance>
</data>
</xml>"""
SUMS_ANSWER = """[
  {
    "ContactId": 1,
    "Type": "sample string 1",
    "Sum": 2.0,
    "LastModified": "2025-11-03T21:35:38.5152363+01:00"
  },
  {
    "ContactId": 1,
    "Type": "sample string 1",
    "Sum": 2.0,
    "LastModified": "2025-11-03T21:35:38.5152363+01:00"
  }
]"""
POINTS_DETAILS: dict[str, Any] = {
    "message": "",
    "total_points": "300",
    "points_by_type": [{"point_type": "Base", "points": "300", "sub_type": None}],
    "points_balance": {"member_points_deducted": "100", "member_points_used": "100", "member_points_expired": "100"},
    "breakdown": {
        "total_points": "300",
        "total_currency_value": "150",
        "unrestricted_points": {
            "total_points": "200",
            "total_currency_value": "100",
            "unrestricted_points_items": [{"points": "200", "point_type": "Base"}],
        },
        "restricted_points": {
            "total_points": "100",
            "total_currency_value": "50",
            "restricted_points_items": [{"points": "100", "point_type": "Base", "restricted_location": "4321"}],
        },
    },
}


def amounts(document: dict[str, Any]) -> dict[str, Any]:
    """The balance of an answer, without the rest of it."""
    return {name: document[name] for name in balance()}


def test_fabric_balance(desk: Desk) -> None:
    """The address of the page, and its sample: each number of `pointsBalance` in its place, the rest as details."""
    answering(desk, "club", FABRIC_POINTS)
    document = desk.read("club", "balance", member=PROFILE).json()
    [request] = desk.requests("club")
    path = "/api/v1/inquire/f90a1da5-c072-48b7-a9ea-eb35c5dd506b/member-points"
    assert (request.method, request.target) == ("GET", path)
    assert request.header("Authorization") == f"Bearer {desk.simulator('club').settings['token']}"
    assert amounts(document) == balance(available="300", held="100", lifetime="600")
    assert document["vendor"]["details"] == POINTS_DETAILS


def test_fabric_balance_of_a_point_type(desk: Desk) -> None:
    """By the same request; the row of the type is a total, and what is of all types stands in the details."""
    answering(desk, "club", FABRIC_POINTS)
    document = desk.read("club", "balance", member=PROFILE, point_type="base").json()
    assert amounts(document) == balance(total="300")
    assert document["vendor"]["details"] == {
        **POINTS_DETAILS,
        "points_balance": {
            **POINTS_DETAILS["points_balance"],
            "member_points_available": "300",
            "member_points_earned": "600",
            "member_points_locked": "100",
        },
    }


def test_fabric_expiring(desk: Desk) -> None:
    """The address of the page, and its sample as one bucket; nothing is added up."""
    answering(desk, "club", FABRIC_EXPIRY)
    document = desk.read("club", "expiring", member=PROFILE).json()
    [request] = desk.requests("club")
    path = "/api/v1/inquire/points-expiry?profileId=f90a1da5-c072-48b7-a9ea-eb35c5dd506b"
    assert (request.method, request.target) == ("GET", path)
    assert request.header("Authorization") == f"Bearer {desk.simulator('club').settings['token']}"
    assert (document["points"], document["precision"], document["from"]) == (None, "buckets", None)
    assert document["vendor"]["details"] == {"message": "Success"}
    assert document["buckets"] == [
        {
            "at": "2020-03-20T01:30:08.180856Z",
            "within_days": 30,
            "points": "112",
            "details": {
                "un_restricted_total_points": "100",
                "restricted_total_points": "12",
                "point_value": "112",
                "restricted_points": [{"points": "12", "restricted_location": "demo_store"}],
            },
        }
    ]


def test_expiring_points_balance_in_json(desk: Desk) -> None:
    """The sample's body, field for field in its order, and its answer."""
    answering(desk, "perks", ACCOUNT_ANSWER)
    document = desk.read("perks_sample", "balance", member="email:user@example.com").json()
    [request] = desk.requests("perks")
    assert (request.method, request.target) == ("POST", "/api/v1.1/loyalty/account/balance")
    assert list(desk.last("perks").items()) == list(json.loads(ACCOUNT_REQUEST).items())
    assert amounts(document) == balance(available="800.5", total="1000")
    assert document["vendor"]["details"] == {"error": 0, "error_text": "Successful operation"}


def test_expiring_points_balance_in_xml(desk: Desk) -> None:
    """The sample's XML but for its line breaks, and its answer."""
    answering(desk, "perks", ACCOUNT_ANSWER_XML, "application/xml")
    document = desk.read("perks_sample_xml", "balance", member="email:user@example.com").json()
    [request] = desk.requests("perks")
    assert request.header("Content-Type") == "application/xml"
    assert request.body.decode() == ACCOUNT_REQUEST_XML.replace("\n", "")
    assert amounts(document) == balance(available="800.5", total="1000")


def test_contact_points_balance(desk: Desk) -> None:
    """The address of the page, and its sample, whose two rows are one sum: contact and type are its key."""
    answering(desk, "crm", SUMS_ANSWER)
    document = desk.read("crm_sums", "balance", member="contact_id:1").json()
    [request] = desk.requests("crm")
    path = "/api/v1/Points/Sums?contactId=1&type=sample%20string%201"
    assert (request.method, request.target) == ("GET", path)
    assert request.header("X-ApiKey") == desk.simulator("crm").settings["api_key"]
    assert amounts(document) == balance(available="2", updated_at="2025-11-03T20:35:38.515236Z")
    assert document["vendor"]["details"] == {"sums": [{"contact_id": 1, "type": "sample string 1"}] * 2}
