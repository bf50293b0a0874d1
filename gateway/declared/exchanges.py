"""The exchanges of described operations: one generator for each, in the manner of every adapter's methods."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gateway.declared import paging, results
from gateway.declared import values as reading
from gateway.declared.bookings import find, find_reversal
from gateway.declared.described import AnyDescribed, Arguments
from gateway.declared.description import BalanceRead, ExpiringRead, LookupRead, TransactionsRead
from gateway.declared.form import Form
from gateway.declared.jsonpath import Query
from gateway.errors import FieldNotSupported, MemberAmbiguous, MemberNotFound
from gateway.model import Applied, Balance, Expiring, Profile, Transactions
from gateway.port.adapter import Exchange, not_understood
from gateway.port.response import VendorResponse
from gateway.port.tokens import Issued, client_credentials

_ANY_VALUE = "0"
"""In place of a value that is not looked up yet."""


def adjust(adapter: AnyDescribed, arguments: Arguments) -> Exchange[Applied]:
    """Book points: by the one form, or by that of a credit or a debit."""
    return (yield from _written(adapter, adapter.form_of("adjust", arguments), arguments))


def reverse(adapter: AnyDescribed, arguments: Arguments) -> Exchange[Applied]:
    """Have the vendor cancel a booking."""
    return (yield from _written(adapter, "reverse", arguments))


def _written(adapter: AnyDescribed, name: str, arguments: Arguments) -> Exchange[Applied]:
    document, response, _ = yield from _asked(adapter, name, arguments)
    result, final = adapter.results[name], adapter.forms[name].success.outcome == "succeeded"
    return results.applied(document, result, adapter.description.times, response, final=final)


def _asked(
    adapter: AnyDescribed, name: str, arguments: Arguments
) -> Exchange[tuple[Any, VendorResponse, dict[str, Any]]]:
    """The proven answer to a request and what comes before it, with the values that were in its holes."""
    form = adapter.forms[name]
    values = adapter.values(arguments, adapter.description.schemes)
    if (before := adapter.forms.get(f"before {name}")) is not None:
        # What cannot be said to the vendor is refused before anything is sent.
        adapter.asked(form, values | dict.fromkeys((f"before.{each}" for each in before.gives), _ANY_VALUE), arguments)
        response = yield adapter.asked(before, values, arguments)
        values |= _looked_up(before, adapter.proven(response, before.success, values), response)
        try:
            request = adapter.asked(form, values, arguments)
        except FieldNotSupported as error:
            not_understood(f"what was looked up does not fit: {error.detail}", response)
    else:
        request = adapter.asked(form, values, arguments)
    response = yield request
    return adapter.proven(response, form.success, values), response, values


def _looked_up(before: Form, document: Any, response: VendorResponse) -> dict[str, Any]:
    """The values of `{before.NAME}`. Raises `VendorBadResponse` where one is not there."""
    found = {}
    for name, query in before.gives.items():
        value = reading.scalar(query.value(document))
        if value in (None, ""):
            not_understood(f"{query.text}: the request that follows needs it, and it is not there", response)
        found[f"before.{name}"] = value
    return found


def balance(adapter: AnyDescribed, arguments: Arguments) -> Exchange[Balance]:
    """Read a balance."""
    described = adapter.part(BalanceRead)
    values = adapter.values(arguments, adapter.description.schemes)
    sought = [(query, template.value(values)) for query, template in described.agree.items()]
    document, response, _ = yield from _asked(adapter, "balance", arguments)
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


def expiring(adapter: AnyDescribed, arguments: Arguments) -> Exchange[Expiring]:
    """Read expiring points."""
    document, response, _ = yield from _asked(adapter, "expiring", arguments)
    described = adapter.part(ExpiringRead)
    return results.expiring(document, described, adapter.description.times, response)


def transactions(adapter: AnyDescribed, arguments: Arguments) -> Exchange[Transactions]:
    """Read one page of a history."""
    described, cursor = adapter.part(TransactionsRead), arguments.get("cursor")
    paging.checked(cursor, described.next)
    document, response, values = yield from _asked(adapter, "transactions", arguments)
    rows = described.rows.rows(document)
    if rows is None or len(rows) > arguments["limit"]:
        not_understood("there is no list of rows that can be told, or more of them than were asked for", response)
    for row in rows:
        adapter.agreeing(row, described.row.agree, values, response)
    types = getattr(adapter.settings, "point_types", {})
    times = adapter.description.times
    return Transactions(
        tuple(results.transaction(row, described.row, types, arguments.get("point_type"), times) for row in rows),
        paging.next_cursor(document, rows, described.next, cursor, response),
        complete=described.complete and adapter.confirms("search"),
    )


def lookup(adapter: AnyDescribed, arguments: Arguments) -> Exchange[Profile]:
    """Look a member up."""
    described, member = adapter.part(LookupRead), arguments["member"]
    form = adapter.forms["lookup"]
    values = adapter.values(arguments, described.schemes)
    response = yield adapter.asked(form, values, arguments)
    document = adapter.proven(response, form.success, values)
    rows = [document] if described.rows is None else described.rows.rows(document)
    if rows is None:
        not_understood("there is no list of members that can be told", response)
    if len(rows) != 1:
        adapter.refuse(MemberAmbiguous if rows else MemberNotFound, response)
    return results.profile(rows[0], described, member, adapter.description.times, response)


def probe(adapter: AnyDescribed, arguments: Arguments) -> Exchange[None]:
    """Ask something that changes nothing."""
    form = adapter.forms["probe"]
    response = yield adapter.asked(form, adapter.values(arguments, {}), arguments)
    adapter.proven(response, form.success, {})


def token(adapter: AnyDescribed, arguments: Arguments) -> Exchange[Issued]:
    """Fetch a token for the client's credentials."""
    return (yield from client_credentials(getattr(adapter.settings, adapter.credentials)))


EXCHANGES: Mapping[str, Callable[[AnyDescribed, Arguments], Exchange[Any]]] = MappingProxyType(
    {
        "adjust": adjust,
        "balance": balance,
        "expiring": expiring,
        "transactions": transactions,
        "lookup": lookup,
        "find": find,
        "find_reversal": find_reversal,
        "reverse": reverse,
        "probe": probe,
        "token": token,
    }
)
"""By the adapter's method."""
