"""The log: one JSON object a line, with route templates and never who was meant."""

import json
from typing import Any

from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.wire import exchange


def test_a_line_for_every_call(api: Caller, vendors: Vendors, gateway: GatewayProcess) -> None:
    """A call is one line: its route, not its path, its outcome, how long it took, who asked from where, and its id."""
    api.send("GET", "/v1/members/email:jason@example.com/balance", headers={"Request-Id": "a-call-to-log"})
    (line,) = _lines(api, gateway, "a-call-to-log")
    assert 0 <= line.pop("vendor_ms") <= line.pop("ms") < DEADLINE * 1000
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "route": "/v1/members/{member}/balance",
        "status": 200,
        "client": "anywhere",
        "tenant": "acme",
        "request_id": "a-call-to-log",
        "peer": "127.0.0.1",
        "vendor": "arcade",
    }


def test_which_adjustment_a_call_was_about(api: Caller, vendors: Vendors, gateway: GatewayProcess) -> None:
    """The line of a write, applied or refused or looked at, names the adjustment and its vendor."""
    response = api.adjust({"member": "contact_id:1", "points": 5}, headers={"Request-Id": "a-write-to-log"})
    identifier = response.json()["id"]
    api.send("GET", f"/v1/adjustments/{identifier}", headers={"Request-Id": "a-look-to-log"})
    vendors.crm.fault("status", status=429)
    refused = api.adjust({"member": "contact_id:1", "points": 5}, headers={"Request-Id": "no-write-to-log"}).json()
    api.send("GET", "/v1/adjustments/adj_unknown", headers={"Request-Id": "nothing-to-log"})
    expected = {
        "a-write-to-log": (201, identifier, "crm"),
        "a-look-to-log": (200, identifier, "crm"),
        "no-write-to-log": (503, refused["adjustment"], "crm"),
        "nothing-to-log": (404, None, None),
    }
    for request_id, told in expected.items():
        (line,) = _lines(api, gateway, request_id)
        assert (line["status"], line.get("adjustment"), line.get("vendor")) == told


def test_a_line_for_every_refusal(api: Caller, vendors: Vendors, gateway: GatewayProcess) -> None:
    """So is a call that was refused at the door: nobody is named whom nothing proves."""
    headers = {"Request-Id": "a-refusal-to-log", "Authorization": "Bearer of-nothing"}
    api.send("GET", "/v1/members/email:jason@example.com/balance", headers=headers)
    (line,) = _lines(api, gateway, "a-refusal-to-log")
    assert (line["status"], line["client"], line["tenant"]) == (401, None, None)


def test_every_line_is_json(api: Caller, vendors: Vendors, url: str, gateway: GatewayProcess) -> None:
    """Whatever happens, libraries' own words included, can be read by a machine."""
    exchange(url, b"GET /members/email:jason@example.com HTTP/9\r\n\r\n")
    vendors.crm.fault("body", body="[" * 100_000)
    api.adjust({"member": "contact_id:1", "points": 5})
    until(lambda: bool(api.get("/v1/capabilities")) and "requests cannot be read" in gateway.log)
    for line in list(gateway.lines):
        assert json.loads(line)["level"] in ("info", "warning", "error")


def test_a_flood_that_is_no_http_writes_few_lines(
    api: Caller, vendors: Vendors, url: str, gateway: GatewayProcess
) -> None:
    """Who needs no key and a few bytes cannot fill the disk of who keeps the log."""
    before = len(gateway.lines)
    for _ in range(50):
        assert exchange(url, b"GET /livez HTTP/1.1\r\n\r\n").status == 400
    api.send("GET", "/v1/capabilities", headers={"Request-Id": "after-the-flood"})
    _lines(api, gateway, "after-the-flood")
    lines = [json.loads(line)["event"] for line in list(gateway.lines)[before:]]
    assert sum(event != "request" for event in lines) <= 10


def _lines(api: Caller, gateway: GatewayProcess, request_id: str) -> list[dict[str, Any]]:
    """The lines about a request; the log comes by a pipe of its own, a moment later."""
    until(lambda: bool(api.get("/v1/capabilities")) and f'"{request_id}"' in gateway.log)
    return [json.loads(line) for line in list(gateway.lines) if f'"{request_id}"' in line]
