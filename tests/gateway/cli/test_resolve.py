"""`adjustments resolve`: a person settles what is unknown, once it cannot change by itself."""

import asyncio
import json
import os
import pwd
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.adjustments import Record
from gateway.answers.rendering import final_answer
from gateway.journal import Journal
from gateway.simulation import Simulator
from tests.gateway.cli.conftest import BEGUN, SILENT, Call, Command, Left, Ran, served

SEEN = ["--reason", "point 4711 in their list"]

WHO = f"command line, uid {os.getuid()} ({pwd.getpwuid(os.getuid()).pw_name})"


def settle(command: Command, left: Left, *arguments: str) -> Ran:
    return command("adjustments", "resolve", *arguments, *SEEN, "-c", left.config)


def standing(command: Command, left: Left, identifier: str) -> dict[str, Any]:
    """The adjustment with its history."""
    answer = json.loads(command("adjustments", "show", identifier, "-c", left.config, "-o", "json").out)
    assert isinstance(answer, dict)
    return answer


def statuses(command: Command, left: Left) -> dict[str, str]:
    """The status of every adjustment, by its key."""
    listed = json.loads(command("adjustments", "list", "-c", left.config, "-o", "json").out)["data"]
    return {each["idempotency_key"]: each["status"] for each in listed}


def claimed(left: Left, *, lease: float, clock: Callable[[], datetime]) -> Record:
    """An adjustment in progress, as a gateway leaves it that is killed at that time."""

    async def claim() -> Record:
        journal = Journal.open(
            f"sqlite:///{left.config.with_name('points.db')}", owner="killed", clock=clock, render=final_answer
        )
        try:
            record = await journal.get(None, left.ids["first"])
            assert record is not None
            draft = replace(record.draft, id="adj_killed", key="killed", lease=lease)
            return (await journal.claim(draft))[0]
        finally:
            await journal.close()

    return asyncio.run(claim())


@pytest.mark.parametrize(
    ("option", "status", "outcome"), [("--applied", "succeeded", "applied"), ("--not-applied", "failed", "not_applied")]
)
def test_one_is_settled(command: Command, left: Left, option: str, status: str, outcome: str) -> None:
    """An unknown adjustment gets the status that the decision gives it, and prints as it then stands."""
    result = settle(command, left, left.ids["second"], option)
    assert (result.code, result.err) == (0, "")
    assert result.out.split()[1:4] == [left.ids["second"], status, "2.25"]
    answer = standing(command, left, left.ids["second"])
    assert (answer["status"], answer["resolution"]["outcome"]) == (status, outcome)
    assert (answer["problem"] and answer["problem"]["code"]) == (None if option == "--applied" else "not_applied")


def test_the_others_stay(command: Command, left: Left) -> None:
    """Settling one touches no other."""
    before = statuses(command, left)
    settle(command, left, left.ids["second"], "--applied")
    assert statuses(command, left) == {**before, "second": "succeeded"}


def test_the_history_says_who_decided_and_why(command: Command, left: Left) -> None:
    """The last step names the person, and the resolution has the reason and the time."""
    begun = datetime.now(UTC)
    settle(command, left, left.ids["second"], "--applied")
    answer = standing(command, left, left.ids["second"])
    who = WHO
    assert [step["by"] for step in answer["history"]] == ["gateway", "gateway", who]
    assert (answer["resolution"]["by"], answer["resolution"]["reason"]) == (who, SEEN[1])
    assert begun <= datetime.fromisoformat(answer["resolution"]["at"]) <= datetime.now(UTC)
    shown = command("adjustments", "show", left.ids["second"], "-c", left.config).out
    assert f"unknown -> succeeded  attempt 1, by {who}" in shown


def test_who_decides_cannot_be_made_up(command: Command, left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says, the decision is that of the process's own user."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "somebody-else")
    assert settle(command, left, left.ids["second"], "--applied").code == 0
    answer = standing(command, left, left.ids["second"])
    assert answer["resolution"]["by"] == answer["history"][-1]["by"] == WHO


@pytest.mark.parametrize(
    ("variable", "message"),
    [("2000000", ", SUDO_UID 2000000"), ("0", ", SUDO_UID 0 (root)"), ("-1", ""), ("root", ""), ("9" * 400, "")],
)
def test_whom_sudo_runs_for(
    command: Command, left: Left, monkeypatch: pytest.MonkeyPatch, variable: str, message: str
) -> None:
    """It is noted beside the user, by the variable's name; what is no user id is passed over."""
    monkeypatch.setenv("SUDO_UID", variable)
    assert settle(command, left, left.ids["second"], "--applied").code == 0
    assert standing(command, left, left.ids["second"])["resolution"]["by"] == WHO + message


def test_a_person_without_a_name(command: Command, left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom the system has no name for, as in a container, is kept by number."""
    monkeypatch.setattr("os.getuid", lambda: 2_000_000_123)
    assert settle(command, left, left.ids["second"], "--applied").code == 0
    assert standing(command, left, left.ids["second"])["resolution"]["by"] == "command line, uid 2000000123"


@pytest.mark.parametrize(("key", "status"), [("first", "succeeded"), ("fourth", "failed")])
def test_what_is_final_is_refused(command: Command, left: Left, key: str, status: str) -> None:
    """What has ended is not decided again: exit code 1, its status is named, and nothing changes."""
    before = standing(command, left, left.ids[key])
    result = settle(command, left, left.ids[key], "--not-applied" if status == "succeeded" else "--applied")
    assert result.code == 1
    assert result.err == (
        f"points-gateway: {left.ids[key]} is {status}, and only what is unknown or accepted can be settled\n"
        "points-gateway: 1 of 1 could not be settled\n"
    )
    assert standing(command, left, left.ids[key]) == before


def test_a_decision_is_not_changed(command: Command, left: Left) -> None:
    """Once settled, the other outcome is refused."""
    settle(command, left, left.ids["second"], "--applied")
    assert settle(command, left, left.ids["second"], "--not-applied").code == 1
    assert standing(command, left, left.ids["second"])["status"] == "succeeded"


def test_what_may_still_change_is_refused(command: Command, left: Left, vendor: Simulator) -> None:
    """While its lease is not over, an unknown may settle itself: exit code 1, and it stays unknown."""
    now = {"now": Call("acme", {"member": "contact_id:1", "points": "3"}, SILENT)}
    identifier = served(left.config, vendor, now, clock=lambda: datetime.now(UTC))["now"]
    result = settle(command, left, identifier, "--applied")
    assert result.code == 1
    assert re.match(f"points-gateway: {identifier} may still change by itself until .+Z; try again then\n", result.err)
    assert standing(command, left, identifier)["status"] == "unknown"


def test_what_is_in_progress_is_refused(command: Command, left: Left) -> None:
    """What a gateway has under way is named as such."""
    record = claimed(left, lease=3600, clock=lambda: datetime.now(UTC))
    result = settle(command, left, record.draft.id, "--applied")
    assert result.code == 1
    assert "adj_killed is in_progress, and only what is unknown or accepted can be settled\n" in result.err


def test_what_a_dead_gateway_had_under_way(command: Command, left: Left) -> None:
    """What is in progress past its lease is unknown, though no gateway has run since to say so."""
    record = claimed(left, lease=30, clock=lambda: BEGUN)
    assert settle(command, left, record.draft.id, "--not-applied").code == 0
    answer = standing(command, left, record.draft.id)
    assert [step["to"] for step in answer["history"]] == ["in_progress", "unknown", "failed"]


def test_an_id_that_is_not_there(command: Command, left: Left) -> None:
    """An id that the journal does not hold is named."""
    result = settle(command, left, "adj_none", "--applied")
    assert (result.code, result.err) == (1, "points-gateway: there is no adjustment 'adj_none' in this journal\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["adj_1", "--reason", "seen"],
        ["--applied", "--reason", "seen"],
        ["adj_1", "--all", "--applied", "--reason", "seen"],
        ["adj_1", "--applied", "--tenant", "acme", "--reason", "seen"],
        ["adj_1", "--applied"],
        ["adj_1", "--applied", "--reason", ""],
        ["adj_1", "--applied", "--reason", "x" * 501],
        ["adj_1", "--applied", "--reason", " "],
        ["adj_1", "--applied", "--reason", "seen", "--set", "1-0123456789abcdef"],
        ["adj_1", "--from", "some.csv"],
        ["--all", "--from", "some.csv"],
        ["--from", "some.csv", "--applied"],
        ["--from", "some.csv", "--reason", "seen"],
        ["--from", "some.csv", "--vendor", "crm"],
        ["--all", "--applied", "--reason", "seen", "--created-from", "yesterday"],
        ["--all", "--applied", "--reason", "seen", "--yes"],
        ["--all", "--applied", "--reason", "seen", "--yes", "--set", "all"],
    ],
    ids=" ".join,
)
def test_a_command_line_that_leaves_doubt(command: Command, left: Left, arguments: list[str]) -> None:
    """Which one, what happened and how it is known have to be said, once: else exit code 2, and nothing changes."""
    before = statuses(command, left)
    given = [left.ids["second"] if argument == "adj_1" else argument for argument in arguments]
    result = command("adjustments", "resolve", *given, "-c", left.config)
    assert (result.code, result.out) == (2, "")
    assert statuses(command, left) == before
