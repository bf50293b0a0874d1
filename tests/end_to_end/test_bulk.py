"""`import` and `export` against a gateway that runs: every row once, whatever stops it, and a report of each."""

import csv
import json
import os
import pty
import signal
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.deadlines import DEADLINE, until
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.conftest import Starts
from tests.end_to_end.vendors import Vendors
from tests.nursery import PROGRAM, Finished, nursery

Runs = Callable[..., Finished]
ROWS = 60


@pytest.fixture
def environ(url: str) -> dict[str, str]:
    """What names the gateway and the key."""
    return {**os.environ, "POINTS_GATEWAY_URL": url, "POINTS_GATEWAY_KEY": KEYS["anywhere"]}


@pytest.fixture
def run(environ: Mapping[str, str], vendors: Vendors, tmp_path: Path) -> Runs:
    """Runs a command, acting for `acme`, in a folder of its own."""

    def begin(*words: object, **more: str) -> Finished:
        return nursery().run(PROGRAM, *words, "--tenant=acme", environ={**environ, **more}, folder=tmp_path)

    return begin


def sheet(folder: Path, count: int = ROWS, *, name: str = "rows.csv") -> Path:
    """A file of so many adjustments of 1, 2, 3 ... points."""
    file = folder / name
    lines = [f"contact_id:{number % 2 + 1},{number},row {number}" for number in range(1, count + 1)]
    file.write_text("\n".join(["\ufeffmember,points,description", *lines]), "utf-8")
    return file


def told(finished: Finished) -> list[dict[str, str]]:
    """The lines of a report on standard output."""
    return parsed(finished.out.decode())


def parsed(text: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(StringIO(text)))


def batch(folder: Path) -> str:
    """A name of a batch that no other test has."""
    return f"--batch={folder}"


def test_every_row_is_made_and_reported(run: Runs, vendors: Vendors, tmp_path: Path) -> None:
    """The report has each row in its order, with its line, its key and the adjustment's id."""
    done = run("import", sheet(tmp_path), batch(tmp_path))
    assert (done.code, done.err.decode()) == (0, f"{ROWS} rows: {ROWS} succeeded\n")
    report = told(done)
    assert [each["line"] for each in report] == [str(number) for number in range(2, ROWS + 2)]
    assert {each["outcome"] for each in report} == {"succeeded"}
    assert len({each["id"] for each in report}) == ROWS
    assert sorted(vendors.crm.points) == [Decimal(number) for number in range(1, ROWS + 1)]


def test_a_second_run_makes_nothing(run: Runs, vendors: Vendors, tmp_path: Path) -> None:
    """Every row is a replay of the first run's, with the same id."""
    first, second = (run("import", sheet(tmp_path), batch(tmp_path), "--report=report.csv") for _ in range(2))
    assert (first.code, second.code, first.out) == (0, 0, b"")
    assert second.err.decode() == f"{ROWS} rows: {ROWS} succeeded ({ROWS} of them replays)\n"
    assert {row["replayed"] for row in parsed((tmp_path / "report.csv").read_text())} == {"true"}
    assert len(vendors.crm.effects) == ROWS


def test_a_run_that_is_killed_is_run_again(
    run: Runs, environ: Mapping[str, str], vendors: Vendors, tmp_path: Path
) -> None:
    """Killed in the middle, with calls under way at the vendor: after the second run every row was applied once."""
    file, name = sheet(tmp_path), batch(tmp_path)
    vendors.crm.fault("hang", when="before", times=4)
    words = ("import", file, name, "--tenant=acme", "--concurrency=4", "--report=killed.csv")
    child = nursery().begin(PROGRAM, *words, environ=environ, folder=tmp_path)
    until(lambda: len(vendors.crm.requests) == 4)
    vendors.crm.release()
    vendors.crm.effects.wait_for(10)
    vendors.crm.fault("hang", when="before", times=4)
    until(lambda: len(vendors.crm.requests) - len(vendors.crm.effects) == 4)  # all that may be under way are
    child.kill()
    assert child.wait() == -signal.SIGKILL
    assert 10 <= len(vendors.crm.effects) < ROWS
    vendors.crm.release()
    again = run("import", file, name)
    assert again.code == 0, again.err
    assert {each["outcome"] for each in told(again)} == {"succeeded"}
    assert sorted(vendors.crm.points) == [Decimal(number) for number in range(1, ROWS + 1)]


def test_a_gateway_that_dies_is_waited_for(
    environ: Mapping[str, str],
    start: Starts,
    vendors: Vendors,
    configured: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    """One import goes on with the gateway that takes the place of a killed one; what was under way is no second effect.

    What the killed gateway had sent to the vendor is unknown to the next one, and the report says that it is open.
    """
    first = start()
    port = urlsplit(first.serving()).port
    words = ("import", sheet(tmp_path), batch(tmp_path), "--tenant=acme", "--concurrency=4", "--report=report.csv")
    child = nursery().begin(PROGRAM, *words, environ={**environ, "POINTS_GATEWAY_URL": first.url}, folder=tmp_path)
    vendors.crm.effects.wait_for(10)
    first.kill()
    # Nobody waits until its leases run out.
    with closing(sqlite3.connect(first.journal, timeout=DEADLINE)) as journal, journal:
        journal.execute("UPDATE adjustments SET lease_until = created_at")
    start(port=port).serving()
    assert child.wait() in (0, 1)
    report = {each["line"]: each["outcome"] for each in parsed((tmp_path / "report.csv").read_text())}
    assert len(report) == ROWS
    applied = Counter(vendors.crm.points)
    assert set(applied.values()) == {1}
    assert set(report.values()) <= {"succeeded", "open"}
    assert {Decimal(line) - 1 for line, outcome in report.items() if outcome == "succeeded"} <= set(applied)
    assert Counter(report.values())["open"] <= 4


def test_what_did_not_succeed_is_told_apart(run: Runs, vendors: Vendors, tmp_path: Path) -> None:
    """Final, to be corrected, and open: each with its code; only what is open is asked for again."""
    file = tmp_path / "rows.csv"
    file.write_text(
        "member,points,idempotency_key,store\n"
        f"contact_id:1,5,{tmp_path}-1,\ncontact_id:404,5,{tmp_path}-2,\ncontact_id:1,5,{tmp_path}-3,no number\n"
    )
    vendors.crm.fault("close", when="after")
    done = run("import", file, "--concurrency=1")
    assert done.code == 1
    assert [(each["outcome"], each["code"]) for each in told(done)] == [
        ("open", ""),
        ("failed", "member_not_found"),
        ("refused", "field_not_supported"),
    ]
    assert "3 rows: 0 succeeded, 1 failed, 1 open, 1 refused\nrun it again, as it is" in done.err.decode()
    assert all(each["detail"] for each in told(done))


def test_a_file_with_a_mistake_sends_nothing(run: Runs, vendors: Vendors, tmp_path: Path) -> None:
    """Each mistake is told with its line, and no row is sent."""
    file = sheet(tmp_path)
    file.write_text(file.read_text("utf-8") + "\ncontact_id:1,2.5.1,\njason,5,\n", "utf-8")
    done = run("import", file, batch(tmp_path))
    assert (done.code, done.out) == (1, b"")
    points = "expected a decimal other than zero, as in -2.5, of 12 digits and 6 after the point"
    assert done.err.decode().splitlines() == [
        f"{file}:{ROWS + 2}: points: {points}",
        f"{file}:{ROWS + 3}: member is written SCHEME:VALUE, as in 'email:jason@example.com'",
        f"points-gateway: 2 of {ROWS + 2} rows cannot be sent; nothing was sent",
    ]
    assert vendors.requests == 0


def test_a_dry_run_sends_nothing(run: Runs, vendors: Vendors, tmp_path: Path) -> None:
    """Each row is previewed; what would be refused is told."""
    file = sheet(tmp_path, 3)
    file.write_text(file.read_text("utf-8") + "\nphone:+4512345678,5,nobody takes it\n", "utf-8")
    done = run("import", file, batch(tmp_path), "--dry-run")
    assert done.code == 1
    assert [(each["outcome"], each["code"]) for each in told(done)] == [
        *[("previewed", "")] * 3,
        ("refused", "operation_not_supported"),
    ]
    assert vendors.requests == 0


def test_what_would_meet_every_row_ends_it(run: Runs, vendors: Vendors, tmp_path: Path) -> None:
    """A wrong key is tried by few rows, and the others are reported as not begun."""
    done = run("import", sheet(tmp_path), batch(tmp_path), "--concurrency=2", POINTS_GATEWAY_KEY="wrong" * 8)
    assert done.code == 1
    outcomes = [(each["outcome"], each["detail"]) for each in told(done)]
    assert len(outcomes) == ROWS
    assert outcomes[-1] == ("open", "Not begun: unauthenticated")
    assert sum(outcome == "refused" for outcome, _ in outcomes) <= 3
    assert vendors.requests == 0


def test_the_rate_of_the_client_is_kept_to(
    environ: Mapping[str, str], start: Starts, configured: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """However many are under way at once, each row has its turn: none is left open for its refusals."""
    clients = configured()["clients"]
    clients["anywhere"]["rate"] = "20/second"
    gateway = start(clients=clients)
    words = ("import", sheet(tmp_path), batch(tmp_path), "--tenant=acme", "--concurrency=30", "--retries=1")
    done = nursery().run(PROGRAM, *words, environ={**environ, "POINTS_GATEWAY_URL": gateway.serving()}, folder=tmp_path)
    assert (done.code, done.err.decode()) == (0, f"{ROWS} rows: {ROWS} succeeded\n")
    until(lambda: '"status":429' in gateway.log)


@pytest.mark.parametrize("words", [("import", "rows.csv", "--batch=b"), ("export",)], ids=["import", "export"])
def test_a_key_is_needed(run: Runs, tmp_path: Path, words: tuple[str, ...]) -> None:
    """From the environment or a file; a file is read without its line break."""
    sheet(tmp_path, 1)
    missing = run(*words, POINTS_GATEWAY_KEY="")
    assert (missing.code, missing.err) == (
        1,
        b"points-gateway: no API key: set POINTS_GATEWAY_KEY, or name its file by --key-file\n",
    )
    (tmp_path / "key").write_text(KEYS["anywhere"] + "\n")
    assert run(*words, "--key-file=key", POINTS_GATEWAY_KEY="").code == 0


def test_a_report_does_not_overwrite_the_file(run: Runs, tmp_path: Path) -> None:
    """The file to import stays as it is."""
    file = sheet(tmp_path, 1)
    before = file.read_bytes()
    done = run("import", file, batch(tmp_path), f"--report={file}")
    assert (done.code, b"that is the file to import" in done.err, file.read_bytes()) == (2, True, before)


def test_an_export_is_what_was_made(run: Runs, vendors: Vendors, tmp_path: Path) -> None:
    """As NDJSON each line is the adjustment as the API has it; as CSV it can be imported again, and makes nothing."""
    report = told(run("import", sheet(tmp_path, 120), batch(tmp_path)))
    lines = [json.loads(line) for line in run("export", "--format=ndjson").out.decode().splitlines()]
    ids = [each["id"] for each in lines]
    assert set(ids) >= {each["id"] for each in report}
    assert len(ids) == len(set(ids))
    assert [each["created_at"] for each in lines] == sorted((each["created_at"] for each in lines), reverse=True)
    done = run("export", "--output=all.csv", "--member=contact_id:1", "--status=succeeded", "--operation=adjust")
    rows = parsed((tmp_path / "all.csv").read_text())
    assert (done.code, done.out, done.err.decode()) == (0, b"", f"{len(rows)} adjustments\n")
    by_id = {each["id"]: each for each in lines}
    assert {each["member"] for each in rows} == {"contact_id:1"}
    assert all(by_id[each["id"]]["points"] == each["points"] for each in rows)
    effects = len(vendors.crm.effects)
    own = [each for each in rows if each["id"] in {line["id"] for line in report}]
    written(tmp_path / "again.csv", own)
    again = run("import", "again.csv")
    assert again.err.decode() == f"{len(own)} rows: {len(own)} succeeded ({len(own)} of them replays)\n"
    written(tmp_path / "another.csv", [{**own[0], "client": "till"}, {**own[1], "tenant": "outlet"}, *own[2:]])
    refused = run("import", "another.csv")
    assert refused.code == 1
    assert "another.csv:2: client: it is of 'till', and would be another adjustment" in refused.err.decode()
    assert "another.csv:3: tenant: it is of 'outlet', and would be" in refused.err.decode()
    assert len(vendors.crm.effects) == effects


def written(file: Path, rows: list[dict[str, str]]) -> None:
    """A file of these rows, each with a key of its own."""
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def test_options_are_imported_and_exported(run: Runs, vendors: Vendors, tmp_path: Path) -> None:
    """With their types and every digit; what the adapter does not take is refused by its place."""
    fields = {"company_id": 12, "sub_type": "12", "dynamic": {"Test": "x, y"}}
    options = json.dumps({"contact-points": fields})[:-2] + ', "book_value": 0.100001}}'
    rows = [("member", "points", "idempotency_key", "options")]
    rows += [("contact_id:1", "5", f"{tmp_path}-1", options), ("contact_id:1", "6", f"{tmp_path}-2", "")]
    wrong = ("contact_id:1", "7", f"{tmp_path}-3", '{"contact-points": {"company_id": "12"}}')
    with (tmp_path / "rows.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([*rows, wrong])
    report = told(run("import", "rows.csv", "--concurrency=1"))
    assert [(each["outcome"], each["code"]) for each in report] == [
        ("succeeded", ""),
        ("succeeded", ""),
        ("refused", "invalid_request"),
    ]
    assert "/options/contact-points/company_id" in report[2]["detail"]
    made = {each["id"] for each in report[:2]}
    exported = [each for each in parsed(run("export").out.decode()) if each["id"] in made]
    assert [each["options"] for each in exported] == [
        "",
        '{"contact-points":{"book_value":"0.100001","company_id":12,"dynamic":{"Test":"x, y"},"sub_type":"12"}}',
    ]
    with (tmp_path / "again.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([rows[0], *([each[name] for name in rows[0]] for each in exported)])
    again = run("import", "again.csv")
    assert again.err.decode() == "2 rows: 2 succeeded (2 of them replays)\n"
    assert sorted(vendors.crm.points) == [5, 6]


def test_an_export_of_nothing_has_its_header(run: Runs) -> None:
    """So does one of a time in which nothing was made."""
    done = run("export", "--created-to=2020-01-01T00:00:00Z")
    assert (done.code, done.err) == (0, b"")
    assert done.out.decode().startswith("id,status,created_at,")
    assert len(done.out.splitlines()) == 1
    wrong = run("export", "--created-to=2020-01-01")
    assert (wrong.code, b"--created-to is a time with an offset" in wrong.err) == (2, True)


def test_a_gateway_that_is_not_there(run: Runs, tmp_path: Path) -> None:
    """An export makes no file."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{bound.getsockname()[1]}"
        done = run("export", "--output=all.csv", "--retries=0", POINTS_GATEWAY_URL=gone)
    assert (done.code, (tmp_path / "all.csv").exists()) == (1, False)
    assert done.err.decode() == (
        "points-gateway: The gateway was not reached, and nothing was sent (ConnectError); 0 adjustments were written\n"
    )


def test_a_person_sees_how_far_it_is(environ: Mapping[str, str], vendors: Vendors, tmp_path: Path) -> None:
    """On a terminal there is a bar, on standard error alone; the report is as ever."""
    leader, follower = pty.openpty()
    with os.fdopen(leader, "rb", buffering=0) as screen, (tmp_path / "out.csv").open("wb") as out:
        words = ("import", sheet(tmp_path), batch(tmp_path), "--tenant=acme")
        process = nursery().begin(PROGRAM, *words, environ=environ, stdout=out.fileno(), stderr=follower)
        os.close(follower)
        seen = b""
        with suppress(OSError):  # how Linux says that nobody writes to a terminal any more
            while part := screen.read(4096):
                seen += part
    assert process.wait() == 0
    assert f"{ROWS}/{ROWS}".encode() in seen
    assert f"{ROWS} rows: {ROWS} succeeded\r\n".encode() in seen
    assert len(parsed((tmp_path / "out.csv").read_text())) == ROWS
