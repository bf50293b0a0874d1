"""What every adapter promises by its signature and attributes, held against its simulator over a real socket."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from gateway.adjustments import Verdict
from gateway.errors import (
    FieldNotSupported,
    MemberNotFound,
    OperationNotSupported,
    VendorError,
)
from gateway.model import Applied, Balance, Expiring, Member, Operation, Period, RepeatSafety
from gateway.port import Options, registry
from gateway.port.refusals import Refusals
from tests.adapters.bench import PERIOD, Bench, Pair

ASKED: dict[Operation, tuple[set[str], set[str]]] = {
    "adjust": (
        {"member", "points"},
        {"id", "point_type", "description", "reason", "reference", "store", "pending", "options"},
    ),
    "balance": ({"member"}, {"point_type"}),
    "expiring": ({"member", "period"}, {"point_type"}),
}
"""The parameters that each operation must and may have."""
CANDIDATES: tuple[tuple[Any, Any], ...] = (("a", "b"), (1, 2), (True, False), ({"a": "b"}, {"a": "c"}), (["a"], ["b"]))
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
    }
    return listed.get(name, ["first words", "other words"])


def option_values(model: type[Options]) -> list[dict[str, Any]]:
    """No options, and two values of each option by itself."""
    found: list[dict[str, Any]] = [{}]
    for name in model.model_fields:
        fitting = [pair for pair in CANDIDATES if all(fits(model, {name: value}) for value in pair)]
        assert fitting, f"no candidate fits the option {name}: add one to CANDIDATES"
        found += [{name: value} for value in fitting[0]]
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
            assert isinstance(reading.result, Balance if operation == "balance" else Expiring)
            assert reading.status == 200
            assert bench.simulator.effects == []


def test_an_operation_that_is_not_written_is_not_supported(bench: Bench) -> None:
    """What an adapter has no method for is refused, and nothing is sent."""
    for operation in get_args(Operation):
        if operation not in bench.kind.operations:
            with pytest.raises(OperationNotSupported):
                bench.said(operation)
    assert bench.simulator.requests == []


def test_every_parameter_reaches_the_vendor(bench: Bench) -> None:
    """Another value of any declared parameter makes another request; the same value makes the same one."""
    for operation, parameters in bench.kind.operations.items():
        for name in parameters:
            arrived = []
            for value in values(bench, operation, name):
                once, again = (bench.fresh_call(operation, **{name: value}) for _ in range(2))
                assert once == again, f"{operation}: {name} is not said in the same way twice"
                assert once not in arrived, f"{operation}: {name}={value!r} does not reach the vendor"
                arrived.append(once)


def test_an_undeclared_field_is_refused_by_name(bench: Bench) -> None:
    """A field that is no parameter is refused, naming it, and nothing is sent."""
    for operation, parameters in bench.kind.operations.items():
        for name in ASKED[operation][1] - {"id", "options"} - parameters:
            fields: dict[str, Any] = {name: True if name == "pending" else "x"}
            with pytest.raises(FieldNotSupported) as caught:
                bench.said(operation, **fields)
            assert caught.value.field == name
    assert bench.simulator.requests == []


def test_an_ignored_field_is_reported_and_not_sent(writer: Pair) -> None:
    """By the operator's consent a field is left out, the request being the same, and the translation names it."""
    undeclared = [name for name in IGNORABLE if name not in writer.kind.operations["adjust"]]
    with Bench(writer, ignore=IGNORABLE) as bench:
        plain = bench.said("adjust")
        assert plain.not_sent == ()
        for name in undeclared:
            fields: dict[str, Any] = {name: "x"}
            translation = bench.said("adjust", **fields)
            assert (translation.request, translation.not_sent) == (plain.request, (name,))


def test_a_declared_field_is_sent_although_it_is_listed_as_ignored(writer: Pair) -> None:
    """`ignore` is for what cannot be said: it drops nothing that can."""
    with Bench(writer, ignore=IGNORABLE) as bench:
        for name in set(IGNORABLE) & writer.kind.operations["adjust"]:
            assert bench.said("adjust", **{name: values(bench, "adjust", name)[0]}).not_sent == ()


def test_schemes_are_those_that_can_be_asked_by(bench: Bench) -> None:
    """Each scheme makes a request of its own; any other is refused as the member's."""
    schemes = [scheme.replace("custom.*", "custom.user_id") for scheme in bench.translator.adapter.schemes]
    assert schemes
    for operation in bench.kind.operations:
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
                bench.said(operation, member=Member(scheme, "12345"))
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
    told = [applied.balance for applied in (first.applied, second.applied)]
    if not writing.translator.adapter.balance_in_answer:
        assert told == [None, None]
        return
    before, after = (balance.available for balance in told if balance is not None)
    assert before is not None
    assert after is not None
    assert after - before == 7


def test_repeat_safety_is_one_of_three_and_true(writing: Bench) -> None:
    """An adapter says `none`, `searchable` or `enforced`; where `enforced`, the same id twice is applied once."""
    safety = writing.translator.adapter.repeat_safety
    assert safety in get_args(RepeatSafety)
    outcomes = [writing.adjust(id="adj_1") for _ in range(2)]
    assert [outcome.verdict for outcome in outcomes] == [Verdict.APPLIED] * 2
    assert len(writing.simulator.effects) == (1 if safety == "enforced" else 2)


def test_searchable_writes_carry_the_adjustments_id(writing: Bench) -> None:
    """A write that can be searched for, or whose repeat is seen, says the id to search for."""
    if writing.translator.adapter.repeat_safety != "none":
        assert "id" in writing.kind.operations["adjust"]


def test_an_unknown_member_is_refused(bench: Bench) -> None:
    """A member that the vendor does not know is a final refusal of a write, and never a zero of a read."""
    if bench.example.unknown_member is None:
        return
    member = Member.parse(bench.example.unknown_member)
    for operation in bench.kind.operations:
        if operation == "adjust":
            outcome = bench.adjust(member=member)
            assert outcome.verdict is Verdict.REFUSED
            assert outcome.error is not None
            assert isinstance(outcome.error, MemberNotFound) or outcome.error.judged
        else:
            with pytest.raises(VendorError) as caught:
                bench.read(operation, member=member)
            assert caught.value.judged, "the vendor said no, and that was not understood"
    assert bench.simulator.effects == []
