"""What has to fit together in a description: each fault with its path, and with what was expected.

The rules of single requests are in `request_rules`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.declared.adapter_class import forms_of, merged
from gateway.declared.described import MEANINGS
from gateway.declared.description import (
    Adjust,
    BalanceRead,
    Description,
    ExpiringRead,
    LookupRead,
    Probe,
    TransactionsRead,
    Writing,
)
from gateway.declared.form import METHODS, Form
from gateway.declared.parts import BalanceResult
from gateway.declared.request_rules import (
    CHOOSING,
    Fault,
    is_taken,
    of_request,
    of_setting,
    of_settings,
)
from gateway.declared.search_rules import of_find, of_find_reversal, of_pages
from gateway.declared.settings_model import DescribedSettings
from gateway.documents.problem import Path
from gateway.model import AMOUNTS
from gateway.port.adapter import Options
from gateway.port.refusals import BOOKED, Refusals

OPERATIONS = (
    *("adjust", "balance", "expiring", "transactions", "lookup", "find", "reverse", "find_reversal", "probe"),
)
_MADE = frozenset(("point_types", "default_point_type", "reasons", "default_reason", "client_credentials"))
"""Settings that descriptions bring by their holes, and never by name."""


def faults(description: Description) -> Iterator[Fault]:
    """What is wrong with a description whose values are right by themselves."""
    yield from _of_names(description)
    yield from _of_refusals(description)
    requests = list(_of_requests(description))
    yield from requests
    if requests:
        return  # what follows needs requests that can be made
    forms = forms_of(description)
    yield from of_settings(description, forms)
    for name in OPERATIONS:
        if (asked := getattr(description, name)) is not None:
            yield from _RULES[name](asked, description, forms)
    yield from _of_acceptance(description, forms)


def _of_names(description: Description) -> Iterator[Fault]:
    if description.name == "declared":
        yield ("name",), "this name stands for all descriptions: expected one of the vendor's own"
    if not any(getattr(description, name) for name in ("adjust", "balance", "expiring", "transactions", "lookup")):
        yield (), f"expected at least one operation: {', '.join(OPERATIONS[:5])}"
    for name, setting in description.settings.items():
        if is_taken(name, DescribedSettings) or name in _MADE:
            yield ("settings", name), "every vendor has this setting, or it comes by a hole: expected another name"
        if setting.default is not None and not isinstance(setting.default, int if setting.type == "number" else str):
            yield ("settings", name, "default"), f"expected a {setting.type}"
        if setting.default is not None and setting.type == "secret":
            yield ("settings", name, "default"), "a secret has no default"
    for name in description.options:
        if is_taken(name, Options):
            yield ("options", name), "the models of options have this name: expected another one"
    for number, name in enumerate(description.identified_by):
        if name not in description.settings or description.settings[name].type == "secret":
            yield ("identified_by", number), "expected the name of a setting that is no secret"


def _of_refusals(description: Description) -> Iterator[Fault]:
    refusals = description.refusals
    if refusals.known and refusals.code is None and refusals.message is None:
        yield ("refusals",), "expected code or message: what tells the vendor's refusal from the page of a proxy"
    seen = set()
    for number, each in enumerate(refusals.known):
        path: Path = ("refusals", "known", number)
        if each.code is not None and refusals.code is None:
            yield (*path, "code"), "expected refusals.code, the place at which codes stand"
        if (each.status, each.code) in seen:
            yield path, "given twice"
        seen.add((each.status, each.code))
        kind = MEANINGS[each.means]
        if kind in BOOKED and each.code is None:
            yield path, f"{each.means} is known by a code alone"
            continue
        try:
            Refusals({each.status if each.code is None else (each.status, each.code): kind})
        except TypeError:
            yield (
                (*path, "status"),
                "expected a status from 400 to 499, or with a code one in the 200s, 400s or 500s",
            )


def _of_requests(description: Description) -> Iterator[Fault]:
    for name in OPERATIONS:
        asked = getattr(description, name)
        if asked is None:
            continue
        if isinstance(asked, Adjust) and (asked.credit is not None or asked.debit is not None):
            if asked.credit is None or asked.debit is None:
                lacking = "debit" if asked.debit is None else "credit"
                yield ("adjust",), f"expected {lacking} as well: points both come and go"
                continue
            if any(getattr(asked, method) is not None for method in METHODS):
                yield ("adjust",), "expected one form with its method here, or credit and debit with one each"
                continue
            for form in ("credit", "debit"):
                whole = merged(asked, getattr(asked, form))
                yield from of_request(whole, ("adjust", form), form, description)
        else:
            yield from of_request(asked, (name,), name, description)


def _of_adjust(adjust: Adjust, description: Description, forms: Mapping[str, Form]) -> Iterator[Fault]:
    names = ("credit", "debit") if "credit" in forms else ("adjust",)
    for name in names:
        path: Path = ("adjust", name) if name != "adjust" else ("adjust",)
        whole: Writing = adjust if name == "adjust" else merged(adjust, getattr(adjust, name))
        yield from _of_write(whole, path)
        holes = {hole.name for hole in forms[name].holes}
        wanted, other = ("points", "amount") if name == "adjust" else ("amount", "points")
        if other in holes:
            why = (
                "{amount} has no sign, and belongs into separate forms of credit and debit: expected {points}"
                if name == "adjust"
                else "{points} has a sign, which would be booked against that of the form: expected {amount}"
            )
            yield path, why
        elif wanted not in holes:
            yield path, f"expected {{{wanted}}}, the points that are booked"
    if len(names) == 2:
        first, second = ({hole.name for hole in forms[name].holes if _is_callers(hole.name)} for name in names)
        for hole in sorted(first ^ second):
            yield ("adjust",), f"{{{hole}}} is in one of credit and debit: expected it in both, or in neither"
    if (idempotency := adjust.idempotency) is None:
        return
    if any(f"before {name}" in forms for name in names):
        why = "a repeat may look up another value, and is another request then: expected no `before`"
        yield ("adjust", "idempotency"), why
    if not all("id" in {hole.name for hole in forms[name].holes} for name in names):
        yield ("adjust", "idempotency"), "expected {id} in the request: idempotency is enforced by it"
    booked = any(each.means == "already_booked" for each in description.refusals.known)
    if (idempotency.enforces == "refuse") is not booked:
        why = "refuse needs a refusal that means already_booked, and replay has none"
        yield ("adjust", "idempotency", "enforces"), why


def _is_callers(hole: str) -> bool:
    ours = hole.startswith(("settings.", "before."))
    return not ours and hole not in ("id", "now", "nonce", "scheme")


def _of_write(asked: Writing, path: Path) -> Iterator[Fault]:
    success = asked.success
    if success is None:
        yield path, "expected success: what proves that it was booked"
        return
    if success.outcome is None:
        yield (*path, "success"), "expected outcome: succeeded, or accepted where the vendor may still reject it"
    sure = [template for template in success.agree.values() if not any(hole.optional for hole in template.holes)]
    if not (success.empty or success.require or sure):
        yield (*path, "success"), "expected what proves it: require, agree, or empty: true; a status proves nothing"
    if success.empty and asked.result is not None:
        yield (*path, "result"), "a success is described as empty, so that there is no result in it"


def _of_balance(balance: BalanceRead, description: Description, forms: Mapping[str, Form]) -> Iterator[Fault]:
    yield from _of_amounts(balance.result, ("balance", "result"))
    if (balance.rows is None) is not (not balance.agree):
        yield ("balance",), "rows and agree go together: one row is the balance, and agree says which"
    for query, template in balance.agree.items():
        place: Path = ("balance", "agree", query.text)
        for hole in template.holes:
            if hole.name.startswith("settings."):
                yield from ((place, why) for why in of_setting(hole, description))
            elif hole.name not in CHOOSING:
                yield place, f"{{{hole.name}}} chooses no row: expected {', '.join(sorted(CHOOSING))} or settings.NAME"
            elif hole.optional:
                yield place, f"{{{hole.name}?}} may have no value, and then nothing says which row it is"


def _of_amounts(result: BalanceResult, path: Path) -> Iterator[Fault]:
    if all(getattr(result, name) is None for name in AMOUNTS):
        yield path, f"expected at least one of {', '.join(AMOUNTS)}"


def _of_expiring(expiring: ExpiringRead, description: Description, forms: Mapping[str, Form]) -> Iterator[Fault]:
    wanted = {"exact": {"points"}, "buckets": {"rows", "bucket"}, "next_only": {"bucket"}}[expiring.precision]
    for name in ("points", "rows", "bucket"):
        there = getattr(expiring, name) is not None
        if there is not (name in wanted):
            yield ("expiring",), f"{expiring.precision} has {' and '.join(sorted(wanted))}, and nothing else of these"
            break
    holes = {hole.name for hole in forms["expiring"].holes}
    if expiring.total is not None and expiring.rows is None:
        yield ("expiring", "total"), "expected rows, of which it is the number"
    if (expiring.precision == "exact") is not ({"period.start", "period.end"} <= holes):
        yield ("expiring",), "exact asks for {period.start} and {period.end}, and nothing else does"


def _of_transactions(asked: TransactionsRead, description: Description, forms: Mapping[str, Form]) -> Iterator[Fault]:
    if "limit" not in {hole.name for hole in forms["transactions"].holes}:
        yield ("transactions",), "expected {limit}, the rows that a page may have"
    for query, template in asked.row.agree.items():
        for hole in template.holes:
            if hole.name not in {each.name for each in forms["transactions"].holes}:
                place: Path = ("transactions", "row", "agree", query.text)
                yield place, f"{{{hole.name}}} is not in the request: no row can be held against it"
    yield from of_pages(asked.next, forms["transactions"], ("transactions",))


def _of_lookup(lookup: LookupRead, description: Description, forms: Mapping[str, Form]) -> Iterator[Fault]:
    if lookup.member.scheme not in description.schemes:
        yield ("lookup", "member", "scheme"), f"expected one of the schemes: {', '.join(description.schemes)}"
    for scheme in lookup.schemes:
        if scheme not in lookup.ids and scheme != lookup.member.scheme:
            yield ("lookup", "ids"), f"expected {scheme} too: the answer has to say that it is who was asked for"


def _of_reverse(reverse: Writing, description: Description, forms: Mapping[str, Form]) -> Iterator[Fault]:
    yield from _of_write(reverse, ("reverse",))
    if not {hole.name for hole in forms["reverse"].holes} & {"original", "transaction"}:
        yield ("reverse",), "expected {original} or {transaction}, what is cancelled"


def _of_probe(probe: Probe, description: Description, forms: Mapping[str, Form]) -> Iterator[Fault]:
    yield from ()


def _of_acceptance(description: Description, forms: Mapping[str, Form]) -> Iterator[Fault]:
    """What is only accepted has to be asked for until it is decided."""
    accepting = any(
        form.success.outcome == "accepted" for name, form in forms.items() if name in ("adjust", "credit", "debit")
    )
    decides = description.find is not None and description.find.state is not None
    if accepting and not decides:
        yield ("find",) if description.find else (), "expected find with state: what is accepted has to be decided"
    if "reverse" in forms and forms["reverse"].success.outcome == "accepted":
        yield ("reverse", "success", "outcome"), "expected succeeded: nothing asks what became of a reversal"


_RULES: Mapping[str, Any] = {
    "adjust": _of_adjust,
    "balance": _of_balance,
    "expiring": _of_expiring,
    "transactions": _of_transactions,
    "lookup": _of_lookup,
    "find": of_find,
    "reverse": _of_reverse,
    "find_reversal": of_find_reversal,
    "probe": _of_probe,
}
