"""`pause` and `resume`: what they refuse, what they show, and that a broken configuration keeps nobody from pausing."""

import json
import os
import pwd
import shutil
from pathlib import Path

import pytest

from gateway.simulation import Simulator
from tests.gateway.cli.conftest import Command, Left, configuration

WHO = f"command line, uid {os.getuid()} ({pwd.getpwuid(os.getuid()).pw_name})"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["vendor"], "name the vendor"),
        (["all", "crm"], "all has no name"),
        (["vendors", "crm"], "is not one of 'all', 'tenant', 'vendor', 'client'"),
        (["all", "--reason", " "], "--reason: expected 1 to 200 characters in one line, which callers see"),
        (["all", "--reason", "a\nb"], "--reason: expected 1 to 200 characters in one line, which callers see"),
        (["all", "--reason", "a \u202e b"], "--reason: expected 1 to 200 characters in one line, which callers see"),
        (["all", "--retry-after", "0"], "--retry-after"),
    ],
)
def test_a_wrong_line_pauses_nothing(command: Command, left: Left, words: list[str], why: str) -> None:
    """The command line is wrong, exit code 2, and nothing is paused."""
    ran = command("pause", *words, "-c", left.config)
    assert (ran.code, ran.out) == (2, "")
    assert why in ran.err
    assert command("pause", "-c", left.config).err == "nothing is paused\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["vendor", "cmr"], "no vendor is named 'cmr': did you mean crm? (there are: crm, crm_north)"),
        (["tenant", "crm"], "no tenant is named 'crm' (there are: acme, north)"),
        (["client", "acme"], "no client is named 'acme' (there are: app)"),
    ],
)
def test_a_name_that_is_not_configured(command: Command, left: Left, words: list[str], why: str) -> None:
    """A name that nobody has is refused with those that there are."""
    ran = command("pause", *words, "-c", left.config)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"points-gateway: {why}; nothing is paused\n"


def test_what_is_paused_is_shown_and_resumed(command: Command, left: Left) -> None:
    """Each pause is shown with what callers hear, when it began, by whom, and why; `resume` ends one of them."""
    assert command("pause", "all", "-c", left.config).out.splitlines() == [
        "paused: all  (503, Retry-After: 60)",
        "nothing is under way there",
    ]
    command("pause", "client", "app", "--reason", "a new deal", "-c", left.config)
    first, second = command("pause", "-c", left.config).out.splitlines()
    assert first.startswith("all  (503, Retry-After: 60)  since 20")
    assert first.endswith(f"Z, by {WHO}")
    assert second.startswith("client app  (403)  a new deal  since 20")
    shown = json.loads(command("pause", "-o", "json", "-c", left.config).out)
    assert {**shown[1], "since": ""} == {
        "of": "client",
        "name": "app",
        "reason": "a new deal",
        "retry_after": 60,
        "since": "",
        "by": WHO,
        "in": "journal",
    }
    resumed = command("resume", "all", "-c", left.config)
    assert (resumed.code, resumed.out) == (0, "resumed: all\n")
    assert resumed.err == "still paused: client app\n"


def test_what_is_not_paused_cannot_be_resumed(command: Command, left: Left) -> None:
    """A mistaken name is told, with what is paused."""
    command("pause", "vendor", "crm", "-c", left.config)
    ran = command("resume", "vendor", "cmr", "-c", left.config)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "points-gateway: vendor cmr is not paused in this journal; paused there: vendor crm\n"


def test_what_the_configuration_pauses_stays_so(command: Command, left: Left, vendor: Simulator) -> None:
    """`resume` ends the pause of the journal, and says that there is another one."""
    command("pause", "all", "-c", left.config)
    changed = configuration(vendor)
    changed["server"]["read_only"] = True
    left.config.write_text(json.dumps(changed))
    ran = command("resume", "all", "-c", left.config)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "points-gateway: all is paused in the configuration, and stays so: change that, and reload it\n"
    assert command("pause", "-c", left.config).out == "all  (503, Retry-After: 60)  in the configuration\n"


def test_an_invalid_configuration_keeps_nobody_from_pausing(command: Command, left: Left) -> None:
    """What is needed of it is the journal; the name cannot be checked then, and that is said."""
    broken = json.loads(left.config.read_text())
    broken["vendors"]["crm"]["timeout"] = "soon"
    left.config.write_text(json.dumps(broken))
    ran = command("pause", "vendor", "crm", "-c", left.config)
    assert (ran.code, ran.out.splitlines()[0]) == (0, "paused: vendor crm  (503, Retry-After: 60)")
    assert "problem(s) in the configuration, so that it is not used" in ran.err
    assert command("resume", "vendor", "crm", "-c", left.config).code == 0


def test_a_journal_that_is_not_there(command: Command, left: Left, tmp_path: Path) -> None:
    """Where no gateway keeps a journal there is nothing to pause, and none is made."""
    config = shutil.copy(left.config, tmp_path / "gateway.yaml")
    ran = command("pause", "all", "-c", config)
    assert (ran.code, ran.out) == (1, "")
    assert "there is no journal there yet" in ran.err
    assert list(tmp_path.glob("*.db*")) == []


def test_a_client_that_was_renamed(command: Command, left: Left, vendor: Simulator) -> None:
    """It is paused and resumed by the name that it has now; the journal keeps the one that its keys are under."""
    renamed = configuration(vendor)
    renamed["clients"]["shop"] = {**renamed["clients"].pop("app"), "was": "app"}
    left.config.write_text(json.dumps(renamed))
    assert command("pause", "client", "shop", "-c", left.config).out.startswith("paused: client app  (403)\n")
    assert command("resume", "client", "shop", "-c", left.config).code == 0
    assert command("pause", "client", "app", "-c", left.config).out.startswith("paused: client app  (403)\n")
    assert command("resume", "client", "app", "-c", left.config).code == 0
    renamed["clients"]["shop"]["paused"] = True
    left.config.write_text(json.dumps(renamed))
    assert command("pause", "-c", left.config).out == "client app  (403)  in the configuration\n"
