"""Searches of described vendors for what was booked: for a booking, and for the cancel of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway import scalars
from gateway.declared import paging, results
from gateway.declared import values as reading
from gateway.declared.described import AnyDescribed, Arguments
from gateway.declared.description import Find, FindReversal
from gateway.declared.form import Form
from gateway.declared.jsonpath import MISSING, Query
from gateway.lenient import Unreadable
from gateway.model import Applied, Found
from gateway.port.adapter import Exchange, not_understood
from gateway.port.response import VendorResponse


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the vendor answered to a search: all rows, and those of the adjustment, which agree with what was sent."""

    response: VendorResponse
    document: Any
    rows: list[Any]
    ours: list[Any]


def find(adapter: AnyDescribed, arguments: Arguments) -> Exchange[Found]:
    """Search one page for the bookings of an adjustment."""
    described, cursor = adapter.part(Find), arguments.get("cursor")
    paging.checked(cursor, described.next)
    answer = yield from _searched(adapter, arguments, described, adapter.forms["find"])
    matches, rejected = [], False
    for row in answer.ours:
        if results.signed(row, described.points) != arguments["points"]:
            not_understood("A booking with our id has other points than were sent", answer.response)
        state = _state(row, described, answer.response)
        rejected |= state == "rejected"
        if state != "rejected":
            transaction = reading.text_at(row, described.transaction)
            matches.append(Applied(transaction_id=transaction, final=state == "succeeded"))
    following = paging.next_cursor(answer.document, answer.rows, described.next, cursor, answer.response)
    return Found(tuple(matches), next_cursor=following, rejected=rejected)


def find_reversal(adapter: AnyDescribed, arguments: Arguments) -> Exchange[Found]:
    """Ask whether a booking was cancelled."""
    described = adapter.part(FindReversal)
    answer = yield from _searched(adapter, arguments, described, adapter.forms["find_reversal"])
    ours, response = answer.ours, answer.response
    if described.cancelled is not None:
        if len(ours) != 1:
            not_understood(f"expected the booking that is taken back, and {len(ours)} rows are that", response)
        return Found(_cancels(ours[0], described.cancelled, response))
    if any(results.signed(row, described.points) != arguments["points"] for row in ours):
        not_understood("A cancel of this booking has other points than were sent", response)
    return Found(tuple(Applied(transaction_id=reading.text_at(row, described.transaction)) for row in ours))


def _searched(
    adapter: AnyDescribed, arguments: Arguments, described: Find | FindReversal, form: Form
) -> Exchange[_Answer]:
    """Make one search. Raises `VendorBadResponse` where it cannot be told which rows are the adjustment's."""
    values = adapter.values(arguments, adapter.description.schemes)
    sought = [(query, template.value(values)) for query, template in described.ours.items()]
    response = yield adapter.asked(form, values, arguments)
    document = adapter.proven(response, form.success, values)
    rows = [document] if described.rows is None else described.rows.rows(document)
    if rows is None:
        not_understood("there is no list of bookings that can be told", response)
    ours = [row for row in rows if _is_ours(row, sought, described, response)]
    for row in ours:
        adapter.agreeing(row, described.agree, values, response)
    return _Answer(response, document, rows, ours)


def _cancels(row: Any, query: Query, response: VendorResponse) -> tuple[Applied, ...]:
    """The cancel that a booking names, if any. Raises `VendorBadResponse` where that cannot be told."""
    value = query.value(row)
    is_readable = value is not MISSING and not isinstance(value, Unreadable)
    if is_readable and (value is None or value is False or value == ""):
        return ()
    if value is True:
        return (Applied(),)
    text = scalars.text(value) if is_readable else None
    if not text or text == "0":
        not_understood(f"{query.text}: it cannot be told whether the booking was cancelled", response)
    return (Applied(transaction_id=text),)


def _is_ours(
    row: Any, sought: Sequence[tuple[Query, Any]], described: Find | FindReversal, response: VendorResponse
) -> bool:
    """Whether a row is the adjustment's. Raises `VendorBadResponse` where it may be, and that cannot be told."""
    pairs = [(query.value(row), sent) for query, sent in sought]
    if all(reading.agrees(value, sent) for value, sent in pairs):
        return True
    lacking = described.lacking == "unclear"
    if all((lacking and value is MISSING) or reading.could_agree(value, sent) for value, sent in pairs):
        not_understood("A booking may have our id, and that cannot be told", response)
    if described.rows is None:
        not_understood("The booking in the answer is another one than was asked for", response)
    return False


def _state(row: Any, described: Find, response: VendorResponse) -> str:
    """How a booking stands. Raises `VendorBadResponse` for a word that is not described."""
    if described.state is None:
        return "succeeded"
    word = reading.text_at(row, described.state.path)
    states = ("succeeded", "accepted", "rejected")
    found = next((state for state in states if word in (getattr(described.state, state) or ())), None)
    if found is None:
        not_understood(f"{described.state.path.text}: a word that is not described", response)
    return found
