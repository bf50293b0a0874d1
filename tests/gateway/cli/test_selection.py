"""`adjustments resolve --all`: what was shown under a name is settled by that name, and nothing else is."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from gateway.adjustments import Settlement, Verdict
from gateway.answers.rendering import final_answer
from gateway.cli import selection
from gateway.journal import Journal
from gateway.simulation import Simulator
from tests.conftest import PostgreSQL
from tests.gateway.cli.conftest import BEGUN, SILENT, Call, Command, Left, Ran, at, served

NOT_APPLIED = ("--all", "--not-applied")
LATE = Call("acme", {"member": "contact_id:1", "points": "9"}, SILENT)
"""What the vendor applies, and does not answer."""


def settle(command: Command, left: Left, *arguments: str) -> Ran:
    return command("adjustments", "resolve", *arguments, "--reason", "their log", "-c", left.config)


def named(said: Ran) -> str:
    """The name of the set that a preview shows."""
    [name] = re.findall(r"^  --set (\S+) --yes$", said.out, re.MULTILINE)
    return str(name)


def statuses(command: Command, left: Left) -> dict[str, str]:
    """The status of every adjustment, by its key."""
    listed = json.loads(command("adjustments", "list", "-c", left.config, "--limit", "100", "-o", "json").out)["data"]
    return {each["idempotency_key"]: each["status"] for each in listed}


def later(left: Left, vendor: Simulator, calls: Mapping[str, Call], *, hours: float = 1) -> dict[str, str]:
    """Have a gateway make these calls later; their ids by key."""
    return served(left.config, vendor, calls, clock=at(BEGUN + timedelta(hours=hours)))


def test_a_preview_names_its_set(command: Command, left: Left) -> None:
    """Without --set, each is listed, the oldest first, then how many there are, where, of what sum; nothing changes."""
    before = statuses(command, left)
    result = settle(command, left, "--all", "--applied")
    assert (result.code, result.err) == (0, "")
    *lines, count, vendors, points, how, name = result.out.splitlines()
    assert [line.split()[1] for line in lines] == [left.ids[key] for key in ("second", "third", "fifth")]
    assert count == "3 unknown adjustment(s); nothing is settled yet"
    assert vendors == "  vendors: crm 2, crm_north 1"
    assert points == "  points: +1000002.250001 in 2, -1.5 in 1"
    assert how == "To settle just these as applied, add to the command:"
    assert re.fullmatch(r"  --set [0-9]+-[0-9a-f]{16} --yes", name)
    assert statuses(command, left) == before


def test_what_was_shown_is_settled(command: Command, left: Left) -> None:
    """By its name the set is settled, each reported, and nothing else changes."""
    before = statuses(command, left)
    result = settle(command, left, *NOT_APPLIED, "--set", named(settle(command, left, *NOT_APPLIED)), "--yes")
    assert (result.code, result.err) == (0, "")
    assert [line.split()[1:3] for line in result.out.splitlines()] == [
        [left.ids[key], "failed"] for key in ("second", "third", "fifth")
    ]
    assert statuses(command, left) == {**before, "second": "failed", "third": "failed", "fifth": "failed"}


def test_what_came_after_the_preview_stays_unknown(command: Command, left: Left, vendor: Simulator) -> None:
    """An unknown that arrives in between, and that the vendor has applied, is not settled along with the others."""
    name = named(settle(command, left, *NOT_APPLIED))
    effects = len(vendor.effects)
    later(left, vendor, {"late": LATE})
    assert len(vendor.effects) == effects + 1
    result = settle(command, left, *NOT_APPLIED, "--set", name, "--yes")
    assert (result.code, len(result.out.splitlines())) == (0, 3)
    after = statuses(command, left)
    assert [after[key] for key in ("second", "third", "fifth", "late")] == ["failed"] * 3 + ["unknown"]


def test_what_was_under_way_at_the_preview_stays_unknown(command: Command, left: Left) -> None:
    """What was claimed before the preview and became unknown after it was not shown, and is not settled."""
    url = f"sqlite:///{left.config.with_name('points.db')}"

    async def journal(*, concludes: bool) -> None:
        opened = Journal.open(url, owner="beside", clock=at(BEGUN), render=final_answer)
        try:
            record = await opened.get(None, left.ids["first"])
            assert record is not None
            under_way = (await opened.claim(replace(record.draft, id="adj_busy", key="busy", lease=0.0)))[0]
            if concludes:
                await opened.conclude(Settlement(under_way, Verdict.UNKNOWN, {}))
        finally:
            await opened.close()

    asyncio.run(journal(concludes=False))
    name = named(settle(command, left, *NOT_APPLIED))
    asyncio.run(journal(concludes=True))
    assert statuses(command, left)["busy"] == "unknown"
    assert settle(command, left, *NOT_APPLIED, "--set", name, "--yes").code == 0
    assert statuses(command, left)["busy"] == "unknown"


def test_what_was_settled_meanwhile(command: Command, left: Left) -> None:
    """Who was settled in between as it is to be settled is reported as such; otherwise it is refused, and stays."""
    name = named(settle(command, left, *NOT_APPLIED))
    settle(command, left, left.ids["second"], "--applied")
    settle(command, left, left.ids["third"], "--not-applied")
    result = settle(command, left, *NOT_APPLIED, "--set", name, "--yes")
    assert result.code == 1
    assert result.err.splitlines() == [
        f"points-gateway: {left.ids['second']} is succeeded, and only what is unknown or accepted can be settled",
        "points-gateway: 1 of 3 could not be settled",
    ]
    assert [line.endswith("(settled before)") for line in result.out.splitlines()] == [True, False]
    after = statuses(command, left)
    assert [after[key] for key in ("second", "third", "fifth")] == ["succeeded", "failed", "failed"]


def test_what_the_vendor_accepted_meanwhile(command: Command, left: Left) -> None:
    """It was shown as unknown: that nothing was applied is not what its vendor says of it since then."""
    name = named(settle(command, left, *NOT_APPLIED))

    async def accepted() -> None:
        url = f"sqlite:///{left.config.with_name('points.db')}"
        opened = Journal.open(url, owner="beside", clock=at(BEGUN), render=final_answer)
        try:
            record = await opened.get(None, left.ids["second"])
            assert record is not None
            await opened.conclude(Settlement(record, Verdict.ACCEPTED, {}, by="search"))
        finally:
            await opened.close()

    asyncio.run(accepted())
    result = settle(command, left, *NOT_APPLIED, "--set", name, "--yes")
    assert result.code == 1
    assert result.err.startswith(f"points-gateway: {left.ids['second']} is accepted now")
    assert statuses(command, left)["second"] == "accepted"
    assert settle(command, left, left.ids["second"], "--applied").code == 0


def test_doing_it_twice(command: Command, left: Left) -> None:
    """The same command once more, as after a Ctrl-C, settles nothing twice, and is done."""
    arguments = [*NOT_APPLIED, "--set", named(settle(command, left, *NOT_APPLIED)), "--yes"]
    settle(command, left, *arguments)
    history = command("adjustments", "show", left.ids["second"], "-c", left.config).out
    result = settle(command, left, *arguments)
    assert (result.code, result.err, result.out.count("(settled before)")) == (0, "", 3)
    assert command("adjustments", "show", left.ids["second"], "-c", left.config).out == history


def test_what_is_left_of_a_set(command: Command, left: Left) -> None:
    """--set without --yes shows what of it is still unknown, and changes nothing."""
    name = named(settle(command, left, *NOT_APPLIED))
    settle(command, left, left.ids["second"], "--applied")
    before = statuses(command, left)
    result = settle(command, left, *NOT_APPLIED, "--set", name)
    assert (result.code, result.err) == (0, "")
    assert [line.split()[1] for line in result.out.splitlines()[:2]] == [left.ids["third"], left.ids["fifth"]]
    assert result.out.splitlines()[2] == "2 of 3 adjustment(s) in this set are still unknown"
    assert statuses(command, left) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["--all", "--applied"],
        [*NOT_APPLIED, "--vendor", "crm"],
        [*NOT_APPLIED, "--created-to", "2020-01-01T00:03:00Z"],
    ],
    ids=["outcome", "filter", "time"],
)
def test_another_set_than_was_shown(command: Command, left: Left, arguments: list[str]) -> None:
    """A name goes with the outcome and the filters that it was shown for: else nothing is settled."""
    name = named(settle(command, left, *NOT_APPLIED))
    before = statuses(command, left)
    for more in (["--yes"], []):
        result = settle(command, left, *arguments, "--set", name, *more)
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith("points-gateway: that is not what --set names: ")
    assert statuses(command, left) == before


@pytest.mark.parametrize("name", ["0-0123456789abcdef", "999999999999999999-0123456789abcdef"])
def test_a_name_that_was_never_shown(command: Command, left: Left, name: str) -> None:
    """A name that was made up settles nothing."""
    before = statuses(command, left)
    assert settle(command, left, *NOT_APPLIED, "--set", name, "--yes").code == 1
    assert statuses(command, left) == before


def test_yes_needs_what_was_shown(command: Command, left: Left) -> None:
    """--yes alone settles nothing, and says what to do first."""
    before = statuses(command, left)
    result = settle(command, left, *NOT_APPLIED, "--yes")
    assert (result.code, result.out) == (2, "")
    assert "run this without --yes, and add the --set that it names" in result.err
    assert statuses(command, left) == before


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (["--tenant", "north"], ["fifth"]),
        (["--vendor", "crm"], ["second", "third"]),
        (["--vendor", "crm_north"], ["fifth"]),
        (["--client", "app"], ["second", "third", "fifth"]),
        (["--member", "contact_id:2"], ["third", "fifth"]),
        (["--reference", "order-2"], ["second"]),
        (["--created-from", "2020-01-01T00:02:00Z", "--created-to", "2020-01-01T00:03:00Z"], ["third"]),
    ],
    ids=lambda each: each[0] if each[0].startswith("--") else None,
)
def test_all_means_all_that_match(command: Command, left: Left, arguments: list[str], keys: list[str]) -> None:
    """Filters narrow what is shown and what is settled."""
    before = statuses(command, left)
    shown = settle(command, left, *NOT_APPLIED, *arguments)
    assert re.findall(r"adj_\w+", shown.out) == [left.ids[key] for key in keys]
    assert settle(command, left, *NOT_APPLIED, *arguments, "--set", named(shown), "--yes").code == 0
    assert statuses(command, left) == before | dict.fromkeys(keys, "failed")


@pytest.mark.parametrize("arguments", [["--tenant", "nowhere"], ["--vendor", "none"], ["--client", "nobody"]])
def test_none_that_match(command: Command, left: Left, arguments: list[str]) -> None:
    """Where nothing unknown matches there is nothing to do, and the exit code says so."""
    result = settle(command, left, *NOT_APPLIED, *arguments)
    assert result == Ran(1, "", "points-gateway: nothing is unknown that matches\n")


def test_those_that_cannot_be_settled_yet(command: Command, left: Left, vendor: Simulator) -> None:
    """What may still change by itself is told, with until when; the rest is settled, and the exit code is 1."""
    now = served(left.config, vendor, {"now": LATE}, clock=lambda: datetime.now(UTC))["now"]
    result = settle(command, left, *NOT_APPLIED, "--set", named(settle(command, left, *NOT_APPLIED)), "--yes")
    assert result.code == 1
    assert re.search(rf"{now} may still change by itself until \S+Z; try again then\n", result.err)
    assert result.err.endswith("points-gateway: 1 of 4 could not be settled\n")
    after = statuses(command, left)
    assert [after[key] for key in ("second", "third", "fifth", "now")] == ["failed"] * 3 + ["unknown"]


def test_sums_are_told_apart(command: Command, left: Left, vendor: Simulator) -> None:
    """Points of several types, and credits and debits, are summed each by themselves."""
    typed = {"member": "contact_id:1", "points": "0.5", "point_type": "base"}
    later(left, vendor, {"typed": Call("acme", typed, SILENT)})
    assert settle(command, left, *NOT_APPLIED).out.splitlines()[-4:-2] == [
        "  points: +1000002.250001 in 2, -1.5 in 1",
        "  points of type base: +0.5 in 1",
    ]


def test_more_than_fit_into_one_set(
    command: Command, left: Left, vendor: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest are named, of how many, and how to go on; that is done again until nothing is left."""
    monkeypatch.setattr(selection, "MOST", 2)
    shown = settle(command, left, *NOT_APPLIED)
    assert "\n2 of 3 unknown adjustment(s), the oldest; nothing is settled yet\n" in shown.out
    assert shown.out.endswith(
        "Then run it as it is again, for the rest; or narrow it, as by --vendor or --created-to.\n"
    )
    assert settle(command, left, *NOT_APPLIED, "--set", named(shown), "--yes").code == 0
    rest = settle(command, left, *NOT_APPLIED)
    assert re.findall(r"adj_\w+", rest.out) == [left.ids["fifth"]]
    assert "\n1 unknown adjustment(s); nothing is settled yet\n" in rest.out
    repeated = settle(command, left, *NOT_APPLIED, "--set", named(shown), "--yes")
    assert (repeated.code, repeated.out.count("(settled before)")) == (0, 2)
    assert statuses(command, left)["fifth"] == "unknown"


@pytest.fixture
def on_a_server(left: Left, vendor: Simulator, postgresql: PostgreSQL) -> Left:
    """A journal in PostgreSQL, with an unknown `one`, and with `busy`, which is in progress past its lease."""
    config = json.loads(left.config.read_text())
    left.config.write_text(json.dumps({**config, "store": postgresql.database()}))
    ids = later(left, vendor, {"one": LATE})

    async def claimed() -> None:
        journal = Journal.open(store(left), owner="beside", clock=at(BEGUN), render=final_answer)
        try:
            record = await journal.get(None, ids["one"])
            assert record is not None
            await journal.claim(replace(record.draft, id="adj_busy", key="busy", lease=0.0))
        finally:
            await journal.close()

    asyncio.run(claimed())
    return Left(left.config, ids)


def store(left: Left) -> str:
    """Where the journal is."""
    return str(json.loads(left.config.read_text())["store"])


def test_a_set_that_changes_while_it_is_shown(command: Command, on_a_server: Left, vendor: Simulator) -> None:
    """Where another's commit is seen only after the preview, although it was begun before, nothing is settled."""
    with psycopg.connect(store(on_a_server)) as slow:
        slow.execute("UPDATE adjustments SET status = 'unknown' WHERE id = 'adj_busy'")
        columns = "adjustment, at, before, after, attempt, by, evidence, exchange"
        slow.execute(
            f"INSERT INTO transitions ({columns}) "
            "VALUES ('adj_busy', 0, 'in_progress', 'unknown', 1, 'gateway', '{}', '[]')"
        )
        two = later(on_a_server, vendor, {"two": LATE})["two"]
        shown = settle(command, on_a_server, *NOT_APPLIED)
    assert re.findall(r"adj_\w+", shown.out) == [on_a_server.ids["one"], two]
    assert set(statuses(command, on_a_server).values()) == {"unknown"}
    assert settle(command, on_a_server, *NOT_APPLIED, "--set", named(shown), "--yes").code == 1
    assert set(statuses(command, on_a_server).values()) == {"unknown"}
    name = named(settle(command, on_a_server, *NOT_APPLIED))
    settle(command, on_a_server, *NOT_APPLIED, "--set", name, "--yes")
    assert statuses(command, on_a_server)["busy"] == "failed"
