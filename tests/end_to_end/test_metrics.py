"""The page of metrics of a gateway of several workers: one for all of them, as Prometheus takes it."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.test_workers import workers
from tests.end_to_end.vendors import Vendors
from tests.plain import PLAIN

FIVE = {"member": "contact_id:1", "points": "5"}
WORKERS = 2


class Page:
    """The page of the admin listener, each time on a new connection, so that any worker may answer it."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/metrics"

    def text(self) -> str:
        """All of it."""
        return httpx.get(self._url, trust_env=False, verify=PLAIN, timeout=DEADLINE).text

    def value(self, name: str, **labels: str) -> float | None:
        """The sum of the series of this name that have these labels; None where there is none."""
        found = [
            sample.value
            for family in text_string_to_metric_families(self.text())
            for sample in family.samples
            if sample.name == name and sample.labels.items() >= labels.items()
        ]
        return sum(found) if found else None


@pytest.fixture
def admin() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def several(start: Starts, configured: Callable[..., dict[str, Any]], admin: int) -> GatewayProcess:
    """A gateway of several workers that serve, with an admin listener."""
    server = configured()["server"] | {"admin": f"127.0.0.1:{admin}"}
    process = start(workers=WORKERS, server=server)
    until(lambda: process.log.count('"event":"serving"') == WORKERS)
    return process


@pytest.fixture
def page(several: GatewayProcess, admin: int) -> Page:
    return Page(admin)


@pytest.fixture
def calls(several: GatewayProcess, calling: Callable[[GatewayProcess], Caller]) -> Caller:
    return calling(several)


def test_what_workers_did_is_one_page(page: Page, calls: Caller, several: GatewayProcess, vendors: Vendors) -> None:
    """Whoever answers tells of all: requests, exchanges, failed reads, the journal; what a dead one counted stays."""
    route = "/v1/adjustments"
    assert page.value("points_request_duration_seconds_count", route=route, outcome="failed") == 0
    assert page.value("points_vendor_read_failures_total", vendor="arcade_gone") == 0
    for _ in range(6):
        with httpx.Client(base_url=calls.http.base_url, trust_env=False, verify=PLAIN, timeout=DEADLINE) as own:
            body = {"Idempotency-Key": calls.new_key(), **calls.headers}
            assert own.post(route, json=FIVE, headers=body).status_code == 201
    gone = calls.acting(tenant="gone").get("/v1/members/email:a@example.com/balance")
    assert gone.status_code == 503
    until(lambda: page.value("points_requests_total", route=route, method="POST", status="201") == 6)
    asked = {"vendor": "crm", "operation": "adjust", "outcome": "success"}
    assert page.value("points_vendor_request_duration_seconds_count", **asked) == 6
    assert page.value("points_attempts_total", vendor="crm", verdict="applied") == 6
    assert page.value("points_vendor_read_failures_total", vendor="arcade_gone") == 1
    failed = {"vendor": "arcade_gone", "operation": "balance", "outcome": "unavailable"}
    retries = page.value("points_vendor_read_retries_total", vendor="arcade_gone")
    assert page.value("points_vendor_request_duration_seconds_count", **failed) == 1 + (retries or 0)
    assert (page.value("points_journal_batch_operations_sum") or 0) >= 12
    assert (page.value("points_journal_commit_duration_seconds_count") or 0) > 0
    assert page.value("points_draining") == 0
    assert (
        page.value("points_journal_up")
        == page.value("points_build_info")
        == page.value("points_configuration_info")
        == 1
    )
    assert page.value("points_requests_in_flight") == page.value("points_vendor_requests_in_flight") == 0
    assert page.value("points_workers") == page.value("points_workers_wanted") == WORKERS
    if shutil.which("ps"):
        os.kill(min(workers(several)), signal.SIGKILL)
        until(lambda: several.log.count('"event":"serving"') == WORKERS + 1)
        assert page.value("points_requests_total", route=route, method="POST", status="201") == 6
        assert page.value("points_workers") == WORKERS


def test_prometheus_own_check(page: Page, calls: Caller, vendors: Vendors) -> None:
    """`promtool check metrics` finds nothing to say about names, units, help texts and the format."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    assert calls.adjust(FIVE).status_code == 201
    calls.send("GET", "/v1/members/email:jason@example.com/balance")
    done = subprocess.run(
        [promtool, "check", "metrics"], input=page.text(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_start_drain_and_stop_are_logged(several: GatewayProcess, calls: Caller) -> None:
    """Each worker says that it serves, that it drains, and that it has stopped."""
    several.terminate()
    assert several.ended() == 0
    for event, count in (("serving", WORKERS), ("draining", WORKERS), ("stopped", WORKERS), ("starting workers", 1)):
        assert several.log.count(f'"event":"{event}"') == count
