"""What apps are told of their adjustments: the feed, and webhooks, of real gateways."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.deadlines import DEADLINE, scaled, until
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.test_reloads import reloaded, written
from tests.end_to_end.vendors import Vendors
from tests.gateway.cli.conftest import Running
from tests.receiver import HANG, SECRET, Receiver, receiving

Calling = Callable[[GatewayProcess], Caller]
FIVE = {"member": "contact_id:1", "points": "5", "reference": "order-1"}


def hook(receiver: Receiver, **fields: Any) -> dict[str, Any]:
    """A webhook as a configuration has it."""
    return {"url": receiver.url, "secrets": [SECRET], "allow_private": True, **fields}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def tenants(configured: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The tenants of these tests, of which `acme` has these webhooks."""

    def made(**hooks: Any) -> dict[str, Any]:
        known: dict[str, Any] = configured()["tenants"]
        return {**known, "acme": {**known["acme"], "webhooks": hooks}}

    return made


def feed(caller: Caller, after: str | None = None) -> list[dict[str, Any]]:
    """Every event after one, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        query = {"limit": "2", **({} if after is None else {"after": after})}
        response = caller.get("/v1/events", **query)
        assert response.status_code == 200, response.text
        page = response.json()
        found += page["data"]
        after = page["last"]
        if not page["more"]:
            return found


def test_the_feed_of_a_tenant(api: Caller, vendors: Vendors) -> None:
    """Outcomes, failures, an unknown, and a reversal, each with what its caller may do."""
    begun = api.get("/v1/events", after="latest").json()["last"]
    applied = api.adjust(FIVE).json()
    vendors.crm.fault("status", status=429)
    failed = refused(api.adjust(FIVE), 503, "vendor_rate_limited")
    refusal = api.adjust({**FIVE, "member": "contact_id:404"}).json()
    vendors.crm.fault("close", when="after")
    unknown = api.adjust(FIVE, key=(key := api.new_key())).json()
    path, headers = f"/v1/adjustments/{applied['id']}/reversal", {"Idempotency-Key": api.new_key()}
    reversal = api.send("POST", path, json={}, headers=headers).json()
    until(lambda: len(feed(api, begun)) == 5)
    events = feed(api, begun)
    data = [each["data"] for each in events]
    assert [(each["type"], *map(each["data"].get, ("retryable", "new_key_allowed", "by"))) for each in events] == [
        ("adjustment.succeeded", False, False, "gateway"),
        ("adjustment.failed", True, False, "gateway"),
        ("adjustment.failed", False, True, "gateway"),
        ("adjustment.unknown", False, False, "gateway"),
        ("adjustment.succeeded", False, False, "gateway"),
    ]
    ids = [applied["id"], failed["adjustment"], refusal["adjustment"], unknown["id"], reversal["id"]]
    assert [each["adjustment"] for each in data] == ids
    assert [each["number"] for each in data] == [2] * 5
    assert (
        data[3] | {"idempotency_key": key, "member": "contact_id:1", "points": "5", "reference": "order-1"} == data[3]
    )
    assert [each.get("reverses") for each in data] == [None] * 4 + [applied["id"]]
    assert data[0]["transaction_id"] == applied["vendor"]["transaction_id"]
    assert feed(api, events[2]["id"]) == events[3:]
    assert feed(api, events[4]["id"]) == []
    assert not {each["id"] for each in events} & {each["id"] for each in feed(api.acting(tenant="outlet"))}


def test_who_may_read_the_feed(api: Caller) -> None:
    """It takes the scope that lists take, and a tenant of the client."""
    assert api.acting(client="reader").get("/v1/events").status_code == 200
    refused(api.acting(client="writer").get("/v1/events"), 403, "forbidden")
    refused(api.acting(client="reader", tenant="outlet").get("/v1/events"), 403, "forbidden")
    refused(api.get("/v1/events", after="17"), 400, "invalid_request")
    refused(api.get("/v1/events", after=f"evt_{'0' * 32}_1"), 410, "events_gone")


def test_a_webhook_is_told_what_the_feed_says(
    start: Starts, calling: Calling, tenants: Callable[..., dict[str, Any]], receiver: Receiver
) -> None:
    """Each event arrives once, signed, in the order of its adjustment, with the body of the feed."""
    gateway = start(tenants=tenants(app=hook(receiver)), workers=2)
    caller = calling(gateway)
    until(lambda: listening(gateway))
    for _ in range(5):
        assert caller.adjust(FIVE).status_code == 201
    received = receiver.wait_for(5)
    assert sorted((each.verified() for each in received), key=lambda each: str(each["id"])) == sorted(
        feed(caller), key=lambda each: str(each["id"])
    )


def test_events_survive_a_kill(
    start: Starts, calling: Calling, tenants: Callable[..., dict[str, Any]], receiver: Receiver
) -> None:
    """What a gateway that was killed had not sent is sent by the next one."""
    receiver.answers = lambda request: 503
    hooks = tenants(app=hook(receiver, timeout=scaled(2)))  # who was killed owns it for as long, and ten seconds more
    gateway = start(tenants=hooks)
    caller = calling(gateway)
    until(lambda: listening(gateway))
    ids = {caller.adjust(FIVE).json()["id"] for _ in range(3)}
    until(lambda: receiver.received)
    gateway.kill()
    receiver.answers = lambda request: 204
    calling(start(tenants=hooks))
    until(lambda: {each.adjustment for each in receiver.taken} >= ids)


def test_a_killed_publisher_is_followed(
    start: Starts, calling: Calling, tenants: Callable[..., dict[str, Any]], receiver: Receiver
) -> None:
    """Of two gateways on a journal either goes on alone, at the latest when the other's lease is over."""
    first, second = (start(tenants=tenants(app=hook(receiver, timeout=scaled(2)))) for _ in range(2))
    one, other = calling(first), calling(second)
    until(lambda: listening(first))
    ids = [one.adjust(FIVE).json()["id"]]
    receiver.wait_for(1)
    first.kill()
    ids += [other.adjust(FIVE, key=f"key-other-{number}").json()["id"] for number in range(3)]
    until(lambda: {each.adjustment for each in receiver.taken} >= set(ids))
    assert [each["data"]["adjustment"] for each in feed(other)] == ids


def test_one_that_hangs_holds_up_nobody(
    start: Starts, calling: Calling, tenants: Callable[..., dict[str, Any]], receiver: Receiver
) -> None:
    """Another webhook of the same tenant hears of everything meanwhile, and a gateway that stops does not wait."""
    with receiving(answers=lambda request: HANG) as slow:
        gateway = start(tenants=tenants(app=hook(receiver), slow=hook(slow)))
        caller = calling(gateway)
        until(lambda: listening(gateway, 2))
        for _ in range(3):
            assert caller.adjust(FIVE).status_code == 201
            until(lambda: slow.received)
        receiver.wait_for(3)
        gateway.terminate()
        assert gateway.ended() == 0


def test_webhooks_follow_a_reload(
    start: Starts,
    calling: Calling,
    configured: Callable[..., dict[str, Any]],
    tenants: Callable[..., dict[str, Any]],
    receiver: Receiver,
) -> None:
    """One that is paused is sent nothing, and later all that came meanwhile; another secret signs from then on."""
    other = "whsec_" + "QUJD" * 8
    gateway = start(tenants=tenants(app=hook(receiver)))
    caller = calling(gateway)
    until(lambda: listening(gateway))
    written(gateway, configured(tenants=tenants(app=hook(receiver, paused=True))))
    assert reloaded(gateway).code == 0
    ids = [caller.adjust(FIVE).json()["id"] for _ in range(2)]
    until(lambda: len(feed(caller)) == 2)
    assert receiver.received == []
    written(gateway, configured(tenants=tenants(app=hook(receiver, secrets=[other]))))
    assert reloaded(gateway).code == 0
    assert sorted(each.verified(other)["data"]["adjustment"] for each in receiver.wait_for(2)) == sorted(ids)
    written(gateway, configured(tenants=tenants()))
    assert reloaded(gateway).code == 0


def test_what_is_sent_stands_in_no_log(
    start: Starts, calling: Calling, tenants: Callable[..., dict[str, Any]], receiver: Receiver
) -> None:
    """Neither the secret nor what stands behind the host of the URL; what does not work is told with its name."""
    receiver.answers = lambda request: 500
    gateway = start(tenants=tenants(app=hook(receiver, url=f"{receiver.url}/a-token-in-a-path?token=private")))
    caller = calling(gateway)
    until(lambda: listening(gateway))
    caller.adjust(FIVE)
    until(lambda: "a webhook does not take events" in gateway.log)
    [line] = [json.loads(each) for each in gateway.lines if "does not take events" in each]
    assert (line["tenant"], line["webhook"]) == ("acme", "app")
    assert not [each for each in (SECRET, "a-token-in-a-path", "private") if each in gateway.log]


def test_events_listen_sends_them_to_an_app(api: Caller, url: str, receiver: Receiver) -> None:
    """What happens from then on is sent to an app that is being written, signed, and shown."""
    key = KEYS["storefront"]
    words = ("events", "listen", "--url", url, "--forward-to", receiver.url, "--secret", SECRET)
    running = Running(*words, environ={**os.environ, "POINTS_GATEWAY_KEY": key})
    try:
        assert SECRET in running.said("Listening at")
        applied = api.adjust(FIVE).json()
        receiver.wait_for(1)
        assert applied["id"] in {each.verified()["data"]["adjustment"] for each in receiver.taken}
        running.said(f"adjustment.succeeded  evt_{applied['id'].removeprefix('adj_')}_2  204")
    finally:
        running.stop()


def listening(gateway: GatewayProcess, number: int = 1) -> bool:
    """Whether so many webhooks have begun to listen."""
    with closing(sqlite3.connect(gateway.journal, timeout=DEADLINE)) as connection:
        return connection.execute("SELECT count(*) FROM webhooks WHERE owner = ''").fetchone() == (number,)
