"""`events`: what webhooks were not told is shown, and told again."""

import json
from pathlib import Path

import pytest

from gateway.cli.options import with_journal
from gateway.journal import Journal, KeepRound, Outcome, Publish, TakeWebhook
from gateway.settings import load_store
from tests.gateway.cli.conftest import Command, Left

HOOK = {"url": "https://app.example/hooks?token=private", "secrets": [f"whsec_{'0' * 32}"]}


@pytest.fixture
def hooked(left: Left) -> Left:
    """The same with a webhook, of which one event is parked, since its endpoint did not take it."""
    configuration = json.loads(left.config.read_text())
    configuration["tenants"]["acme"]["webhooks"] = {"app": HOOK, "other": {**HOOK, "paused": True}}
    left.config.write_text(json.dumps(configuration))

    async def park(journal: Journal) -> bool:
        await journal.hand_on(Publish("me", 1.0))
        await journal.hand_on(TakeWebhook("acme", "app", "me", 30.0))
        (first, *_) = (await journal.owed(("acme", "app"), 0, due=0, new=9)).new
        failed = Outcome(first.position, first.adjustment, "failed", "the answer was 500")
        await journal.hand_on(KeepRound("acme", "app", "me", first.position, (failed,), (1.0,), 0.0, 0.0))
        return True

    with_journal(load_store(left.config, {}), park, owner="me")
    return left


def state_of(left: Left, state: str) -> list[str]:
    """The ids of the adjustments of which an event is in a state."""

    async def read(journal: Journal) -> list[str]:
        return [each.adjustment for each in await journal.not_taken(state, limit=9)]  # type: ignore[arg-type]

    return with_journal(load_store(left.config, {}), read)


def test_webhooks_are_shown(command: Command, hooked: Left) -> None:
    """Each with what waits and is parked; the query of its URL is not shown."""
    shown = command("events", "webhooks", "-c", hooked.config)
    assert (shown.code, shown.err) == (0, "")
    app, other = shown.out.splitlines()
    assert app.startswith("acme  app  failing since 20")
    assert app.endswith("0 waiting  1 parked  https://app.example/hooks/***")
    assert other.startswith("acme  other  paused  0 waiting  0 parked")
    assert "private" not in shown.out
    rows = json.loads(command("events", "webhooks", "-c", hooked.config, "-o", "json").out)
    assert [(row["webhook"], row["parked"]) for row in rows] == [("app", 1), ("other", 0)]


def test_what_is_parked_is_shown_and_replayed(command: Command, hooked: Left) -> None:
    """With its id, what it says, and why; a replay has it sent again, and is noted."""
    shown = command("events", "parked", "-c", hooked.config).out
    id_ = hooked.ids["first"]
    event = f"evt_{id_.removeprefix('adj_')}_2"
    assert shown == f"{event}  adjustment.succeeded  acme  app  1  the answer was 500\n"
    again = command("events", "replay", "-c", hooked.config, "--tenant", "acme", "--webhook", "app", "--parked")
    assert again.out == "1 event(s) are sent again, once a gateway runs; what waits already is left as it is\n"
    assert state_of(hooked, "replayed") == [id_]
    assert command("events", "parked", "-c", hooked.config).err == "nothing is parked\n"
    assert "replay" in command("journal", "audit", "-c", hooked.config).out


def test_any_event_can_be_replayed(command: Command, hooked: Left) -> None:
    """One that was taken too; one that nobody knows has nothing replayed."""
    known, unknown = (f"evt_{id_}_2" for id_ in (hooked.ids["second"].removeprefix("adj_"), "0" * 32))
    words = ("events", "replay", "-c", hooked.config, "--tenant", "acme", "--webhook", "app")
    refused = command(*words, "--event", known, "--event", unknown)
    assert refused.code == 1
    assert "nothing is replayed" in refused.err
    assert state_of(hooked, "replayed") == []
    assert command(*words, "--event", known).code == 0
    assert state_of(hooked, "replayed") == [hooked.ids["second"]]


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["--tenant", "acme", "--webhook", "app"], 2, "--parked"),
        (["--tenant", "acme", "--webhook", "app", "--parked", "--event", "evt_1_2"], 2, "--parked"),
        (["--tenant", "nobody", "--webhook", "app", "--parked"], 1, "no tenant is named 'nobody'"),
        (["--tenant", "acme", "--webhook", "ap", "--parked"], 1, "no webhook is named 'ap': did you mean app?"),
    ],
)
def test_a_wrong_replay(command: Command, hooked: Left, words: list[str], code: int, why: str) -> None:
    """It says what is wrong, and changes nothing."""
    refused = command("events", "replay", "-c", hooked.config, *words)
    assert refused.code == code
    assert why in refused.err
    assert len(state_of(hooked, "parked")) == 1


def test_nobody_has_webhooks(command: Command, left: Left, tmp_path: Path) -> None:
    """That is said, and no error; nor is a journal that is not there yet."""
    assert command("events", "webhooks", "-c", left.config).err == "no tenant has webhooks\n"
    (left.config.parent / "points.db").unlink()
    assert command("events", "parked", "-c", left.config).err == "nothing is parked\n"
