"""`adjustments resolve --from`: a file says what to settle as what; it is checked whole, and every id is reported."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli import instructions
from gateway.cli.instructions import BadFile, Instruction, read
from gateway.simulation import Simulator
from tests.gateway.cli.conftest import SILENT, Call, Command, Left, Ran, served
from tests.gateway.cli.test_resolve import standing, statuses

HEADER = "id,outcome,reason\n"


def written(folder: Path, text: str | bytes) -> Path:
    """A file of instructions."""
    file = folder / "found.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def followed(command: Command, left: Left, text: str, *arguments: str) -> Ran:
    """What comes of following a file; `{second}` in it stands for an id."""
    file = written(left.config.parent, text.format(**left.ids))
    return command("adjustments", "resolve", "--from", file, *arguments, "-c", left.config)


TWO = HEADER + '{second},applied,point 4711\n{third},not_applied,"not in their log, which is whole"\n'


def test_each_is_settled_as_the_file_has_it(command: Command, left: Left) -> None:
    """With --yes every adjustment gets its own outcome and reason, and no other changes."""
    before = statuses(command, left)
    result = followed(command, left, TWO, "--yes")
    assert (result.code, result.err) == (0, "")
    assert [line.split()[1:3] for line in result.out.splitlines()] == [
        [left.ids["second"], "succeeded"],
        [left.ids["third"], "failed"],
    ]
    assert statuses(command, left) == {**before, "second": "succeeded", "third": "failed"}
    reasons = [standing(command, left, left.ids[key])["resolution"]["reason"] for key in ("second", "third")]
    assert reasons == ["point 4711", "not in their log, which is whole"]


def test_a_file_is_shown_first(command: Command, left: Left) -> None:
    """Without --yes, what would be settled is listed by its outcome with sums; nothing changes."""
    before = statuses(command, left)
    result = followed(command, left, TWO)
    assert (result.code, result.err) == (0, "")
    assert [line.split()[:1] + line.split()[2:4] for line in result.out.splitlines() if "adj_" in line] == [
        ["applied", left.ids["second"], "unknown"],
        ["not_applied", left.ids["third"], "unknown"],
    ]
    assert "1 to be settled as applied\n  vendors: crm 1\n  points: +2.25 in 1\n" in result.out
    assert result.out.endswith("nothing is settled yet; add --yes to settle what can be\n")
    assert statuses(command, left) == before


def test_a_file_once_more(command: Command, left: Left) -> None:
    """After a Ctrl-C the same file is followed again: what it did is said, and done only once."""
    followed(command, left, TWO, "--yes")
    before = standing(command, left, left.ids["second"])
    result = followed(command, left, TWO, "--yes")
    assert (result.code, result.err, result.out.count("(settled before)")) == (0, "", 2)
    assert standing(command, left, left.ids["second"]) == before
    assert "nothing is settled yet; 2 of 2 are not open; add --yes" in followed(command, left, TWO).out


def test_each_that_cannot_be_settled_is_told(command: Command, left: Left, vendor: Simulator) -> None:
    """Settled otherwise, perhaps still under way, not there: each is named, the rest is settled, exit code 1."""
    call = Call("acme", {"member": "contact_id:1", "points": "3"}, SILENT)
    ids = {**left.ids, **served(left.config, vendor, {"now": call}, clock=lambda: datetime.now(UTC))}
    rows = "{first},not_applied,a\n{now},applied,b\nadj_none,applied,c\n{second},applied,d\n"
    result = followed(command, Left(left.config, ids), HEADER + rows, "--yes")
    assert result.code == 1
    [first, now, none, last] = result.err.splitlines()
    assert first == f"points-gateway: {ids['first']} is succeeded, and only what is unknown or accepted can be settled"
    assert now.startswith(f"points-gateway: {ids['now']} may still change by itself until ")
    assert none == "points-gateway: adj_none is not in this journal"
    assert last == "points-gateway: 3 of 4 could not be settled"
    assert [line.split()[1:3] for line in result.out.splitlines()] == [[ids["second"], "succeeded"]]


WRONG = {
    "empty": ("", ["1: expected a first line with the columns id, outcome, reason, by commas"]),
    "no header": ("{second},applied,seen\n", ["1: expected a first line with the columns id, outcome, reason"]),
    "semicolons": ("id;outcome;reason\n", ["1: expected a first line with the columns id, outcome, reason, by commas"]),
    "a column twice": ("id,id,reason\n", ["1: expected a first line"]),
    "one more column": ("id,outcome,reason,points\n", ["1: expected a first line"]),
    "only a header": (HEADER, ["1: expected an adjustment a line, and there is none"]),
    "an outcome": (HEADER + "{second},yes,seen\n", ["2: outcome: expected applied or not_applied"]),
    "an outcome in capitals": (HEADER + "{second},Applied,seen\n", ["2: outcome: expected applied or not_applied"]),
    "no reason": (HEADER + "{second},applied, \n", ["2: reason: expected 1 to 500 characters"]),
    "a long reason": (HEADER + "{second},applied," + "x" * 501 + "\n", ["2: reason: expected 1 to 500 characters"]),
    "no id": (HEADER + ",applied,seen\n", ["2: id: expected the id of an adjustment"]),
    "an id twice": (HEADER + "{second},applied,a\n\n{second},not_applied,b\n", ["4: id: it stands in line 2 already"]),
    "fields": (HEADER + "{second},applied\n{third},applied,a,b\n", ["2: expected 3 fields", "3: expected 3 fields"]),
    "several": (
        HEADER + '{second},applied,"two\nlines"\n{third},no,\n',
        ["4: outcome: expected applied", "4: reason: expected 1 to 500"],
    ),
    "an open quote": (HEADER + '{second},applied,"seen\n', ["2: not CSV: "]),
    "after a quote": (HEADER + '{second},applied,"seen" there\n', ["2: not CSV: "]),
}


@pytest.mark.parametrize(("text", "problems"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("arguments", [[], ["--yes"]], ids=["shown", "yes"])
def test_a_file_that_is_wrong(
    command: Command, left: Left, text: str, problems: list[str], arguments: list[str]
) -> None:
    """Everything that is wrong is told with line and column, and nothing is settled, good lines included."""
    before = statuses(command, left)
    text += "{fifth},applied,good\n" if text.startswith(HEADER) and text != HEADER else ""
    result = followed(command, left, text, *arguments)
    assert (result.code, result.out) == (1, "")
    *told, last = result.err.splitlines()
    file = left.config.with_name("found.csv")
    assert len(told) == len(problems)
    assert all(line.startswith(f"{file}:{problem}") for line, problem in zip(told, problems, strict=True)), told
    assert last == f"points-gateway: {len(problems)} problem(s) in the file; nothing is settled"
    assert statuses(command, left) == before


def test_a_file_that_is_not_there(command: Command, left: Left, tmp_path: Path) -> None:
    """A file that cannot be read is named with the cause."""
    result = command("adjustments", "resolve", "--from", tmp_path / "none.csv", "--yes", "-c", left.config)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"{tmp_path / 'none.csv'}: cannot be read: No such file")


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbfid,outcome,reason\r\nadj_1,applied,seen\r\n",
        b"reason,id,outcome\nseen,adj_1,applied",
        b'"id","outcome","reason"\n"adj_1","applied","seen"\n\n',
        b"\nid,outcome,reason\r\radj_1,applied,seen\r",
    ],
    ids=["as spreadsheets save it", "another order", "all quoted", "old line ends"],
)
def test_forms_of_the_same(tmp_path: Path, raw: bytes) -> None:
    """A byte order mark, other line ends, another order of columns, quotes and empty lines change nothing."""
    assert read(written(tmp_path, raw)) == (Instruction("adj_1", True, "seen"),)


def test_another_encoding(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused with the line."""
    with pytest.raises(BadFile, match=r"found\.csv:3: expected text in UTF-8"):
        read(written(tmp_path, HEADER.encode() + b"adj_1,applied,seen\nadj_2,applied,f\xfcr\n"))


def test_too_many(tmp_path: Path) -> None:
    """A file of more adjustments than are settled at once is refused."""
    lines = "".join(f"adj_{number},applied,seen\n" for number in range(instructions.MOST))
    assert len(read(written(tmp_path, HEADER + lines))) == instructions.MOST
    with pytest.raises(BadFile, match=r":10002: expected at most 10000 adjustments: make several files of it"):
        read(written(tmp_path, HEADER + lines + "adj_more,applied,seen\n"))


REASONS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(str.strip)


@given(st.lists(st.tuples(st.booleans(), REASONS), min_size=1))
def test_whatever_a_program_writes_is_read(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[tuple[bool, str]]
) -> None:
    """What Python's own writer makes of any reasons comes back as it was."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["id", "outcome", "reason"])
    for number, (applied, reason) in enumerate(wanted):
        writer.writerow([f"adj_{number}", "applied" if applied else "not_applied", reason])
    found = read(written(tmp_path_factory.getbasetemp(), text.getvalue()))
    assert found == tuple(Instruction(f"adj_{n}", applied, reason) for n, (applied, reason) in enumerate(wanted))
