"""What goes onto the wire."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import VendorRequest
from gateway.transport import Evidence
from tests.gateway.transport.raw_server import GET, OK, POST, Names, Peer, Server, answers, failure, opened, send

Run = Callable[[Any], None]


def test_only_named_headers_leave(run: Run) -> None:
    """A request carries its own headers and `Host`, `Accept-Encoding`, `User-Agent`, `Content-Length`; no others."""

    async def scene() -> None:
        async with Server(answers) as server, opened(server.url + "/v1") as transport:
            await send(transport, VendorRequest("POST", "/points?a=1", {"X-ApiKey": "key"}, b"{}"))
            line, *headers = server.requests[0].split(b"\r\n\r\n")[0].decode().split("\r\n")
            assert line == "POST /v1/points?a=1 HTTP/1.1"
            names = sorted(header.split(":")[0] for header in headers)
            assert names == ["Accept-Encoding", "Content-Length", "Host", "User-Agent", "X-ApiKey"]
            assert {"Accept-Encoding: identity", "X-ApiKey: key", f"Host: 127.0.0.1:{server.port}"} <= set(headers)
            assert any(header.startswith("User-Agent: points-gateway/") for header in headers)
            assert server.requests[0].endswith(b"\r\n\r\n{}")

    run(scene())


def test_post_without_body_says_so(run: Run) -> None:
    """A POST without a body says `Content-Length: 0`, and a GET says nothing of a body."""

    async def scene() -> None:
        async with Server(answers) as server, opened(server.url) as transport:
            await send(transport, VendorRequest("POST", "/points"))
            await send(transport, GET)
            assert b"\r\nContent-Length: 0\r\n" in server.requests[0]
            assert b"Content-" not in server.requests[1]

    run(scene())


@pytest.mark.parametrize(
    "path",
    [
        "/a/%2e%2e/b/%2E./..",
        "/members/a%2Fb%2fc//d/.",
        "/%d0%b9%D0%99/%F0%9f%98%80",
        "/p?q=a+b%20c&d=%2B%2b&&e=?/:@'()*;[]|",
        "/100%/%zz",
        "?only=query",
        "",
    ],
)
@pytest.mark.parametrize("base", ["", "/api/v1.1"])
def test_path_bytes_are_verbatim(run: Run, base: str, path: str) -> None:
    """Dots, slashes, the case of hexadecimal digits and the query arrive as they were given."""

    async def scene() -> None:
        async with Server(answers) as server, opened(server.url + base) as transport:
            await send(transport, VendorRequest("GET", path))
            target = base + path
            expected = target if target.startswith("/") else "/" + target
            assert server.requests[0].split(b"\r\n")[0] == f"GET {expected} HTTP/1.1".encode()

    run(scene())


@pytest.mark.parametrize(
    "request_",
    [
        VendorRequest("POST", "/p", {"X-Key": "a\r\nX-Other: b"}),
        VendorRequest("POST", "/p", {"X-Key": "a\nb"}),
        VendorRequest("POST", "/p", {"X-Key": "a\x00b"}),
        VendorRequest("POST", "/p", {"X-Key": "\u00fc"}),
        VendorRequest("POST", "/p", {"X-Key\r\nX-Other": "a"}),
        VendorRequest("POST", "/p", {"X Key": "a"}),
        VendorRequest("POST", "/p", {"Transfer-Encoding": "chunked"}),
        VendorRequest("POST", "/p", {"content-length": "0"}),
        VendorRequest("POST", "/p", {"Expect": "100-continue"}),
        VendorRequest("POST", "/p\r\nX: y"),
        VendorRequest("POST", "/p HTTP/1.1"),
        VendorRequest("POST", "/p\x00"),
        VendorRequest("POST", "/\u00fc"),
        VendorRequest("POST", "/p#fragment"),
        VendorRequest("POST", "/p?"),
        VendorRequest("POST", "@127.0.0.2/p"),
        VendorRequest("POST", ".other.test/p"),
        VendorRequest("POST", ":1/p"),
        VendorRequest("PO ST", "/p"),
        VendorRequest("", "/p"),
        VendorRequest("POST", "/p", {"X": "schlüssel"}),
        VendorRequest("POST", "/p", {"X": " key"}),
        VendorRequest("POST", "/p", {"X": "key "}),
        VendorRequest("POST", "/p", {"X": "\tkey"}),
    ],
    ids=repr,
)
def test_what_cannot_be_said_is_refused(run: Run, request_: VendorRequest) -> None:
    """A header, path or method that could become something else on the wire is refused before anything is sent."""

    async def scene() -> None:
        async with Server(answers) as server, opened(server.url) as transport:
            error, evidence = await failure(transport, request_)
            assert not evidence.sent
            assert "X-Other" not in str(error)
            await send(transport, GET)
            assert len(server.requests) == len(server.peers) == 1

    run(scene())


def test_cookies_are_never_replayed(run: Run) -> None:
    """A cookie that one answer sets is in no later request."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nSet-Cookie: tenant=one; Path=/\r\nContent-Length: 0\r\n\r\n")
        await peer.request(2)
        peer.send(OK)

    async def scene() -> None:
        # By a name: a jar may keep no cookies for bare addresses.
        async with Server(script) as server, opened(server.named, resolver=Names()) as transport:
            assert (await send(transport, GET)).headers["set-cookie"] == "tenant=one; Path=/"
            await send(transport, POST)
            assert b"ookie" not in server.received

    run(scene())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers(run: Run, status: int) -> None:
    """A redirect is handed back as it came, and nothing goes where it points."""

    async def scene() -> None:
        async with Server(answers) as elsewhere:

            async def script(peer: Peer) -> None:
                await peer.request()
                peer.send(f"HTTP/1.1 {status} X\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n".encode())

            async with Server(script) as server, opened(server.url) as transport:
                evidence = Evidence()
                assert (await send(transport, POST, evidence)).status == evidence.status == status
                assert (len(server.requests), elsewhere.peers) == (1, [])

    run(scene())
