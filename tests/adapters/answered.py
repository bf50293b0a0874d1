"""What each adapter makes of an answer to its call, without a network: the vendor's own sample, and changes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from adapters.contact_points import adapter as contact_points
from adapters.expiring_points import adapter as expiring_points
from adapters.fabric import adapter as fabric
from adapters.iactionable import adapter as iactionable
from gateway.errors import VendorError
from gateway.model import Applied, Balance, Expiring, Member, Period
from gateway.port import Exchange, VendorResponse
from tests.adapters.test_read_samples import ACCOUNT_ANSWER, ACCOUNT_ANSWER_XML, FABRIC_EXPIRY, SUMS_ANSWER
from tests.adapters.test_samples import (
    CONTACT_ANSWER,
    EXPIRING_ANSWER,
    EXPIRING_ANSWER_XML,
    FABRIC_ANSWER,
    IACTIONABLE_ANSWER,
)

BASE = {"adapter": "any", "base_url": "https://vendor.example"}
PERIOD = Period(datetime(2023, 9, 1, tzinfo=UTC), datetime(2023, 9, 30, tzinfo=UTC))
PROFILE, USER, CONTACT = (
    Member("profile_id", "f90a1da5"),
    Member("email", "user@example.com"),
    Member("contact_id", "1"),
)
V3_ANSWER = """{
"Points": 120,
"PointType": {
"Key": "experience",
"Name": "Experience Points"
},
"Level": {
"Current": {
"Name": "Regular",
"Number": 2,
"RequiredPoints": 100,
"LevelType": {
"Key": "experience_levels",
"Name": "Experience Levels"
}
}
},
"Reason": "You are cool"
}"""
"""Names of a public client, with values of ours."""
BOOKED_ANSWER = """{
"data": {
"transaction_id": "0b9a2b1e-6f5d-4f6c-9c55-0a1b2c3d4e5f",
"balance": "800.50"
},
"error": 0,
"error_text": "Successful operation"
}"""
BOOKED_ANSWER_XML = """<xml>
<data>
<transaction_id>0b9a2b1e-6f5d-4f6c-9c55-0a1b2c3d4e5f</transaction_id>
<balance>800.50</balance>
</data>
<error>0</error>
<error_text>Successful operation</error_text>
</xml>"""
"""A guess by the answers to a commit and a rollback: those to an accrual and a redemption have not been seen."""
FABRIC_DISTINCT = """{
  "status": 200,
  "message": "Success",
  "errors": {},
  "data": [
    {
      "totalPoints": 301,
      "pointsByType": [
        {
          "pointType": "Base",
          "points": 302,
          "subType": "Web"
        }
      ],
      "pointsBalance": {
        "memberPointsEarned": 600,
        "memberPointsDeducted": 101,
        "memberPointsUsed": 102,
        "memberPointsExpired": 103,
        "memberPointsAvailable": 300,
        "memberPointsLocked": 104
      },
      "breakdown": {
        "totalCurrencyValue": 150,
        "restrictedPoints": {
          "restrictedPointsItems": [
            {
              "restrictedLocation": "4321"
            }
          ]
        }
      }
    }
  ]
}"""
"""The shape of the vendor's sample, each name once and each value another."""
Result = Applied | Balance | Expiring | VendorError


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor: its sample, as the answer to the call that it fits, and the call."""

    name: str
    sample: str
    call: Callable[[], Exchange[Any]]

    def __str__(self) -> str:
        return self.name

    def made_of(self, body: str | bytes, *, status: int = 200, **headers: str) -> Result:
        """What the adapter returns for an answer, or what it raises."""
        exchange = self.call()
        next(exchange)
        raw = body.encode() if isinstance(body, str) else body
        try:
            exchange.send(VendorResponse(status, {"content-type": "application/json", **headers}, raw))
        except StopIteration as stop:
            result: Result = stop.value
            return result
        except VendorError as error:
            return error
        raise AssertionError("the adapter asked for more")


def refused(result: Result) -> bool:
    """Whether a result proves that nothing was applied."""
    return isinstance(result, VendorError) and result.judged


def _arcade() -> Exchange[Applied]:
    settings = iactionable.Settings.model_validate({**BASE, "partner_id": 99999, "api_key": "key"})
    return iactionable.IActionable(settings).adjust(
        id="adj_1", member=Member("email", "jason@example.com"), points=Decimal(5)
    )


def _arcade_v3() -> Exchange[Balance]:
    own = {"app_key": "app", "api_key": "key", "point_types": {"base": "experience"}, "default_point_type": "base"}
    return iactionable.IActionable(iactionable.Settings.model_validate({**BASE, **own})).balance(
        member=Member("email", "jason@example.com")
    )


def _fabric() -> fabric.Fabric:
    return fabric.Fabric(fabric.Settings.model_validate({**BASE, "token": "token"}))


def _club() -> Exchange[Applied]:
    return _fabric().adjust(member=PROFILE, points=Decimal(100))


def _expiring_points() -> expiring_points.ExpiringPoints:
    point_types = {"bonus": {"eid": "bonus_points"}}
    own = {"token": "token", "loyalty_program_id": 123, "point_types": point_types, "default_point_type": "bonus"}
    return expiring_points.ExpiringPoints(expiring_points.Settings.model_validate({**BASE, **own}))


def _perks() -> Exchange[Expiring]:
    return _expiring_points().expiring(member=USER, period=PERIOD)


def _perks_accrual() -> Exchange[Applied]:
    return _expiring_points().adjust(member=USER, points=Decimal(5), id="adj_1")


def _perks_balance() -> Exchange[Balance]:
    return _expiring_points().balance(member=USER)


def _contact_points(type_: str) -> contact_points.ContactPoints:
    own = {"api_key": "key", "point_types": {"base": type_}, "default_point_type": "base"}
    settings = contact_points.Settings.model_validate({**BASE, **own, "default_description": "d"})
    return contact_points.ContactPoints(settings)


def _crm() -> Exchange[Applied]:
    return _contact_points("sample string 2").adjust(member=CONTACT, points=Decimal("3.0"), id="adj_1")


ARCADE = Vendor("iactionable", IACTIONABLE_ANSWER, _arcade)
CLUB = Vendor("fabric", FABRIC_ANSWER, _club)
PERKS = Vendor("expiring-points", EXPIRING_ANSWER, _perks)
PERKS_XML = Vendor("expiring-points, XML", EXPIRING_ANSWER_XML, _perks)
CRM = Vendor("contact-points", CONTACT_ANSWER.replace('"IsCanceller": true', '"IsCanceller": false'), _crm)
CLUB_BALANCE = Vendor("fabric, balance", FABRIC_DISTINCT, lambda: _fabric().balance(member=PROFILE))
CLUB_EXPIRING = Vendor(
    "fabric, expiring",
    FABRIC_EXPIRY.replace('"points": 12,', '"points": 13,'),
    lambda: _fabric().expiring(member=PROFILE),
)
PERKS_BALANCE = Vendor("expiring-points, balance", ACCOUNT_ANSWER, _perks_balance)
PERKS_BALANCE_XML = Vendor("expiring-points, balance, XML", ACCOUNT_ANSWER_XML, _perks_balance)
CRM_BALANCE = Vendor(
    "contact-points, balance", SUMS_ANSWER, lambda: _contact_points("sample string 1").balance(member=CONTACT)
)
PERKS_ACCRUAL = Vendor("expiring-points, adjust", BOOKED_ANSWER, _perks_accrual)
PERKS_ACCRUAL_XML = Vendor("expiring-points, adjust, XML", BOOKED_ANSWER_XML, _perks_accrual)
ARCADE_V3 = Vendor("iactionable, v3", V3_ANSWER, _arcade_v3)
JSON = (ARCADE, ARCADE_V3, CLUB, PERKS, CRM, CLUB_BALANCE, CLUB_EXPIRING, PERKS_BALANCE, CRM_BALANCE, PERKS_ACCRUAL)
ALL = (*JSON, PERKS_XML, PERKS_BALANCE_XML, PERKS_ACCRUAL_XML)
