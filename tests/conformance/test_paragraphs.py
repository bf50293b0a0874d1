"""What the kit says of a mistake leads to what has to be changed."""

from dataclasses import replace
from typing import Any

from adapters.contact_points.adapter import ContactPoints
from gateway.conformance.pair import Pair, paired
from gateway.port import Adapter, VendorRequest
from gateway.port.registry import AdapterType
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.conformance.altered import altered
from tests.conformance.tried import tried

NEED_THE_EFFECT = (
    "a-damaged-success-makes-up-nothing",
    "a-status-alone-proves-nothing-of-a-write",
    "a-broken-answer-proves-nothing-of-a-write",
    "a-deadline-proves-nothing-of-a-write",
    "a-slow-answer-is-an-answer",
    "what-fails-before-the-effect-applied-nothing",
)


def marked(path: str, effect: bool | None) -> type[Adapter[Any]]:
    """An adapter whose request to a path says this of its effect."""

    def changed(request: VendorRequest, given: object) -> VendorRequest:
        return replace(request, effect=effect) if request.path == path else request

    return altered(Paper, request=changed)


def pair(adapter: type[Adapter[Any]]) -> Pair:
    return Pair(AdapterType.of("paper", adapter), PaperSimulator)


def test_a_request_that_only_prepares_and_says_nothing_of_it_is_told_of_effect_false() -> None:
    """The second of two requests that would both have an effect is never sent; the paragraph says how to mark one."""
    [problem] = tried(pair(marked("/token", None)), "it-works")[:1]
    assert "says effect=False" in str(problem)


def test_checks_of_the_effect_are_one_sentence_where_no_request_has_it() -> None:
    """One paragraph says what is wrong; the checks that need the effect's place name that check, and no error."""
    adapter = pair(marked("/entries", False))
    [cause] = tried(adapter, "one-request-of-a-write-has-the-effect")
    assert "`effect=False` stands at those alone that change no points. Instead: there is none" in str(cause)
    told = [str(problem) for problem in tried(adapter, *NEED_THE_EFFECT)]
    why = "Not tried, since one-request-of-a-write-has-the-effect is broken."
    assert told == [f"paper, all operations: {name}. {why}" for name in NEED_THE_EFFECT]


def test_so_is_the_check_of_a_cancels_effect() -> None:
    """A cancel whose request is marked as one without an effect is told of once."""
    unmarked = altered(ContactPoints, "reverse", request=lambda request, given: replace(request, effect=False))
    cancels = replace(paired("contact-points"), kind=AdapterType.of("contact-points", unmarked))
    of_it, once = "a-status-alone-proves-nothing-of-a-cancel", "a-cancel-takes-back-once"
    assert tried(cancels, once)
    assert [str(problem) for problem in tried(cancels, of_it)] == [
        f"contact-points, all operations: {of_it}. Not tried, since {once} is broken."
    ]


def test_too_few_point_types_are_those_of_the_simulators_example() -> None:
    """Whoever reads it has an Examples of the adapter at hand, and the example is another one."""

    class OneKind(PaperSimulator):
        example = replace(
            PaperSimulator.example, settings={**PaperSimulator.example.settings, "point_types": {"base": "stamps"}}
        )

    problems = tried(replace(pair(Paper), simulator=OneKind), "every-parameter-arrives")
    assert problems
    for problem in problems:
        assert "Expected: two of point_types in the settings of the simulator's `example`" in str(problem)
        assert "Instead: there are ['base']." in str(problem)
