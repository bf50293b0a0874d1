"""Our own secrets, should a vendor say them back: no answer, no history and no list shows them."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.end_to_end.caller import MEMBER, Caller
from tests.end_to_end.vendors import Vendors


def echoes(adapter: str, secret: str) -> dict[str, Any]:
    """A success that says the secret wherever this vendor may say a text."""
    point = {"Id": 1, "ContactId": 1, "Description": secret, "SourceId": secret, "SubType": f"a {secret} b"}
    return {
        "contact-points": point,
        "iactionable": {"AvailablePoints": 5, "LastUpdated": secret, secret: secret},
        "fabric": {
            "message": secret,
            "errors": {},
            "data": {"Message": secret, "transactionCode": secret, "ExceptionString": ""},
            "status": 200,
        },
    }[adapter]


@pytest.mark.parametrize("adapter", MEMBER)
def test_a_success_that_echoes(api: Caller, vendors: Vendors, adapter: str) -> None:
    """Every text of a success is masked, the transaction's id too."""
    vendor = next(each for each in vendors.all if each.simulator.name == adapter)
    vendor.fault("body", body=json.dumps(echoes(adapter, vendor.secret)))
    answer = api.adjust({"member": MEMBER[adapter], "points": 5})
    assert answer.status_code == 201
    path = f"/v1/adjustments/{answer.json()['id']}"
    for response in (answer, api.get(path), api.get(path, include="history"), api.get("/v1/adjustments")):
        assert vendor.secret not in response.text


@pytest.mark.parametrize("adapter", MEMBER)
@pytest.mark.parametrize("status", [400, 401, 422, 500])
def test_a_failure_that_echoes(api: Caller, vendors: Vendors, adapter: str, status: int) -> None:
    """So is every text of a refusal, of an unknown outcome, and of the exchange that is kept with it."""
    vendor = next(each for each in vendors.all if each.simulator.name == adapter)
    fields = {"Message": vendor.secret, "message": vendor.secret, "errors": {vendor.secret: [vendor.secret]}}
    headers = {"X-Echo": vendor.secret, "Set-Cookie": f"key={quote(vendor.secret)}"}
    vendor.fault("status", status=status, body=json.dumps({**fields, "data": {}, "status": status}), headers=headers)
    key = api.new_key()
    answer = api.adjust({"member": MEMBER[adapter], "points": 5}, key=key)
    identifier = api.under(key)["id"]
    for response in (answer, api.get(f"/v1/adjustments/{identifier}", include="history")):
        assert vendor.secret not in response.text


def test_what_is_kept_is_bounded(api: Caller, vendors: Vendors) -> None:
    """A vendor that says a lot is cut in the history, and in the words that a problem quotes."""
    vendors.crm.fault("status", status=400, body=json.dumps({"Message": "x" * 200_000}))
    answer = api.adjust({"member": "contact_id:1", "points": 5})
    assert len(answer.json()["vendor"]["message"]) == 500
    history = api.adjustment(answer.json()["adjustment"], history=True)["history"]
    assert len(history[-1]["exchange"][0]["response"]["body"]) == 4096


def test_an_answer_past_every_bound_is_unknown(api: Caller, vendors: Vendors) -> None:
    """An answer that is larger than is read proves nothing."""
    vendors.crm.fault("body", body=json.dumps({"Id": 1, "x": "x" * 1_100_000}), apply=True)
    assert api.adjust({"member": "contact_id:1", "points": 5}).json()["status"] == "unknown"
