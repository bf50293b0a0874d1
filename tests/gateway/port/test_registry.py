"""Adapters and simulators are found by entry point, and read by their signatures."""

from importlib.metadata import entry_points

import pytest

from gateway.model import Balance, Member
from gateway.port import Adapter, Exchange, Options, VendorRequest, VendorSettings, registry
from gateway.port.registry import AdapterType
from gateway.simulation import Simulator
from tests.adapters.fifth_vendor import adapter as fifth
from tests.adapters.fifth_vendor.adapter import Paper


class Reads(Adapter[VendorSettings]):
    """Reads balances, and nothing else."""

    schemes = ("card",)

    def balance(self, *, member: Member) -> Exchange[Balance]:
        """Read a balance."""
        yield VendorRequest("GET", "/")
        raise NotImplementedError


class ReadsToo(Reads):
    """The same under another name."""


def test_finds_what_is_installed() -> None:
    """Every entry point of the two groups is found under its name, in the order of names."""
    for group, found in (("adapters", registry.adapters()), ("simulators", registry.simulators())):
        names = [entry.name for entry in entry_points(group=f"points_gateway.{group}")]
        assert list(found) == sorted(names)
        assert names
    assert all(issubclass(kind.adapter, Adapter) for kind in registry.adapters().values())
    assert all(issubclass(simulator, Simulator) for simulator in registry.simulators().values())


def test_reads_operations_from_signatures() -> None:
    """A method that is written is an operation, and its parameters are what it can be told."""
    kind = AdapterType.of("paper", Paper)
    assert kind.operations == {
        "adjust": {
            *("id", "member", "points", "point_type", "description", "reason", "reference", "store", "pending"),
            "options",
        },
        "balance": {"member", "point_type"},
        "expiring": {"member", "period", "point_type"},
        "transactions": {"member", "limit", "cursor", "point_type", "start", "end"},
        "lookup": {"member"},
    }


def test_reads_models_from_annotations() -> None:
    """Settings are those that the adapter is made of; options are its own, or none."""
    kind = AdapterType.of("paper", Paper)
    assert (kind.name, kind.adapter) == ("paper", Paper)
    assert (kind.settings, kind.options) == (fifth.Settings, fifth.Options)
    assert AdapterType.of("reads", Reads).options is Options


def test_what_is_not_written_is_no_operation() -> None:
    """There is no list of operations but the methods."""
    assert AdapterType.of("reads", Reads).operations == {"balance": {"member"}}


def test_a_subclass_has_the_settings_of_its_base() -> None:
    """An adapter made from another one says what it is made of through that one."""
    kind = AdapterType.of("reads-too", ReadsToo)
    assert kind.settings is VendorSettings
    assert kind.operations == {"balance": {"member"}}


def test_an_adapter_that_names_no_settings_is_refused() -> None:
    """What an adapter is configured with has to be said."""

    class Vague(Adapter):  # type: ignore[type-arg]  # that is what is wrong with it
        """Says nothing."""

    with pytest.raises(TypeError, match=r"Adapter\[Settings\]"):
        AdapterType.of("vague", Vague)


def test_an_adapter_that_takes_what_is_never_said_is_refused() -> None:
    """A misspelt parameter would never be filled, and be shown as something that the vendor can be told."""

    class Misspelt(Adapter[VendorSettings]):
        def balance(self, *, member: Member, point_typ: str | None = None) -> Exchange[Balance]:
            yield VendorRequest("GET", "/")
            return Balance()

    with pytest.raises(TypeError, match=r"takes 'point_typ'; expected only member, nonce, now, point_type"):
        AdapterType.of("misspelt", Misspelt)
