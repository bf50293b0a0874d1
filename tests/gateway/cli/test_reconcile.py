"""`journal reconcile`: what a vendor's statement and the journal have in common, and what not."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from gateway.adjustments import Status
from gateway.cli.journal.matching import Match, Ours, reconcile
from gateway.cli.journal.statement import Entry
from tests.gateway.cli.conftest import Command, Left

AT = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ours(id_: str, points: str = "5", minute: int = 0, status: Status = Status.SUCCEEDED, **fields: str) -> Ours:
    return Ours(id_, status, Decimal(points), AT + minute * MINUTE, frozenset({"contact_id:1", "1"}), **fields)


def differences(found: list[Ours], entries: list[Entry]) -> list[tuple[str, str, int | None, str]]:
    """Outcome, adjustment, line and detail of each match."""
    matches: list[Match] = list(reconcile(found, entries, within=MINUTE))
    return [
        (each.outcome, each.ours.id if each.ours else "", each.theirs.line if each.theirs else None, each.detail)
        for each in matches
    ]


def test_a_transaction_id_comes_before_all_else() -> None:
    """What has one transaction id is the same, whatever else differs; then references are looked at, then members."""
    found = [ours("a", transaction_id="t1"), ours("b", reference="r"), ours("c", minute=3), ours("d")]
    entries = [
        Entry(2, Decimal(6), "t1", "r", "1", AT),
        Entry(3, Decimal(5), "t9", "b"),
        Entry(4, Decimal(5), member="1", at=AT + 2.5 * MINUTE),
        Entry(5, Decimal(5), member="contact_id:1", at=AT + 0.1 * MINUTE),
    ]
    assert differences(found, entries) == [
        ("otherwise", "a", 2, "the points differ"),
        ("matched", "b", 3, ""),
        ("matched", "d", 5, ""),
        ("matched", "c", 4, ""),
    ]


def test_each_counts_once() -> None:
    """Of two that look the same, each is paired with one; one that is there twice is told, and so is what is left."""
    assert differences([ours("a"), ours("b")], [Entry(2, Decimal(5), member="1", at=AT)]) == [
        ("matched", "a", 2, ""),
        ("only_here", "b", None, ""),
    ]
    twice = [Entry(2, Decimal(5), "t"), Entry(3, Decimal(5), "t")]
    assert [each[0] for each in differences([ours("a", transaction_id="t")], twice)] == ["otherwise", "otherwise"]
    late = [Entry(2, Decimal(5), member="1", at=AT + 2 * MINUTE)]
    assert [each[0] for each in differences([ours("a")], late)] == ["only_here", "only_there"]


def test_a_status_that_the_statement_contradicts() -> None:
    """What failed here and is there, and what is unknown here, is otherwise; what failed in both is not told."""
    failed, unknown = ours("a", status=Status.FAILED, reference="r"), ours("b", status=Status.UNKNOWN)
    assert differences([failed, unknown], [Entry(2, Decimal(5), reference="r")]) == [
        ("otherwise", "a", 2, "it is failed here"),
        ("otherwise", "b", None, "it is unknown here, and not there"),
    ]
    assert differences([failed], []) == []


def test_a_statement_is_held_against_the_journal(command: Command, left: Left, tmp_path: Path) -> None:
    """The command prints what does not match and the sums, writes all as CSV, and ends with 1."""
    statement, report = tmp_path / "november.csv", tmp_path / "report.csv"
    statement.write_text(
        "Amount,Booked,member,reference\n5,2020-01-01T00:00:01Z,1,\n2.25,2020-01-01T00:01:00Z,1,order-2\n"
        "9,2020-01-01T00:02:00Z,7,\n"
    )
    words = ("journal", "reconcile", statement, "-c", left.config, "--vendor", "crm", "--csv", report)
    done = command(*words, "--column", "points=Amount", "--column", "at=Booked")
    assert (done.code, done.err) == (1, "points-gateway: 3 of 4 do not match\n")
    sums = [line.split() for line in done.out.splitlines()[-4:]]
    assert sums == [
        ["matched", "1", "5", "points"],
        ["only_here", "0", "0", "points"],
        ["only_there", "1", "9", "points"],
        ["otherwise", "2", "0.75", "points"],
    ]
    with report.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["outcome"], row["id"], row["line"]) for row in rows] == [
        ("otherwise", left.ids["second"], "3"),
        ("matched", left.ids["first"], "2"),
        ("otherwise", left.ids["third"], ""),
        ("only_there", "", "4"),
    ]
    statement.write_text(statement.read_text().splitlines()[0] + "\n5,2020-01-01T00:00:01Z,1,\n")
    only = ("--column", "points=Amount", "--column", "at=Booked", "--created-to", "2020-01-01T00:00:30Z")
    assert command(*words, *only).code == 0


def test_a_statement_that_is_none_is_refused(command: Command, left: Left, tmp_path: Path) -> None:
    """A file without points, or with what is no number or time, is refused with every line."""
    statement = tmp_path / "november.csv"
    words = ("journal", "reconcile", statement, "-c", left.config, "--vendor", "crm")
    assert "cannot be read" in command(*words).err
    statement.write_text("amount\n5\n")
    assert "expected a column 'points', and it has amount" in command(*words).err
    statement.write_text("points,at\nmany,\n5,yesterday\n")
    done = command(*words)
    assert (done.code, [line.split(":")[1] for line in done.err.splitlines()[:2]]) == (1, ["2", "3"])
    assert command(*words, "--column", "amount").code == 2
