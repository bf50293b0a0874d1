"""What is said with vendors, and where they are, is seen by whoever has points:inspect, and by nobody else."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.vendors import Vendors

FIVE = {"member": "contact_id:1", "points": "5"}
WORDS = "The vendor's own words"


@pytest.fixture
def reader(api: Caller) -> Caller:
    """A client of the same tenant that has points:read alone."""
    return api.acting(client="reader")


def without_wire(found: Any, vendors: Vendors) -> bool:
    """Whether nothing in an answer says where a vendor is."""
    return not any(vendor.simulator.settings["base_url"].partition("//")[2] in str(found) for vendor in vendors.all)


def test_a_history_without_exchanges(api: Caller, reader: Caller, vendors: Vendors) -> None:
    """Transitions and evidence are there, who decided too; what was said is null, and errors are their kind alone."""
    vendors.crm.simulator.faults.add({"kind": "status", "status": 500, "body": WORDS})
    identifier = api.adjust(FIVE).json()["id"]
    whole, narrow = (caller.adjustment(identifier, history=True) for caller in (api, reader))
    assert WORDS in str(whole["history"])
    assert WORDS not in str(narrow)
    assert without_wire(narrow, vendors)
    assert [step["exchange"] for step in narrow["history"]] == [None] * len(whole["history"])
    for seen, hidden in zip(whole["history"], narrow["history"], strict=True):
        error = seen["evidence"].get("error")
        kind = {"error": error.partition(":")[0]} if error else {}
        assert hidden == {**seen, "exchange": None, "evidence": {**seen["evidence"], **kind}}
    assert {name: value for name, value in whole.items() if name != "history"} == {
        name: value for name, value in narrow.items() if name != "history"
    }


def test_a_preview_without_the_request(api: Caller, reader: Caller, vendors: Vendors) -> None:
    """All else is answered: rule, vendor, and whether the request would have the effect."""
    whole, narrow = (caller.send("POST", "/v1/adjustments/preview", json=FIVE).json() for caller in (api, reader))
    assert whole["request"]["url"]
    hidden = dict.fromkeys(("url", "headers", "body"))
    assert narrow == {**whole, "request": {**whole["request"], **hidden}}
    assert without_wire(narrow, vendors)


READS: dict[str, Callable[[Caller], Any]] = {
    "balance": lambda caller: caller.get("/v1/members/email:jason@example.com/balance", include="vendor_response"),
    "expiring": lambda caller: caller.get(
        "/v1/members/email:user@example.com/expiring",
        **{"from": "2023-09-01T00:00:00Z", "to": "2023-09-02T00:00:00Z"},
        include="vendor_response",
    ),
}


@pytest.mark.parametrize("read", READS)
def test_a_vendors_own_answer(api: Caller, reader: Caller, vendors: Vendors, read: str) -> None:
    """It is refused by the scope's name before a vendor is asked, and given to who has it."""
    problem = refused(READS[read](reader), 403, "forbidden")
    assert problem["detail"] == "The client 'reader' has not the scope points:inspect, which include asks for"
    assert vendors.requests == 0
    assert READS[read](api).json()["vendor"]["response"]["status"] == 200


def test_an_adjustment_names_its_client(api: Caller, reader: Caller) -> None:
    """In the answer, in its replay, by its id and in the list, whoever asks."""
    made = api.acting(client="kiosk")
    answer = made.adjust(FIVE, key="key-0")
    identifier = answer.json()["id"]
    assert answer.json()["client"] == "kiosk"
    assert made.adjust(FIVE, key="key-0").content == answer.content
    assert reader.adjustment(identifier)["client"] == "kiosk"
    assert reader.get("/v1/adjustments", limit="1").json()["data"][0]["client"] == "kiosk"
