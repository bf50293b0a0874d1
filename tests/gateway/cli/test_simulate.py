"""`simulate`: every vendor of a configuration, on the port that it names, without a gateway."""

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deadlines import DEADLINE
from tests.gateway.cli.conftest import Command, Running, demonstration, is_free
from tests.plain import PLAIN

SHARED = "  perks_07: {extends: perks, loyalty_program_id: 107}\n\ntenants:"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's configuration on other ports, and a second account at the address of the first."""
    config, _ = demonstration(tmp_path_factory.mktemp("simulated"))
    config.write_text(config.read_text("utf-8").replace("\ntenants:", SHARED, 1), "utf-8")
    return config


@pytest.fixture(scope="module")
def simulated(config: Path) -> Iterator[dict[str, str]]:
    """Where each vendor of that configuration is simulated, by name."""
    running = Running("simulate", "-c", config)
    try:
        yield dict(line.split() for line in running.said(r"(?m)^perks_07 +\S+$").splitlines())
    finally:
        running.stop()


def ports(config: Path) -> list[int]:
    """The ports of the simulated vendors."""
    return [int(port) for port in re.findall(r"base_url: http://127\.0\.0\.1:(\d+)", config.read_text("utf-8"))]


def test_every_vendor_is_simulated(simulated: dict[str, str], config: Path) -> None:
    """Each vendor listens on the port of its base_url; two accounts at one address are played by one simulator."""
    assert list(simulated) == ["arcade", "club", "perks", "crm", "perks_07"]
    assert simulated["perks_07"] == simulated["perks"]
    assert sorted({httpx.URL(url).port or 0 for url in simulated.values()}) == sorted(ports(config))


def test_each_has_its_controls(simulated: dict[str, str], command: Command) -> None:
    """The fault that the help shows can be told to every one of them."""
    [fault] = re.findall(r"curl -d '([^']+)' \S+/_simulator/faults", command("simulate", "--help").out)
    for url in set(simulated.values()):
        faults = httpx.URL(url).join("/_simulator/faults")
        answer = httpx.post(faults, content=fault, trust_env=False, verify=PLAIN, timeout=DEADLINE)
        assert (answer.status_code, answer.json()[0]["kind"]) == (200, "hang")
        assert httpx.delete(faults, trust_env=False, verify=PLAIN, timeout=DEADLINE).json() == []


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT], ids=lambda sig: sig.name)
def test_it_runs_until_it_is_told_to_stop(tmp_path: Path, sig: signal.Signals) -> None:
    """Either signal ends it with exit code 0 and without a word, and nobody listens any more."""
    config, _ = demonstration(tmp_path)
    running = Running("simulate", "-c", config)
    try:
        said = running.said(r"(?m)^crm +\S+$")
        assert not any(is_free(port) for port in ports(config))
        assert running.signalled(sig) == 0
        assert running.out == said
        assert all(is_free(port) for port in ports(config))
    finally:
        running.stop()


def test_a_port_that_is_taken(command: Command, tmp_path: Path) -> None:
    """A vendor whose port is taken is named with the port, and none is left running."""
    config, _ = demonstration(tmp_path)
    last = ports(config)[-1]
    with socket.create_server(("127.0.0.1", last)):
        result = command("simulate", "-c", config)
    assert (result.code, result.out) == (1, "")
    why = (
        f"the simulator cannot listen on 127.0.0.1:{last}: Address already in use; choose another port in its base_url"
    )
    assert result.err == f"points-gateway: vendors.crm: {why}\n"
    assert all(is_free(port) for port in ports(config))
