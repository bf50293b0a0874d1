"""Commands on standard streams that cannot take what they print: no traceback, and an exit code that is true."""

import fcntl
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import httpx
import pytest

from gateway.simulation import Simulator
from tests.deadlines import DEADLINE, until
from tests.gateway.cli.conftest import (
    BEGUN,
    COMMAND,
    MODULE,
    SILENT,
    Call,
    Left,
    Ran,
    at,
    demonstration,
    free_ports,
    ran,
    served,
)
from tests.nursery import CLOSED, Child, Finished, nursery
from tests.plain import PLAIN

FULL = "/dev/full"
ENCODINGS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "utf-16": {"PYTHONIOENCODING": "utf-16-le"},
    "C": {"LC_ALL": "C"},
    "C, not coerced": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
PREVIEW = ["adjustments", "resolve", "--all", "--applied", "--reason", "seen"]
WORDS = {
    "list": ["adjustments", "list"],
    "show": ["adjustments", "show", "ID"],
    "list as JSON": ["adjustments", "list", "-o", "json"],
    "preview": PREVIEW,
    "check": ["check"],
    "schema": ["schema"],
    "explain": ["explain", "adjust", "--tenant=acme", "--member=contact_id:1", "--points=5"],
    "help": ["--help"],
}
SETTLE = ["adjustments", "resolve", "ID", "--applied", "--reason", "point 4711"]
GONE = {
    "full": (f">{FULL}", "points-gateway: standard output cannot be written: No space left on device"),
    "closed": (">&-", "points-gateway: standard output cannot be written: it is closed"),
}
shows = pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
gone = pytest.mark.parametrize(("redirection", "sentence"), GONE.values(), ids=GONE)


@dataclass(frozen=True, slots=True)
class Started:
    """A command that was started, and the files that its standard output and error are, unless they are redirected."""

    process: Child | subprocess.Popen[bytes]
    out: IO[bytes]
    err: IO[bytes]

    def finished(self) -> Finished:
        """What it came to."""
        with self.out, self.err:
            code = self.process.wait(DEADLINE)
            self.out.seek(0)
            self.err.seek(0)
            return Finished(code, self.out.read(), self.err.read())


def started(
    redirection: str,
    *arguments: str,
    left: Left,
    environ: Mapping[str, str] | None = None,
    stdout: IO[bytes] | None = None,
    fresh: bool = False,
) -> Started:
    """A command with its streams redirected as a shell does; `ID` stands for the adjustment `second`.

    It is forked, or `fresh`: an interpreter of its own, for what only its start does with streams and environment.
    """
    command = [left.ids["second"] if argument == "ID" else argument for argument in arguments]
    environ = {**os.environ, "POINTS_GATEWAY_CONFIG": str(left.config), **(environ or {})}
    out, err = TemporaryFile(), TemporaryFile()  # noqa: SIM115 (`finished` closes them)
    if fresh:
        shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *COMMAND, *command]
        process = subprocess.Popen(shell, env=environ, stdin=subprocess.DEVNULL, stdout=stdout or out, stderr=err)
        return Started(process, out, err)
    with Path(FULL).open("wb") as full:
        descriptors: list[int | None] = [None, (stdout or out).fileno(), err.fileno()]
        for word in redirection.split():
            closed = word.endswith("&-")
            sign = word.removesuffix("&-" if closed else FULL)
            descriptors[("<", ">", "2>").index(sign)] = CLOSED if closed else full.fileno()
        stdin, output, error = descriptors
        child = nursery().begin(MODULE, *command, environ=environ, stdin=stdin, stdout=output, stderr=error)
    return Started(child, out, err)


def shell(redirection: str, *arguments: str, left: Left, fresh: bool = False) -> Ran:
    """What such a command came to."""
    done = started(redirection, *arguments, left=left, fresh=fresh).finished()
    return Ran(done.code, done.out.decode(), done.err.decode())


def steps(left: Left, key: str) -> list[str]:
    """Every status that an adjustment has had."""
    shown = ran("adjustments", "show", left.ids[key], "-c", left.config, "-o", "json")
    return [step["to"] for step in json.loads(shown.out)["history"]]


def complaints(told: str) -> list[str]:
    """The lines on standard error but for the warnings that `check` gives there."""
    return [line for line in told.splitlines() if not line.endswith(" (warning)")]


@pytest.fixture
def unread() -> Iterator[IO[bytes]]:
    """A pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        yield pipe


@gone
@shows
def test_what_nobody_can_see(left: Left, words: list[str], redirection: str, sentence: str) -> None:
    """What was asked for and cannot be written is exit code 1 and one sentence, beside warnings."""
    result = shell(redirection, *words, left=left)
    assert (result.code, result.out, complaints(result.err)) == (1, "", [sentence])


@shows
def test_a_reader_that_left(left: Left, words: list[str], unread: IO[bytes]) -> None:
    """A reader that has gone is exit code 1, since not all was read, and no complaint, since it was their wish."""
    done = started("", *words, left=left, stdout=unread).finished()
    assert (complaints(done.err.decode()), done.code) == ([], 1)


@gone
def test_a_decision_whose_report_is_lost(left: Left, redirection: str, sentence: str) -> None:
    """What was to be settled is settled, once, and the exit code says so, as does standard error."""
    result = shell(redirection, *SETTLE, left=left)
    assert result == Ran(0, "", f"{sentence}; what it would have told is done all the same\n")
    assert steps(left, "second") == ["in_progress", "unknown", "succeeded"]


def test_a_decision_that_nobody_reads(left: Left, unread: IO[bytes]) -> None:
    """Whoever reads only the beginning of the report stops nothing."""
    assert started("", *SETTLE, left=left, stdout=unread).finished() == Finished(0, b"", b"")
    assert steps(left, "second") == ["in_progress", "unknown", "succeeded"]


def test_many_decisions_that_nobody_reads(left: Left, unread: IO[bytes]) -> None:
    """Nor are there fewer of them than were asked for."""
    shown = shell("", *PREVIEW, left=left).out
    name = shown.split("--set ")[1].split()[0]
    done = started("", *PREVIEW, "--set", name, "--yes", left=left, stdout=unread).finished()
    assert done == Finished(0, b"", b"")
    assert [steps(left, key)[-1] for key in ("second", "third", "fifth")] == ["succeeded"] * 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["adjustments", "show", "adj_none"], 1),
        (["adjustments", "resolve", "adj_none", "--applied", "--reason", "seen"], 1),
        (["adjustments", "list", "--limit", "0"], 2),
        (["nosuch"], 2),
        (["explain", "adjust", "--tenant=nowhere", "--member=email:a"], 1),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else None,
)
@pytest.mark.parametrize("redirection", [f"2>{FULL}", "2>&-", "<&- >&- 2>&-"])
def test_a_complaint_that_nobody_can_see(left: Left, arguments: list[str], code: int, redirection: str) -> None:
    """Where standard error takes nothing, the exit code is what it would have been."""
    assert shell(redirection, *arguments, left=left) == Ran(code, "", "")


def test_nothing_is_printed_into_the_journal(left: Left) -> None:
    """With all three streams closed, no file that is opened takes their place."""
    assert shell("<&- >&- 2>&-", *SETTLE, left=left, fresh=True).code == 0
    assert shell("<&- >&- 2>&-", *SETTLE[:2], left.ids["third"], *SETTLE[3:], left=left).code == 0
    assert [steps(left, key)[-1] for key in ("second", "third")] == ["succeeded", "succeeded"]


@pytest.mark.parametrize("environ", ENCODINGS.values(), ids=ENCODINGS)
def test_an_encoding_that_cannot_say_it(left: Left, vendor: Simulator, environ: dict[str, str]) -> None:
    """Text says what it can and escapes the rest; JSON says the same in every encoding."""
    call = Call("acme", {"member": "contact_id:7", "points": "1", "description": "für Zoë, 5 €"}, SILENT)
    ids = served(left.config, vendor, {"abroad": call}, clock=at(BEGUN + timedelta(hours=1)))
    encoding = environ.get("PYTHONIOENCODING", "utf-8")

    def shown(*more: str) -> str:
        words = ["adjustments", "show", ids["abroad"], *more]
        # What a locale makes of the streams is the doing of an interpreter that starts in it.
        done = started("", *words, left=left, environ=environ, fresh="LC_ALL" in environ).finished()
        assert (done.code, done.err) == (0, b"")
        return done.out.decode(encoding)

    [described] = [line for line in shown().splitlines() if line.startswith("description ")]
    assert described.split(maxsplit=1)[1] in ("für Zoë, 5 €", r"für Zoë, 5 \u20ac", r"f\xfcr Zo\xeb, 5 \u20ac")
    assert json.loads(shown("-o", "json"))["description"] == "für Zoë, 5 €"


def test_a_reader_that_is_slow(left: Left) -> None:
    """Where standard output does not wait for its reader, as others may have set it, all of it arrives all the same."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writing, False)
    with os.fdopen(reading, "rb") as slow, os.fdopen(writing, "wb") as pipe:
        process = started("", "schema", left=left, stdout=pipe)
        pipe.close()
        out = b"".join(iter(lambda: slow.read(1000), b""))
    assert process.finished() == Finished(0, b"", b"")
    assert len(out) > 10_000
    assert json.loads(out)["properties"].keys() >= {"store", "vendors"}


def serves(port: int, started: Started) -> bool:
    """Whether a gateway answers at a port, once that can be known."""

    def answers() -> bool:
        with suppress(httpx.HTTPError):
            url = f"http://127.0.0.1:{port}/livez"
            return httpx.get(url, timeout=DEADLINE, trust_env=False, verify=PLAIN).is_success
        return started.process.poll() is not None

    until(answers)
    return started.process.poll() is None


@pytest.mark.parametrize("redirection", [f"2>{FULL}", "<&- >&- 2>&-"])
def test_a_gateway_whose_log_nobody_can_see(left: Left, redirection: str) -> None:
    """It serves until it is told to stop, and ends in good order."""
    [port] = free_ports(1)
    process = started(redirection, "serve", "--port", str(port), left=left)
    assert serves(port, process)
    process.process.send_signal(signal.SIGTERM)
    assert process.finished() == Finished(0, b"", b"")


@pytest.mark.parametrize("redirection", [f">{FULL}", ">&-"])
def test_a_demonstration_that_nobody_can_read(left: Left, tmp_path: Path, redirection: str) -> None:
    """A demo that cannot say what to try runs until Ctrl-C, and ends in good order."""
    config, ports = demonstration(tmp_path)
    process = started(redirection, "demo", "-c", str(config), left=left)
    assert serves(ports[0], process)
    process.process.send_signal(signal.SIGINT)
    done = process.finished()
    assert done.code == 0
    assert done.err.startswith(b"points-gateway: standard output cannot be written: ")
    assert len(done.err.splitlines()) == 1
