"""What a gateway leaves behind when it ends, and what the next one on the same journal makes of it."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.plain import PLAIN

FIVE = {"member": "contact_id:1", "points": "5"}
Calling = Callable[[GatewayProcess], Caller]


def leases_run_out(gateway: GatewayProcess) -> None:
    """Put the end of every lease in the journal of an ended gateway into the past."""
    with closing(sqlite3.connect(gateway.journal, timeout=DEADLINE)) as journal, journal:
        journal.execute("UPDATE adjustments SET lease_until = created_at")


@pytest.mark.parametrize(("when", "effects"), [("before", 0), ("after", 1)])
def test_a_crash_leaves_an_unknown(start: Starts, calling: Calling, vendors: Vendors, when: str, effects: int) -> None:
    """A write in flight when the gateway is killed is `unknown` to the next one, never sent again, and resolvable."""
    vendors.crm.fault("hang", when=when)
    first = start()
    api, key = calling(first), "key-crash"
    with ThreadPoolExecutor(1) as pool:
        cut_off = pool.submit(api.adjust, FIVE, key=key)
        vendors.crm.requests.wait_for(1)
        vendors.crm.effects.wait_for(effects)
        first.kill()
        with pytest.raises(httpx.TransportError):
            cut_off.result()

    api = calling(second := start())
    problem = refused(api.adjust(FIVE, key=key), 409, "idempotency_in_progress")
    second.stop()
    leases_run_out(second)

    api = calling(start())
    repeat = api.adjust(FIVE, key=key)
    assert (repeat.status_code, repeat.json()["status"]) == (202, "unknown")
    stored = api.adjustment(repeat.json()["id"], history=True)
    assert [(step["to"], step["by"]) for step in stored["history"]] == [
        ("in_progress", "gateway"),
        ("unknown", "recovery"),
    ]
    assert stored["id"] == problem["adjustment"]
    path, word = (
        f"/v1/adjustments/{stored['id']}/resolution",
        {"outcome": "applied", "reason": "Seen in their records."},
    )
    settled = api.send("POST", path, json=word)
    assert (settled.status_code, settled.json()["status"]) == (200, "succeeded")
    replay = api.adjust(FIVE, key=key)
    assert (replay.status_code, replay.json()) == (201, settled.json())
    assert (len(vendors.crm.requests), len(vendors.crm.effects)) == (1, effects)


def test_settled_as_not_applied(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """An unknown that a person settles as not applied is a final 502 `not_applied`; deciding twice is refused.

    Whom the client names is kept as given, beside the client and not in its place.
    """
    vendors.crm.fault("close", when="before")
    first = start()
    api, key = calling(first), "key-settled"
    identifier = api.adjust(FIVE, key=key).json()["id"]
    path = f"/v1/adjustments/{identifier}/resolution"
    word = {"outcome": "not_applied", "reason": "They say no.", "actor": "Jane \u202e, second line"}
    refused(api.send("POST", path, json=word), 409, "not_resolvable")
    first.stop()
    leases_run_out(first)

    api = calling(start())
    settled = api.send("POST", path, json=word)
    assert settled.status_code == 200
    document = settled.json()
    assert (document["status"], document["retryable"], document["problem"]["code"]) == ("failed", False, "not_applied")
    assert document["resolution"] | {"at": None} == {**word, "by": "anywhere", "at": None}
    history = api.adjustment(identifier, history=True)["history"]
    assert [(step["to"], step["by"]) for step in history][-1] == ("failed", "anywhere")
    assert history[-1]["evidence"]["actor"] == word["actor"]
    replay = api.adjust(FIVE, key=key)
    problem = refused(replay, 502, "not_applied")
    assert (problem["retryable"], problem["adjustment"]) == (False, identifier)
    assert replay.headers["idempotent-replayed"] == "true"
    refused(api.send("POST", path, json={**word, "outcome": "applied"}), 409, "not_resolvable")
    assert len(vendors.crm.requests) == 1


def test_sigterm_waits_for_a_write_under_way(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """A gateway that is told to stop finishes the write under way, answers it, and ends with exit code 0."""
    vendors.crm.fault("hang", when="before")
    gateway = start()
    api = calling(gateway)
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(api.adjust, FIVE)
        vendors.crm.requests.wait_for(1)
        gateway.terminate()
        until(lambda: not _ready(gateway))
        vendors.crm.release()
        assert pending.result().status_code == 201
    assert gateway.ended() == 0
    assert vendors.crm.points == [Decimal(5)]


def test_the_end_of_the_drain_makes_an_unknown(
    start: Starts, calling: Calling, vendors: Vendors, configured: Callable[..., dict[str, Any]]
) -> None:
    """A write that the drain does not wait out is kept as `unknown`, and its caller hears that before all ends."""
    vendors.crm.fault("hang", when="after")
    server = {**configured()["server"], "drain": 0}
    gateway = start(server=server)
    api, key = calling(gateway), "key-drained"
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(api.adjust, FIVE, key=key)
        vendors.crm.effects.wait_for(1)
        gateway.terminate()
        assert gateway.ended() == 0
        assert (answer.result().status_code, answer.result().json()["status"]) == (202, "unknown")
    api = calling(start())
    assert api.adjust(FIVE, key=key).json()["status"] == "unknown"
    history = api.adjustment(api.under(key)["id"], history=True)["history"]
    assert history[1]["to"] == "unknown"
    assert len(vendors.crm.requests) == 1


def test_a_read_that_the_drain_cuts_hears_nothing(
    start: Starts, calling: Calling, vendors: Vendors, configured: Callable[..., dict[str, Any]]
) -> None:
    """A read that is cut hears of no fault, as there is none: its connection is closed, and it can be repeated."""
    vendors.arcade.fault("hang", when="before")
    gateway = start(server={**configured()["server"], "drain": 0})
    api = calling(gateway)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(api.get, "/v1/members/email:jason@example.com/balance")
        vendors.arcade.requests.wait_for(1)
        gateway.terminate()
        assert gateway.ended() == 0
        with pytest.raises(httpx.RemoteProtocolError):
            answer.result()
    assert "Exception in ASGI application" not in gateway.log


def test_two_gateways_on_one_journal(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """Gateways that share a journal hold the promise together: identical writes over both have one effect."""
    callers = [calling(start()), calling(start())]
    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda number: callers[number % 2].adjust(FIVE, key="key-0"), range(50)))
    assert {each.status_code for each in responses} <= {201, 409}
    replays = [each.adjust(FIVE, key="key-0") for each in callers]
    assert {(each.status_code, each.content) for each in replays} == {(201, replays[0].content)}
    assert vendors.crm.points == [Decimal(5)]


def test_answers_outlive_the_gateway(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """After a restart a final answer is repeated byte for byte, and a retryable failure can be tried again."""
    vendors.crm.fault("status", status=429)
    first = start()
    api = calling(first)
    refused(api.adjust(FIVE, key="key-retryable"), 503, "vendor_rate_limited")
    done = api.adjust(FIVE, key="key-done")
    no = api.adjust({"member": "contact_id:404", "points": 1}, key="key-no")
    assert first.stop() == 0

    api = calling(start())
    assert api.adjust(FIVE, key="key-done").content == done.content
    assert api.adjust({"member": "contact_id:404", "points": 1}, key="key-no").content == no.content
    again = api.adjust(FIVE, key="key-retryable")
    assert (again.status_code, again.json()["attempts"]) == (201, 2)
    assert vendors.crm.points == [Decimal(5)] * 2


def test_routes_that_changed_meanwhile(
    start: Starts, calling: Calling, vendors: Vendors, configured: Callable[..., dict[str, Any]]
) -> None:
    """A key answers and retries as it did first, whatever the routes say today; only a new key goes the new way."""
    body = {"member": "email:jason@example.com", "points": 5}
    vendors.arcade.fault("status", status=429)
    first = start()
    api = calling(first)
    refused(api.adjust(body, key="key-retryable"), 503, "vendor_rate_limited")
    done = api.adjust(body, key="key-done")
    first.stop()

    tenants = configured()["tenants"]
    rules = [{"vendor": "arcade_gone"}]
    second = start(tenants={**tenants, "acme": {"routes": {"adjust": rules}}})
    api = calling(second)
    assert api.adjust(body, key="key-done").content == done.content
    repeated = api.adjust(body, key="key-retryable")
    assert (repeated.status_code, repeated.json()["vendor"]["name"]) == (201, "arcade")
    assert refused(api.adjust(body, key="key-new"), 503, "vendor_unavailable")["vendor"]["name"] == "arcade_gone"
    second.stop()

    api = calling(start(tenants={**tenants, "acme": {"routes": {"expiring": "perks"}}}))
    assert api.adjust(body, key="key-done").content == done.content
    refused(api.adjust(body, key="key-newer"), 422, "operation_not_supported")
    refused(api.adjust({**body, "points": 6}, key="key-done"), 422, "idempotency_key_reused")
    assert len(vendors.arcade.effects) == 2


def test_a_vendor_that_is_no_longer_configured(
    start: Starts, calling: Calling, vendors: Vendors, configured: Callable[..., dict[str, Any]]
) -> None:
    """Without the vendor of the first attempt there is no retry; its answers and its history stay."""
    body = {"member": "email:jason@example.com", "points": 5}
    first = start()
    api = calling(first)
    failed = refused(api.acting(tenant="gone").adjust(body, key="key-1"), 503, "vendor_unavailable")
    first.stop()

    whole = configured()
    rest = {name: vendor for name, vendor in whole["vendors"].items() if name != "arcade_gone"}
    tenants = {**whole["tenants"], "gone": {"routes": {"adjust": "arcade"}}}
    api = calling(start(vendors=rest, tenants=tenants)).acting(tenant="gone")
    refused(api.adjust(body, key="key-1"), 422, "operation_not_supported")
    assert api.adjustment(failed["adjustment"])["retryable"] is True
    assert vendors.requests == 0


def _ready(gateway: GatewayProcess) -> bool:
    try:
        return httpx.get(f"{gateway.url}/readyz", trust_env=False, verify=PLAIN, timeout=DEADLINE).status_code == 200
    except httpx.TransportError:
        return False
