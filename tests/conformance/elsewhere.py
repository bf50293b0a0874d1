"""Further plausible wrong adapters: what they say of points is right for the usual call, and wrong beside it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from adapters.contact_points.adapter import ContactPoints
from adapters.contact_points.simulator import ContactPointsSimulator
from gateway.model import Applied, Found, Member
from gateway.port import Exchange, VendorRequest
from gateway.simulation import jsontext
from tests.adapters.fifth_vendor.adapter import Paper
from tests.conformance.altered import altered
from tests.conformance.wrong import Wrong
from tests.gateway.declared.cards import CARDS, CardShop
from tests.gateway.declared.described import made

OTHER_TYPE = {None: "bonus", "base": "bonus", "bonus": "base"}


class AnyCancel(ContactPoints):
    """Takes any cancel in the member's history for that of the booking that is asked about."""

    def find_reversal(  # type: ignore[override]
        self, *, transaction: str, member: Member, points: Decimal
    ) -> Exchange[Found]:
        page = yield from self.transactions(member=member, limit=100)
        cancels = tuple(Applied(row.id) for row in page.items if row.kind == "reverse")
        return Found(cancels)


def _capped(arguments: dict[str, Any]) -> dict[str, Any]:
    return {**arguments, "points": max(arguments["points"], Decimal(-100))}


def _of_the_house(request: VendorRequest, arguments: dict[str, Any]) -> VendorRequest:
    """Of the house, where somebody says what it is for."""
    if request.path != "/entries" or arguments.get("description") is None:
        return request
    return replace(request, body=jsontext.write({**jsontext.read(request.body), "holder": "card:2"}).encode())


def _debit_of_the_house(request: VendorRequest, arguments: dict[str, Any]) -> VendorRequest:
    """Of the house, which has no points, so that each debit is refused for good."""
    described = {**arguments, "description": "x" if arguments["points"] < 0 else None}
    return _of_the_house(request, described)


ELSEWHERE: dict[str, Wrong] = {
    "a debit takes a hundred at most": Wrong(
        "every-digit-of-a-debit-arrives", altered(made(CARDS).adapter, arguments=_capped), CardShop
    ),
    "a credit with words is of another member": Wrong("every-effect-is-marked", altered(Paper, request=_of_the_house)),
    "a debit is of another member": Wrong(
        "every-digit-of-a-debit-arrives", altered(Paper, request=_debit_of_the_house)
    ),
    "what was booked has no sign": Wrong(
        "every-effect-is-marked",
        altered(Paper, result=lambda result, adapter, given: replace(result, booked=abs(given["points"]))),
    ),
    "types of points are mixed up": Wrong(
        "points-are-of-the-type-that-was-named",
        altered(Paper, arguments=lambda given: {**given, "point_type": OTHER_TYPE[given.get("point_type")]}),
    ),
    "what is not found was rejected": Wrong(
        "what-was-never-sent-is-not-found",
        altered(
            ContactPoints,
            "find",
            result=lambda result, adapter, given: replace(result, rejected=not result.matches),
        ),
        ContactPointsSimulator,
    ),
    "any cancel is taken for that of a booking": Wrong(
        "a-cancel-is-found-where-it-was-made", AnyCancel, ContactPointsSimulator
    ),
}
