"""What the README says to paste works in the demo, and answers what the README shows."""

import contextlib
import io
import json
import os
import re
import shlex
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deadlines import DEADLINE
from tests.nursery import PROGRAM, nursery

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:8080"
# What is another in every answer: ids and times.
VOLATILE = re.compile(r"(?<=adj_)[0-9a-f]{32}|(?<=req_)[0-9a-f]{24}|\d{4}-\d\d-\d\dT[\d:.]+Z")


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[str]:
    """The address of a demo of its own, with nothing on the ports that people use."""
    text = (ROOT / "config/demo.yaml").read_text("utf-8")
    fixed = sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", text)))
    for old, new in zip(fixed, free_ports(len(fixed)), strict=True):
        text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
    config = tmp_path / "config/demo.yaml"
    config.parent.mkdir()
    config.write_text(text, "utf-8")
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as out:
        process = nursery().begin(PROGRAM, "demo", "--config", config, stdout=writing)
        os.close(writing)
        late = threading.Timer(DEADLINE, os.kill, [process.pid, signal.SIGKILL])
        late.start()
        try:
            said = re.search(r"http://127\.0\.0\.1:\d+", next(line for line in out if "http" in line))
            assert said
            yield said.group()
        finally:
            late.cancel()
            process.send_signal(signal.SIGTERM)
            process.wait()


def called(command: str, address: str) -> httpx.Response:
    """Make the call of a curl command."""
    arguments = iter(shlex.split(command.replace("\\\n", " ").replace(ADDRESS, address)))
    assert next(arguments) == "curl"
    url, body, headers = "", None, []
    for word in arguments:
        if word == "-H":
            name, _, value = next(arguments).partition(": ")
            headers.append((name, value))
        elif word == "-d":
            body = next(arguments)
        elif word != "-i":
            url = word
    return httpx.request("POST" if body else "GET", url, content=body, headers=headers, timeout=DEADLINE)


def steady(text: str) -> str:
    return VOLATILE.sub("...", text)


def test_what_is_pasted_answers_what_is_shown(demo: str) -> None:
    """Status, the headers that are shown, and the whole body, but for ids and times; then the repeat of the first."""
    pairs = re.findall(r"^```sh\n(curl .*?)^```\n```\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(pairs) == 2
    for command, shown in pairs:
        head, _, body = shown.partition("\n\n")
        status, *headers = head.splitlines()
        answer = called(command, demo)
        assert status == f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"
        assert json.loads(steady(body)) == json.loads(steady(answer.text))
        for header in headers:
            name, _, value = header.partition(": ")
            assert steady(answer.headers[name]) == steady(value)
    repeat = called(pairs[0][0], demo)
    assert repeat.headers["idempotent-replayed"] == "true"
    assert repeat.json()["balance"]["available"] == "5"


def test_the_lines_of_python_print_what_they_say(demo: str) -> None:
    """After the credit above, each `print` gives what its comment shows."""
    called(re.findall(r"^```sh\n(curl .*?)^```$", README, re.MULTILINE | re.DOTALL)[0], demo)
    [code] = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code.replace(ADDRESS, demo), "README.md", "exec"), {})
    assert printed.getvalue().splitlines() == re.findall(r"print\(.*\)  # (.+)$", code, re.MULTILINE)


def test_the_demo_says_what_the_readme_says(demo: str) -> None:
    """The page to try everything is where the README sends people."""
    assert f"{ADDRESS}/docs" in README
    page = httpx.get(f"{demo}/docs", timeout=DEADLINE)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
