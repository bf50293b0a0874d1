"""What this project's own adapters hold beyond the conformance kit, which lets an adapter be more careful."""

import pytest

from gateway.adjustments import Verdict
from gateway.conformance.senseless import BODIES, served
from gateway.declared.described import Described
from gateway.errors import VendorAuthFailed, VendorError, VendorRateLimited
from gateway.model import Operation
from tests.adapters.bench import Bench, Pair


@pytest.mark.parametrize("status", [401, 429])
@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:12])
def test_401_and_429_applied_nothing(writing: Bench, status: int, body: str) -> None:
    """Whatever their body is, and the answer leads to no other request."""
    effect = writing.effect_number()
    writing.spoil(effect, served(body, status))
    assert writing.adjust().verdict is Verdict.NOT_APPLIED
    assert len(writing.simulator.requests) == effect + 1


@pytest.mark.parametrize("status", [401, 429])
def test_401_and_429_are_known_to_every_read(reading: tuple[Bench, Operation], status: int) -> None:
    """Whichever request of a read they answer, and whatever their body is."""
    bench, operation = reading
    for number in range(len(bench.answers(operation))):
        for body in BODIES:
            bench.spoil(number, served(body, status))
            with pytest.raises(VendorAuthFailed if status == 401 else VendorRateLimited):
                bench.read(operation)
            assert len(bench.simulator.requests) == number + 1


@pytest.mark.parametrize("status", [200, 202])
def test_a_success_is_one_under_any_2xx(writing: Bench, status: int) -> None:
    """The body says so; a description names the statuses of a success, and another 2xx is unknown."""
    if issubclass(writing.kind.adapter, Described):
        pytest.skip("the description says which statuses a success has")
    effect = writing.effect_number()
    success = writing.answers("adjust")[effect]
    writing.spoil(effect, served(success, status, apply=True))
    assert writing.adjust().verdict is Verdict.APPLIED


@pytest.mark.parametrize("status", [300, 307, 399, 403, 418, 499, 500, 503, 599])
def test_an_answer_leads_to_no_other_request(writing: Bench, status: int) -> None:
    """Over a real socket, with a place to go to."""
    effect = writing.effect_number()
    for body in (*BODIES, writing.answers("adjust")[effect]):
        writing.spoil(effect, served(body, status, apply=True))
        writing.adjust()
        assert (len(writing.simulator.requests), len(writing.simulator.effects)) == (effect + 1, 1)


@pytest.mark.parametrize("status", [200, 304, 404, 500])
def test_an_answer_to_a_read_leads_to_no_other_request(reading: tuple[Bench, Operation], status: int) -> None:
    """A read that fails asks nothing else."""
    bench, operation = reading
    for number in range(len(bench.answers(operation))):
        bench.spoil(number, served("{", status))
        with pytest.raises(VendorError):
            bench.read(operation)
        assert len(bench.simulator.requests) == number + 1


def test_what_cannot_be_seen_as_a_repeat_is_applied_again(writing: Bench) -> None:
    """Where no vendor enforces it, the same id twice is two effects, and both are reported."""
    outcomes = [writing.adjust(id="adj_1") for _ in range(2)]
    assert [outcome.verdict for outcome in outcomes] == [Verdict.APPLIED] * 2
    safety = writing.translator.adapter.repeat_safety
    assert len(writing.simulator.effects) == (1 if safety == "enforced" else 2)


def test_a_declared_field_is_sent_although_it_is_listed_as_ignored(writer: Pair) -> None:
    """`ignore` is for what cannot be said: it drops nothing that can."""
    named = ("description", "reason", "reference", "store")
    with Bench(writer, ignore=named) as bench:
        for name in set(named) & writer.kind.operations["adjust"]:
            value = "goodwill" if name == "reason" else "12"
            assert bench.translation("adjust", **{name: value}).not_sent == ()
