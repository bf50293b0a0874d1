"""What every adapter promises by its signature and attributes, held against its simulator over a real socket."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args
from unittest.mock import ANY

import pytest
from pydantic import ValidationError

from gateway.adjustments import Verdict
from gateway.errors import (
    FieldNotSupported,
    MemberNotFound,
    OperationNotSupported,
    VendorError,
)
from gateway.model import Applied, Balance, Expiring, Member, Operation, Period, Profile, RepeatSafety, Transactions
from gateway.port import Options, registry
from gateway.port.refusals import Refusals
from tests.adapters.bench import EMPTY, PERIOD, Bench, Pair, says_nothing

ASKED: dict[Operation, tuple[set[str], set[str]]] = {
    "adjust": (
        {"member", "points"},
        {"id", "point_type", "description", "reason", "reference", "store", "pending", "options"},
    ),
    "balance": ({"member"}, {"point_type"}),
    "expiring": ({"member"}, {"period", "point_type"}),
    "transactions": ({"member", "limit"}, {"point_type", "start", "end", "cursor"}),
    "lookup": ({"member"}, set()),
}
"""The parameters that each operation must and may have."""
RESULTS = {"balance": Balance, "expiring": Expiring, "transactions": Transactions, "lookup": Profile}
PAGING = {"limit", "cursor"}
"""What an adapter may do itself, where its vendor has no pages."""
ASKED_AS = {"period": "from", "start": "from", "end": "to"}
"""What callers call a parameter, where it is another name."""
NAMELESS = {"expiring-points"}
"""The vendors whose answer to a look-up does not name the member."""
CHOOSES = {("fabric", "balance", "point_type")}
"""The parameters that choose within an answer, because the vendor answers for all of their values at once."""
OTHERWISE = {("iactionable", "adjust", "point_type"), ("iactionable", "balance", "point_type")}
"""The parameters that another API of the vendor has, with settings of its own: its tests are beside the adapter's."""
SPENDING = {"points": Decimal(-1), "options": {"iactionable": {"spend": True}}}
WITH: dict[tuple[str, str], dict[str, Any]] = {
    ("iactionable", "options"): {"points": Decimal(-1)},
    ("iactionable", "id"): SPENDING,
}
"""What an adjustment needs besides, so that a parameter can be sent."""
CANDIDATES: tuple[tuple[Any, Any], ...] = (
    ("a", "b"),
    ("2030-01-01T00:00:00Z", "2030-01-02T00:00:00Z"),
    (1, 2),
    (True, False),
    ({"a": "b"}, {"a": "c"}),
    (["a"], ["b"]),
)
IGNORABLE = ("description", "reason", "reference", "store")


def values(bench: Bench, operation: Operation, name: str) -> list[Any]:
    """At least two values of a parameter, which a vendor must be able to tell from one another."""
    if name == "member":
        other = bench.example.unknown_member or f"{bench.example.member}.x"
        return [bench.member, Member.parse(other)]
    if name == "period":
        second = timedelta(seconds=1)
        return [PERIOD, Period(PERIOD.start + second, PERIOD.end), Period(PERIOD.start, PERIOD.end - second)]
    if name == "options":
        return [{bench.kind.name: options} for options in option_values(bench.kind.options)]
    if name in ("point_type", "reason"):
        mapped = list(getattr(bench.settings, f"{name}s", ("a", "b")))
        assert len(mapped) > 1, f"the example maps too few of {name}s to tell them apart"
        return mapped
    listed: dict[str, list[Any]] = {
        "points": [Decimal(5), Decimal(7)],
        "id": ["adj_1", "adj_2"],
        "pending": [False, True],
        "store": ["12", "13"],
        "start": [PERIOD.start, PERIOD.end],
        "end": [PERIOD.start, PERIOD.end],
    }
    return listed.get(name, ["first words", "other words"])


def option_values(model: type[Options]) -> list[dict[str, Any]]:
    """No options, and two values of each option by itself."""
    found: list[dict[str, Any]] = [{}]
    for name in model.model_fields:
        fitting = [pair for pair in CANDIDATES if all(fits(model, {name: value}) for value in pair)]
        assert fitting, f"no candidate fits the option {name}: add one to CANDIDATES"
        found += [{name: value} for value in fitting[0] if value != model.model_fields[name].default]
    return found


def fits(model: type[Options], said_so: dict[str, Any]) -> bool:
    try:
        model.model_validate(said_so)
    except ValidationError:
        return False
    return True


def test_every_adapter_has_a_simulator_and_the_reverse() -> None:
    """What is installed as an adapter can be played against, under the same name."""
    simulators = registry.simulators()
    assert simulators.keys() == registry.adapters().keys()
    assert all(simulator.name == name for name, simulator in simulators.items())


def test_attributes_and_signature_are_of_the_port(pair: Pair) -> None:
    """Operations have no parameter that the gateway never gives, and lack none that a call cannot do without."""
    assert pair.kind.operations
    for operation, parameters in pair.kind.operations.items():
        required, optional = ASKED[operation]
        assert required <= parameters <= required | optional, operation


def test_refusals_are_the_vendors_no(pair: Pair) -> None:
    """What the adapter lists can be refusals, and a status alone is one of the 400s."""
    statuses = Refusals(pair.kind.adapter.refusals).statuses()
    assert all(400 <= status < 500 for status in statuses if status in pair.kind.adapter.refusals)


def test_every_operation_works_on_the_example(bench: Bench) -> None:
    """An adjustment is applied once, exactly as asked; a read is answered and changes nothing."""
    for operation in bench.kind.operations:
        bench.fresh()
        if operation == "adjust":
            outcome = bench.adjust()
            assert (outcome.verdict, outcome.error) == (Verdict.APPLIED, None)
            assert isinstance(outcome.applied, Applied)
            [effect] = bench.simulator.effects
            assert (effect.member, effect.points) == (bench.example.member, Decimal(5))
        else:
            reading = bench.read(operation)
            assert isinstance(reading.result, RESULTS[operation])
            assert reading.status == 200
            assert bench.simulator.effects == []


def test_an_operation_that_is_not_written_is_not_supported(bench: Bench) -> None:
    """What an adapter has no method for is refused, and nothing is sent."""
    for operation in get_args(Operation):
        if operation not in bench.kind.operations:
            with pytest.raises(OperationNotSupported):
                bench.translation(operation)
    assert bench.simulator.requests == []


def test_every_parameter_reaches_the_vendor(bench: Bench) -> None:
    """Another value of any declared parameter makes another request; the same value makes the same one."""
    for operation, parameters in bench.kind.operations.items():
        for name in parameters - PAGING:
            if (bench.kind.name, operation, name) in CHOOSES | OTHERWISE:
                continue
            besides = WITH.get((bench.kind.name, name), {}) if operation == "adjust" else {}
            arrived = []
            for value in values(bench, operation, name):
                once, repeated = (bench.fresh_call(operation, **{**besides, name: value}) for _ in range(2))
                assert once == repeated, f"{operation}: {name} is not said in the same way twice"
                assert once not in arrived, f"{operation}: {name}={value!r} does not reach the vendor"
                arrived.append(once)


def test_a_parameter_that_chooses_within_an_answer_makes_another_result(bench: Bench) -> None:
    """Each of its values, and none, is answered differently by the same request."""
    for adapter, operation, name in CHOOSES:
        if bench.kind.name == adapter:
            results, arrived = [], []
            for value in (None, *values(bench, operation, name)):
                bench.fresh()
                bench.adjust()  # of the default, so that not all values have the same number
                results.append(bench.read(operation, **{name: value}).result)
                arrived.append(bench.simulator.requests[1:])
            assert all(results.count(result) == 1 for result in results)
            assert all(requests == arrived[0] for requests in arrived)


def test_an_undeclared_field_is_refused_by_name(bench: Bench) -> None:
    """A field that is no parameter is refused, naming it, and nothing is sent."""
    for operation, parameters in bench.kind.operations.items():
        for name in ASKED[operation][1] - {"id", "options"} - parameters:
            fields: dict[str, Any] = {name: True if name == "pending" else "x"}
            with pytest.raises(FieldNotSupported) as caught:
                bench.translation(operation, **fields)
            assert caught.value.field == ASKED_AS.get(name, name)
    assert bench.simulator.requests == []


def test_an_ignored_field_is_reported_and_not_sent(writer: Pair) -> None:
    """By the operator's consent a field is left out, the request being the same, and the translation names it."""
    undeclared = [name for name in IGNORABLE if name not in writer.kind.operations["adjust"]]
    with Bench(writer, ignore=IGNORABLE) as bench:
        plain = bench.translation("adjust")
        assert plain.not_sent == ()
        for name in undeclared:
            fields: dict[str, Any] = {name: "x"}
            translation = bench.translation("adjust", **fields)
            assert (translation.request, translation.not_sent) == (plain.request, (name,))


def test_a_declared_field_is_sent_although_it_is_listed_as_ignored(writer: Pair) -> None:
    """`ignore` is for what cannot be said: it drops nothing that can."""
    with Bench(writer, ignore=IGNORABLE) as bench:
        for name in set(IGNORABLE) & writer.kind.operations["adjust"]:
            assert bench.translation("adjust", **{name: values(bench, "adjust", name)[0]}).not_sent == ()


def test_schemes_are_those_that_can_be_asked_by(bench: Bench) -> None:
    """Each scheme makes a request of its own; any other is refused as the member's."""
    adapter = bench.translator.adapter
    for operation in bench.kind.operations:
        every = adapter.lookup_schemes if operation == "lookup" else adapter.schemes
        schemes = [scheme.replace("custom.*", "custom.user_id") for scheme in every]
        assert schemes
        arrived: list[Any] = []
        for scheme in schemes:
            value = "+1234567890" if scheme == "phone" else "12345"
            requests = bench.fresh_call(operation, member=Member(scheme, value))
            assert requests
            assert requests not in arrived
            arrived.append(requests)
        bench.fresh()
        for scheme in ("nobody_asks_by_this", *([] if "custom.user_id" in schemes else ["custom.user_id"])):
            with pytest.raises(FieldNotSupported) as caught:
                bench.translation(operation, member=Member(scheme, "12345"))
            assert caught.value.field == "member"
        assert bench.simulator.requests == []


def test_one_request_of_a_write_has_the_effect_and_none_of_a_read(bench: Bench) -> None:
    """Only what may change points is marked as an effect, and a write has exactly one such request."""
    for operation in bench.kind.operations:
        bench.fresh()
        bench.call(operation)
        effects = [request.effect for request in bench.transport.given]
        assert len(effects) == len(bench.simulator.requests)
        assert sum(effects) == (operation == "adjust")


def test_balance_in_answer_is_true_to_the_answer(writing: Bench) -> None:
    """A balance is told after a write if and only if the adapter says so, and it moves by what was written."""
    first, second = writing.adjust(id="adj_1"), writing.adjust(id="adj_2", points=Decimal(7))
    assert first.applied is not None
    assert second.applied is not None
    balances = [applied.balance for applied in (first.applied, second.applied)]
    if not writing.translator.adapter.balance_in_answer:
        assert balances == [None, None]
        return
    before, after = (balance.available for balance in balances if balance is not None)
    assert before is not None
    assert after is not None
    assert after - before == 7


def test_repeat_safety_is_one_of_three_and_true(writing: Bench) -> None:
    """An adapter says `none`, `searchable` or `enforced`; where `enforced`, the same id twice is applied once.

    The second request is then the first one, but for declared nonces and secrets.
    """
    safety = writing.translator.adapter.repeat_safety
    assert safety in get_args(RepeatSafety)
    outcomes = [writing.adjust(id="adj_1") for _ in range(2)]
    assert [outcome.verdict for outcome in outcomes] == [Verdict.APPLIED] * 2
    assert len(writing.simulator.effects) == (1 if safety == "enforced" else 2)
    effects = [request for request in writing.transport.given if request.effect]
    assert safety != "enforced" or len({writing.delivery.digest(request) for request in effects}) == 1


def test_searchable_writes_carry_the_adjustments_id(writing: Bench) -> None:
    """A write that can be searched for, or whose repeat is seen, says the id to search for."""
    if writing.translator.adapter.repeat_safety != "none":
        assert "id" in writing.kind.operations["adjust"]


def test_a_balance_without_a_point_type_is_of_all_kinds_or_of_one(bench: Bench) -> None:
    """Of all kinds together if and only if the adapter says so: what was written of two kinds is then added up."""
    operations, types = bench.kind.operations, list(getattr(bench.settings, "point_types", {}))
    if any("point_type" not in operations.get(each, ()) for each in ("adjust", "balance")) or len(types) < 2:
        return

    def available() -> Decimal:
        balance = bench.read("balance").result
        assert isinstance(balance, Balance)
        return balance.available or Decimal(0)

    before = available()
    for number, (point_type, points) in enumerate(((types[0], 5), (types[-1], 7))):
        assert bench.adjust(id=f"adj_{number}", point_type=point_type, points=Decimal(points)).applied is not None
    assert (available() - before == 12) is bench.translator.adapter.aggregates


def test_a_look_up_gives_the_member_that_other_operations_take(bench: Bench) -> None:
    """By every name that it gives, the vendor finds the same member, whom its other operations are asked by."""
    if "lookup" not in bench.kind.operations:
        return
    if bench.kind.name in NAMELESS:
        assert bench.read("lookup").result == Profile(bench.member, {}, tier="gold1-3", details=ANY)
        return
    profile = bench.read("lookup").result
    assert isinstance(profile, Profile)
    assert profile.member == bench.member
    assert profile.ids[profile.member.scheme] == profile.member.value
    assert profile.member.scheme in bench.translator.adapter.schemes
    asked = set(bench.translator.adapter.lookup_schemes) & profile.ids.keys()
    assert asked > {profile.member.scheme}, "the example's member has no other name to be looked up by"
    for scheme in asked:
        assert bench.read("lookup", member=Member(scheme, profile.ids[scheme])).result == profile


def test_an_unknown_member_is_refused(bench: Bench) -> None:
    """A member that the vendor does not know is a final refusal of a write, and never a zero of a read.

    Where the vendor answers a read with an empty list, the read has no number.
    """
    if bench.example.unknown_member is None:
        return
    member = Member.parse(bench.example.unknown_member)
    for operation in bench.kind.operations:
        if operation == "adjust":
            outcome = bench.adjust(member=member)
            assert outcome.verdict is Verdict.REFUSED
            assert outcome.error is not None
            assert isinstance(outcome.error, MemberNotFound) or outcome.error.judged
        elif (bench.kind.name, operation) in EMPTY:
            assert says_nothing(bench.read(operation, member=member).result)
        else:
            try:
                answer: object = bench.read(operation, member=member).result
            except VendorError as error:
                answer = error
            # A vendor may list nothing for a member that does not exist.
            empty = isinstance(answer, Transactions) and answer.items == ()
            assert empty or (isinstance(answer, VendorError) and answer.judged), "a no that was not understood"
    assert bench.simulator.effects == []
