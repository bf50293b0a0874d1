"""Bodies: JSON that is read strictly, and everything that is wrong with one told at once."""

import gzip
import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.wire import Wire, request

FIVE = '{"member": "contact_id:1", "points": 5}'

NOT_READ = {
    "empty": b"",
    "blank": b"  \n",
    "not JSON": b"member=contact_id:1&points=5",
    "cut short": FIVE[:-1].encode(),
    "two values": (FIVE + FIVE).encode(),
    "a comment": (FIVE + " // five").encode(),
    "a trailing comma": FIVE.replace("}", ",}").encode(),
    "single quotes": FIVE.replace('"', "'").encode(),
    "not UTF-8": b'{"member": "contact_id:1", "points": 5, "description": "\xff"}',
    "Latin-1": FIVE.replace("}", ', "description": "é"}').encode("latin-1"),
    "an encoded surrogate": b'{"member": "email:\xed\xa0\x80", "points": 5}',
    "an overlong slash": b'{"member": "email:\xc0\xaf", "points": 5}',
    "UTF-16": FIVE.encode("utf-16"),
    "a byte order mark alone": b"\xef\xbb\xbf",
    "two byte order marks": b"\xef\xbb\xbf\xef\xbb\xbf" + FIVE.encode(),
    "an array": f"[{FIVE}]".encode(),
    "text": b'"contact_id:1"',
    "a number": b"5",
    "null": b"null",
    "true": b"true",
    "NaN": FIVE.replace("5", "NaN").encode(),
    "Infinity in a corner": FIVE.replace("}", ', "options": {"x": [-Infinity]}}').encode(),
    "a raw control character": FIVE.replace("contact_id:1", "email:a\nb").encode(),
    "a raw NUL": FIVE.encode() + b"\0",
    "a repeated name": FIVE.replace("}", ', "points": 6}').encode(),
    "a repeated name, same value": FIVE.replace("}", ', "points": 5}').encode(),
    "a name repeated by an escape": FIVE.replace("}", ', "p\\u006fints": 5}').encode(),
    "a repeated name inside": FIVE.replace(
        "}", ', "options": {"fabric": {"billing_entity": "a", "billing_entity": "a"}}}'
    ).encode(),
    "a repeated name where nothing is known": FIVE.replace("}", ', "x": [{"a": 1, "a": 2}]}').encode(),
    "33 deep": FIVE.replace("}", f', "x": {"[" * 32}{"]" * 32}}}').encode(),
    "33 deep, objects": FIVE.replace("}", ', "x": ' + '{"x":' * 32 + "1" + "}" * 32 + "}").encode(),
    "very deep": b"[" * 60_000,
}


@pytest.mark.parametrize("body", NOT_READ.values(), ids=NOT_READ.keys())
def test_what_is_no_body(api: Caller, vendors: Vendors, body: bytes) -> None:
    """What is not one JSON object in UTF-8, with every name once, is 400, nothing is kept, and no vendor hears."""
    key = api.new_key()
    problem = refused(api.adjust(body, key=key), 400, "invalid_request")
    assert problem["retryable"] is False
    assert vendors.requests == 0
    assert api.get("/v1/adjustments", idempotency_key=key).json()["data"] == []


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "it is empty"),
        (b" \r\n", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (FIVE.encode("utf-16"), "it is in UTF-16, and must be in UTF-8"),
        (FIVE.encode("utf-16-le"), "it is in UTF-16-LE, and must be in UTF-8"),
        (FIVE.encode("utf-16-be"), "it is in UTF-16-BE, and must be in UTF-8"),
        (FIVE.encode("utf-32"), "it is in UTF-32, and must be in UTF-8"),
        (FIVE.replace("}", ', "description": "é"}').encode("latin-1"), "it is not UTF-8 at byte 56"),
        (gzip.compress(FIVE.encode(), mtime=0), "it is compressed with gzip"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_why_a_body_is_not_read(api: Caller, body: bytes, cause: str) -> None:
    """The cause is named where the same JSON could be sent in another form."""
    assert refused(api.adjust(body), 400, "invalid_request")["detail"].endswith(f": {cause}")


def test_a_byte_order_mark(api: Caller, vendors: Vendors) -> None:
    """It changes nothing: the body is read, and is the same under its key as one without."""
    key = api.new_key()
    first, repeated = api.adjust(FIVE.encode("utf-8-sig"), key=key), api.adjust(FIVE, key=key)
    assert (first.status_code, repeated.status_code) == (201, 201)
    assert repeated.headers["idempotent-replayed"] == "true"
    assert len(vendors.crm.requests) == 1


def test_a_body_of_a_get(api: Caller) -> None:
    """What a GET asks for stands in its address: a body, which would say nothing, is refused."""
    problem = refused(api.send("GET", "/v1/capabilities", content=b"{}"), 400, "invalid_request")
    assert "takes no body" in problem["detail"]


def test_as_deep_as_may_be(api: Caller) -> None:
    """Thirty-two levels are read: what is wrong then is the name, not the depth."""
    problem = refused(api.adjust(FIVE.replace("}", f', "x": {"[" * 31}{"]" * 31}}}')), 400, "invalid_request")
    assert problem["errors"] == [{"pointer": "/x", "detail": "is not known here"}]


def test_brackets_in_text_are_not_depth(api: Caller) -> None:
    """Only real nesting counts as such."""
    body = {"member": "contact_id:1", "points": 5, "description": '[{"\\' * 100}
    response = api.adjust(body)
    assert (response.status_code, response.json()["description"]) == (201, body["description"])


def test_everything_wrong_is_told_at_once(api: Caller, vendors: Vendors) -> None:
    """Unknown fields, wrong types and bad values are named together, each by its JSON pointer."""
    body = {
        "member": 5,
        "points": "many",
        "pending": "true",
        "store": 12,
        "description": "",
        "reference": ["x"],
        "surname": "x",
        "a/b~c": 1,
        "options": {"contact-points": {"company_id": "12", "colour": "red"}, "nobody": {}},
    }
    problem = refused(api.adjust(body), 400, "invalid_request")
    assert {error["pointer"] for error in problem["errors"]} == {
        *("/member", "/points", "/pending", "/store", "/description", "/reference", "/surname", "/a~1b~0c"),
        *("/options/contact-points/company_id", "/options/contact-points/colour", "/options/nobody"),
    }
    assert vendors.requests == 0


def test_options_of_an_adapter_that_no_vendor_has(
    start: Starts,
    calling: Callable[[GatewayProcess], Caller],
    configured: Callable[..., dict[str, Any]],
    vendors: Vendors,
) -> None:
    """Options of an adapter that is installed and has no vendor here are refused by name; the document agrees."""
    whole = configured()
    tenants = {"acme": {"routes": {"adjust": "crm"}}}
    clients = {"anywhere": whole["clients"]["anywhere"]}
    api = calling(start(vendors={"crm": whole["vendors"]["crm"]}, tenants=tenants, clients=clients))
    body = {"member": "contact_id:1", "points": 5}
    problem = refused(api.adjust({**body, "options": {"fabric": {}}}), 400, "invalid_request")
    message = "no vendor of this gateway has this adapter; options are taken for contact-points"
    assert problem["errors"] == [{"pointer": "/options/fabric", "detail": message}]
    assert api.adjust({**body, "options": {"contact-points": {"sub_type": "web"}}}).status_code == 201
    document = api.get("/openapi.json").json()
    assert list(document["components"]["schemas"]["AdjustmentOptions"]["properties"]) == ["contact-points"]


def test_what_is_required(api: Caller) -> None:
    """Only `member` and `points` are; each that is missing is named."""
    problem = refused(api.adjust("{}"), 400, "invalid_request")
    assert [error["pointer"] for error in problem["errors"]] == ["/member", "/points"]


TEXTS = ("description", "reason", "reference", "store", "point_type")
NOT_OBJECTS: list[Any] = [[], "x", 1, True]
WRONG_TYPES: list[tuple[str, Any]] = [
    *product(["pending"], ["true", "false", 0, 1, [], "yes"]),
    *product(TEXTS, [1, True, {}, "", "a\0b"]),
    *product(["options"], [*NOT_OBJECTS, *({"fabric": value} for value in NOT_OBJECTS)]),
    *product(["reason", "store", "point_type"], ["x" * 65]),
    ("description", "x" * 501),
    ("reference", "x" * 201),
    ("idempotency_key", "x"),
    ("Points", "5"),
    ("points ", "5"),
    ("", "5"),
]


@pytest.mark.parametrize(("name", "value"), WRONG_TYPES, ids=lambda value: repr(value)[:24])
def test_one_wrong_field(api: Caller, vendors: Vendors, name: str, value: Any) -> None:
    """Nothing is converted, cut or dropped: the field is refused by name."""
    response = api.adjust({"member": "contact_id:1", "points": 5, name: value})
    problem = refused(response, 400, "invalid_request")
    assert len(problem["errors"]) == 1
    assert problem["errors"][0]["pointer"].startswith(f"/{name}")
    assert vendors.requests == 0


def test_the_longest_texts(api: Caller, vendors: Vendors) -> None:
    """Lengths count characters, and the longest are taken."""
    body = {"member": "contact_id:1", "points": 5, "description": "😀" * 500, "reference": "é" * 200}
    document = api.adjust(body).json()
    assert (document["description"], document["reference"]) == (body["description"], body["reference"])
    assert json.loads(vendors.crm.requests[0].body)["Description"] == body["description"]


def test_an_unknown_name_cannot_flood_the_answer(api: Caller) -> None:
    """What is quoted back is bounded, and a name that UTF-8 cannot say does no harm."""
    body = "{" + ", ".join(f'"{number}{"x" * 300}": 1' for number in range(150)) + "}"
    response = api.adjust(body)
    assert len(refused(response, 400, "invalid_request")["errors"]) == 100
    assert len(response.content) < 40_000
    refused(api.adjust(FIVE.replace("}", ', "\\ud800": 1}')), 400, "invalid_request")


LARGEST = 64 * 1024


def _padded(size: int) -> bytes:
    return FIVE.encode() + b" " * (size - len(FIVE))


def test_the_largest_body(api: Caller, vendors: Vendors) -> None:
    """64 KiB are read, and one byte more is not."""
    assert api.adjust(_padded(LARGEST)).status_code == 201
    refused(api.adjust(_padded(LARGEST + 1)), 413, "payload_too_large")
    assert len(vendors.crm.requests) == 1


@pytest.mark.parametrize(("size", "status"), [(LARGEST, 201), (LARGEST + 1, 413), (10 * LARGEST, 413)])
def test_bodies_in_chunks(api: Caller, vendors: Vendors, size: int, status: int) -> None:
    """A body of no announced length is counted while it comes."""
    whole = _padded(size)
    chunks = (whole[start : start + 4096] for start in range(0, size, 4096))
    assert api.adjust(chunks).status_code == status
    assert len(vendors.crm.requests) == (status == 201)


def test_a_large_body_is_refused_before_it_comes(api: Caller, url: str) -> None:
    """An announced length is enough to refuse it."""
    with Wire(url) as wire:
        headers = [*_headers(api), (b"Content-Length", b"99999999999")]
        wire.send(request(b"POST", b"/v1/adjustments", headers, length=False))
        heard = wire.answer()
    assert (heard.status, heard.code) == (413, "payload_too_large")


def test_a_caller_is_known_before_its_body_is_read(api: Caller, url: str) -> None:
    """Whoever has no key is refused without a byte of the body."""
    with Wire(url) as wire:
        wire.send(request(b"POST", b"/v1/adjustments", [(b"Content-Length", b"1000")], length=False))
        assert wire.answer().code == "unauthenticated"


def _headers(api: Caller) -> list[tuple[bytes, bytes]]:
    headers = {**api.headers, "Idempotency-Key": api.new_key(), "Content-Type": "application/json"}
    return [(name.encode(), value.encode()) for name, value in headers.items()]


@pytest.mark.parametrize(
    "options",
    [
        r'{"sub_type": "\ud800"}',
        r'{"source_description": "a\udfff"}',
        r'{"dynamic": {"\ud800": "x"}}',
        r'{"dynamic": {"x": "\ud800"}}',
    ],
)
def test_half_a_surrogate_pair_in_options(api: Caller, vendors: Vendors, options: str) -> None:
    """No text anywhere in options is half a surrogate pair, in a write or in its preview."""
    body = FIVE.replace("}", f', "options": {{"contact-points": {options}}}}}').encode()
    for path in ("/v1/adjustments", "/v1/adjustments/preview"):
        headers = {"Idempotency-Key": api.new_key(), "Content-Type": "application/json"}
        problem = refused(api.send("POST", path, content=body, headers=headers), 400, "invalid_request")
        assert [wrong["pointer"] for wrong in problem["errors"]] == ["/options"]
    assert vendors.requests == 0
