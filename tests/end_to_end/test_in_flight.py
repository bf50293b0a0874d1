"""While a vendor takes its time: the key is in flight, and the work is the gateway's own."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from tests.deadlines import until
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.wire import Wire, request

FIVE = {"member": "contact_id:1", "points": "5"}


def test_a_repeat_meanwhile_is_told_to_wait(api: Caller, vendors: Vendors) -> None:
    """While the first request is in flight its key is 409 with a `Retry-After`; then it is a replay."""
    vendors.crm.fault("hang", when="before")
    key = api.new_key()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(api.adjust, FIVE, key=key)
        vendors.crm.requests.wait_for(1)
        repeat = api.adjust(FIVE, key=key)
        standing = api.under(key)
        resolution = {"outcome": "applied", "reason": "No patience."}
        early = api.send("POST", f"/v1/adjustments/{standing['id']}/resolution", json=resolution)
        other = api.adjust({**FIVE, "points": "6"}, key=key)
        vendors.crm.release()
        response = first.result()
    problem = refused(repeat, 409, "idempotency_in_progress")
    assert (problem["retryable"], problem["adjustment"]) == (True, standing["id"])
    assert repeat.headers["retry-after"] in ("1", "2", "4")  # by the attempt's age, and not its whole lease
    assert (standing["status"], standing["attempts"], standing["completed_at"]) == ("in_progress", 1, None)
    refused(early, 409, "not_resolvable")
    refused(other, 422, "idempotency_key_reused")
    assert response.status_code == 201
    assert api.adjust(FIVE, key=key).content == response.content
    assert (len(vendors.crm.requests), vendors.crm.points) == (1, [Decimal(5)])


def test_a_repeat_of_a_second_attempt_is_told_to_wait(api: Caller, vendors: Vendors) -> None:
    """A retry in flight holds the key as the first attempt did."""
    vendors.crm.fault("status", status=401)
    vendors.crm.fault("hang", when="after")
    key = api.new_key()
    refused(api.adjust(FIVE, key=key), 502, "vendor_auth_failed")
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(api.adjust, FIVE, key=key)
        vendors.crm.effects.wait_for(1)
        repeat = api.adjust(FIVE, key=key)
        vendors.crm.release()
        response = second.result()
    refused(repeat, 409, "idempotency_in_progress")
    assert (response.status_code, response.json()["attempts"]) == (201, 2)
    assert len(vendors.crm.effects) == 1


def test_retries_at_once_make_one_attempt(api: Caller, vendors: Vendors) -> None:
    """Of many retries of a retryable failure at once one is sent."""
    vendors.crm.fault("status", status=429)
    key = api.new_key()
    refused(api.adjust(FIVE, key=key), 503, "vendor_rate_limited")
    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda _: api.adjust(FIVE, key=key), range(20)))
    assert {response.status_code for response in responses} <= {201, 409}
    assert {response.json()["attempts"] for response in responses if response.status_code == 201} == {2}
    assert (len(vendors.crm.requests), len(vendors.crm.effects)) == (2, 1)


def test_a_caller_who_hangs_up_stops_nothing(api: Caller, vendors: Vendors, url: str) -> None:
    """The write of a caller who left goes on, is kept, and is a replay for whoever asks again."""
    vendors.crm.fault("hang", when="before")
    key = api.new_key()
    headers = [(name.encode(), value.encode()) for name, value in api.headers.items()]
    headers += [(b"Idempotency-Key", key.encode()), (b"Content-Type", b"application/json")]
    with Wire(url) as wire:
        wire.send(request(b"POST", b"/v1/adjustments", headers, b'{"member": "contact_id:1", "points": "5"}'))
        vendors.crm.requests.wait_for(1)
    vendors.crm.release()
    vendors.crm.effects.wait_for(1)
    until(lambda: api.under(key)["status"] == "succeeded")
    assert api.adjust(FIVE, key=key).headers["idempotent-replayed"] == "true"
    assert len(vendors.crm.requests) == 1


def test_a_caller_who_leaves_in_the_middle_of_a_body_sends_nothing(api: Caller, vendors: Vendors, url: str) -> None:
    """Half a body is no request: nothing is sent, and the key stays free."""
    key = api.new_key()
    headers = [(name.encode(), value.encode()) for name, value in api.headers.items()]
    headers += [(b"Idempotency-Key", key.encode()), (b"Content-Type", b"application/json")]
    with Wire(url) as wire:
        wire.send(request(b"POST", b"/v1/adjustments", headers, b'{"member": "contact_id:1", "points": "5"}')[:-1])
    assert api.adjust({**FIVE, "points": "6"}, key=key).status_code == 201
    assert vendors.crm.points == [Decimal(6)]
