"""What was certainly not applied may be tried again: the same key makes the next attempt of the same adjustment."""

from typing import Any

import orjson
import pytest

from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.writers import WRITERS, Writer

NOT_APPLIED = (
    ({"status": 401}, 502, "vendor_auth_failed", "60"),
    ({"status": 429}, 503, "vendor_rate_limited", "1"),
    ({"status": 429, "headers": {"Retry-After": "7"}}, 503, "vendor_rate_limited", "7"),
    ({"status": 429, "headers": {"Retry-After": "99999999"}}, 503, "vendor_rate_limited", "3600"),
)


@pytest.mark.parametrize("writer", WRITERS, ids=str)
@pytest.mark.parametrize(("fields", "status", "code", "wait"), NOT_APPLIED)
def test_the_same_key_makes_the_next_attempt(
    api: Caller, vendors: Vendors, writer: Writer, fields: dict[str, Any], status: int, code: str, wait: str
) -> None:
    """A refusal of our key or pace is kept as `failed`, `retryable`; the same key then makes attempt 2 of the same."""
    vendor, key = writer.vendor(vendors), api.new_key()
    vendor.fault("status", **fields)

    response = api.adjust(writer.body, key=key)

    problem = refused(response, status, code)
    assert (problem["retryable"], response.headers["retry-after"]) == (True, wait)
    assert problem["vendor"]["status"] == fields["status"]
    stored = api.adjustment(problem["adjustment"])
    assert (stored["status"], stored["retryable"], stored["attempts"], stored["problem"]) == (
        "failed",
        True,
        1,
        problem,
    )

    repeated = api.adjust(writer.body, key=key)

    assert (repeated.status_code, repeated.json()["id"], repeated.json()["attempts"]) == (201, problem["adjustment"], 2)
    assert "idempotent-replayed" not in repeated.headers
    assert (len(vendor.requests), vendor.points) == (2, [writer.ledger])
    assert vendor.requests[0].body == vendor.requests[1].body
    history = api.adjustment(problem["adjustment"], history=True)["history"]
    assert [(step["from"], step["to"], step["attempt"]) for step in history] == [
        (None, "in_progress", 1),
        ("in_progress", "failed", 1),
        ("failed", "in_progress", 2),
        ("in_progress", "succeeded", 2),
    ]
    replay = api.adjust(writer.body, key=key)
    assert (replay.content, replay.headers["idempotent-replayed"]) == (repeated.content, "true")


def test_the_vendor_is_told_the_same_id_again(api: Caller, vendors: Vendors) -> None:
    """Every attempt carries the adjustment's own id, so that the vendor can be asked about it."""
    key, body = api.new_key(), {"member": "contact_id:1", "points": 5}
    vendors.crm.fault("status", status=429, times=2)
    identifier = api.adjust(body, key=key).json()["adjustment"]
    assert refused(api.adjust(body, key=key), 503, "vendor_rate_limited")["adjustment"] == identifier
    assert api.adjust(body, key=key).json()["attempts"] == 3
    assert [orjson.loads(request.body)["SourceId"] for request in vendors.crm.requests] == [identifier] * 3


def test_nobody_listens(api: Caller, vendors: Vendors) -> None:
    """Where no byte left, nothing was applied: 503 `vendor_unavailable`, retryable, with the evidence for it."""
    gone, key = api.acting(tenant="gone"), api.new_key()
    body = {"member": "email:jason@example.com", "points": 5}
    for attempt in (1, 2):
        problem = refused(gone.adjust(body, key=key), 503, "vendor_unavailable")
        assert problem["retryable"] is True
        assert problem["vendor"] == {
            "name": "arcade_gone",
            "adapter": "iactionable",
            "status": None,
            "code": None,
            "message": None,
        }
        stored = gone.adjustment(problem["adjustment"], history=True)
        assert (stored["status"], stored["retryable"], stored["attempts"]) == ("failed", True, attempt)
        assert stored["history"][-1]["evidence"]["sent"] is False
    assert vendors.requests == 0


def test_a_vendor_that_refuses_our_key(api: Caller, vendors: Vendors) -> None:
    """Credentials that the vendor does not know are told as such, and the caller may try again in a minute."""
    response = api.acting(tenant="locked_out").adjust({"member": "email:jason@example.com", "points": 5})
    problem = refused(response, 502, "vendor_auth_failed")
    assert (problem["vendor"]["status"], problem["vendor"]["message"]) == (401, "A valid API key is required")
    assert response.headers["retry-after"] == "60"
    assert vendors.arcade.effects == []


def test_another_retry_after_an_unknown_one(api: Caller, vendors: Vendors) -> None:
    """A second attempt that becomes unknown ends the matter: there is no third."""
    key, body = api.new_key(), {"member": "contact_id:1", "points": 5}
    vendors.crm.fault("status", status=401)
    vendors.crm.fault("reset", when="after")
    refused(api.adjust(body, key=key), 502, "vendor_auth_failed")
    unknown = api.adjust(body, key=key)
    assert (unknown.status_code, unknown.json()["attempts"]) == (202, 2)
    assert api.adjust(body, key=key).status_code == 202
    assert (len(vendors.crm.requests), len(vendors.crm.effects)) == (2, 1)
