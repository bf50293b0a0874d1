"""Every parameter that an adapter declares reaches its vendor, and every scheme is a request of its own."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from gateway.conformance.bench import PERIOD, Bench
from gateway.conformance.breach import broken, expect
from gateway.conformance.check import ALL, READS, check, listed
from gateway.conformance.fitting import place
from gateway.errors import FieldNotSupported
from gateway.model import Member, Operation, Period
from gateway.port import Options

PAGING = {"limit", "cursor"}
"""What an adapter may do itself, where its vendor has no pages."""
CANDIDATES: tuple[tuple[Any, Any], ...] = (
    ("a", "b"),
    ("2030-01-01T00:00:00Z", "2030-01-02T00:00:00Z"),
    (1, 2),
    (True, False),
    ({"a": "b"}, {"a": "c"}),
    (["a"], ["b"]),
)
"""Two values of an option, by each kind that JSON has."""


def member_of(bench: Bench, scheme: str) -> Member:
    """A member of a scheme; of `custom.*`, by the field `user_id`."""
    scheme = scheme.replace("custom.*", "custom.user_id")
    value = "+1234567890" if scheme == "phone" else "12345"
    return Member(scheme, bench.examples.members.get(scheme, value))


def values(bench: Bench, operation: Operation, name: str) -> list[Any]:
    """At least two values of a parameter, which a vendor must be able to tell from one another."""
    if name in bench.examples.values:
        return list(bench.examples.values[name])
    if name == "member":
        other = bench.example.unknown_member or f"{bench.example.member}.x"
        return [bench.member, Member.parse(other)]
    if name == "period":
        second = timedelta(seconds=1)
        return [PERIOD, Period(PERIOD.start + second, PERIOD.end), Period(PERIOD.start, PERIOD.end - second)]
    if name == "options":
        return [{bench.kind.name: options} for options in option_values(bench)]
    if name in ("point_type", "reason"):
        mapped = list(getattr(bench.settings, f"{name}s", ("a", "b")))
        two = f"two of {name}s in {place(bench.pair)}, to tell them apart"
        expect(len(mapped) > 1, two, f"there are {mapped}")
        return mapped
    known: dict[str, list[Any]] = {
        "points": [Decimal(5), Decimal(7)],
        "id": ["adj_1", "adj_2"],
        "pending": [False, True],
        "store": ["12", "13"],
        "start": [PERIOD.start, PERIOD.end],
        "end": [PERIOD.start, PERIOD.end],
    }
    return known.get(name, ["first words", "other words"])


def option_values(bench: Bench) -> Iterator[dict[str, Any]]:
    """No options, and two values of each option by itself."""
    model = bench.kind.options
    yield {}
    for name, field in model.model_fields.items():
        if ("adjust", name) in bench.examples.elsewhere:
            continue
        own = bench.examples.values.get(name)
        fitting = [pair for pair in (*((own,) if own else ()), *CANDIDATES) if _fit(model, name, pair)]
        expect(fitting, "two values in the adapter's Examples", f"none of the kit's own fits the option {name}")
        yield from ({name: value} for value in fitting[0] if value != field.default)


def needed(bench: Bench, name: str, value: Any) -> dict[str, Any]:
    """The other fields without which an adjustment cannot have this parameter, or these options."""
    needs = bench.examples.needs
    found = dict(needs.get(name, {}))
    for option in value.get(bench.kind.name, {}) if name == "options" else ():
        found |= needs.get(option, {})
    return found


def _fit(model: type[Options], name: str, pair: tuple[Any, Any]) -> bool:
    try:
        for value in pair:
            model.model_validate({name: value})
    except ValidationError:
        return False
    return True


@check("the-signature-is-the-list-of-capabilities", of=ALL)
def every_parameter_arrives(bench: Bench, operation: Operation) -> None:
    """Another value of any declared parameter makes another request; the same value makes the same one."""
    elsewhere = bench.examples.chooses | bench.examples.elsewhere
    for name in sorted(bench.kind.operations[operation] - PAGING):
        if (operation, name) in elsewhere:
            continue
        arrived: list[Any] = []
        for value in values(bench, operation, name):
            besides = needed(bench, name, value) if operation == "adjust" else {}
            once, again = (bench.fresh_call(operation, **{**besides, name: value}) for _ in range(2))
            case = f"{name}={value!r}"
            expect(once, "a request", "nothing arrived", case)
            expect(once == again, "the same request for the same call", "two calls in a row differ", case)
            expect(once not in arrived, "another request than for another value", "the value does not arrive", case)
            arrived.append(once)


@check("the-signature-is-the-list-of-capabilities", of=ALL)
def what_is_not_mapped_is_not_taken_for_another(bench: Bench, operation: Operation) -> None:
    """A point type or a reason that the settings do not name is refused, or makes a request of its own."""
    elsewhere = bench.examples.chooses | bench.examples.elsewhere
    for name in ("point_type", "reason"):
        if name not in bench.kind.operations[operation] or (operation, name) in elsewhere:
            continue
        try:
            requests = bench.fresh_call(operation, **{name: "not_mapped"})
        except FieldNotSupported as error:
            expect(error.field == name, f"a refusal of {name}", f"it names {error.field}")
            continue
        for value in (None, *values(bench, operation, name)):
            same = requests == bench.fresh_call(operation, **{name: value})
            expect(not same, f"a refusal of {name}", f"it is taken for {value!r}", f"{name}='not_mapped'")


@check("the-signature-is-the-list-of-capabilities", of=READS)
def what_chooses_within_an_answer_does(bench: Bench, operation: Operation) -> None:
    """Where the vendor answers for all values of a parameter at once, each makes another result of one request.

    A call without a value may have the result of one that is named, which is the default then.
    """
    for _, name in sorted(each for each in bench.examples.chooses if each[0] == operation):
        results, arrived = [], []
        for value in values(bench, operation, name):
            bench.fresh()
            bench.adjust()  # of the default, so that not all values have the same number
            before = len(bench.simulator.requests)
            results.append(bench.read(operation, **{name: value}).result)
            arrived.append(bench.simulator.requests[before:])
        expect(all(results.count(each) == 1 for each in results), "another result for each value", results, name)
        expect(all(each == arrived[0] for each in arrived), "the same request for all values", arrived, name)


@check("the-signature-is-the-list-of-capabilities", of=ALL)
def every_scheme_is_asked_by(bench: Bench, operation: Operation) -> None:
    """Each scheme makes a request of its own; any other is refused as the member's."""
    adapter = bench.translator.adapter
    every = adapter.lookup_schemes if operation == "lookup" else adapter.schemes
    tried = [*every, *(("custom.other_id",) if "custom.*" in every else ())]
    expect(every, "at least one member scheme", "there is none")
    arrived: list[Any] = []
    for scheme in tried:
        member = member_of(bench, scheme)
        requests = bench.fresh_call(operation, member=member)
        expect(requests, "a request", "nothing arrived", member)
        expect(requests not in arrived, "a request of its own for each scheme", "two schemes make the same", member)
        arrived.append(requests)
    bench.fresh()
    for scheme in ("nobody_asks_by_this", *(() if "custom.*" in every else ("custom.not_asked_by",))):
        try:
            bench.translation(operation, member=Member(scheme, "12345"))
        except FieldNotSupported as error:
            expect(error.field == "member", "a refusal of the member", f"it names {error.field}", scheme)
            continue
        broken("a refusal of the member", "it was translated", scheme)
    expect(bench.simulator.requests == [], "no request", "there is one")


CHECKS = listed(vars())
