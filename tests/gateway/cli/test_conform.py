"""`conform`: what a person reads of an adapter that does not keep every check, and of one that cannot be tried."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deadlines import FACTOR
from tests.gateway.cli.conftest import Command
from tests.gateway.plugins import install

ADAPTER = """
from gateway.errors import MemberNotFound
from gateway.model import Balance, Member
from gateway.port import Adapter, Exchange, Secret, VendorRequest, VendorSettings


class Settings(VendorSettings):
    key: Secret
    shop: int = 1


class Till(Adapter[Settings]):
    schemes = ("card",)
    refusals = {404: MemberNotFound}

    def balance(self, *, member: Member) -> Exchange[Balance]:
        response = yield VendorRequest("GET", f"/{member.value}", {"X-Key": self.settings.key.reveal()})
        self.judge(response, listed=True)
        return Balance(response.json_object().get("total") or 0)
"""
"""Reads a missing total as zero, which several checks find."""
SIMULATOR = """
from gateway.simulation import Answer, Example, Simulator


class TillSimulator(Simulator):
    name = "till"
    example = Example(settings={"adapter": "till", "key": "k-1234567"}, base_path="", member="card:7")

    def seed(self):
        self.ledger.open("card:7")

    def handle(self, request):
        return Answer.json(200, {"total": 10})
"""


OTHER = SIMULATOR.replace('"key": "k-1234567"', '"api_key": "k-1234567", "shop": "first"')
"""The simulator of somebody who gave other names to the settings."""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where an adapter is installed, and the simulator of its vendor by somebody else."""
    monkeypatch.syspath_prepend(tmp_path)
    install(tmp_path, "till-adapter", ADAPTER, adapters={"till": "Till"})
    install(tmp_path, "till-simulator", SIMULATOR, simulators="till = till_simulator:TillSimulator")
    yield tmp_path
    for name in ("till_adapter", "till_simulator"):
        sys.modules.pop(name, None)


def test_each_paragraph_stands_by_itself(packages: Path, command: Command) -> None:
    """An empty line parts what is broken from what follows, and no escape is shown in its place."""
    result = command("conform", "till", "--patience", str(max(1, FACTOR)))
    assert result.code == 1
    *paragraphs, last = result.out.rstrip("\n").split("\n\n")
    assert len(paragraphs) > 1
    for each in paragraphs:
        assert each.startswith("till, ")
        assert each.endswith(".")
        assert "\n" not in each
    assert last.startswith("till: ")
    assert last.endswith(f"checks kept, {len(paragraphs)} broken")


def test_settings_that_do_not_fit_are_one_paragraph(packages: Path, command: Command) -> None:
    """It names the simulator and its settings, what is missing, too much and wrong, and what to do; no traceback."""
    (packages / "till_simulator.py").write_text(OTHER)
    result = command("conform", "till")
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "points-gateway: till: the settings of the simulator's `example` do not fit the adapter. Missing: key. "
        "Not of the adapter: api_key. shop: Input should be a valid integer. "
        "The simulator is till_simulator:TillSimulator, its example.settings are "
        '{"adapter": "till", "api_key": "k-1234567", "shop": "first"}. '
        "Give the adapter's own names to these values in Examples(settings=...): "
        "see docs/adding-an-adapter.md#a-simulator-of-another-hand.\n"
    )


def test_a_second_simulator_may_be_that_of_the_adapters_own_package(packages: Path, command: Command) -> None:
    """Whose package has the adapter cannot be uninstalled: its entry point can be removed."""
    install(packages, "other-simulator", SIMULATOR, simulators="till = other_simulator:TillSimulator")
    result = command("conform", "till")
    assert (result.code, result.out) == (1, "")
    assert "2 simulators are installed as 'till'" in result.err
    assert "or remove their entry points" in result.err
    for name in ("till", "other"):
        assert f"distribution {name}-simulator 1.0, entry point {name}_simulator:TillSimulator" in result.err
