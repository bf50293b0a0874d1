"""Every operation works on the example, and what is not written is not supported."""

from datetime import datetime
from decimal import Decimal
from typing import Any, get_args

from gateway.adjustments import Verdict
from gateway.conformance.bench import Bench
from gateway.conformance.breach import broken, expect
from gateway.conformance.check import ALL, check, listed, writes
from gateway.conformance.numbers import POINTS, leaves, says_nothing
from gateway.errors import FieldNotSupported, MemberNotFound, OperationNotSupported, VendorError
from gateway.model import Applied, Balance, Expiring, Member, Operation, Profile, Transactions
from gateway.port.declaration import faults
from gateway.port.refusals import Refusals
from gateway.port.registry import AdapterType

RESULTS = {"balance": Balance, "expiring": Expiring, "transactions": Transactions, "lookup": Profile}
OPTIONAL: dict[Operation, set[str]] = {
    "adjust": {"id", "point_type", "description", "reason", "reference", "store", "pending", "options"},
    "balance": {"point_type"},
    "expiring": {"period", "point_type"},
    "transactions": {"point_type", "start", "end", "cursor"},
    "lookup": set(),
}
"""The parameters that each operation may have."""
ASKED_AS = {"period": "from", "start": "from", "end": "to"}
"""What callers call a parameter, where it is another name."""
IGNORABLE = ("description", "reason", "reference", "store")


@check("3-two-lines")
def declarations_hold(bench: Bench) -> None:
    """What the class and the instance declare is of the port, and fits the settings of the example."""
    kind = bench.kind
    by_id = "id" in kind.operations.get("adjust", ())
    wrong = list(faults(bench.translator.adapter, bench.settings, finds=kind.found_by is not None, by_id=by_id))
    expect(not wrong, "declarations without a fault", "; ".join(wrong))
    statuses = Refusals(kind.adapter.refusals).statuses()
    alone = [status for status in statuses if status in kind.adapter.refusals]
    expect(all(400 <= status < 500 for status in alone), "statuses of the 400s as refusals", sorted(alone))


@check("1-the-translation", of=ALL)
def it_works(bench: Bench, operation: Operation) -> None:
    """An adjustment is applied once, exactly as asked; a read is answered and changes nothing."""
    if operation == "adjust":
        outcome = bench.adjust()
        if (outcome.verdict, outcome.error) != (Verdict.APPLIED, None):
            accepted = outcome.verdict is Verdict.ACCEPTED and bench.kind.found_by is not None
            why = outcome.error.detail if outcome.error else outcome.evidence.get("error")
            expect(accepted, "5 points for the example's member to be applied", f"it is {outcome.verdict}: {why}")
        expect(isinstance(outcome.applied, Applied), "an Applied", repr(outcome.applied))
        effects = [(effect.member, effect.points) for effect in bench.simulator.effects]
        shown = ", ".join(f"{points} for {member}" for member, points in effects) or "no effect"
        theirs = bench.simulator.example.member  # as the simulator names the member, whatever the adapter does
        expect(effects == [(theirs, Decimal(5))], f"one effect: 5 for {theirs}", shown)
        return
    try:
        reading = bench.read(operation)
    except VendorError as error:
        broken("an answer about the example's member", f"it raised {type(error).__name__}: {error.detail}")
    expect(isinstance(reading.result, RESULTS[operation]), RESULTS[operation].__name__, repr(reading.result))
    expect(200 <= reading.status < 300, "a success of the vendor", reading.status)
    expect(bench.simulator.effects == [], "no effect of a read", bench.simulator.effects)


@check("missing-and-unreadable-values", of=ALL)
def results_are_canonical(bench: Bench, operation: Operation) -> None:
    """Numbers are `Decimal` and no floats, and times are aware."""
    if operation == "adjust":
        result: object = bench.adjust().applied
    else:
        bench.adjust() if "adjust" in bench.kind.operations else None
        result = bench.read(operation).result
    for place, value in leaves(result):
        expect(not isinstance(value, float), "a Decimal", f"{value!r} is a float", place)
        expect(not isinstance(value, datetime) or value.tzinfo is not None, "an aware time", repr(value), place)
        points = place.rpartition(".")[2] in POINTS
        expect(not points or value is None or isinstance(value, Decimal), "a Decimal", repr(value), place)


@check("1-the-translation")
def the_rest_is_not_supported(bench: Bench) -> None:
    """What an adapter has no method for is refused, and nothing is sent."""
    for operation in get_args(Operation):
        if operation in bench.kind.operations:
            continue
        try:
            bench.translation(operation)
        except OperationNotSupported:
            continue
        broken(f"{operation} to be refused", "it was translated")
    expect(bench.simulator.requests == [], "no request", "there is one")


@check("the-signature-is-the-list-of-capabilities", of=ALL)
def other_fields_are_refused(bench: Bench, operation: Operation) -> None:
    """A field that is no parameter is refused, naming it, and nothing is sent."""
    for name in OPTIONAL[operation] - {"id", "options"} - bench.kind.operations[operation]:
        fields: dict[str, Any] = {name: True if name == "pending" else "x"}
        asked = ASKED_AS.get(name, name)
        try:
            bench.translation(operation, **fields)
        except FieldNotSupported as error:
            expect(error.field == asked, f"a refusal of {asked}", f"it names {error.field}")
            continue
        broken(f"{asked} to be refused", "it was translated")
    expect(bench.simulator.requests == [], "no request", "there is one")


@check("the-signature-is-the-list-of-capabilities", applies=writes)
def ignore_leaves_out_what_cannot_be_said(bench: Bench) -> None:
    """By the operator's consent a field is left out, and is reported; one that can be said is sent all the same."""
    declared = bench.kind.operations["adjust"]
    with bench.another(ignore=IGNORABLE) as ignoring:
        plain = ignoring.translation("adjust")
        expect(plain.not_sent == (), "nothing left out where nothing was given", plain.not_sent)
        for name in IGNORABLE:
            if name in declared:
                continue
            fields: dict[str, Any] = {name: "x"}
            ignoring.fresh()
            left = ignoring.translation("adjust", **fields)
            expect(left.request == plain.request, "the same request as without the field", left.request, name)
            expect(left.not_sent == (name,), "the field reported as not sent", left.not_sent, name)


@check("refusals", of=ALL)
def an_unknown_member_is_refused(bench: Bench, operation: Operation) -> None:
    """A member that the vendor does not know is a final refusal of a write, and never a zero of a read."""
    if bench.example.unknown_member is None:
        return
    member = Member.parse(bench.example.unknown_member)
    if operation == "adjust":
        outcome = bench.adjust(member=member)
        expect(outcome.verdict is Verdict.REFUSED, "a refusal", f"it is {outcome.verdict}", member)
        error = outcome.error
        judged = isinstance(error, VendorError) and (isinstance(error, MemberNotFound) or error.judged)
        expect(judged, "the vendor's own refusal", repr(error), member)
        expect(bench.simulator.effects == [], "no effect", bench.simulator.effects)
        return
    try:
        answer: object = bench.read(operation, member=member).result
    except VendorError as refusal:
        expect(
            refusal.judged, "a refusal by `judge` or `refuse`", f"{type(refusal).__name__}: {refusal.detail}", member
        )
        return
    # A vendor may list nothing for a member that does not exist.
    empty = isinstance(answer, Transactions) and answer.items == ()
    nothing = operation in bench.examples.empty_reads and says_nothing(answer)
    expect(empty or nothing, "a refusal, or no number at all", repr(answer), member)


def _probes(kind: AdapterType) -> bool:
    return kind.probes


@check("a-vendor-that-can-be-probed", applies=_probes)
def a_probe_changes_nothing(bench: Bench) -> None:
    """A probe asks something, has no effect, and is answered by a success."""
    try:
        bench.driven(bench.translator.probe)
    except VendorError as error:
        broken("a success", f"it raised {type(error).__name__}: {error.detail}")
    expect(bench.passed, "at least one request", "there is none")
    marked = [each.request for each in bench.passed if each.request.has_effect(writing=False)]
    expect(not marked, "no request with an effect", marked)
    expect(bench.simulator.effects == [], "no effect", bench.simulator.effects)


CHECKS = listed(vars())
