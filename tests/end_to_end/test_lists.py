"""The list of adjustments: filters, pages, and cursors that belong to their filters."""

import base64
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.vendors import Vendors

NUMBERS = count(1)


@pytest.fixture
def reference() -> str:
    """One that no other test uses."""
    return f"list {next(NUMBERS)} é+&%"


def made(api: Caller, reference: str, number: int) -> list[str]:
    """The ids of so many new adjustments, oldest first."""
    body = {"member": "contact_id:1", "points": 1, "reference": reference}
    return [api.adjust(body).json()["id"] for _ in range(number)]


def pages(api: Caller, **query: str) -> Iterator[list[str]]:
    """The ids on each page, from the first to the last."""
    cursor: dict[str, str] = {}
    for _ in range(50):
        page = api.get("/v1/adjustments", **query, **cursor).json()
        yield [adjustment["id"] for adjustment in page["data"]]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize(("limit", "sizes"), [("1", [1] * 7), ("3", [3, 3, 1]), ("7", [7]), ("100", [7])])
def test_pages_without_gaps_or_repeats(api: Caller, reference: str, limit: str, sizes: list[int]) -> None:
    """Whatever the limit, the pages hold every adjustment once, newest first, and the last has no cursor."""
    ids = made(api, reference, 7)
    found = list(pages(api, reference=reference, limit=limit))
    assert [len(page) for page in found] == sizes
    assert [each for page in found for each in page] == ids[::-1]


def test_new_ones_do_not_move_pages(api: Caller, reference: str) -> None:
    """What is made while somebody turns pages neither repeats nor hides what was there."""
    ids = made(api, reference, 4)
    turning = pages(api, reference=reference, limit="2")
    seen = next(turning)
    made(api, reference, 3)
    assert [*seen, *(each for page in turning for each in page)] == ids[::-1]


def test_twenty_by_default(api: Caller, reference: str) -> None:
    """A page without a limit has 20."""
    made(api, reference, 21)
    assert [len(page) for page in pages(api, reference=reference)] == [20, 1]


def test_filters(api: Caller, vendors: Vendors, reference: str) -> None:
    """Each filter narrows the list, and several are all meant."""
    first, second = made(api, reference, 2)
    vendors.crm.fault("status", status=500)
    vendors.crm.fault("status", status=400, body='{"Message": "No."}')
    key = api.new_key()
    unknown = api.adjust({"member": "contact_id:2", "points": 1, "reference": reference}, key=key).json()["id"]
    failed = api.adjust({"member": "contact_id:2", "points": 1, "reference": reference}).json()["adjustment"]
    created = {each: api.adjustment(each)["created_at"] for each in (first, second, unknown, failed)}

    def found(**query: str) -> list[str]:
        (page,) = pages(api, **{"reference": reference, **query})
        return page

    assert found() == [failed, unknown, second, first]
    assert found(member="contact_id:2") == [failed, unknown]
    assert found(member="contact_id:1", status="unknown") == []
    assert found(status="succeeded") == [second, first]
    assert found(status="unknown") == [unknown]
    assert found(status="failed") == [failed]
    assert found(status="in_progress") == []
    assert found(idempotency_key=key) == [unknown]
    assert found(created_from=created[unknown]) == [failed, unknown]
    assert found(created_to=created[second]) == [second, first]
    assert found(created_from=created[second], created_to=created[unknown]) == [unknown, second]


def test_a_tenant_sees_its_own(api: Caller, reference: str) -> None:
    """Another tenant's adjustments are neither listed nor found by id."""
    (ours,) = made(api, reference, 1)
    other = api.acting(tenant="listed")
    (theirs,) = made(other, reference, 1)
    assert list(pages(api, reference=reference)) == [[ours]]
    assert list(pages(other, reference=reference)) == [[theirs]]
    refused(other.get(f"/v1/adjustments/{ours}"), 404, "not_found")
    word = {"outcome": "applied", "reason": "Mine."}
    refused(other.send("POST", f"/v1/adjustments/{ours}/resolution", json=word), 404, "not_found")


def test_clients_of_one_tenant_see_the_same(api: Caller, reference: str) -> None:
    """What one client of a tenant did, another client of it may see."""
    (identifier,) = made(api, reference, 1)
    assert api.acting(client="reader").adjustment(identifier)["id"] == identifier


@pytest.mark.parametrize(
    "change",
    [
        {"status": "succeeded"},
        {"member": "contact_id:1"},
        {"reference": "another"},
        {"created_to": "2099-01-01T00:00:00Z"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_cursor_belongs_to_its_filters(api: Caller, reference: str, change: dict[str, str]) -> None:
    """With other filters than those that it was made with, a cursor is refused."""
    made(api, reference, 2)
    cursor = api.get("/v1/adjustments", reference=reference, limit="1").json()["next_cursor"]
    response = api.get("/v1/adjustments", **{"reference": reference, "cursor": cursor, **change})
    refused(response, 400, "invalid_request")


def test_a_cursor_belongs_to_its_tenant(api: Caller, reference: str) -> None:
    """Another tenant's cursor is refused, and a page may change its size on the way."""
    ids = made(api, reference, 3)
    cursor = api.get("/v1/adjustments", reference=reference, limit="1").json()["next_cursor"]
    refused(
        api.acting(tenant="listed").get("/v1/adjustments", reference=reference, cursor=cursor), 400, "invalid_request"
    )
    rest = api.get("/v1/adjustments", reference=reference, cursor=cursor, limit="2").json()
    assert [each["id"] for each in rest["data"]] == ids[1::-1]


def tampered(cursor: str) -> list[str]:
    """The cursor, with something else in every part of it."""
    last, _, digest = base64.urlsafe_b64decode(cursor).decode().partition(".")

    def encoded(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode()

    return [
        "",
        "x",
        "=",
        cursor[:-4],
        cursor + cursor,
        last,
        encoded(f"{last[:-1]}.{digest}"),
        encoded(f"{last}.{digest[::-1]}"),
        encoded(f"7.{digest}"),
        encoded(f" .{digest}"),
        encoded(f"{'9' * 30}.{digest}"),
        encoded(f"\u0661.{digest}"),
        encoded(f".{digest}"),
        "é" * 10,
    ]


@pytest.mark.parametrize("which", range(14))
def test_a_cursor_that_was_tampered_with(api: Caller, reference: str, which: int) -> None:
    """What is not a cursor that the gateway made is refused, and never a fault."""
    made(api, reference, 2)
    cursor = api.get("/v1/adjustments", reference=reference, limit="1").json()["next_cursor"]
    refused(api.get("/v1/adjustments", reference=reference, cursor=tampered(cursor)[which]), 400, "invalid_request")


def test_a_list_says_as_much_as_an_id(api: Caller, reference: str) -> None:
    """Every field of an adjustment is in the list as well, but for what was reversed of it."""
    (identifier,) = made(api, reference, 1)
    listed: list[dict[str, Any]] = api.get("/v1/adjustments", reference=reference).json()["data"]
    assert listed == [
        {name: value for name, value in api.adjustment(identifier).items() if name not in ("reversed", "reversals")}
    ]


@pytest.mark.parametrize(
    "identifier", ["adj_", f"adj_{'0' * 32}", "x", "adj_%00", "%F0%9F%98%80", "a" * 3000, "adj_1%2f2"]
)
def test_an_id_that_is_none(api: Caller, identifier: str) -> None:
    """There is no such adjustment, whatever the id looks like."""
    refused(api.send("GET", f"/v1/adjustments/{identifier}"), 404, "not_found")
