"""`demo`: what it prints works when it is pasted, and Ctrl-C leaves nothing behind."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.cli.demo import BACKOFFICE_KEY, CONSOLE_KEY, ELSEWHERE, KEY
from gateway.cli.demo_copy import copied
from gateway.journal.lock import FileLock
from tests.deadlines import DEADLINE
from tests.gateway.cli.conftest import Command, Left, Running, demonstration, is_free, ran
from tests.plain import PLAIN

SERVES = "is shown here:\n"
"""How what it prints ends, before the first request."""
needs_curl = pytest.mark.skipif(not shutil.which("curl") or not shutil.which("bash"), reason="needs curl and bash")


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that runs: its process, its configuration, its ports, and what it has printed."""

    process: Running
    config: Path
    ports: list[int]
    printed: str


def begun(folder: Path) -> Demo:
    """A demo on ports of its own, once it has said what to try."""
    config, ports = demonstration(folder)
    process = Running("demo", "--config", config)
    try:
        return Demo(process, config, ports, process.said(SERVES))
    except AssertionError:
        process.stop()
        raise


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = begun(tmp_path_factory.mktemp("demo"))
    yield demo
    demo.process.stop()


def commands(printed: str) -> list[str]:
    """The commands that it prints, as they would be copied."""
    return re.findall(r"^  (curl (?:.*\\\n)*.*)$", printed, re.MULTILINE)


def pasted(text: str) -> tuple[int, dict[str, str], Any]:
    """What a shell answers to a command with `curl -i`: status, headers and body."""
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=DEADLINE, check=True)
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), headers, json.loads(body)


def test_it_says_what_to_try(demo: Demo) -> None:
    """It prints where it runs, ten commands, the console, members, the page to try, and how it ends; nothing else."""
    url = f"http://127.0.0.1:{demo.ports[0]}"
    vendors = demo.config.read_text("utf-8").count("    adapter: ")
    assert f"runs on {url} with {vendors} simulated vendors" in demo.printed
    assert f"{url}/docs" in demo.printed
    assert f"http://127.0.0.1:{demo.ports[1]}/ (the operator's key is {CONSOLE_KEY})" in demo.printed
    assert f"{url}/docs (the client's key is {BACKOFFICE_KEY})" in demo.printed
    assert f"The configuration behind this: {demo.config}. Ctrl-C stops everything." in demo.printed
    assert len(commands(demo.printed)) == 10
    assert not re.search("Traceback|warning", demo.printed)


@needs_curl
def test_what_it_prints_works(demo: Demo) -> None:
    """Pasted into a shell one after the other, the first one twice, the commands do what stands above them."""
    credit, balance, expiring, wallet, bonus, *others = commands(demo.printed)
    reversal, history, refused, fault, unknown = others
    status, headers, adjusted = pasted(credit)
    assert (status, adjusted["status"], adjusted["points"]) == (201, "succeeded", "5")
    assert "idempotent-replayed" not in headers
    status, headers, repeated = pasted(credit)
    assert (status, repeated, headers["idempotent-replayed"]) == (201, adjusted, "true")
    status, _, held = pasted(balance)
    assert (status, held["available"]) == (200, adjusted["balance"]["available"])
    status, _, lost = pasted(expiring)
    assert (status, lost["vendor"]["adapter"], lost["points"]) == (200, "expiring-points", "150.24")
    status, _, everything = pasted(wallet)
    assert (status, {each["vendor"]["name"] for each in everything["balances"]}) == (200, {"arcade", "crm", "perks"})
    assert all(each["balance"]["available"] is not None for each in everything["balances"])
    assert everything["total"] is not None
    assert pasted(bonus)[0] == 201
    status, headers, taken = pasted(reversal)
    assert (status, taken["operation"], taken["points"], taken["linked"]) == (201, "reverse", "-2", False)
    assert pasted(reversal)[1]["idempotent-replayed"] == "true"
    more = reversal.replace("return-1237", "return-2").replace('"points": "2"', '"points": "4"')
    assert pasted(more)[2]["code"] == "not_reversible"
    status, _, page = pasted(history)
    rows = {each["adjustment"]: each["points"] for each in page["data"]}
    assert (status, rows[taken["id"]], rows[taken["reverses"]]) == (200, "-2", "5")
    status, _, problem = pasted(refused)
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "field_not_supported", "/points")
    assert pasted(fault)[0] == 200
    status, _, lost = pasted(unknown)
    assert (status, lost["status"]) == (202, "unknown")


def test_its_root_leads_to_the_console(demo: Demo) -> None:
    """A browser that opens the API's address ends at the sign-in of the console, and the printed key opens it."""
    with httpx.Client(timeout=DEADLINE, follow_redirects=True, trust_env=False, verify=PLAIN) as browser:
        asked = browser.get(f"http://127.0.0.1:{demo.ports[0]}/")
        assert asked.url.port == demo.ports[1]
        [token] = re.findall('name="token" value="([^"]+)"', asked.text)
        entered = browser.post(
            f"http://127.0.0.1:{demo.ports[1]}/console/sign-in",
            data={"token": token, "key": CONSOLE_KEY, "next": "/console/live"},
        )
    assert (entered.status_code, entered.url.path) == (200, "/console/live")
    assert httpx.post(f"http://127.0.0.1:{demo.ports[0]}/", timeout=DEADLINE).status_code in (401, 404)


def test_a_second_demo_says_what_is_taken(demo: Demo) -> None:
    """A demo beside a running one ends with exit code 1, says how to move it, and does the first no harm."""
    journal = demo.config.parents[1] / "var/demo.db"
    held = journal.stat().st_ino
    result = ran("demo", "--config", demo.config)
    assert (result.code, result.out) == (1, "")
    taken = demo.ports[2]  # the first vendor's, after those of the API and of the admin listener
    why = f"the simulator cannot listen on 127.0.0.1:{taken}: Address already in use"
    assert result.err == f"points-gateway: vendors.arcade: {why}; {ELSEWHERE}\n"
    assert journal.stat().st_ino == held


def test_ctrl_c_stops_everything(tmp_path: Path) -> None:
    """Ctrl-C ends it with exit code 0; no process of it is left, and nobody listens on its ports."""
    demo = begun(tmp_path)
    try:
        assert not [port for port in demo.ports if is_free(port)]
        assert demo.process.signalled(signal.SIGINT) == 0
        with pytest.raises(ProcessLookupError):
            os.killpg(demo.process.group, 0)
        assert [port for port in demo.ports if is_free(port)] == demo.ports
        assert demo.process.out.removeprefix(demo.printed).strip() == "Stopped."
    finally:
        demo.process.stop()


def test_a_vendor_elsewhere_is_refused(command: Command, tmp_path: Path) -> None:
    """A configuration that leads to a real vendor is not demonstrated: that vendor would be called."""
    config, ports = demonstration(tmp_path)
    text = config.read_text("utf-8").replace(f"http://127.0.0.1:{ports[-1]}", "https://vendor.example")
    config.write_text(text, "utf-8")
    result = command("demo", "--config", config)
    assert result.code == 1
    assert result.err.startswith("points-gateway: vendors.crm is not on this machine: ")


def test_the_journal_begins_empty_where_its_path_says(tmp_path: Path, left: Left) -> None:
    """A demo empties the journal that it then uses, whatever its name."""
    config, _ = demonstration(tmp_path)
    config.write_text(config.read_text("utf-8").replace("demo.db", "a%2Fb.db"), "utf-8")
    named = tmp_path / "var" / "a%2Fb.db"
    named.parent.mkdir()
    shutil.copy(left.config.with_name("points.db"), named)
    process = Running("demo", "--config", config)
    try:
        process.said("Ctrl-C stops everything")
    finally:
        process.stop()
    with closing(sqlite3.connect(named, timeout=DEADLINE)) as connection:
        assert connection.execute("SELECT count(*) FROM adjustments").fetchone() == (0,)
    assert not (tmp_path / "var" / "a").exists()


def test_a_journal_in_use_is_left_alone(command: Command, tmp_path: Path, left: Left) -> None:
    """A demo does not empty a journal that a gateway runs on."""
    config, _ = demonstration(tmp_path)
    journal = tmp_path / "var/demo.db"
    journal.parent.mkdir()
    shutil.copy(left.config.with_name("points.db"), journal)
    before = journal.read_bytes()
    lock = FileLock.acquire(journal, shared=True)
    result = command("demo", "--config", config)
    lock.release()
    assert (result.code, result.err) == (1, f"points-gateway: {journal} is held by another process: stop it first\n")
    assert journal.read_bytes() == before


def test_a_configuration_that_is_not_there(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is named and not there is not replaced by another."""
    monkeypatch.chdir(tmp_path)
    result = command("demo", "--config", "mine.yaml")
    assert result.code == 1
    assert "mine.yaml is not here: name another configuration with --config, or none" in result.err


def test_the_members_that_it_names_are_known(demo: Demo) -> None:
    """One stands there for each vendor: that vendor has a balance of it, and its own records are where it says."""
    rows = re.findall(r"^  (\w+) +(http:\S+) +(\w+:\S+)$", demo.printed, re.MULTILINE)
    assert [name for name, *_ in rows] == ["arcade", "club", "perks", "crm"]
    members = {name: member for name, _, member in rows}
    assert [httpx.get(address, timeout=DEADLINE).json() != {} for _, address, _ in rows] == [True] * 4
    headers = {"Authorization": f"Bearer {KEY}"}
    for vendor, member in members.items():
        query = {"point_type": "bonus"} if vendor == "perks" else {}
        url = f"http://127.0.0.1:{demo.ports[0]}/v1/members/{member}/balance"
        answer = httpx.get(url, params=query, headers=headers, timeout=DEADLINE)
        assert (answer.status_code, answer.json()["vendor"]["name"]) == (200, vendor)


def test_each_request_is_a_line(demo: Demo) -> None:
    """It shows the status, the operation, the vendor and the time of a request, and who is meant by none of it."""
    url = f"http://127.0.0.1:{demo.ports[0]}/v1/members/email:jason@example.com/balance"
    assert httpx.get(url, timeout=DEADLINE).status_code == 401
    httpx.get(url, headers={"Authorization": f"Bearer {KEY}"}, timeout=DEADLINE)
    shown = demo.process.said(r"200  GET   /v1/members/\{member\}/balance  -> arcade  [\d.]+ ms\n")
    requests = shown.partition(SERVES)[2]
    assert re.search(r"^401  GET   /v1/members/\{member\}/balance  [\d.]+ ms$", requests, re.MULTILINE)
    assert "@" not in requests


def test_all_of_its_ports_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--port`, a demo runs beside another one, on a copy of the configuration; the copy goes with it."""
    monkeypatch.chdir(tmp_path)
    process = Running("demo", "--port", "0")
    try:
        printed = process.said(SERVES)
        [url] = re.findall(r"runs on (\S+) with 4 simulated vendors", printed)
        [copy] = map(Path, re.findall(r"The configuration behind this: (.+?)\. Ctrl-C", printed))
        used = re.findall(r"127\.0\.0\.1:(\d+)", copy.read_text("utf-8"))
        assert not set(used) & {"8080", "9090", "9101", "9102", "9103", "9104"}
        assert url == f"http://127.0.0.1:{used[0]}"
        assert ran("health", "--config", copy).out == "ok\n"
        assert process.signalled(signal.SIGINT) == 0
        assert not copy.exists()
        assert list(tmp_path.iterdir()) == []
    finally:
        process.stop()


def test_ports_follow_the_one_that_is_named(tmp_path: Path, command: Command) -> None:
    """The API's is the first, then the admin listener's and the vendors'; there have to be as many."""
    config, ports = demonstration(tmp_path)
    (tmp_path / "copy").mkdir()
    text = copied(config, tmp_path / "copy", 20_000).read_text("utf-8")
    moved = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", text)}
    assert moved == set(range(20_000, 20_000 + len(ports)))
    assert "listen: 127.0.0.1:20000\n" in text
    assert "admin: 127.0.0.1:20001\n" in text
    result = command("demo", "--config", config, "--port", "65535")
    assert (result.code, "needs 6 ports from 65535 on" in result.err) == (1, True)
