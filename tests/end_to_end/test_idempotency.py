"""The idempotency key: what is the same, what is another, and that the same is done once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.vendors import Vendors

FIVE = {"member": "contact_id:1", "points": "5"}


def test_many_at_once_make_one_effect(api: Caller, vendors: Vendors) -> None:
    """Of fifty identical writes at once one is sent; each is told that it succeeded, or that it is in flight."""
    key = api.new_key()
    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda _: api.adjust(FIVE, key=key), range(50)))
    done = [response for response in responses if response.status_code == 201]
    assert len({response.content for response in done}) == 1
    assert sum("idempotent-replayed" not in response.headers for response in done) == 1
    for response in responses:
        if response.status_code != 201:
            refused(response, 409, "idempotency_in_progress")
    assert api.adjust(FIVE, key=key).content == done[0].content
    assert (len(vendors.crm.requests), vendors.crm.points) == (1, [Decimal(5)])


@pytest.mark.parametrize(
    "body",
    [
        '{"points": "5", "member": "contact_id:1"}',
        '{"member": "contact_id:1", "points": 5}',
        '{"member": "contact_id:1", "points": 5.0}',
        '{"member": "contact_id:1", "points": 5.000000}',
        '{"member": "contact_id:1", "points": "5.00"}',
        ' {\n"member"\t:"contact\\u005fid:1","points":"5" } ',
        '{"member": "contact_id:1", "points": "5", "reason": null, "pending": null, "options": null}',
        '{"member": "contact_id:1", "points": "5", "pending": false, "options": {}}',
        '{"member": "contact_id:1", "points": "5", "options": {"contact-points": {}, "fabric": null}}',
    ],
)
def test_the_same_meaning_is_a_replay(api: Caller, vendors: Vendors, body: str) -> None:
    """Order, spacing, escapes, spelled-out defaults and the spelling of digits do not make another request."""
    key = api.new_key()
    first = api.adjust(FIVE, key=key)
    replay = api.adjust(body, key=key)
    assert (replay.status_code, replay.content) == (201, first.content)
    assert replay.headers["idempotent-replayed"] == "true"
    assert replay.headers["location"] == first.headers["location"]
    assert vendors.crm.points == [Decimal(5)]


@pytest.mark.parametrize(
    "change",
    [
        {"points": "5.000001"},
        {"points": "-5"},
        {"member": "contact_id:2"},
        {"point_type": "base"},
        {"description": "You are cool"},
        {"reference": "order-1"},
        {"store": "12"},
        {"options": {"contact-points": {"sub_type": "web"}}},
        {"options": {"fabric": {"billing_entity": "Company_Club"}}},
        {"reason": "goodwill"},
        {"pending": True},
        {"member": "email:jason@example.com"},
        {"member": "card:nobody-knows-this-scheme"},
    ],
    ids=lambda change: "-".join(f"{name}={value}" for name, value in change.items()),
)
def test_another_meaning_is_refused(api: Caller, vendors: Vendors, change: dict[str, Any]) -> None:
    """The same key with other content is 422 `idempotency_key_reused`, also where that content could not be routed."""
    key = api.new_key()
    first = api.adjust(FIVE, key=key)
    problem = refused(api.adjust({**FIVE, **change}, key=key), 422, "idempotency_key_reused")
    assert (problem["adjustment"], problem["retryable"]) == (first.json()["id"], False)
    assert vendors.requests == 1


@pytest.mark.parametrize(
    ("client", "tenant"), [("kiosk", None), ("writer", None), ("anywhere", "listed"), ("anywhere", "hasty")]
)
def test_a_key_belongs_to_a_client_within_a_tenant(
    api: Caller, vendors: Vendors, client: str, tenant: str | None
) -> None:
    """Another client, or the same for another tenant, has keys of its own."""
    key = api.new_key()
    first = api.adjust(FIVE, key=key)
    other = api.acting(client=client, tenant=tenant).adjust(FIVE, key=key)
    assert other.status_code == 201
    assert other.json()["id"] != first.json()["id"]
    assert vendors.crm.points == [Decimal(5)] * 2


def test_a_quoted_key_is_the_bare_one(api: Caller, vendors: Vendors) -> None:
    """A key may come as a quoted string, backslashes and all."""
    key = api.new_key() + '\\"x'
    first = api.adjust(FIVE, key=f'"{key[:-3]}\\\\\\"x"')
    assert first.json()["idempotency_key"] == key
    assert api.adjust(FIVE, key=key).content == first.content
    assert len(vendors.crm.effects) == 1


def test_longest_key(api: Caller, vendors: Vendors) -> None:
    """A key may have 255 characters, whatever is visible in ASCII."""
    visible = "".join(map(chr, range(0x21, 0x7F))).replace('"', "")
    key = (api.new_key() + visible * 3)[:255]
    response = api.adjust(FIVE, key=key)
    assert (response.status_code, response.json()["idempotency_key"]) == (201, key)
    assert api.adjust(FIVE, key=key).content == response.content


def test_keys_that_differ_in_case_differ(api: Caller, vendors: Vendors) -> None:
    """Keys are compared byte for byte."""
    key = api.new_key()
    assert api.adjust(FIVE, key=key + "a").status_code == 201
    assert api.adjust(FIVE, key=key + "A").status_code == 201
    assert len(vendors.crm.effects) == 2


REFUSED_FIRST = (
    ({"member": "contact_id:1", "points": "5", "pending": True}, 422, "field_not_supported"),
    ({"member": "contact_id:1", "points": "5", "reason": "goodwill"}, 422, "field_not_supported"),
    ({"member": "card:1", "points": "5"}, 422, "operation_not_supported"),
    ({"member": "contact_id:1", "points": "0"}, 400, "invalid_request"),
)


@pytest.mark.parametrize(("body", "status", "code"), REFUSED_FIRST)
def test_a_refusal_before_the_claim_leaves_the_key_free(
    api: Caller, vendors: Vendors, body: dict[str, Any], status: int, code: str
) -> None:
    """What was refused before anything was claimed is not kept; the same key may carry the corrected request."""
    key = api.new_key()
    problem = refused(api.adjust(body, key=key), status, code)
    assert "adjustment" not in problem
    assert api.get("/v1/adjustments", idempotency_key=key).json()["data"] == []
    assert vendors.requests == 0
    assert api.adjust(FIVE, key=key).status_code == 201


def test_refusals_at_the_door_leave_the_key_free(api: Caller, vendors: Vendors) -> None:
    """401, 403, 413 and 415 keep nothing either."""
    key = api.new_key()
    refused(api.adjust(FIVE, key=key, headers={"Authorization": "Bearer nobody"}), 401, "unauthenticated")
    refused(api.acting(client="reader").adjust(FIVE, key=key), 403, "forbidden")
    refused(api.adjust("x" * 70_000, key=key), 413, "payload_too_large")
    refused(api.adjust(FIVE, key=key, headers={"Content-Type": "text/plain"}), 415, "unsupported_media_type")
    assert vendors.requests == 0
    assert api.adjust(FIVE, key=key).status_code == 201


def test_a_final_refusal_of_the_vendor_needs_a_new_key(api: Caller, vendors: Vendors) -> None:
    """After a problem that is not retryable the key is spent, and a new one is a new adjustment."""
    key, body = api.new_key(), {"member": "contact_id:404", "points": "5"}
    problem = refused(api.adjust(body, key=key), 404, "member_not_found")
    assert refused(api.adjust(body, key=key), 404, "member_not_found") == problem
    other = refused(api.adjust(body), 404, "member_not_found")
    assert other["adjustment"] != problem["adjustment"]
    assert len(vendors.crm.requests) == 2
