"""Commands, run in this process or in one of their own, and a journal that a gateway left behind."""

import asyncio
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import httpx
import pytest
import structlog

from gateway import logs
from gateway.app import Gateway
from gateway.cli import main
from gateway.port import registry
from gateway.settings import load
from gateway.simulation import Simulator, in_thread
from tests.deadlines import DEADLINE, scaled
from tests.nursery import nursery

ROOT = Path(__file__).parents[3]
KEY = "a-key-for-tests-" + "0" * 24
BEGUN = datetime(2020, 1, 1, tzinfo=UTC)
"""When the gateway that left the journal behind served: so long ago that every lease is over."""
MODULE = "gateway.cli"
COMMAND = (sys.executable, "-m", MODULE)
"""The command of an interpreter of its own, for what only its start shows."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command came to: its exit code, and what it wrote to standard output and standard error."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """A command sets the log of its whole process up; here that is everybody's, and its stream ends with the test."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    logs.configure("error", StringIO())
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@dataclass(frozen=True, slots=True)
class Left:
    """What a gateway left behind: its configuration, beside its journal, and its adjustments' ids by their keys."""

    config: Path
    ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """One adjustment, and how the vendor misbehaves at it."""

    tenant: str
    body: Mapping[str, str]
    fault: Mapping[str, Any] = field(default_factory=dict)

    async def made(self, http: httpx.AsyncClient, vendor: Simulator, key: str) -> str:
        """The id of the adjustment, once the call is answered."""
        if self.fault:
            vendor.faults.add(self.fault)
        headers = {"Authorization": f"Bearer {KEY}", "X-Tenant": self.tenant, "Idempotency-Key": key}
        document = (await http.post("/v1/adjustments", json=self.body, headers=headers)).json()
        return str(document.get("id") or document["adjustment"])


PIPES = shutil.ignore_patterns("*.turn")
"""By which processes that write to one journal wake each other: no file to copy."""
SILENT = {"kind": "close", "when": "after"}


def calls(vendor: Simulator) -> dict[str, Call]:
    """The calls that the journal holds, by their keys, oldest first; the vendor's answer to `third` echoes its key."""
    echo = {"kind": "status", "status": 500, "body": f"No such key: {vendor.settings['api_key']}"}
    return {
        "first": Call("acme", {"member": "contact_id:1", "points": "5", "reference": "order-1"}),
        "second": Call("acme", {"member": "contact_id:1", "points": "2.25", "reference": "order-2"}, SILENT),
        "third": Call("acme", {"member": "contact_id:2", "points": "-1.5", "reference": "order-3"}, echo),
        "fourth": Call("acme", {"member": "contact_id:404", "points": "7"}),
        "fifth": Call("north", {"member": "contact_id:2", "points": "1000000.000001"}, SILENT),
    }


def configuration(vendor: Simulator) -> dict[str, Any]:
    """A configuration of one account under two names, in which nothing is searched for."""
    return {
        "server": {"listen": "127.0.0.1:0", "outages": 0},
        "store": "sqlite:///points.db",
        "vendors": {
            "crm": {**vendor.settings, "account": None, "timeout": scaled(10)},
            "crm_north": {"extends": "crm"},
        },
        "tenants": {"acme": {"routes": {"adjust": "crm"}}, "north": {"routes": {"adjust": "crm_north"}}},
        "clients": {
            "app": {"keys": [KEY], "tenants": ["*"], "scopes": ["points:read", "points:write", "points:inspect"]}
        },
    }


def at(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: moment


def served(
    config: Path, vendor: Simulator, made: Mapping[str, Call], *, clock: Callable[[], datetime]
) -> dict[str, str]:
    """Serve these calls from a gateway in this process, which has ended on return: the ids by key."""
    kinds = registry.adapters()

    async def serving() -> dict[str, str]:
        gateway = Gateway(load(config, kinds, {}), kinds, clock=clock)
        try:
            transport = httpx.ASGITransport(gateway.asgi)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
                return {key: await call.made(http, vendor, key) for key, call in made.items()}
        finally:
            await gateway.close()

    return asyncio.run(serving())


@pytest.fixture(scope="session")
def vendor() -> Iterator[Simulator]:
    """A simulated vendor."""
    simulator: Simulator = registry.simulators()["contact-points"]()
    with in_thread(simulator):
        yield simulator


@pytest.fixture(scope="session")
def original(vendor: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Left:
    """What the gateway left behind; tests work on copies."""
    config = tmp_path_factory.mktemp("left") / "gateway.yaml"
    config.write_text(json.dumps(configuration(vendor)))  # JSON is YAML
    ids: dict[str, str] = {}
    for minute, (key, call) in enumerate(calls(vendor).items()):
        ids |= served(config, vendor, {key: call}, clock=at(BEGUN + timedelta(minutes=minute)))
    return Left(config, ids)


@pytest.fixture
def left(original: Left, tmp_path: Path) -> Left:
    """A copy of what the gateway left behind."""
    folder = shutil.copytree(original.config.parent, tmp_path / "left", ignore=PIPES)
    return Left(folder / "gateway.yaml", original.ids)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process, on a wide terminal."""
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.delenv("POINTS_GATEWAY_CONFIG", raising=False)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the command line puts its own in its place

    def run(*words: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["points-gateway", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, said.out, said.err)

    return run


def ran(*arguments: str | Path, environ: Mapping[str, str] | None = None) -> Ran:
    """Run a command in a process of its own, forked from one that has imported the program."""
    done = nursery().run(MODULE, *arguments, environ=environ)
    return Ran(done.code, done.out.decode(), done.err.decode())


def ran_fresh(*arguments: str | Path, environ: Mapping[str, str] | None = None) -> Ran:
    """Run a command in an interpreter of its own, which imports all that it needs."""
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, encoding="utf-8", timeout=DEADLINE, check=False, env=environ
    )
    return Ran(done.returncode, done.stdout, done.stderr)


class Running:
    """A command that runs until it is told to stop, in a process group of its own, as a terminal gives it one."""

    def __init__(self, *arguments: str | Path, environ: Mapping[str, str] | None = None) -> None:
        self.out = ""
        self._grown = Condition()
        self._over = False
        reading, writing = os.pipe()
        self._lines = os.fdopen(reading, encoding="utf-8")
        try:
            self._process = nursery().begin(
                MODULE, *arguments, stdout=writing, stderr=writing, environ=environ, own_session=True
            )
        finally:
            os.close(writing)
        self._reader = Thread(target=self._read)
        self._reader.start()

    @property
    def group(self) -> int:
        """The id of its process group."""
        return self._process.pid

    def said(self, pattern: str) -> str:
        """All that it has written, once that matches. Raises `AssertionError` where it ends, or after a deadline."""
        with self._grown:
            self._grown.wait_for(lambda: self._over or re.search(pattern, self.out), DEADLINE)
            assert re.search(pattern, self.out), f"{pattern!r} was never written: {self.out}"
            return self.out

    def signalled(self, sig: signal.Signals) -> int:
        """Its exit code after this signal."""
        self._process.send_signal(sig)
        return self._ended()

    def stop(self) -> None:
        """End it, whatever it does; one that has ended stays as it is."""
        self._process.kill()
        self._ended()

    def _ended(self) -> int:
        code = self._process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        return code

    def _read(self) -> None:
        with self._lines as lines:
            for line in lines:
                self._add(line)
        self._add("", over=True)

    def _add(self, line: str, *, over: bool = False) -> None:
        with self._grown:
            self.out += line
            self._over = over
            self._grown.notify_all()


def demonstration(folder: Path) -> tuple[Path, list[int]]:
    """A copy of the demo's configuration in which every port is another, free one; and these ports."""
    text = (ROOT / "config/demo.yaml").read_text("utf-8")
    usual = sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", text)))
    ports = free_ports(len(usual))
    for old, new in zip(usual, ports, strict=True):
        text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
    config = folder / "config" / "demo.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(text, "utf-8")
    return config, ports


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nobody listens."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of 127.0.0.1."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
