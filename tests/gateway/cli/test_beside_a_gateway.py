"""The journal is looked into and settled beside a gateway that runs on it, and that answers accordingly."""

import json
import os
import pwd
import re
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from gateway.simulation import Simulator
from tests.deadlines import DEADLINE
from tests.end_to_end.process import GatewayProcess
from tests.gateway.cli.conftest import KEY, Call, Command, Left, calls, configuration, free_ports
from tests.plain import PLAIN

STRAYS = "unknown adjustments went to accounts that are not configured any more"


@pytest.fixture
def http(left: Left, vendor: Simulator) -> Iterator[httpx.Client]:
    """A client of a gateway that runs on the journal; it stops in good order."""
    headers = {"Authorization": f"Bearer {KEY}", "X-Tenant": "acme"}
    with ExitStack() as running:
        process = GatewayProcess(left.config.parent, configuration(vendor))
        running.callback(lambda: process.stop())
        client = httpx.Client(
            base_url=process.serving(), headers=headers, trust_env=False, verify=PLAIN, timeout=DEADLINE
        )
        yield running.enter_context(client)
        assert process.stop() == 0, process.log


def repeated(http: httpx.Client, key: str, call: Call) -> httpx.Response:
    """The answer to the repeat of a call."""
    return http.post("/v1/adjustments", json=call.body, headers={"Idempotency-Key": key})


def test_settled_keys_are_answered(http: httpx.Client, command: Command, left: Left, vendor: Simulator) -> None:
    """A key that was answered 202 is answered 201 or 502 once it is settled; nothing is sent again."""
    made, sent = calls(vendor), len(vendor.requests)
    assert [repeated(http, key, made[key]).status_code for key in ("second", "third")] == [202, 202]
    for key, word in (("second", "--applied"), ("third", "--not-applied")):
        arguments = [left.ids[key], word, "--reason", "their list", "-c", left.config]
        assert command("adjustments", "resolve", *arguments).code == 0
    applied, not_applied = (repeated(http, key, made[key]) for key in ("second", "third"))
    assert (applied.status_code, applied.json()["status"]) == (201, "succeeded")
    assert (not_applied.status_code, not_applied.json()["code"]) == (502, "not_applied")
    assert applied.headers["idempotent-replayed"] == not_applied.headers["idempotent-replayed"] == "true"
    history = http.get(f"/v1/adjustments/{left.ids['second']}", params={"include": "history"}).json()["history"]
    assert history[-1]["by"] == f"command line, uid {os.getuid()} ({pwd.getpwuid(os.getuid()).pw_name})"
    assert len(vendor.requests) == sent


def test_what_a_changed_configuration_left_behind(left: Left, vendor: Simulator) -> None:
    """Unknowns at an account that is not configured any more are told in one line at the start, and in a metric."""
    settings = configuration(vendor)
    [port] = free_ports(1)
    settings["server"]["admin"] = f"127.0.0.1:{port}"
    process = GatewayProcess(left.config.parent, settings)
    try:
        process.serving()
        assert gauges(port) == {"crm": 0, "crm_north": 0}
    finally:
        assert process.stop() == 0, process.log
    assert STRAYS not in process.log
    settings["vendors"]["crm"]["base_url"] += "/elsewhere"
    settings["vendors"]["crm_north"]["base_url"] = vendor.settings["base_url"]
    process = GatewayProcess(left.config.parent, settings)
    try:
        process.serving()
        assert gauges(port) == {"crm": 0, "crm_north": 0}
    finally:
        assert process.stop() == 0, process.log
    assert STRAYS not in process.log  # the account has another name now, and is looked at under that
    del settings["vendors"]["crm_north"]["base_url"]
    process = GatewayProcess(left.config.parent, settings)
    try:
        process.serving()
        assert gauges(port) == {"crm": 2, "crm_north": 1}
    finally:
        assert process.stop() == 0, process.log
    [line] = [json.loads(line) for line in process.lines if STRAYS in line]
    assert (line["level"], line["vendors"]) == ("warning", "crm 2, crm_north 1")


def gauges(port: int) -> dict[str, int]:
    """What the metric says, by vendor."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=DEADLINE, trust_env=False, verify=PLAIN).text
    found = re.findall(r'^points_unknown_strays\{vendor="(\w+)"\} (\d+)', text, re.MULTILINE)
    return {vendor: int(count) for vendor, count in found}


def test_what_the_gateway_does_is_listed(http: httpx.Client, command: Command, left: Left) -> None:
    """An adjustment that the gateway has just made is in the list."""
    call = Call("acme", {"member": "contact_id:1", "points": "4"})
    identifier = repeated(http, "sixth", call).json()["id"]
    listed = json.loads(command("adjustments", "list", "-c", left.config, "--limit", "1", "-o", "json").out)["data"]
    assert [each["id"] for each in listed] == [identifier]
    assert command("check", "-c", left.config).code == 0
