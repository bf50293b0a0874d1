"""What becomes of a vendor's answer to a write: what the caller hears, what is kept, and what the vendor did."""

import json
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import pytest

from gateway.planning.translation import MARGIN
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.configuration import HASTY, PATIENT
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.writers import WRITERS, Writer

ENVELOPE = '{"message": "No.", "errors": {}, "data": {}, "status": 422}'
CONFUSED = '{"message": "No.", "errors": {}, "data": {"transactionCode": "t1"}, "status": 422}'
MESSAGE = '{"Message": "No."}'
PAGE = "<html><body>Not found</body></html>"


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, and what of it can be seen: the effects at the vendor, and the status that is kept as evidence."""

    name: str
    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    effects: int = 0
    status: int | None = None
    tenant: str = "acme"

    def __str__(self) -> str:
        return self.name


UNKNOWN = (
    Case("a redirect", "status", {"status": 302, "headers": {"Location": "/elsewhere"}}, status=302),
    Case("another 4xx", "status", {"status": 403, "body": MESSAGE}, status=403),
    Case("a proxy's page for 404", "html", {"status": 404, "body": PAGE}, status=404),
    Case("a proxy's page for 502", "html", {}, status=502),
    Case("500", "status", {"status": 500, "body": MESSAGE}, status=500),
    Case("500, applied all the same", "status", {"status": 500, "apply": True}, effects=1, status=500),
    Case("503 with a Retry-After", "status", {"status": 503, "headers": {"Retry-After": "1"}}, status=503),
    Case("200 with a page", "html", {"status": 200}, status=200),
    Case("200 with an empty object", "body", {"body": "{}"}, status=200),
    Case("200 with half an object, applied", "body", {"body": '{"Id": 1', "apply": True}, effects=1, status=200),
    Case("200 with another type", "body", {"body": '["applied"]', "apply": True}, effects=1, status=200),
    Case("200 nested too deep", "body", {"body": "[" * 100_000, "apply": True}, effects=1, status=200),
    Case("200 without a body", "body", {"body": "", "apply": True}, effects=1, status=200),
    Case("an answer cut short", "cut", effects=1, status=200),
    Case("an answer cut after its head", "cut", {"keep": 0}, effects=1, status=200),
    Case("reset before it was applied", "reset", {"when": "before"}),
    Case("reset after it was applied", "reset", {"when": "after"}, effects=1),
    Case("closed before it was applied", "close", {"when": "before"}),
    Case("closed after it was applied", "close", {"when": "after"}, effects=1),
    Case("no answer in time, not applied", "hang", {"when": "before"}, tenant="hasty"),
    Case("no answer in time, applied", "hang", {"when": "after"}, effects=1, tenant="hasty"),
    Case("applied after the time-out", "delay", {"seconds": 1.6 * HASTY}, effects=1, tenant="hasty"),
    Case("an answer that drips past the time-out", "drip", {"interval": HASTY / 16}, effects=1, tenant="hasty"),
)


@pytest.mark.parametrize("writer", WRITERS, ids=str)
@pytest.mark.parametrize("case", UNKNOWN, ids=str)
def test_without_proof_a_write_is_unknown(api: Caller, vendors: Vendors, writer: Writer, case: Case) -> None:
    """Whatever is neither proof of a success nor of a refusal is 202 `unknown`, kept so, and never sent again."""
    vendor, caller, key = writer.vendor(vendors), api.acting(tenant=case.tenant), api.new_key()
    vendor.fault(case.kind, **case.fields)

    response = caller.adjust(writer.body, key=key)

    assert (response.status_code, response.json()["status"]) == (202, "unknown"), response.text
    stored = caller.adjustment(response.json()["id"], history=True)
    history = stored.pop("history")
    assert stored == response.json()
    assert response.headers["location"] == f"/v1/adjustments/{stored['id']}"
    assert 1 <= int(response.headers["retry-after"]) <= ceil(PATIENT + MARGIN)
    assert (stored["attempts"], stored["retryable"], stored["problem"], stored["balance"]) == (1, False, None, None)
    assert [(step["from"], step["to"]) for step in history] == [(None, "in_progress"), ("in_progress", "unknown")]
    assert history[1]["evidence"]["sent"] is True
    assert history[1]["evidence"]["status"] in (case.status, None) if case.kind == "drip" else (case.status,)
    assert len(history[1]["exchange"]) == 1
    vendor.effects.wait_for(case.effects)

    replay = caller.adjust(writer.body, key=key)

    assert (replay.status_code, replay.json()) == (202, stored)
    assert (len(vendor.requests), vendor.points) == (1, [writer.ledger] * case.effects)


PROVEN = (
    Case("the usual answer", "delay", {"seconds": 0}),
    Case("an answer byte by byte", "drip", {"interval": 0}),
    Case("an answer that comes twice", "duplicate"),
    Case("an answer that comes again a moment later", "duplicate", {"gap": 0.02}),
)


@pytest.mark.parametrize("writer", WRITERS, ids=str)
@pytest.mark.parametrize("case", PROVEN, ids=str)
def test_proof_of_success_is_applied_once(api: Caller, vendors: Vendors, writer: Writer, case: Case) -> None:
    """A complete answer that proves the effect is 201 `succeeded`, and its key repeats it byte for byte."""
    vendor, key = writer.vendor(vendors), api.new_key()
    vendor.fault(case.kind, **case.fields)

    response = api.adjust(writer.body, key=key)

    assert (response.status_code, response.json()["status"]) == (201, "succeeded"), response.text
    assert "idempotent-replayed" not in response.headers
    stored = api.adjustment(response.json()["id"], history=True)
    assert [step["to"] for step in stored.pop("history")] == ["in_progress", "succeeded"]
    assert (stored.pop("reversed"), stored.pop("reversals")) == ("0", [])
    assert stored == response.json()
    replay = api.adjust(writer.body, key=key)
    assert (replay.status_code, replay.content) == (201, response.content)
    assert replay.headers["idempotent-replayed"] == "true"
    assert (len(vendor.requests), vendor.points) == (1, [writer.ledger])


@pytest.mark.parametrize("writer", WRITERS, ids=str)
def test_a_spare_answer_is_nobody_elses(api: Caller, vendors: Vendors, writer: Writer) -> None:
    """An answer that nobody asked for is not taken for that of the next write."""
    vendor = writer.vendor(vendors)
    vendor.fault("duplicate")
    assert api.adjust(writer.body).status_code == 201
    vendor.fault("status", status=500)
    assert api.adjust(writer.body).status_code == 202
    assert vendor.points == [writer.ledger]


REFUSALS = (
    ("crm", "status", {"status": 400, "body": MESSAGE}, 422, "vendor_rejected", "No."),
    ("crm", "status", {"status": 404, "body": MESSAGE}, 404, "member_not_found", "No."),
    ("arcade", "status", {"status": 400, "body": MESSAGE}, 422, "vendor_rejected", "No."),
    ("club", "status", {"status": 422, "body": ENVELOPE}, 422, "vendor_rejected", "No."),
    ("club", "body", {"body": ENVELOPE}, 422, "vendor_rejected", "No."),
    (
        "club",
        "body",
        {"body": ENVELOPE.replace("{}", '{"points": ["Too many"]}', 1)},
        422,
        "vendor_rejected",
        "Too many",
    ),
)


@pytest.mark.parametrize(("name", "kind", "fields", "status", "code", "detail"), REFUSALS)
def test_a_known_refusal_is_final(
    api: Caller, vendors: Vendors, name: str, kind: str, fields: dict[str, Any], status: int, code: str, detail: str
) -> None:
    """An answer that the adapter lists as a refusal is a problem, kept as `failed`, and repeated byte for byte."""
    writer = next(each for each in WRITERS if each.name == name)
    vendor, key = writer.vendor(vendors), api.new_key()
    vendor.fault(kind, **fields)

    response = api.adjust(writer.body, key=key)

    problem = refused(response, status, code)
    assert problem["retryable"] is False
    assert (problem["vendor"]["name"], problem["vendor"]["adapter"]) == (writer.name, writer.adapter)
    assert detail in problem["vendor"]["message"]
    stored = api.adjustment(problem["adjustment"])
    assert (stored["status"], stored["retryable"], stored["attempts"], stored["problem"]) == (
        "failed",
        False,
        1,
        problem,
    )
    assert stored["completed_at"] is not None
    replay = api.adjust(writer.body, key=key)
    assert (replay.status_code, replay.content) == (status, response.content)
    assert replay.headers["idempotent-replayed"] == "true"
    assert replay.headers["content-type"] == "application/problem+json"
    assert (len(vendor.requests), vendor.points) == (1, [])


ALMOST = (
    ("crm", "html", {"status": 400, "body": PAGE}),
    ("crm", "status", {"status": 404, "body": "{}"}),
    ("crm", "status", {"status": 404, "body": '{"Message": null}'}),
    ("club", "status", {"status": 404, "body": "{}"}),
    ("club", "status", {"status": 422, "body": CONFUSED}),
    ("club", "body", {"body": CONFUSED}),
    ("club", "body", {"body": ENVELOPE.replace('"data": {}', '"data": {"ExceptionString": "Oops"}')}),
    ("club", "body", {"body": ENVELOPE.replace("422", "500")}),
)


@pytest.mark.parametrize(("name", "kind", "fields"), ALMOST)
def test_what_only_looks_like_a_refusal_is_unknown(
    api: Caller, vendors: Vendors, name: str, kind: str, fields: dict[str, Any]
) -> None:
    """A refusal's status without its body, or its body with a hint of an effect, proves nothing."""
    writer = next(each for each in WRITERS if each.name == name)
    writer.vendor(vendors).fault(kind, **fields)
    assert api.adjust(writer.body).json()["status"] == "unknown"


@pytest.mark.parametrize(
    "echo",
    [{"ContactId": 2}, {"Amount": 3}, {"Type": "bonus"}, {"IsCanceller": True}, {"Id": None}],
    ids=lambda echo: next(iter(echo)),
)
def test_an_echo_that_contradicts_is_unknown(api: Caller, vendors: Vendors, echo: dict[str, Any]) -> None:
    """A success that speaks of something else than was sent is no proof."""
    fields = {"Id": 7, "ContactId": 1, "Amount": 2.5, "Type": "standard", "IsCanceller": False, "Sum": 2.5} | echo
    vendors.crm.fault("body", body=json.dumps(fields), apply=True)
    assert api.adjust({"member": "contact_id:1", "points": "2.5"}).json()["status"] == "unknown"


def test_secondary_fields_that_cannot_be_read_do_not_matter(api: Caller, vendors: Vendors) -> None:
    """The least evidence of success is enough: what cannot be read beside it is null."""
    vendors.crm.fault("body", body='{"Id": 7, "Sum": "many", "DateTime": "yesterday"}', apply=True)
    document = api.adjust({"member": "contact_id:1", "points": "2.5"}).json()
    assert (document["status"], document["balance"], document["vendor"]["details"]["date_time"]) == (
        "succeeded",
        None,
        None,
    )
