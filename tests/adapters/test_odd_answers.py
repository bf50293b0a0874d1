"""Odd answers over a real socket: what is clear in them counts, and whatever came can be seen in the history."""

import gzip
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.port import registry
from tests.adapters.answered import CRM
from tests.adapters.served import Served, configured, served
from tests.adapters.test_samples import FABRIC_ANSWER

KEY = "key-of-the-crm-0000"
TOKEN = "token-of-the-club-0000"
CLUB = FABRIC_ANSWER.encode()
POINT = CRM.sample.encode()
JSON = "Content-Type: application/json\r\n"


class BareVendor(socketserver.ThreadingTCPServer):
    """A vendor that answers every request with the bytes of `answer`, and closes."""

    daemon_threads = True
    answer = b""


class Handler(socketserver.StreamRequestHandler):
    """Reads one request, and sends the answer."""

    server: BareVendor

    def handle(self) -> None:
        length = 0
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        self.rfile.read(length)
        self.wfile.write(self.server.answer)


@pytest.fixture(scope="module")
def vendor() -> Iterator[BareVendor]:
    with BareVendor(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="vendor")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def gateway(vendor: BareVendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A gateway in front of that vendor, which is fabric's and contact-points' at once."""
    url = f"http://127.0.0.1:{vendor.server_address[1]}"
    kinds = registry.adapters()
    vendors: dict[str, Any] = {
        "club": {"adapter": "fabric", "base_url": url, "token": TOKEN},
        "crm": {
            "adapter": "contact-points",
            "base_url": url,
            "api_key": KEY,
            "default_point_type": "base",
            "point_types": {"base": "sample string 2"},
            "default_description": "d",
        },
    }
    with served(configured(tmp_path_factory.mktemp("gateway"), vendors, kinds), kinds) as ready:
        yield ready


def written(gateway: Served, vendor: BareVendor, raw: bytes) -> dict[str, Any]:
    """The adjustment with its history once the vendor has answered with these bytes."""
    vendor.answer = raw
    tenant = "crm" if b"ContactId" in raw else "club"
    member = "contact_id:1" if tenant == "crm" else "profile_id:f90a1da5"
    document = gateway.adjust(tenant, {"member": member, "points": "3"}).json()
    identifier = document.get("adjustment", document.get("id"))
    answer: dict[str, Any] = gateway.get(tenant, f"adjustments/{identifier}", include="history").json()
    return answer


def answered(body: bytes, headers: str = JSON, *, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def came(adjustment: dict[str, Any]) -> dict[str, Any]:
    """What the history has of the vendor's answer."""
    response: dict[str, Any] = adjustment["history"][1]["exchange"][-1]["response"]
    return response


CHUNKS = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CLEAR = {
    "a coding that is a charset": answered(CLUB, "Content-Encoding: UTF-8\r\n"),
    "a coding that is none": answered(CLUB, "Content-Encoding: none\r\n"),
    "a charset that is unknown": answered(CLUB, "Content-Type: application/json; charset=utf8mb4\r\n"),
    "a charset twice": answered(CLUB, "Content-Type: application/json; charset=utf-8; charset=utf8\r\n"),
    "a content type twice": answered(CLUB, (JSON.replace("\r\n", "; charset=utf-8\r\n")) * 2),
    "a charset that is wrong": answered(CLUB, "Content-Type: application/json; charset=utf-16\r\n"),
    "a byte order mark": answered(b"\xef\xbb\xbf" + CLUB),
    "UTF-16": answered(FABRIC_ANSWER.encode("utf-16")),
    "a byte of another charset": answered(CLUB.replace(b"100.0 points", b"100.0 \xe9")),
    "a raw line feed": answered(CLUB.replace(b"100.0 points", b"100.0\n")),
    "NaN": answered(CLUB.replace(b'"futureDate": false', b'"futureDate": NaN')),
    "a name twice": answered(CLUB.replace(b'"futureDate": false', b'"futureDate": 1, "futureDate": 2')),
    "a number for a code": answered(CLUB.replace(b'"78660e74-02e3-11e8-b443-00163e911bd2"', b"7866074")),
    "a text for a status": answered(CLUB.replace(b"200", b'"200"')),
    "a fraction for a status": answered(CLUB.replace(b"200", b"200.0")),
    "blanks after a chunk's size": f"{CHUNKS}{len(CLUB):x}  \r\n".encode() + CLUB + b"\r\n0 \r\n\r\n",
    "the same length twice": answered(CLUB, f"Content-Length: {len(CLUB)}\r\n"),
    "contact-points: a byte of another charset": answered(POINT.replace(b"sample string 6", b"S\xfc\xdf")),
    "contact-points: a raw tab": answered(POINT.replace(b"sample string 8", b"a\tb")),
    "contact-points: NaN": answered(POINT.replace(b'"BookValue": 1.0', b'"BookValue": NaN')),
    "contact-points: a text for an id": answered(POINT.replace(b'"Id": 1,', b'"Id": "1",')),
}


@pytest.mark.parametrize("kind", CLEAR)
def test_a_clear_success_is_one(gateway: Served, vendor: BareVendor, kind: str) -> None:
    """Whatever beside its evidence cannot be told; and the history has all of it."""
    adjustment = written(gateway, vendor, CLEAR[kind])
    assert adjustment["status"] == "succeeded"
    assert adjustment["vendor"]["transaction_id"] in ("78660e74-02e3-11e8-b443-00163e911bd2", "7866074", "1")
    assert came(adjustment)["body"]
    assert "complete" not in came(adjustment)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("a byte of another charset", "data_message"),
        ("a raw line feed", "data_message"),
        ("NaN", "future_date"),
        ("a name twice", "future_date"),
        ("contact-points: a byte of another charset", "description"),
        ("contact-points: a raw tab", "source_description"),
        ("contact-points: NaN", "book_value"),
    ],
)
def test_what_cannot_be_told_is_null_alone(gateway: Served, vendor: BareVendor, kind: str, path: str) -> None:
    """Everything else is as the vendor gave it."""
    details = written(gateway, vendor, CLEAR[kind])["vendor"]["details"]
    assert [name for name, value in details.items() if value is None] == [path]


DAMAGED = bytearray(gzip.compress(f'{{"message": "{TOKEN}", "status": 200}}'.encode() * 3, mtime=0))
DAMAGED[-20] ^= 0xFF
LOST: dict[str, tuple[bytes, dict[str, Any]]] = {
    "cut short": (
        answered(CLUB)[:-20],
        {"status": 200, "complete": False, "body": CLUB[:-20].decode()},
    ),
    "cut within a secret": (
        b"HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\nno such token: " + TOKEN[:12].encode(),
        {"status": 500, "headers": {"content-length": "99"}, "complete": False, "body": "no such token: ***"},
    ),
    "compressed and damaged": (
        answered(bytes(DAMAGED), "Content-Encoding: gzip\r\n"),
        {"status": 200, "complete": False},
    ),
    "compressed in an unknown way": (
        answered(b"\x0b\x02\x80ok\x03", "Content-Encoding: br\r\n"),
        {"status": 200, "complete": False, "escaped": True, "body": r"\x0b\x02\x80ok\x03"},
    ),
    "framed in an unknown way": (
        answered(b"7\r\nunclear", "Transfer-Encoding: gzip, chunked\r\n").replace(b"Content-Length: 10\r\n", b""),
        {"status": 200, "complete": False, "body": "unclear"},
    ),
    "of two lengths": (
        answered(b"unclear", "Content-Length: 3\r\n"),
        {"status": None, "complete": False, "headers": {}},
    ),
    "too large": (
        answered(b"x" * 2_000_000),
        {"status": 200, "complete": False, "body": "x" * 4096},
    ),
    "half a head": (
        b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1234\r\nX-Po",
        {"status": None, "headers": {}, "complete": False, "body": "HTTP/1.1 200 OK\r\n***"},
    ),
    "no HTTP": (
        b"\x15\x03\x01\x00\x02\x02\x46",
        {"status": None, "headers": {}, "complete": False, "escaped": True, "body": "*** (7 bytes)"},
    ),
    "unreadable and whole": (
        answered(b"{\xe9: " + TOKEN.encode() + b"}"),
        {"status": 200, "escaped": True, "body": r"{\xe9: ***}"},
    ),
}


@pytest.mark.parametrize("kind", LOST)
def test_what_could_not_be_read_is_in_the_history(gateway: Served, vendor: BareVendor, kind: str) -> None:
    """The adjustment is unknown, and a person sees what came: its status, headers and body, without secrets."""
    raw, expected = LOST[kind]
    adjustment = written(gateway, vendor, raw)
    assert adjustment["status"] == "unknown"
    response = came(adjustment)
    assert {name: value for name, value in response.items() if name in expected} == expected
    assert TOKEN[:4] not in str(response).replace("no such token", "")
    if kind == "compressed and damaged":
        assert response["body"].startswith('{"message": "***", "statu')


def test_nothing_came(gateway: Served, vendor: BareVendor) -> None:
    """Then there is no answer to show."""
    assert came(written(gateway, vendor, b"")) is None
