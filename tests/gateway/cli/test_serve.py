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
    """The only thing that a command said, on standard error, before it ended with exit code 1."""
    assert (said.code, said.out) == (1, "")
    [told] = re.findall(r"\Apoints-gateway: (.+)\n\Z", said.err)
    return str(told)


@pytest.mark.parametrize("more", [[], ["--workers", "2"]], ids=["alone", "workers"])
def test_a_port_that_is_taken(config: Path, taken: int, more: list[str]) -> None:
    """A taken port is named, with what to choose instead."""
    told = sentence(ran("serve", "-c", config, "--port", str(taken), *more))
    assert told == (
        f"cannot listen on 127.0.0.1:{taken}: Address already in use; choose another with --port or server.listen"
    )


def test_an_admin_port_that_is_taken(vendor: Simulator, tmp_path: Path, taken: int) -> None:
    """A taken port of the second listener is told as such."""
    settings = configuration(vendor)
    settings["server"]["admin"] = f"127.0.0.1:{taken}"
    told = sentence(ran("serve", "-c", written(tmp_path, settings)))
    assert told == f"cannot listen on 127.0.0.1:{taken}: Address already in use; choose another server.admin"


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
    told = sentence(ran("serve", "-c", written(tmp_path, settings)))
    assert re.search(why, told), told
    assert "a-secret" not in told


@pytest.mark.usefixtures("held")
def test_a_journal_that_is_held(config: Path) -> None:
    """A journal that is just being removed is refused."""
    told = sentence(ran("serve", "-c", config))
    assert told == f"{config.with_name('points.db')} is held by another process: stop it first"


def test_a_configuration_that_is_wrong(command: Command, vendor: Simulator, tmp_path: Path) -> None:
    """Every problem is told as `check` tells it, and nothing is begun."""
    config = written(tmp_path, configuration(vendor) | {"vendor": {}, "clients": {"app": {}}})
    serving, checking = command("serve", "-c", config), command("check", "-c", config)
    assert serving == checking
    assert serving.code == 1
    assert serving.err.count(f"{config}:1:") == serving.err.count("\n") - 1 > 1
    assert not (tmp_path / "points.db").exists()


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT], ids=lambda sig: sig.name)
def test_it_serves_until_it_is_told_to_stop(vendor: Simulator, tmp_path: Path, sig: signal.Signals) -> None:
    """It serves on the port that --port asks for, and ends with exit code 0 and a free port."""
    process = GatewayProcess(tmp_path, configuration(vendor))
    try:
        url = httpx.URL(process.serving())
        assert httpx.get(url.join("/readyz"), trust_env=False, timeout=DEADLINE).json() == {"status": "ok"}
        os.kill(process.pid, sig)
        assert process.ended() == 0
    finally:
        process.kill()
    assert url.port is not None
    assert is_free(url.port)
    assert "Traceback" not in process.log
