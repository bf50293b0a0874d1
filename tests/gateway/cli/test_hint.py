"""`adjustments show --balance`: what a vendor's balance hints at about an unknown adjustment."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.port import registry
from gateway.simulation import Simulator, in_thread
from tests.gateway.cli.conftest import BEGUN, SILENT, Call, Command, Left, at, configuration, free_ports, served

MEMBER = {"member": "email:jason@example.com"}


@pytest.fixture
def telling() -> Iterator[Simulator]:
    """A simulated vendor that tells balances."""
    simulator: Simulator = registry.simulators()["iactionable"]()
    with in_thread(simulator):
        yield simulator


@pytest.fixture
def arcade(telling: Simulator, tmp_path: Path) -> Left:
    """What a gateway left behind with that vendor: 5 points that it answered, and then 2 that it did not."""
    settings = configuration(telling)
    settings["vendors"]["crm"].pop("account")
    config = tmp_path / "gateway.yaml"
    config.write_text(json.dumps(settings))
    said = served(config, telling, {"said": Call("acme", {**MEMBER, "points": "5"})}, clock=at(BEGUN))
    later = at(BEGUN + timedelta(minutes=1))
    unsaid = served(config, telling, {"unsaid": Call("acme", {**MEMBER, "points": "2"}, SILENT)}, clock=later)
    return Left(config, said | unsaid)


def hint(command: Command, left: Left, key: str) -> str:
    result = command("adjustments", "show", left.ids[key], "--balance", "-c", left.config, "-o", "json")
    assert result.code == 0
    assert json.loads(result.out)["id"] == left.ids[key]
    [told] = re.findall(r"\Ahint: (.+)\n\Z", result.err)
    return str(told)


def test_the_balance_beside_what_it_was(command: Command, arcade: Left) -> None:
    """The balance now, what the vendor said last that it was, and what is unknown stand side by side."""
    told = hint(command, arcade, "unsaid")
    assert told == (
        f"the vendor's balance is 7 now; it said 5 at 2020-01-01T00:00:00Z, after {arcade.ids['said']}; "
        "this was 2. It proves nothing."
    )


def test_a_vendor_that_is_not_there(command: Command, arcade: Left) -> None:
    """A vendor that cannot be reached gives no hint, and the adjustment is shown all the same."""
    settings = json.loads(arcade.config.read_text())
    settings["vendors"]["crm"]["base_url"] = f"http://127.0.0.1:{free_ports(1)[0]}/API"
    arcade.config.write_text(json.dumps(settings))
    assert hint(command, arcade, "unsaid").startswith("no hint: the balance cannot be read: ")


def test_a_vendor_that_cannot_be_asked(command: Command, arcade: Left) -> None:
    """Where the vendor cannot be asked for this member's balance there is no hint."""
    settings = json.loads(arcade.config.read_text())
    settings["vendors"]["crm"]["id_types"] = {"phone": "phone"}
    arcade.config.write_text(json.dumps(settings))
    assert hint(command, arcade, "unsaid").startswith("no hint: member: ")


def test_the_balance_of_the_adjustments_own_point_type(command: Command, tmp_path: Path) -> None:
    """Where a vendor has a balance for each point type, those of others are no hint."""
    simulator = registry.simulators()["contact-points"]()
    member = {"member": "contact_id:1"}
    calls = {
        "bonus": Call("acme", {**member, "points": "3", "point_type": "bonus"}),
        "other": Call("acme", {**member, "points": "9", "point_type": "base"}),
        "unsaid": Call("acme", {**member, "points": "2", "point_type": "bonus"}, SILENT),
    }
    with in_thread(simulator):
        config = tmp_path / "gateway.yaml"
        config.write_text(json.dumps(configuration(simulator)))
        left = Left(config, served(config, simulator, calls, clock=at(BEGUN)))
        told = hint(command, left, "unsaid")
    assert told == (
        f"the vendor's balance is 5 now; it said 3 at 2020-01-01T00:00:00Z, after {left.ids['bonus']}; "
        "this was 2. It proves nothing."
    )
