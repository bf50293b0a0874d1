"""The table of problems in docs/api.md: every row, as a caller meets it."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from gateway import errors
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.vendors import Vendors

FIVE = {"member": "contact_id:1", "points": 5}
BALANCE = "/v1/members/email:jason@example.com/balance"
NO_JSON = {"Content-Type": "text/plain"}
Call = Callable[[Caller, Vendors], httpx.Response]


def faulty_write(**fault: object) -> Call:
    """A write that a vendor meets with a fault."""

    def call(api: Caller, vendors: Vendors) -> httpx.Response:
        vendors.crm.fault("status", **fault)
        return api.adjust(FIVE)

    return call


def faulty_read(kind: str, **fault: object) -> Call:
    """A balance that a vendor meets with a fault."""

    def call(api: Caller, vendors: Vendors) -> httpx.Response:
        vendors.arcade.fault(kind, **fault)
        return api.acting(tenant="hasty").get(BALANCE)

    return call


def reused(api: Caller, vendors: Vendors) -> httpx.Response:
    """A key with other content than before."""
    key = api.new_key()
    api.adjust(FIVE, key=key)
    return api.adjust({**FIVE, "points": 6}, key=key)


def settled_already(api: Caller, vendors: Vendors) -> httpx.Response:
    """A decision about what is decided."""
    identifier = api.adjust(FIVE).json()["id"]
    word = {"outcome": "applied", "reason": "It was."}
    return api.send("POST", f"/v1/adjustments/{identifier}/resolution", json=word)


def reversed_failure(api: Caller, vendors: Vendors) -> httpx.Response:
    """A reversal of what was not applied."""
    failed = api.adjust({"member": "contact_id:404", "points": 5}).json()["adjustment"]
    key = {"Idempotency-Key": api.new_key()}
    return api.send("POST", f"/v1/adjustments/{failed}/reversal", json={}, headers=key)


ROWS: dict[str, tuple[int, bool, Call]] = {
    "invalid_request": (400, False, lambda api, vendors: api.adjust("{")),
    "idempotency_key_required": (400, False, lambda api, vendors: api.adjust(FIVE, headers={"Idempotency-Key": ""})),
    "tenant_required": (400, False, lambda api, vendors: api.acting().get("/v1/capabilities")),
    "unauthenticated": (401, False, lambda api, vendors: api.send("GET", BALANCE, headers={"Authorization": "x"})),
    "forbidden": (403, False, lambda api, vendors: api.acting(client="writer").get(BALANCE)),
    "not_found": (404, False, lambda api, vendors: api.get("/v1/adjustments/adj_1")),
    "method_not_allowed": (405, False, lambda api, vendors: api.send("DELETE", "/v1/adjustments")),
    "member_not_found": (404, False, lambda api, vendors: api.adjust({"member": "contact_id:404", "points": 5})),
    "member_ambiguous": (409, False, lambda api, vendors: api.get("/v1/members/phone:+923330000000")),
    "not_reversible": (409, False, reversed_failure),
    "not_resolvable": (409, False, settled_already),
    "payload_too_large": (413, False, lambda api, vendors: api.adjust("x" * 65_537)),
    "unsupported_media_type": (415, False, lambda api, vendors: api.adjust(FIVE, headers=NO_JSON)),
    "idempotency_key_reused": (422, False, reused),
    "operation_not_supported": (422, False, lambda api, vendors: api.acting(tenant="silent").adjust(FIVE)),
    "field_not_supported": (422, False, lambda api, vendors: api.adjust({**FIVE, "pending": True})),
    "vendor_rejected": (422, False, faulty_write(status=400, body='{"Message": "No."}')),
    "vendor_auth_failed": (502, True, faulty_write(status=401)),
    "vendor_bad_response": (502, False, faulty_read("body", body="{}")),
    "vendor_unavailable": (503, True, lambda api, vendors: api.acting(tenant="gone").get(BALANCE)),
    "vendor_rate_limited": (503, True, faulty_write(status=429)),
    "vendor_timeout": (504, True, faulty_read("hang", when="before")),
}

ELSEWHERE = {
    "idempotency_in_progress": "test_in_flight.py",
    "not_applied": "test_restarts.py",
    "already_reversed": "tests/gateway/test_reversals.py, where a vendor shows a cancel by hand",
    "store_unavailable": "test_restarts.py",
    "overloaded": "test_overload.py",
    "events_gone": "test_events.py",
    "key_expired": "tests/gateway/test_removal.py, where adjustments are purged",
    "limit_exceeded": "beside what counts the points",
    "internal_error": "test_foreign_adapters.py",
    "insufficient_points": "test_foreign_adapters.py, for no vendor of today says this in a way of its own",
    "paused": "test_pauses.py",
    "client_paused": "test_pauses.py",
    "rate_limited": "beside the limiter that makes it",
}


@pytest.mark.parametrize("code", ROWS)
def test_a_row(api: Caller, vendors: Vendors, code: str) -> None:
    """The status, whether trying again can help, and the headers that go with it are those of the row."""
    status, retryable, call = ROWS[code]
    response = call(api, vendors)
    assert refused(response, status, code)["retryable"] is retryable
    assert ("retry-after" in response.headers) == retryable
    assert response.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)


def test_every_row_has_a_test() -> None:
    """The codes of the contract, of the errors, and of these tests are the same."""
    contract = Path(__file__).parents[2].joinpath("docs", "api.md").read_text()
    table = contract.partition("## Problems")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    documented = {
        code: int(status)
        for codes, statuses in rows
        for code, status in zip(
            re.findall(r"`(\w+)`", codes), statuses.split("/") * (2 if "/" not in statuses else 1), strict=False
        )
    }
    raised = {each.code: each.status for each in _concrete(errors.GatewayError)}
    assert raised == documented
    assert documented.keys() == ROWS.keys() | ELSEWHERE.keys()


def _concrete(kind: type[errors.GatewayError]) -> set[type[errors.GatewayError]]:
    below = {each for child in kind.__subclasses__() for each in _concrete(child)}
    return below or {kind}
