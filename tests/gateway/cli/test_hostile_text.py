"""No command, and no log line on a terminal, hands on what a terminal would obey or a person could not see."""

import asyncio
import io
import json
import logging
import os
import pty
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from gateway import logs
from gateway.answers.rendering import final_answer
from gateway.journal import Journal
from gateway.model import Member
from gateway.simulation import Simulator
from gateway.write import Write
from tests.deadlines import DEADLINE
from tests.gateway.cli.conftest import BEGUN, COMMAND, Call, Command, Left, Ran, at, served
from tests.gateway.test_escaping import is_harmless

UNSEEN = "\u202e\u2066\u200b\u200e\ufeff\u2028\U000e0041"
HOSTILE = f"x\x1b]52;c;cm0=\x07\x9b31m\r\npoints-gateway: forged{UNSEEN}"
MEMBER = Member("email", f"jason{UNSEEN}@example.com")
"""A member may hold no control character; all else it may."""
SEEN = r"\u202e\u2066\u200b\u200e\ufeff\u2028\U000e0041"
outputs = pytest.mark.parametrize("output", ["text", "json"])


@pytest.fixture
def planted(left: Left, vendor: Simulator) -> Left:
    """A journal with hostile text wherever it can come from outside: unknown, refused, and of a hostile member."""
    body = {"member": "contact_id:9", "points": "1", "description": HOSTILE, "reference": HOSTILE}
    faults = {
        "garbled": {"kind": "status", "status": 500, "body": HOSTILE},
        "refused": {"kind": "status", "status": 400, "body": json.dumps({"Message": HOSTILE})},
    }
    made = {key: Call("acme", body, fault) for key, fault in faults.items()}
    ids = served(left.config, vendor, made, clock=at(BEGUN + timedelta(hours=1)))
    asyncio.run(_claimed(left, ids["garbled"]))
    return Left(left.config, {**left.ids, **ids, "hostile": "adj_hostile"})


async def _claimed(left: Left, like: str) -> None:
    """Leave behind an adjustment of a hostile member, which is unknown."""
    url = f"sqlite:///{left.config.with_name('points.db')}"
    for moment in (BEGUN, BEGUN + timedelta(days=1)):
        journal = Journal.open(url, owner="killed", clock=at(moment), render=final_answer)
        try:
            record = await journal.get(None, like)
            assert record is not None
            adjustment = replace(record.draft.adjustment, member=MEMBER)
            await journal.claim(replace(record.draft, id="adj_hostile", key="hostile", write=Write(adjustment)))
            await journal.expire()
        finally:
            await journal.close()


def checked(said: Ran, code: int = 0) -> Ran:
    """The same, once every line of it is seen to be harmless, and none to be forged."""
    assert said.code == code, said.err
    for line in [*said.out.split("\n"), *said.err.split("\n")]:
        assert is_harmless(line), ascii(line)
        assert not line.startswith("Traceback")
        assert not line.startswith("points-gateway: forged")
    return said


@outputs
def test_the_list(command: Command, planted: Left, output: str) -> None:
    """Members are shown as they are written, the invisible too; JSON still says what they are."""
    out = checked(command("adjustments", "list", "-c", planted.config, "-o", output)).out
    if output == "json":
        assert str(MEMBER) in [each["member"] for each in json.loads(out)["data"]]
    else:
        assert f"email:jason{SEEN}@example.com" in out


@outputs
@pytest.mark.parametrize("key", ["garbled", "refused", "hostile"])
def test_one_adjustment(command: Command, planted: Left, key: str, output: str) -> None:
    """Whatever a caller sent and a vendor answered is escaped, in fields, problems, evidence and exchanges."""
    out = checked(command("adjustments", "show", planted.ids[key], "-c", planted.config, "-o", output)).out
    if key != "hostile":
        assert r"x\u001b]52;c;cm0=\u0007\u009b31m\r\npoints-gateway: forged" in out
    if output == "json":
        assert json.loads(out)["description"] == HOSTILE
    else:
        assert rf"x\x1b]52;c;cm0=\x07\x9b31m\r\npoints-gateway: forged{SEEN}" in out


@outputs
def test_a_decision(command: Command, planted: Left, output: str) -> None:
    """A preview, a decision, and the reason that it was made for."""
    arguments = ["adjustments", "resolve", "--applied", "--reason", HOSTILE, "-c", planted.config]
    checked(command(*arguments, "--all"))
    checked(command(*arguments, "adj_hostile"))
    checked(command(*arguments[:2], "--not-applied", *arguments[3:], "adj_hostile"), 1)
    out = checked(command("adjustments", "show", "adj_hostile", "-c", planted.config, "-o", output)).out
    if output == "json":
        assert json.loads(out)["resolution"]["reason"] == HOSTILE


def test_a_hint(command: Command, planted: Left, vendor: Simulator) -> None:
    """What a vendor answers when it is asked for a hint."""
    checked(command("adjustments", "show", "adj_hostile", "--balance", "-c", planted.config))


@pytest.mark.parametrize(
    "arguments",
    [
        ["adjustments", "show", HOSTILE],
        ["adjustments", "resolve", HOSTILE, "--applied", "--reason", "seen"],
        ["explain", "adjust", f"--tenant={HOSTILE}", "--member=email:a"],
        ["explain", "adjust", "--tenant=acme", f"--member={HOSTILE}", "--points=1"],
        ["explain", "balance", "--tenant=acme", f"--member={HOSTILE}"],
        ["explain", "balance", "--tenant=acme", f"--member={HOSTILE}", "-o", "json"],
        ["serve", "--host", HOSTILE],
        ["simulate", "--host", HOSTILE],
    ],
    ids=lambda arguments: " ".join(ascii(argument)[1:12] for argument in arguments),
)
def test_a_value_that_is_refused(command: Command, planted: Left, arguments: list[str]) -> None:
    """What was given for an option and cannot be used may be quoted, escaped."""
    checked(command(*arguments, "-c", planted.config), 1)


@pytest.mark.parametrize(
    "arguments",
    [
        [HOSTILE],
        [f"--{HOSTILE}"],
        ["adjustments", HOSTILE],
        ["check", HOSTILE],
        ["explain", HOSTILE],
        ["adjustments", "list", "--status", HOSTILE],
        ["adjustments", "list", "--limit", HOSTILE],
        ["adjustments", "list", "--created-from", HOSTILE],
        ["serve", f"--{HOSTILE}"],
    ],
    ids=lambda arguments: " ".join(ascii(argument)[1:12] for argument in arguments),
)
def test_a_command_line_that_is_wrong(command: Command, planted: Left, arguments: list[str]) -> None:
    """What is wrong with a command line is quoted, escaped."""
    checked(command(*arguments, "-c", planted.config), 2)


@outputs
def test_an_explanation(command: Command, planted: Left, output: str) -> None:
    """A request that would be sent is shown with the text that a caller gives it, escaped."""
    arguments = ["--tenant=acme", "--member=contact_id:9", "--points=1", f"--description={HOSTILE}"]
    out = checked(command("explain", "adjust", *arguments, "-c", planted.config, "-o", output)).out
    assert r"x\u001b]52" in out
    if output == "json":
        assert json.loads(out)["request"]["body"]["Description"] == HOSTILE


NAME = "x\x1b]52;c;cm0=\x07\npoints-gateway: forged\u202e"
QUOTED = json.dumps(NAME)
REST = "vendors: {}\ntenants: {}\nclients: {}\n"
CONFIGURATIONS = {
    "a key": f"{QUOTED}: 1\nstore: sqlite:///a.db\n{REST}",
    "a vendor's name": f"vendors: {{{QUOTED}: {{}}}}\n",
    "a tenant's name": f"tenants: {{{QUOTED}: {{}}}}\n",
    "an adapter": f"vendors: {{a: {{adapter: {QUOTED}}}}}\n",
    "a route": f"tenants: {{a: {{routes: {{adjust: {QUOTED}}}}}}}\n",
    "extends": f"vendors: {{a: {{extends: {QUOTED}}}}}\n",
    "a scope": f"clients: {{a: {{keys: [a], tenants: [{QUOTED}], scopes: [{QUOTED}]}}}}\n",
    "a store": f"store: {QUOTED}\n{REST}",
    "a listener": f"server: {{listen: {QUOTED}}}\n",
    "a variable": 'store: "${env:x\\x1b]52;c;cm0=\\x07}"\n',
    "a secret's file": 'store: "${file:x\\x1b]52;c;cm0=\\x07\\u202e}"\n',
    "an anchor": "store: *\u202e\n",
    "raw": f"store: {UNSEEN}\nvendors: {UNSEEN}\n{UNSEEN}: 1\n",
}


@pytest.mark.parametrize("text", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_configuration_that_is_wrong(command: Command, tmp_path: Path, text: str) -> None:
    """The problems of a configuration, which quote its names, in a file whose own name is hostile."""
    config = tmp_path / NAME
    config.write_text(text, "utf-8")
    for word in ("check", "serve", "demo", "simulate"):
        assert "problem(s) in the configuration" in checked(command(word, "-c", config), 1).err
    checked(command("adjustments", "list", "-c", config), 1)  # which needs the store alone


def test_a_good_configuration_with_a_hostile_name(command: Command, planted: Left) -> None:
    """The name of a file is shown escaped where nothing is wrong with it."""
    config = planted.config.rename(planted.config.with_name(NAME))
    assert r"x\x1b]52;c;cm0=\x07\npoints-gateway: forged\u202e: good" in checked(command("check", "-c", config)).out


def test_a_terminal_is_shown_no_less(planted: Left) -> None:
    """A command whose three streams are a terminal writes to it nothing but visible characters and line ends."""
    arguments = ["adjustments", "show", planted.ids["garbled"], "--balance", "-c", str(planted.config)]
    leader, follower = pty.openpty()
    with os.fdopen(leader, "rb", buffering=0) as screen:
        process = subprocess.Popen([*COMMAND, *arguments], stdin=follower, stdout=follower, stderr=follower)
        os.close(follower)
        out = b""
        with suppress(OSError):  # how Linux says that nobody writes to a terminal any more
            while part := screen.read(4096):
                out += part
    assert process.wait(DEADLINE) == 0
    assert rf"\r\npoints-gateway: forged{SEEN}".encode() in out
    assert all(map(is_harmless, out.decode().split("\r\n")))


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen() -> Iterator[Terminal]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    terminal = Terminal()
    logs.configure("info", terminal)
    yield terminal
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


COLOURS = ("\x1b[0m", "\x1b[1m", "\x1b[2m", *(f"\x1b[{number}m" for number in range(31, 37)))


def test_log_lines_on_a_terminal(screen: Terminal) -> None:
    """A value, an event, a name, what a library says, and what is no text: only our own colours are left."""
    log = structlog.get_logger("gateway")
    log.error("it failed", why=HOSTILE, adjustment=UNSEEN)
    log.warning(HOSTILE, **{f"a{UNSEEN}": 1})
    log.info("values", path=Path(HOSTILE), several=[HOSTILE], error=ValueError(HOSTILE), count=3, on=True)
    logging.getLogger("some.library").warning("it said %s", f"x\x1b[2J{UNSEEN}")
    text = screen.getvalue()
    for colour in COLOURS:
        text = text.replace(colour, "")
    assert all(map(is_harmless, text.split("\n"))), ascii(text)
    assert len(text.splitlines()) == 4
    assert rf"x\x1b]52;c;cm0=\x07\x9b31m\r\npoints-gateway: forged{SEEN}" in text
    assert "count=3" in text


def test_where_an_exception_rose_keeps_its_lines(screen: Terminal) -> None:
    """What an exception passed through stays one line each, as we made them."""
    try:
        raise RuntimeError(HOSTILE)
    except RuntimeError:
        structlog.get_logger("gateway").exception("a fault")
    lines = screen.getvalue().splitlines()
    assert lines[1].strip() == "RuntimeError"
    assert lines[2].strip().endswith("in test_where_an_exception_rose_keeps_its_lines")
