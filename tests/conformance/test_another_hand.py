"""A simulator whose author never saw the adapter has other names of settings and members."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.conformance import Examples
from gateway.conformance.fitting import Unfit
from gateway.conformance.pair import Pair
from gateway.conformance.report import report
from gateway.port.registry import AdapterType
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.conformance.tried import tried

KIND = AdapterType.of("paper", Paper)
THEIRS = PaperSimulator.example
OWN = {name: value for name, value in THEIRS.settings.items() if name != "adapter"}
pytest_plugins = ("pytester",)


class Renamed(PaperSimulator):
    """The same vendor, with a setting that the adapter has under two names."""

    example = replace(THEIRS, settings={"adapter": "paper", "login": "brand:simulated-paper-secret"})

    def handle(self, request: Any) -> Any:
        type(self).example, before = THEIRS, self.example
        try:
            return super().handle(request)
        finally:
            type(self).example = before


def parted(theirs: Mapping[str, Any]) -> dict[str, Any]:
    client, secret = theirs["login"].split(":")
    return {**OWN, "client": client, "client_secret": secret}


@pytest.mark.parametrize("settings", [OWN, parted], ids=["replaced", "mapped"])
def test_settings_are_replaced_or_made_of_the_simulators(
    settings: Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> None:
    """The adapter is tried, and reported of, with its own names."""
    pair = Pair(KIND, Renamed, Examples(settings=settings))
    assert tried(pair, "it-works", "declarations-hold") == []
    assert report(pair, [])["schemes"] == ["card", "email", "custom.*"]


@pytest.mark.parametrize("name", ["member", "unknown_member"])
def test_a_member_of_no_scheme_of_the_adapter_is_told_of_at_once(name: str) -> None:
    """One sentence says which, and where to give it another name."""

    class Holders(PaperSimulator):
        example = replace(THEIRS, **{name: "holder:1"})

    with pytest.raises(Unfit) as raised:
        tried(Pair(KIND, Holders), "it-works")
    assert f"the {name} of the example is holder:1" in str(raised.value)
    assert f"Examples({name}=...)" in str(raised.value)


def test_the_effect_has_to_be_that_of_the_simulators_own_member() -> None:
    """Another name of the member does not make another member of it."""
    [problem] = tried(Pair(KIND, PaperSimulator, Examples(member="card:2")), "it-works")[:1]
    assert problem.expected == "one effect: 5 for card:1"
    assert problem.instead == "5 for card:2"


def test_a_test_fails_with_the_paragraph_alone(pytester: pytest.Pytester) -> None:
    """Of pytest, what does not fit is no error of a fixture with its traceback."""
    pytester.makepyfile("""
        import pytest
        from tests.conformance.test_another_hand import KIND, Pair, Renamed

        @pytest.mark.conformance(Pair(KIND, Renamed))
        def test_conformance(conforms):
            conforms()
    """)
    result = pytester.runpytest_inprocess("-k", "it-works-adjust", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Missing: client, client_secret. Not of the adapter: login.*"])
    result.stdout.no_fnmatch_line("*ValidationError*")
