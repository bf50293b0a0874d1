"""Each way in which an adapter adjusts has one effect, which its request says, and which is what was asked for."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gateway.adjustments import Verdict
from gateway.conformance.bench import Bench
from gateway.conformance.breach import expect
from gateway.conformance.check import ALL, check, listed, writes
from gateway.conformance.checks.parameters import member_of, needed, values
from gateway.errors import FieldNotSupported
from gateway.model import Balance, Operation
from gateway.port.registry import AdapterType


def branches(bench: Bench) -> Iterator[tuple[str, dict[str, Any]]]:
    """The fields of adjustments that an adapter may send in different ways, each with its name.

    Credits and debits, alone and with each value of each parameter and option; each scheme; those of the examples.
    """
    yield "a credit", {}
    yield "a debit", {"points": Decimal(-1)}
    if bench.translator.adapter.fractions:
        yield "a fraction", {"points": Decimal("0.5")}
    for scheme in bench.translator.adapter.schemes:
        yield f"a member by {scheme}", {"member": member_of(bench, scheme)}
    for name in sorted(bench.kind.operations["adjust"] - {"id", "member", "points"}):
        if ("adjust", name) in bench.examples.elsewhere:
            continue
        for value in values(bench, "adjust", name):
            fields = {**needed(bench, name, value), name: value}
            yield f"{name}={value!r}", fields
            if "points" not in fields:
                yield f"a debit with {name}={value!r}", {**fields, "points": Decimal(-1)}
    yield from ((name, dict(fields)) for name, fields in bench.examples.branches.items())


@check("which-requests-have-an-effect", applies=writes)
def every_effect_is_marked(bench: Bench) -> None:
    """In every branch, what changes points is the one request that says so, and changes what was asked for, of whom."""
    with bench.direct():
        for name, fields in branches(bench):
            bench.fresh()
            bench.adjust(id="adj_before")  # so that there is something to take away
            bench.passed.clear()
            before = len(bench.simulator.effects)
            try:
                outcome = bench.adjust(**fields)
            except FieldNotSupported:
                continue  # its vendor cannot be told this combination
            marked = [each for each in bench.passed if each.request.effect]
            unmarked = [each.request for each in bench.passed if each.effects and not each.request.effect]
            expect(not unmarked, "`effect=True` at the request that changes points", unmarked, name)
            expect(len(marked) <= 1, "at most one request with an effect", [each.request for each in marked], name)
            made = bench.simulator.effects[before:]
            effects, asked = [each.points for each in made], fields.get("points", Decimal(5))
            expect(effects in ([], [asked]), f"a change of {asked}, or none", effects, name)
            theirs, whose = bench.simulator.example.member, {each.member for each in made}
            expect("member" in fields or whose <= {theirs}, f"a change of the points of {theirs}", whose, name)
            booked = outcome.applied.booked if outcome.applied else None
            expect(booked in (None, asked), f"{asked} as booked, or null", booked, name)
            applied = outcome.verdict in (Verdict.APPLIED, Verdict.ACCEPTED)
            expect(applied is (effects != []), "applied exactly where the points have changed", outcome.verdict, name)
            believed = outcome.verdict is not Verdict.UNKNOWN
            expect(believed, "an answer that is understood", outcome.evidence.get("error"), name)


@check("which-requests-have-an-effect", of=ALL)
def one_request_of_a_write_has_the_effect(bench: Bench, operation: Operation) -> None:
    """A write has exactly one request with an effect, a read has none; no more is sent than the adapter asks for."""
    bench.call(operation)
    marked = [request for request in bench.transport.requests if request.effect]
    if operation == "adjust":
        one = "one request with an effect: `effect=False` stands at those alone that change no points"
        expect(len(marked) == 1, one, marked or "there is none")
    else:
        expect(marked == [], "no request with an effect", marked)
    sent, arrived = len(bench.transport.requests), len(bench.simulator.requests)
    expect(sent == arrived, f"{sent} request(s) at the vendor", arrived)


@check("1-the-translation", applies=writes)
def a_balance_in_the_answer_is_true(bench: Bench) -> None:
    """A balance is told after a write if and only if the adapter says so, and it moves by what was written."""
    first, second = bench.adjust(id="adj_1"), bench.adjust(id="adj_2", points=Decimal(7))
    balances = [outcome.applied.balance if outcome.applied else None for outcome in (first, second)]
    if not bench.translator.adapter.balance_in_answer:
        expect(balances == [None, None], "no balance, since balance_in_answer is False", balances)
        return
    before, after = (balance.available if balance else None for balance in balances)
    moved = None if before is None or after is None else after - before
    expect(moved == 7, "a balance that moves by the 7 points", f"{before}, then {after}")


@check("a-vendor-with-several-kinds-of-points", applies=lambda kind: _by_kind(kind))
def a_balance_without_a_point_type_is_of_all_or_of_one(bench: Bench) -> None:
    """Of all kinds together if and only if the adapter says so: what was written of two kinds is then added up."""
    types = list(getattr(bench.settings, "point_types", {}))
    if len(types) < 2 or {("balance", "point_type"), ("adjust", "point_type")} & bench.examples.elsewhere:
        return

    def available() -> Decimal:
        balance = bench.read("balance").result
        return (isinstance(balance, Balance) and balance.available) or Decimal(0)

    before = available()
    for number, (point_type, points) in enumerate(((types[0], 5), (types[-1], 7))):
        outcome = bench.adjust(id=f"adj_{number}", point_type=point_type, points=Decimal(points))
        expect(outcome.applied, f"{points} points of {point_type} to be applied", outcome.verdict)
    added = available() - before == 12
    says = bench.translator.adapter.aggregates
    expect(added is says, f"aggregates to be true to the vendor, and it is {says}", f"added up: {added}")


@check("a-vendor-with-several-kinds-of-points", applies=lambda kind: _by_kind(kind))
def points_are_of_the_type_that_was_named(bench: Bench) -> None:
    """A credit of a type of points moves the balance of that type, by all that was credited."""
    if {("balance", "point_type"), ("adjust", "point_type")} & bench.examples.elsewhere:
        return

    def available(point_type: str) -> Decimal:
        balance = bench.read("balance", point_type=point_type).result
        assert isinstance(balance, Balance)  # noqa: S101 (by the operation)
        return balance.available or balance.total or Decimal(0)

    with bench.direct():
        for number, point_type in enumerate(getattr(bench.settings, "point_types", {})):
            before = available(point_type)
            outcome = bench.adjust(id=f"adj_{number}", point_type=point_type)
            moved = available(point_type) - before
            applied = outcome.verdict is Verdict.APPLIED
            expect(moved == 5 or not applied, "5 more points of this type", f"{moved} more", f"{point_type=}")


def _by_kind(kind: AdapterType) -> bool:
    return all("point_type" in kind.operations.get(each, ()) for each in ("adjust", "balance"))


CHECKS = listed(vars())
