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
    said = command("adjustments", "show", left.ids[key], "--balance", "-c", left.config, "-o", "json")
    assert said.code == 0
    assert json.loads(said.out)["id"] == left.ids[key]
    [told] = re.findall(r"\Ahint: (.+)\n\Z", said.err)
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


def test_a_vendor_that_tells_no_balances(command: Command, left: Left) -> None:
    """Where the vendor cannot be asked there is no hint."""
    assert hint(command, left, "second").startswith("no hint: ")
