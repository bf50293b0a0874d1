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
from gateway.model import Applied, Expiring, Member, Period
from gateway.port import Exchange, VendorResponse
from tests.adapters.test_samples import (
    CONTACT_ANSWER,
    EXPIRING_ANSWER,
    EXPIRING_ANSWER_XML,
    FABRIC_ANSWER,
    IACTIONABLE_ANSWER,
)

BASE = {"adapter": "any", "base_url": "https://vendor.example"}
PERIOD = Period(datetime(2023, 9, 1, tzinfo=UTC), datetime(2023, 9, 30, tzinfo=UTC))
Result = Applied | Expiring | VendorError


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
    return iactionable.IActionable(settings).adjust(member=Member("email", "jason@example.com"), points=Decimal(5))


def _club() -> Exchange[Applied]:
    settings = fabric.Settings.model_validate({**BASE, "token": "token"})
    return fabric.Fabric(settings).adjust(member=Member("profile_id", "f90a1da5"), points=Decimal(100))


def _perks() -> Exchange[Expiring]:
    point_types = {"bonus": {"eid": "bonus_points"}}
    own = {"token": "token", "loyalty_program_id": 123, "point_types": point_types, "default_point_type": "bonus"}
    made = expiring_points.ExpiringPoints(expiring_points.Settings.model_validate({**BASE, **own}))
    return made.expiring(member=Member("email", "user@example.com"), period=PERIOD)


def _crm() -> Exchange[Applied]:
    own = {"api_key": "key", "point_types": {"base": "sample string 2"}, "default_point_type": "base"}
    settings = contact_points.Settings.model_validate({**BASE, **own, "default_description": "d"})
    return contact_points.ContactPoints(settings).adjust(
        member=Member("contact_id", "1"), points=Decimal("3.0"), id="adj_1"
    )


ARCADE = Vendor("iactionable", IACTIONABLE_ANSWER, _arcade)
CLUB = Vendor("fabric", FABRIC_ANSWER, _club)
PERKS = Vendor("expiring-points", EXPIRING_ANSWER, _perks)
PERKS_XML = Vendor("expiring-points, XML", EXPIRING_ANSWER_XML, _perks)
CRM = Vendor("contact-points", CONTACT_ANSWER.replace('"IsCanceller": true', '"IsCanceller": false'), _crm)
JSON = (ARCADE, CLUB, PERKS, CRM)
ALL = (*JSON, PERKS_XML)
