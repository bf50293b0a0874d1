"""`serve` as a process: it serves until it is told to stop, and says in a sentence why it cannot."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.journal.lock import FileLock
from gateway.simulation import Simulator
from tests.deadlines import DEADLINE
from tests.end_to_end.process import GatewayProcess
from tests.gateway.cli.conftest import Command, Ran, configuration, free_ports, is_free, ran
from tests.plain import PLAIN


@pytest.fixture
def config(vendor: Simulator, tmp_path: Path) -> Path:
    """A configuration with which a gateway can be served."""
    return written(tmp_path, configuration(vendor))


@pytest.fixture
def held(tmp_path: Path) -> Iterator[None]:
    """This process has the journal of that configuration to itself, as who removes it does."""
    lock = FileLock.acquire(tmp_path / "points.db", shared=False)
    yield
    lock.release()


def written(folder: Path, settings: dict[str, Any]) -> Path:
    config = folder / "gateway.yaml"
    config.write_text(json.dumps(settings))
    return config


def sentence(said: Ran) -> str:
    """Why a command ended with exit code 1: the last line of its log, and its only error."""
    assert (said.code, said.out) == (1, "")
    lines = [json.loads(line) for line in said.err.splitlines()]
    assert [line["event"] for line in lines if line["level"] != "info"] == ["the gateway ends"]
    return str(lines[-1]["error"])


@pytest.mark.parametrize("more", [[], ["--workers", "2"]], ids=["alone", "workers"])
def test_a_port_that_is_taken(config: Path, taken: int, more: list[str]) -> None:
    """A taken port is named, with what to choose instead."""
    message = sentence(ran("serve", "-c", config, "--port", str(taken), *more))
    assert message == (
        f"cannot listen on 127.0.0.1:{taken}: Address already in use; choose another with --port or server.listen"
    )


def test_an_admin_port_that_is_taken(vendor: Simulator, tmp_path: Path, taken: int) -> None:
    """A taken port of the second listener is told as such."""
    settings = configuration(vendor)
    settings["server"]["admin"] = f"127.0.0.1:{taken}"
    message = sentence(ran("serve", "-c", written(tmp_path, settings)))
    assert message == f"cannot listen on 127.0.0.1:{taken}: Address already in use; choose another server.admin"


def test_an_address_that_is_nobodys(config: Path) -> None:
    """An address that this machine does not have is named."""
    assert sentence(ran("serve", "-c", config, "--host", "192.0.2.1")).startswith("cannot listen on 192.0.2.1:0: ")


@pytest.mark.parametrize(
    ("store", "why"),
    [
        ("sqlite:///gateway.yaml/points.db", r"gateway\.yaml"),
        (
            "sqlite:///gateway.yaml",
            r"the journal at sqlite:///\S+/gateway\.yaml cannot be opened: file is not a database",
        ),
        (
            "postgresql://points:a-secret@127.0.0.1:{port}/points",
            r"the journal at \S+//points:\*\*\*@127\.0\.0\.1:\d+/points cannot be opened: .*refused",
        ),
    ],
    ids=["no folder", "no database", "no server"],
)
def test_a_journal_that_cannot_be_reached(vendor: Simulator, tmp_path: Path, store: str, why: str) -> None:
    """A journal that cannot be opened is named, without its password, and why."""
    [port] = free_ports(1)
    settings = configuration(vendor) | {"store": store.format(port=port)}
    message = sentence(ran("serve", "-c", written(tmp_path, settings)))
    assert re.search(why, message), message
    assert "a-secret" not in message


@pytest.mark.usefixtures("held")
def test_a_journal_that_is_held(config: Path) -> None:
    """A journal that is just being removed is refused."""
    message = sentence(ran("serve", "-c", config))
    assert message == f"{config.with_name('points.db')} is held by another process: stop it first"


def test_a_configuration_that_is_wrong(command: Command, vendor: Simulator, tmp_path: Path) -> None:
    """Every problem is told as `check` tells it, each in a line of the log, and nothing is begun."""
    config = written(tmp_path, configuration(vendor) | {"vendor": {}, "clients": {"app": {}}})
    serving, checking = command("serve", "-c", config), command("check", "-c", config)
    *problems, last = [json.loads(line) for line in serving.err.splitlines()]
    told = [f"{at['file']}:{at['line']}:{at['column']}: {at['where']}: {at['error']}" for at in problems]
    assert [*told, f"points-gateway: {last['error']}"] == checking.err.splitlines()
    assert (serving.code, len(problems) > 1, {at["level"] for at in problems}) == (1, True, {"error"})
    assert not (tmp_path / "points.db").exists()


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT], ids=lambda sig: sig.name)
def test_it_serves_until_it_is_told_to_stop(vendor: Simulator, tmp_path: Path, sig: signal.Signals) -> None:
    """It serves on the port that --port asks for, and ends with exit code 0 and a free port."""
    process = GatewayProcess(tmp_path, configuration(vendor))
    try:
        url = httpx.URL(process.serving())
        ready = httpx.get(url.join("/readyz"), trust_env=False, verify=PLAIN, timeout=DEADLINE)
        assert ready.json() == {"status": "ok"}
        os.kill(process.pid, sig)
        assert process.ended() == 0
    finally:
        process.kill()
    assert url.port is not None
    assert is_free(url.port)
    assert "Traceback" not in process.log
