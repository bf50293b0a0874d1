"""Headers: keys, tenants, content types and request ids, given in every way but the right one."""

import json
import re

import pytest

from tests.deadlines import until
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.wire import Answered, Wire, exchange, request

FIVE = b'{"member": "contact_id:1", "points": 5}'
KEY = KEYS["storefront"].encode()
USUAL = {
    b"Authorization": b"Bearer " + KEY,
    b"Content-Type": b"application/json",
}


def post(url: str, *headers: tuple[bytes, bytes]) -> Answered:
    """POST five points with the usual headers, but for those whose names are given."""
    named = {name.lower() for name, _ in headers}
    usual = [(name, value) for name, value in USUAL.items() if name.lower() not in named]
    return exchange(url, request(b"POST", b"/v1/adjustments", [*usual, *headers], FIVE))


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [b""],
        [b" "],
        [b'""'],
        [b'"'],
        [b'"open'],
        [b'"a"b'],
        [b'"a\\"'],
        [b"two words"],
        [b"tab\there"],
        [b"k\xc3\xa9y"],
        [b"\xff"],
        [b"x" * 256],
        [b'"' + b"x" * 256 + b'"'],
        [b"one", b"two"],
        [b"same", b"same"],
        [b"one", b""],
    ],
    ids=lambda keys: repr(keys)[:30],
)
def test_a_write_needs_one_usable_key(api: Caller, vendors: Vendors, url: str, keys: list[bytes]) -> None:
    """No key, several, or one that is not 1 to 255 visible ASCII characters: 400, and nothing is sent."""
    response = post(url, *((b"Idempotency-Key", key) for key in keys))
    assert (response.status, response.code) == (400, "idempotency_key_required")
    assert vendors.requests == 0


@pytest.mark.parametrize(
    "authorization",
    [
        [],
        [b""],
        [b"Bearer"],
        [b"Bearer "],
        [b"Bearer nobody"],
        [KEY],
        [b"Basic " + KEY],
        [b"Bearer " + KEY[:-1]],
        [b"Bearer " + KEY.upper()],
        [b"Bearer " + KEY + b" x"],
        [b'Bearer "' + KEY + b'"'],
        [b"Bearer " + KEY + b"\xff"],
        [b"Bearer \xf0\x9f\x98\x80"],
        [b"Bearer " + KEY, b"Bearer " + KEY],
        [b"Bearer " + KEY, b"Basic x"],
        [b"Bearer sha256:" + b"0" * 64],
    ],
    ids=lambda values: repr(values)[:40],
)
def test_no_usable_credentials(api: Caller, vendors: Vendors, url: str, authorization: list[bytes]) -> None:
    """No key, a wrong one, several, or another scheme: 401 that asks for a bearer key."""
    named = [(b"Authorization", value) for value in authorization] or [(b"X-Nothing", b"")]
    usual = [(b"Content-Type", b"application/json"), (b"Idempotency-Key", api.new_key().encode())]
    response = exchange(url, request(b"POST", b"/v1/adjustments", [*usual, *named], FIVE))
    assert (response.status, response.code, response.headers["www-authenticate"]) == (401, "unauthenticated", "Bearer")
    assert vendors.requests == 0


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_scheme_has_no_case(api: Caller, scheme: str) -> None:
    """`Bearer` is the same in any case."""
    assert api.send("GET", "/v1/capabilities", headers={"Authorization": f"{scheme} {KEYS['storefront']}"}).is_success


@pytest.mark.parametrize(
    "types",
    [
        [],
        [b""],
        [b"text/plain"],
        [b"text/json"],
        [b"application/problem+json"],
        [b"application/x-www-form-urlencoded"],
        [b"multipart/form-data; boundary=x"],
        [b"application/json; charset=utf-16"],
        [b"application/json; charset=latin-1"],
        [b"application/json; charset=utf-8; charset=utf-16"],
        [b"application/json, application/json"],
        [b"application/json", b"application/json"],
        [b"application/json", b"text/plain"],
        [b"application/jsonx"],
        [b"\xff"],
    ],
    ids=repr,
)
def test_other_content_types(api: Caller, vendors: Vendors, url: str, types: list[bytes]) -> None:
    """A body that is not said to be JSON in UTF-8 is 415."""
    named = [(b"Content-Type", value) for value in types]
    usual = [(b"Authorization", b"Bearer " + KEY), (b"Idempotency-Key", api.new_key().encode())]
    response = exchange(url, request(b"POST", b"/v1/adjustments", [*usual, *named], FIVE))
    assert (response.status, response.code) == (415, "unsupported_media_type")
    assert vendors.requests == 0


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            'application/json;charset="UTF-8"',
        ),
        *("application/json; charset=utf-8;", "application/json; charset=utf8", "application/json; v=1"),
    ],
)
def test_json_by_any_spelling(api: Caller, vendors: Vendors, kind: str) -> None:
    """Neither case, nor an explicit charset, nor a parameter that means nothing matters."""
    assert api.adjust(FIVE, headers={"Content-Type": kind}).status_code == 201


@pytest.mark.parametrize(
    ("headers", "status", "code", "cause"),
    [
        ({}, 415, "unsupported_media_type", "The request has no Content-Type"),
        ({b"Content-Encoding": b"gzip"}, 415, "unsupported_media_type", "Content-Encoding 'gzip'"),
        ({b"Transfer-Encoding": b"gzip, chunked"}, 400, "invalid_request", "Transfer-Encoding is 'gzip, chunked'"),
    ],
    ids=repr,
)
def test_why_a_body_is_refused(
    api: Caller, vendors: Vendors, url: str, headers: dict[bytes, bytes], status: int, code: str, cause: str
) -> None:
    """A body that is not sent as it has to be is refused by what is wrong with it, unread."""
    kind = {b"Content-Type": USUAL[b"Content-Type"]} if headers else {}
    usual = {b"Authorization": b"Bearer " + KEY, b"Idempotency-Key": api.new_key().encode()}
    framed = b"Transfer-Encoding" in headers
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(FIVE), FIVE) if framed else FIVE
    response = exchange(
        url, request(b"POST", b"/v1/adjustments", [*(usual | kind | headers).items()], body, length=not framed)
    )
    assert (response.status, response.code) == (status, code)
    assert cause in json.loads(response.body)["detail"]
    assert vendors.requests == 0


@pytest.mark.parametrize(
    ("moved", "code", "together"),
    [
        (b"Authorization", "unauthenticated", True),
        (b"Idempotency-Key", "idempotency_key_required", True),
        (b"Content-Type", "unsupported_media_type", True),
        (b"X-Tenant", None, True),
        (b"X-Tenant", None, False),
    ],
)
def test_a_trailer_is_no_header(
    api: Caller, vendors: Vendors, url: str, moved: bytes, code: str | None, together: bool
) -> None:
    """What comes after a body says nothing of who calls, for whom, or under which key: it is dropped."""
    headers = {**USUAL, b"Idempotency-Key": api.new_key().encode()}
    trailer = b"%s: %s\r\n" % (moved, headers.pop(moved, b"hasty"))
    body = b"%x\r\n%s\r\n0\r\n" % (len(FIVE), FIVE)
    whole = [*headers.items(), (b"Transfer-Encoding", b"chunked")]
    raw = request(b"POST", b"/v1/adjustments", whole, body, length=False)
    with Wire(url) as wire:
        for part in [raw + trailer + b"\r\n"] if together else [raw, trailer, b"\r\n"]:
            wire.send(part)
        answer = wire.answer()
    assert (answer.status == 201, vendors.requests) == (code is None, int(code is None))
    assert code is None or answer.code == code


OFFERS = {
    "curl": [(b"Connection", b"Upgrade, HTTP2-Settings"), (b"Upgrade", b"h2c"), (b"HTTP2-Settings", b"AAMAAABkAAQC")],
    "java": [(b"Connection", b"Upgrade, HTTP2-Settings"), (b"Upgrade", b"h2c"), (b"HTTP2-Settings", b"AAEAAEAA")],
    "ws": [
        (b"Connection", b"Upgrade"),
        (b"Upgrade", b"websocket"),
        (b"Sec-WebSocket-Version", b"13"),
        (b"Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    ],
}


@pytest.mark.parametrize("offer", OFFERS)
def test_an_offer_of_another_protocol(
    api: Caller, vendors: Vendors, gateway: GatewayProcess, url: str, offer: str
) -> None:
    """It is declined: the write is answered in HTTP/1.1, its body is read, and no library gives advice in the log."""
    lines = len(gateway.lines)
    mine = (b"Request-Id", b"offered-" + offer.encode())
    answer = post(url, (b"Idempotency-Key", api.new_key().encode()), mine, *OFFERS[offer])
    assert answer.status == 201
    assert len(vendors.crm.requests) == 1
    until(lambda: mine[1].decode() in "".join(gateway.lines[lines:]))
    assert not re.search("upgrade|websocket", "".join(gateway.lines[lines:]), re.IGNORECASE)


def test_a_caller_that_shuts_its_writing_side(api: Caller, vendors: Vendors, url: str) -> None:
    """Whoever is done writing still hears what became of its write."""
    headers = [*USUAL.items(), (b"Idempotency-Key", api.new_key().encode())]
    with Wire(url) as wire:
        wire.send(request(b"POST", b"/v1/adjustments", headers, FIVE).replace(b"Connection: close\r\n", b""))
        wire.shut()
        heard = wire.answer()
    assert (heard.status, json.loads(heard.body)["status"]) == (201, "succeeded")
    assert len(vendors.crm.requests) == 1


def test_a_write_that_is_cut_short(api: Caller, vendors: Vendors, url: str) -> None:
    """A body that ends early is not carried out, be it JSON as far as it came."""
    headers = [*USUAL.items(), (b"Idempotency-Key", api.new_key().encode())]
    with Wire(url) as wire:
        wire.send(request(b"POST", b"/v1/adjustments", headers, FIVE + b" ")[:-1])
        wire.shut()
        heard = wire.answer()
    assert (heard.status, heard.code) == (400, "invalid_request")
    assert vendors.requests == 0


@pytest.mark.parametrize("value", ["x", "my-request", "!" * 128, "a~b{c}", '"quoted"'])
def test_a_callers_request_id_is_kept(api: Caller, value: str) -> None:
    """1 to 128 visible ASCII characters come back as they came, from answers and from problems."""
    for path, status in (("/v1/capabilities", 200), ("/livez", 200), ("/nowhere", 404), ("/v1/adjustments/x", 404)):
        response = api.send("GET", path, headers={"Request-Id": value})
        assert (response.status_code, response.headers["request-id"]) == (status, value)
    problem = refused(api.adjust("x", headers={"Request-Id": value}), 400, "invalid_request")
    assert problem["request_id"] == value


@pytest.mark.parametrize(
    "given", [[], [b""], [b"two words"], [b"x" * 129], [b"\xff"], [b"k\xc3\xa9y"], [b"a", b"a"]], ids=repr
)
def test_another_request_id_is_replaced(api: Caller, url: str, given: list[bytes]) -> None:
    """Whatever else comes is replaced by a new one, in the header and in the problem."""
    response = exchange(url, request(b"GET", b"/v1/capabilities", [(b"Request-Id", value) for value in given]))
    assert re.fullmatch(r"req_[0-9a-f]{24}", response.headers["request-id"])
    assert f'"request_id":"{response.headers["request-id"]}"'.encode() in response.body


def test_the_request_id_of_a_write_is_in_its_history(api: Caller) -> None:
    """The evidence of an attempt names the request that made it."""
    response = api.adjust(FIVE, headers={"Request-Id": "who-asked-for-this"})
    history = api.adjustment(response.json()["id"], history=True)["history"]
    assert history[-1]["evidence"]["request_id"] == "who-asked-for-this"


@pytest.mark.parametrize("tenants", [[b"acme", b"acme"], [b"acme", b"hasty"]], ids=repr)
def test_two_tenants_named(api: Caller, vendors: Vendors, url: str, tenants: list[bytes]) -> None:
    """A repeated `X-Tenant` is refused, also where both say the same."""
    headers = [(b"X-Tenant", tenant) for tenant in tenants]
    response = post(url, *headers, (b"Idempotency-Key", api.new_key().encode()))
    assert (response.status, response.code) == (400, "invalid_request")
    assert vendors.requests == 0


def test_one_problem_at_a_time_in_a_fixed_order(api: Caller, url: str) -> None:
    """Who asks is looked at before what is asked: a nobody learns nothing about the rest of its request."""
    response = exchange(url, request(b"POST", b"/v1/adjustments?x=%", [(b"Content-Type", b"text/plain")], b"{"))
    assert response.code == "unauthenticated"
