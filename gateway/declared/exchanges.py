"""The exchanges of described operations: one generator for each, in the manner of every adapter's methods."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gateway.declared import paging, results
from gateway.declared import values as reading
from gateway.declared.described import Described
from gateway.declared.description import BalanceRead, ExpiringRead, Find, LookupRead, TransactionsRead
from gateway.declared.jsonpath import MISSING, Query
from gateway.errors import MemberAmbiguous, MemberNotFound
from gateway.model import Applied, Balance, Expiring, Found, Profile, Transactions
from gateway.port.adapter import Exchange, not_understood
from gateway.port.response import VendorResponse
from gateway.port.tokens import Issued, client_credentials

Given = Mapping[str, Any]
AnyDescribed = Described[Any]


def adjust(adapter: AnyDescribed, given: Given) -> Exchange[Applied]:
    """Book points: by the one form, or by that of a credit or a debit."""
    name = "adjust" if "adjust" in adapter.forms else "credit" if given["points"] > 0 else "debit"
    return (yield from _written(adapter, name, given))


def reverse(adapter: AnyDescribed, given: Given) -> Exchange[Applied]:
    """Have the vendor cancel a booking."""
    return (yield from _written(adapter, "reverse", given))


def _written(adapter: AnyDescribed, name: str, given: Given) -> Exchange[Applied]:
    form, described = adapter.forms[name], adapter.description
    values = adapter.values(given, described.schemes)
    response = yield adapter.asked(form, values, given)
    document = adapter.proven(response, form.success, values)
    result = adapter.results[name]
    return results.applied(document, result, described.times, response, final=form.success.outcome == "succeeded")


def balance(adapter: AnyDescribed, given: Given) -> Exchange[Balance]:
    """Read a balance."""
    described = adapter.part(BalanceRead)
    values = adapter.values(given, adapter.description.schemes)
    sought = [(query, template.value(values)) for query, template in described.agree.items()]
    document, response = yield from _read(adapter, "balance", given)
    if described.rows is not None:
        document = _chosen(described.rows.rows(document), sought, response)
    return results.balance(document, described.result, adapter.description.times, response)


def _chosen(rows: list[Any] | None, sought: Sequence[tuple[Query, Any]], response: VendorResponse) -> Any:
    """The one row that agrees. Raises `VendorBadResponse` for none, several, and one that may and cannot be told."""
    if rows is None:
        not_understood("there is no list of rows that can be told", response)
    possible = [row for row in rows if all(reading.could_agree(query.value(row), sent) for query, sent in sought)]
    if len(possible) != 1 or not all(reading.agrees(query.value(possible[0]), sent) for query, sent in sought):
        not_understood(f"expected one row that agrees, and {len(possible)} of {len(rows)} do or may", response)
    return possible[0]


def expiring(adapter: AnyDescribed, given: Given) -> Exchange[Expiring]:
    """Read expiring points."""
    document, response = yield from _read(adapter, "expiring", given)
    described = adapter.part(ExpiringRead)
    return results.expiring(document, described, adapter.description.times, response)


def transactions(adapter: AnyDescribed, given: Given) -> Exchange[Transactions]:
    """Read one page of a history."""
    described, cursor = adapter.part(TransactionsRead), given.get("cursor")
    paging.checked(cursor, described.next)
    values = adapter.values(given, adapter.description.schemes)
    form = adapter.forms["transactions"]
    response = yield adapter.asked(form, values, given)
    document = adapter.proven(response, form.success, values)
    rows = described.rows.rows(document)
    if rows is None or len(rows) > given["limit"]:
        not_understood("there is no list of rows that can be told, or more of them than were asked for", response)
    for row in rows:
        adapter.agreeing(row, described.row.agree, values, response)
    types = getattr(adapter.settings, "point_types", {})
    times = adapter.description.times
    return Transactions(
        tuple(results.transaction(row, described.row, types, given.get("point_type"), times) for row in rows),
        paging.next_cursor(document, rows, described.next, cursor, response),
        complete=described.complete and adapter.confirms("search"),
    )


def lookup(adapter: AnyDescribed, given: Given) -> Exchange[Profile]:
    """Look a member up."""
    described, member = adapter.part(LookupRead), given["member"]
    form = adapter.forms["lookup"]
    values = adapter.values(given, described.schemes)
    response = yield adapter.asked(form, values, given)
    document = adapter.proven(response, form.success, values)
    rows = [document] if described.rows is None else described.rows.rows(document)
    if rows is None:
        not_understood("there is no list of members that can be told", response)
    if len(rows) != 1:
        adapter.refuse(MemberAmbiguous if rows else MemberNotFound, response)
    return results.profile(rows[0], described, member, adapter.description.times, response)


def find(adapter: AnyDescribed, given: Given) -> Exchange[Found]:
    """Search one page for the bookings of an adjustment."""
    described, cursor = adapter.part(Find), given.get("cursor")
    paging.checked(cursor, described.next)
    values = adapter.values(given, adapter.description.schemes)
    form = adapter.forms["find"]
    sought = [(query, template.value(values)) for query, template in described.ours.items()]
    response = yield adapter.asked(form, values, given)
    document = adapter.proven(response, form.success, values)
    rows = [document] if described.rows is None else described.rows.rows(document)
    if rows is None:
        not_understood("there is no list of bookings that can be told", response)
    matches, rejected = [], False
    for row in rows:
        if not _is_ours(row, sought, described, response):
            continue
        if results.signed(row, described.points) != given["points"]:
            not_understood("A booking with our id has other points than were sent", response)
        adapter.agreeing(row, described.agree, values, response)
        state = _state(row, described, response)
        rejected |= state == "rejected"
        if state != "rejected":
            transaction = reading.text_at(row, described.transaction)
            matches.append(Applied(transaction_id=transaction, final=state == "succeeded"))
    following = paging.next_cursor(document, rows, described.next, cursor, response)
    return Found(tuple(matches), next_cursor=following, rejected=rejected)


def _is_ours(row: Any, sought: Sequence[tuple[Query, Any]], described: Find, response: VendorResponse) -> bool:
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


def probe(adapter: AnyDescribed, given: Given) -> Exchange[None]:
    """Ask something that changes nothing."""
    form = adapter.forms["probe"]
    response = yield adapter.asked(form, adapter.values(given, {}), given)
    adapter.proven(response, form.success, {})


def token(adapter: AnyDescribed, given: Given) -> Exchange[Issued]:
    """Fetch a token for the client's credentials."""
    return (yield from client_credentials(getattr(adapter.settings, adapter.credentials)))


def _read(adapter: AnyDescribed, name: str, given: Given) -> Exchange[tuple[Any, VendorResponse]]:
    form = adapter.forms[name]
    values = adapter.values(given, adapter.description.schemes)
    response = yield adapter.asked(form, values, given)
    return adapter.proven(response, form.success, values), response


EXCHANGES: Mapping[str, Callable[[AnyDescribed, Given], Exchange[Any]]] = MappingProxyType(
    {
        "adjust": adjust,
        "balance": balance,
        "expiring": expiring,
        "transactions": transactions,
        "lookup": lookup,
        "find": find,
        "reverse": reverse,
        "probe": probe,
        "token": token,
    }
)
"""By the adapter's method."""
