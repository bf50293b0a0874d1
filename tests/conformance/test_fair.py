"""The kit does not mind what the port and the vendors leave open."""

from dataclasses import replace
from decimal import Decimal

from adapters.fabric.adapter import Fabric
from adapters.fabric.simulator import FabricSimulator
from gateway.conformance.pair import Pair, paired
from gateway.model import Balance, Member
from gateway.port import Exchange
from gateway.port.registry import AdapterType
from gateway.simulation import Effect
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.conformance.tried import tried

CHOOSES = "what-chooses-within-an-answer-does"


class Doubles(PaperSimulator):
    """The simulator of a vendor that keeps 5 points as 5.0."""

    @property
    def effects(self) -> list[Effect]:
        return [replace(effect, points=effect.points + Decimal("0.0")) for effect in super().effects]


def test_the_points_of_an_effect_are_a_number() -> None:
    """A ledger may keep 5 as 5.0, and any other number is none of these."""
    assert tried(Pair(AdapterType.of("paper", Paper), Doubles), "it-works", "every-effect-is-marked") == []


class OfTheDefault(Fabric):
    """Takes a read without a type for one of the default type."""

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:  # type: ignore[override]
        return (yield from super().balance(member=member, point_type=point_type or self.settings.default_point_type))


def test_a_default_may_be_one_of_the_types_that_are_chosen_from() -> None:
    """A read without a type has the result of the default one then."""
    settings = FabricSimulator.example.settings
    assert settings["default_point_type"] in settings["point_types"]
    assert tried(replace(paired("fabric"), kind=AdapterType.of("fabric", OfTheDefault)), CHOOSES) == []


class FirstOfAll(Fabric):
    """Gives the points of the default type, whatever type is asked for."""

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:  # type: ignore[override]
        return (yield from super().balance(member=member))


def test_a_type_that_chooses_nothing_is_found() -> None:
    """Two types have two results."""
    wrong = replace(paired("fabric"), kind=AdapterType.of("fabric", FirstOfAll))
    [problem] = tried(wrong, CHOOSES)
    assert problem.expected == "another result for each value"
