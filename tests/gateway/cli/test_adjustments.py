"""`adjustments list` and `show`: what the journal holds, for people and for scripts."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.copied_rows import copy_oldest
from tests.gateway.cli.conftest import Command, Left, ran

FILTERS = {
    "none": ([], ["fifth", "fourth", "third", "second", "first"]),
    "tenant": (["--tenant", "north"], ["fifth"]),
    "vendor": (["--vendor", "crm_north"], ["fifth"]),
    "client": (["--client", "app", "--vendor", "crm_north"], ["fifth"]),
    "member": (["--member", "contact_id:1"], ["second", "first"]),
    "unknown": (["--status", "unknown"], ["fifth", "third", "second"]),
    "succeeded": (["--status", "succeeded"], ["first"]),
    "failed": (["--status", "failed"], ["fourth"]),
    "reference": (["--reference", "order-3"], ["third"]),
    "key": (["--idempotency-key", "fourth"], ["fourth"]),
    "from": (["--created-from", "2020-01-01T00:03:00Z"], ["fifth", "fourth"]),
    "to": (["--created-to", "2020-01-01T01:01:00+01:00"], ["second", "first"]),
    "limit": (["--limit", "2"], ["fifth", "fourth"]),
    "several": (["--tenant", "acme", "--status", "unknown", "--member", "contact_id:2"], ["third"]),
}


MORE = "there are more: these are the newest 2; see --limit and --created-to\n"


def test_a_list_that_holds_all_says_nothing_of_more(command: Command, left: Left) -> None:
    """A list just as long as its limit is whole."""
    assert command("adjustments", "list", "-c", left.config, "--limit", "5").err == ""


def told(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


@pytest.mark.parametrize(("arguments", "keys"), FILTERS.values(), ids=FILTERS)
def test_filters_choose(command: Command, left: Left, arguments: list[str], keys: list[str]) -> None:
    """Each filter narrows the list, newest first, in text and in JSON alike."""
    shown = command("adjustments", "list", "-c", left.config, *arguments)
    result = command("adjustments", "list", "-c", left.config, *arguments, "-o", "json")
    assert (shown.code, result.code) == (0, 0)
    assert shown.err == result.err == (MORE if "--limit" in arguments else "")
    ids = [left.ids[key] for key in keys]
    assert [line.split()[1] for line in shown.out.splitlines()] == ["ID", *ids]
    assert [each["id"] for each in told(result.out)["data"]] == ids
    assert told(result.out)["next_cursor"] is None


def test_a_line_says_what_matters(command: Command, left: Left) -> None:
    """One adjustment a line: when, id, status, points digit for digit, tenant, vendor, member."""
    lines = command("adjustments", "list", "-c", left.config).out.splitlines()
    assert [re.split(r" {2,}", line) for line in lines] == [
        ["CREATED", "ID", "STATUS", "POINTS", "TENANT", "VENDOR", "MEMBER"],
        ["2020-01-01T00:04:00Z", left.ids["fifth"], "unknown", "1000000.000001", "north", "crm_north", "contact_id:2"],
        ["2020-01-01T00:03:00Z", left.ids["fourth"], "failed", "7", "acme", "crm", "contact_id:404"],
        ["2020-01-01T00:02:00Z", left.ids["third"], "unknown", "-1.5", "acme", "crm", "contact_id:2"],
        ["2020-01-01T00:01:00Z", left.ids["second"], "unknown", "2.25", "acme", "crm", "contact_id:1"],
        ["2020-01-01T00:00:00Z", left.ids["first"], "succeeded", "5", "acme", "crm", "contact_id:1"],
    ]


def test_a_request_is_found(command: Command, left: Left) -> None:
    """The adjustments that one request was about are found by its id, within other filters too, and no other's."""
    request = told(command("adjustments", "show", left.ids["third"], "-c", left.config, "-o", "json").out)
    id_ = request["history"][-1]["evidence"]["request_id"]
    for also in ([], ["--tenant", "acme"], ["--tenant", "acme", "--idempotency-key", "third"]):
        found = command("adjustments", "list", "-c", left.config, "--request-id", id_, *also)
        assert [line.split()[1] for line in found.out.splitlines()] == ["ID", left.ids["third"]]
    none = command("adjustments", "list", "-c", left.config, "--request-id", id_[:-1])
    assert (none.out, none.err) == ("", "no adjustments\n")


def test_a_list_is_as_long_as_it_is_asked_for(command: Command, left: Left) -> None:
    """More than 10,000 adjustments are listed part by part, in text and as one JSON document, each once."""
    number = 10_100
    copy_oldest(left.config.parent / "points.db", number)
    shown = command("adjustments", "list", "-c", left.config, "--tenant", "acme", "--limit", "1000000")
    ids = [line.split()[1] for line in shown.out.splitlines()[1:]]
    assert (shown.code, len(ids), len(set(ids))) == (0, number + 4, number + 4)
    listed = told(
        command("adjustments", "list", "-c", left.config, "--tenant", "acme", "--limit", "10050", "-o", "json").out
    )
    assert [each["id"] for each in listed["data"]] == ids[:10050]


def test_a_list_whose_first_parts_are_empty_is_whole(command: Command, left: Left) -> None:
    """What is found only behind 20,000 others is the whole list, in text and as one JSON document."""
    copy_oldest(left.config.parent / "points.db", 20_100)
    asked = told(command("adjustments", "show", left.ids["first"], "-c", left.config, "-o", "json").out)
    id_ = asked["history"][-1]["evidence"]["request_id"]
    listed = ["adjustments", "list", "-c", left.config, "--tenant", "acme", "--request-id", id_]
    assert [line.split()[1] for line in command(*listed).out.splitlines()] == ["ID", left.ids["first"]]
    assert [each["id"] for each in told(command(*listed, "-o", "json").out)["data"]] == [left.ids["first"]]
    nothing = command(*listed, "--vendor", "none", "-o", "json")
    assert told(nothing.out) == {"data": [], "next_cursor": None}


def test_the_list_in_json_is_that_of_the_api(command: Command, left: Left) -> None:
    """Each adjustment has every field that the API gives it, points as text."""
    [first] = told(command("adjustments", "list", "-c", left.config, "--status", "succeeded", "-o", "json").out)["data"]
    assert (first["points"], first["balance"]["available"], first["vendor"]["name"]) == ("5", "5", "crm")
    assert {"idempotency_key", "not_sent", "options", "problem", "resolution", "retryable"} < first.keys()


def test_nothing_that_matches(command: Command, left: Left) -> None:
    """An empty list is a success; people are told, scripts get an empty list."""
    arguments = ["adjustments", "list", "-c", left.config, "--tenant", "nowhere"]
    shown, result = command(*arguments), command(*arguments, "-o", "json")
    assert (shown.code, shown.out, shown.err) == (0, "", "no adjustments\n")
    assert (result.code, result.out, result.err) == (0, '{"data":[],"next_cursor":null}\n', "")


@pytest.mark.parametrize("moment", ["2020-01-01", "yesterday", "", "2020-01-01T00:00:00"])
@pytest.mark.parametrize("option", ["--created-from", "--created-to"])
def test_a_time_needs_an_offset(command: Command, left: Left, option: str, moment: str) -> None:
    """A time that cannot be read is a wrong command line."""
    result = command("adjustments", "list", "-c", left.config, option, moment)
    assert (result.code, result.out) == (2, "")
    assert "times with an offset, as in 2026-01-31T00:00:00Z" in result.err


def test_the_text_shows_every_field_and_the_history(command: Command, left: Left) -> None:
    """Every field, and every step with its time, its evidence and the exchange, in the order in which they came."""
    result = command("adjustments", "show", left.ids["third"], "-c", left.config)
    assert (result.code, result.err) == (0, "")
    fields, *steps = result.out.split("\n\n")
    values = dict(line.split(maxsplit=1) for line in fields.splitlines())
    assert (values["id"], values["status"], values["points"]) == (left.ids["third"], "unknown", "-1.5")
    assert (values["member"], values["reference"], values["resolution"]) == ("contact_id:2", "order-3", "null")
    assert [re.sub(r"^\S+ +", "", step.splitlines()[0]) for step in steps] == [
        "- -> in_progress  attempt 1, by gateway",
        "in_progress -> unknown  attempt 1, by gateway",
    ]
    assert '"sent":true' in steps[1]
    assert steps[1].count("  exchange  ") == 1


def test_the_json_is_that_of_the_api_with_its_history(command: Command, left: Left) -> None:
    """The JSON holds the history with evidence and exchange."""
    result = command("adjustments", "show", left.ids["second"], "-c", left.config, "-o", "json")
    assert (result.code, result.err) == (0, "")
    answer = told(result.out)
    assert [(step["from"], step["to"], step["by"]) for step in answer["history"]] == [
        (None, "in_progress", "gateway"),
        ("in_progress", "unknown", "gateway"),
    ]
    assert answer["history"][1]["exchange"][0]["request"]["method"] == "POST"


def test_a_failure_shows_its_problem(command: Command, left: Left) -> None:
    """What the vendor refused is shown with the problem that its caller was told."""
    answer = told(command("adjustments", "show", left.ids["fourth"], "-c", left.config, "-o", "json").out)
    assert (answer["status"], answer["problem"]["code"]) == ("failed", "member_not_found")


@pytest.mark.parametrize("output", ["text", "json"])
def test_secrets_are_masked(command: Command, left: Left, output: str) -> None:
    """The vendor's key is masked where it was sent, and where the vendor's own words repeat it."""
    result = command("adjustments", "show", left.ids["third"], "-c", left.config, "-o", output)
    secret = json.loads(left.config.read_text())["vendors"]["crm"]["api_key"]
    assert secret not in result.out
    assert '"X-ApiKey":"***"' in result.out
    assert "No such key: ***" in result.out


@pytest.mark.parametrize("arguments", [["show", "adj_none"], ["show", "\udcff"], ["show", ""]])
def test_an_id_that_is_not_there(command: Command, left: Left, arguments: list[str]) -> None:
    """An id that the journal does not hold ends with exit code 1 and is named."""
    result = command("adjustments", *arguments, "-c", left.config)
    assert (result.code, result.out) == (1, "")
    assert result.err == f"points-gateway: there is no adjustment {arguments[-1]!r} in this journal\n"


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["show", "adj_1"], ["resolve", "adj_1", "--applied", "--reason", "seen"]],
    ids=lambda each: each[0],
)
def test_no_journal_yet(command: Command, left: Left, arguments: list[str]) -> None:
    """Where no gateway ever ran there is nothing to look into, and nothing is made."""
    journal = left.config.with_name("points.db")
    journal.unlink()
    result = command("adjustments", *arguments, "-c", left.config)
    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(r"points-gateway: there is no journal .+\n", result.err)
    assert not journal.exists()


def test_the_installed_command_is_the_same(left: Left) -> None:
    """A process of its own prints what the command prints in this one."""
    result = ran("adjustments", "list", "-c", left.config, "--status", "failed", "-o", "json")
    assert (result.code, result.err) == (0, "")
    assert [each["id"] for each in told(result.out)["data"]] == [left.ids["fourth"]]


def test_looking_changes_nothing(command: Command, left: Left, tmp_path: Path) -> None:
    """A list and a look leave the journal as it was, byte for byte."""
    journal = left.config.with_name("points.db")
    before = journal.read_bytes()
    command("adjustments", "list", "-c", left.config)
    command("adjustments", "show", left.ids["first"], "-c", left.config)
    assert journal.read_bytes() == before
