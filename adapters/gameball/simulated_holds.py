"""Points on hold, as the simulated vendor reserves them until they are redeemed, released, or their time is over."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from adapters.gameball.simulated_customers import Customer, Hold, money
from adapters.gameball.simulated_payloads import CHANNELS, CHECKED, Refusal, moment, one_of, payload, redemption
from gateway.simulation import Answer, Request


def asked(request: Request) -> dict[str, Any]:
    """The fields of a request that holds points. Raises `Refusal`."""
    optional = {**CHANNELS, **CHECKED, "amountToHold": "number", "pointsToHold": "whole", "ruleId": "text"}
    given = payload(request, {"customerId": "text", "transactionTime": "text"}, optional)
    moment(given["transactionTime"])
    return given


def place(customer: Customer, given: dict[str, Any], reference: str, now: datetime, lasts: timedelta) -> Answer:
    """Hold points of a customer. Raises `Refusal`."""
    by = one_of(given, ("pointsToHold", "amountToHold", "ruleId"), redemption)
    if by == "ruleId":  # rules of redemption are not simulated
        raise Refusal(422, 3003, "Invalid ruleId value")
    points = given[by] if by == "pointsToHold" else customer.in_points(given[by])
    if points <= 0:
        raise Refusal(422, 3003, f"Invalid {by} value")
    if points > customer.available:
        raise Refusal(422, 9008, "Insufficient balance points")
    customer.holds[reference] = Hold(points, now + lasts)
    return Answer.json(200, {**_row(customer, points), "holdReference": reference})


def held(customers: Mapping[str, Customer], segment: str) -> Answer:
    """The state of a hold. Raises `Refusal`."""
    customer, hold = _found(customers, segment)
    ends = hold.until.replace(tzinfo=None).isoformat(timespec="microseconds")
    return Answer.json(200, {**_row(customer, hold.points), "state": hold.state, "dateToExpire": ends})


def release(customers: Mapping[str, Customer], segment: str) -> Answer:
    """Give back the points of a hold, which is then gone. Raises `Refusal`."""
    customer, hold = _found(customers, segment)
    if hold.state != "active":  # a guess
        raise Refusal(404, 9006, "Transaction hold reference not found")
    del customer.holds[unquote(segment)]
    return Answer.json(200, {"success": True, "message": "Hold released successfully"})


def _row(customer: Customer, points: int) -> dict[str, Any]:
    amount = money(points, customer.worth)
    return {"customerId": customer.id, "holdAmount": amount, "holdEquivalentPoints": points}


def _found(customers: Mapping[str, Customer], segment: str) -> tuple[Customer, Hold]:
    for customer in customers.values():
        if (hold := customer.holds.get(unquote(segment))) is not None:
            return customer, hold
    raise Refusal(404, 9006, "Transaction hold reference not found")
