"""Who has no valid key: how often they may ask, by their address, and that nobody else pays for it."""

import json
from collections.abc import Callable
from time import monotonic
from typing import Any

import httpx
import pytest

from gateway.api.entrance import RESTING
from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.plain import PLAIN

Calling = Callable[[GatewayProcess], Caller]
SERVER = {"listen": "127.0.0.1:0", "anonymous_rate": "5/hour", "wrong_key_rate": "2/hour"}
WRONG = {"Authorization": "Bearer of-nothing"}
NONE = {"Authorization": ""}


def told(line: str) -> Any:
    return json.loads(line)


def test_so_many_without_a_key(start: Starts, calling: Calling) -> None:
    """Past the budget of an address every page and path is 429, but for probes; a valid key is served as ever."""
    process = start(server=SERVER)
    api = calling(process)  # who has read the OpenAPI document without a key
    paths = ("/v1/capabilities", "/docs", "/nowhere", "/v1/adjustments/preview")
    first = [api.http.get(path).status_code for path in paths]
    assert first == [401, 200, 404, 405]
    for path in ("/v1/capabilities", "/docs", "/openapi.json", "/nowhere", "/v1/adjustments/preview", "/livez/"):
        response = api.http.get(path)
        problem = refused(response, 429, "rate_limited")
        assert (problem["retryable"], 0 < int(response.headers["retry-after"]) <= 3600) == (True, True)
        assert response.headers["request-id"] == problem["request_id"]
    assert [api.http.get(path).status_code for path in ("/livez", "/readyz", "/readyz?verbose")] == [200] * 3
    assert api.get("/v1/capabilities").status_code == 200
    assert api.send("GET", "/nowhere").status_code == 404
    until(lambda: "an address is refused" in process.log)
    [line] = [told(line) for line in list(process.lines) if "an address is refused" in line]
    assert (line["peer"], line["reason"], line["level"]) == ("127.0.0.1", "anonymous_rate", "warning")


def test_a_flood_becomes_a_trickle(start: Starts, calling: Calling) -> None:
    """After each refusal the connection is not read for a moment; a valid key is served all the same."""
    api = calling(start(server={**SERVER, "anonymous_rate": "1/hour"}))
    begun = monotonic()
    for _ in range(5):
        refused(api.send("GET", "/v1/capabilities", headers=NONE), 429, "rate_limited")
    assert monotonic() - begun >= 4 * RESTING
    assert api.get("/v1/capabilities").status_code == 200


def test_wrong_keys(start: Starts, calling: Calling) -> None:
    """After a few, wrong keys are 429 for a time; the right key is served meanwhile, and the log holds no key."""
    process = start(server={**SERVER, "anonymous_rate": "500/hour"})
    api = calling(process)
    for _ in range(2):
        refused(api.send("GET", "/v1/capabilities", headers=WRONG), 401, "unauthenticated")
    response = api.send("GET", "/v1/capabilities", headers=WRONG)
    assert "correct the key" in refused(response, 429, "rate_limited")["detail"]
    assert response.headers["retry-after"] == "1"
    assert api.get("/v1/capabilities").status_code == 200
    refused(api.send("GET", "/v1/capabilities", headers=NONE), 429, "rate_limited")
    until(lambda: "an address is refused" in process.log)
    assert "of-nothing" not in process.log


def test_what_stands_behind_a_proxy(start: Starts, calling: Calling) -> None:
    """Budgets and log lines go by the address that a trusted proxy names; nobody else's word counts."""
    process = start(server={**SERVER, "trusted_proxies": ["127.0.0.0/8"], "anonymous_rate": "1/hour"})
    url = process.serving()

    def ask(*hops: str, key: str = "", request_id: str = "one") -> int:
        headers = {"X-Forwarded-For": ", ".join(hops), "Authorization": key, "Request-Id": request_id}
        answer = httpx.get(f"{url}/v1/capabilities", headers=headers, trust_env=False, verify=PLAIN, timeout=DEADLINE)
        return answer.status_code

    assert [ask("203.0.113.7"), ask("203.0.113.7"), ask("203.0.113.8")] == [401, 429, 401]
    assert [ask("198.51.100.1", "203.0.113.7"), ask("203.0.113.9, 127.0.0.1")] == [429, 401]
    assert [ask("2001:db8::1"), ask("2001:db8::2"), ask("2001:db8:0:1::1")] == [401, 429, 401]
    assert ask("203.0.113.7", key=f"Bearer {KEYS['reader']}", request_id="a-valid-one") == 200
    until(lambda: "a-valid-one" in process.log)
    [line] = [told(line) for line in list(process.lines) if "a-valid-one" in line]
    assert (line["peer"], line["client"]) == ("203.0.113.7", "reader")


@pytest.mark.parametrize("setting", [True, False])
def test_the_log_can_be_silent_about_addresses(start: Starts, calling: Calling, setting: bool) -> None:
    """With `log_peer: false` no line says where a request came from; else each one does."""
    process = start(server={**SERVER, "log_peer": setting, "anonymous_rate": "1/hour"})
    api = calling(process)
    assert api.get("/v1/capabilities").status_code == 200
    refused(api.send("GET", "/v1/capabilities", headers=NONE), 429, "rate_limited")
    until(lambda: '"request"' in process.log and "an address is refused" in process.log)
    lines = [told(line) for line in list(process.lines) if '"request"' in line or "an address is refused" in line]
    assert [each.get("peer") == "127.0.0.1" for each in lines] == [setting, setting]
    assert ("127.0.0.1" in "".join(line for line in process.lines if '"serving"' not in line)) is setting
