"""A client key in a file that changes while the gateway runs, and the signal that has files looked at at once."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.plain import PLAIN

OLD, NEW = "key-of-yesterday-" + "0" * 24, "key-of-today-" + "0" * 24


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "client_key"
    file.write_text(OLD)
    return file


@pytest.fixture
def clients(file: Path, configured: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """The clients of these tests, of which one has its key from a file, and one has a key that has ended."""
    whole: dict[str, Any] = configured()["clients"]
    ended = {"key": f"ended-{OLD}", "expires": "2026-01-31"}
    return {
        **whole,
        "rotating": {**whole["reader"], "keys": [f"${{file:{file}}}"]},
        "leaving": {**whole["reader"], "keys": [ended]},
    }


def heard(url: str, key: str) -> httpx.Response:
    """The answer to a request with this key, on a connection of its own."""
    return httpx.get(
        f"{url}/v1/capabilities",
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
        verify=PLAIN,
        timeout=DEADLINE,
    )


def test_the_new_key_opens_and_the_old_one_does_not(
    start: Starts, calling: Callable[[GatewayProcess], Caller], clients: dict[str, Any], file: Path
) -> None:
    """Within a second or so, and no restart; a file that is emptied or holds another client's key changes nothing."""
    gateway = start(clients=clients)
    url = str(calling(gateway).http.base_url).rstrip("/")
    assert (heard(url, OLD).status_code, heard(url, NEW).status_code) == (200, 401)
    file.write_text(NEW)
    until(lambda: heard(url, NEW).status_code == 200)
    assert heard(url, OLD).status_code == 401

    file.write_text(clients["kiosk"]["keys"][0])
    until(lambda: heard(url, NEW).status_code == 200 and "client 'kiosk' has the same key" in gateway.log)
    file.write_text("")
    until(lambda: heard(url, NEW).status_code == 200 and "it is empty" in gateway.log)
    gateway.stop()
    assert OLD not in gateway.log
    assert NEW not in gateway.log


def test_a_key_that_has_ended(
    start: Starts, calling: Callable[[GatewayProcess], Caller], clients: dict[str, Any]
) -> None:
    """Whoever has it hears so; it is like any other that is not known to everybody else."""
    url = str(calling(start(clients=clients)).http.base_url).rstrip("/")
    ended = heard(url, f"ended-{OLD}")
    assert (ended.status_code, ended.json()["code"]) == (401, "unauthenticated")
    assert ended.json()["detail"] == "The API key has expired: ask the operator of this gateway for a new one"
    assert heard(url, f"ended-{OLD}0").json()["detail"] == "The API key is not known"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_hangup_ends_nothing(start: Starts, clients: dict[str, Any], file: Path, workers: int) -> None:
    """It has each worker look at the files at once, without waiting for a call."""
    gateway = start(clients=clients, workers=workers)
    url = gateway.serving()
    until(lambda: gateway.log.count('"event":"serving"') == workers)
    file.write_text(NEW)
    os.kill(gateway.pid, signal.SIGHUP)
    until(lambda: gateway.log.count("files are looked at again") == workers)
    until(lambda: gateway.log.count("a client key has changed") == workers)
    assert (heard(url, NEW).status_code, heard(url, OLD).status_code) == (200, 401)
    assert gateway.stop() == 0
