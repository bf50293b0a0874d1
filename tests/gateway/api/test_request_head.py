"""Heads that two readers could read in two ways, over real sockets: refused, each with its cause."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.api.refusal import Refused
from gateway.api.request_head import check
from gateway.api.request_headers import RequestHeaders
from tests.gateway.api.bench import Bench, served
from tests.gateway.api.test_endings import answers, problem

NO_HOST = "A request has one Host header, and this one has 0"
ADDRESS = "The address cannot be read: it is a path of percent-encoded ASCII"
END = b" HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
BODY = b"\r\n2\r\nab\r\n0\r\n\r\n"

TARGETS = {
    b"GET /a#b" + END: "An address has no fragment: send # as %23",
    b"GET /\xff" + END: ADDRESS,
    b"GET http://a" + END: ADDRESS,
    b"GET *" + END: ADDRESS,
    b"GET ftp://a/b" + END: ADDRESS,
    b"GET http://user:word@a/b" + END: ADDRESS,
    b"GET http://a:99999/b" + END: ADDRESS,
    b"GET http:///b" + END: ADDRESS,
    b"CONNECT a:1" + END: "The gateway is no proxy: CONNECT is not taken",
    b"get /" + END: "Invalid method",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": "HTTP",
    b"GET / HTTP/2.0\r\nHost: a\r\n\r\n": "The gateway speaks HTTP/1.1 and HTTP/1.0",
    b"GET / HTTP/0.9\r\n\r\n": "The gateway speaks HTTP/1.1 and HTTP/1.0",
}
HOSTS = {
    b"GET / HTTP/1.1\r\n\r\n": NO_HOST,
    b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n": NO_HOST,
    b"GET http://a/ HTTP/1.1\r\n\r\n": NO_HOST,
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n": "A request has one Host header, and this one has 2",
    b"GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n": "A request has one Host header, and this one has 2",
    b"GET / HTTP/1.1\r\nHost:\r\n\r\n": "The Host is ''",
    b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n": "The Host is 'a, b'",
    b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n": "The Host is 'a/b'",
    b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n": "The Host is 'u@a'",
    b"GET / HTTP/1.1\r\nHost: a:port\r\n\r\n": "The Host is 'a:port'",
    b"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n": "The Host is 'a:1:2'",
    b"GET / HTTP/1.1\r\nHost: \xc3\xa9\r\n\r\n": "The Host is",
    b"GET / HTTP/1.1\r\nHost: " + b"\xff" * 5000 + b"\r\n\r\n": "The Host is",
}
FRAMING = {
    POST + b"Transfer-Encoding: chunked, chunked\r\n" + BODY: "Transfer-Encoding",
    POST + CHUNKED + CHUNKED + BODY: "Transfer-Encoding",
    POST + b"Transfer-Encoding: gzip, chunked\r\n" + BODY: "The Transfer-Encoding is 'gzip, chunked'",
    POST + b"Transfer-Encoding: gzip\r\n" + CHUNKED + BODY: "The Transfer-Encoding is 'gzip, chunked'",
    POST + CHUNKED + b"Transfer-Encoding: gzip\r\n" + BODY: "Transfer-Encoding",
    POST + b"Transfer-Encoding: identity\r\n" + BODY: "Transfer-Encoding",
    POST + b"Transfer-Encoding: xchunked\r\n" + BODY: "Transfer-Encoding",
    POST + b"Transfer-Encoding: \x0bchunked\r\n" + BODY: "Invalid header value char",
    POST + b"Transfer-Encoding:\r\n" + BODY: "Transfer-Encoding",
    POST + b"Transfer-Encoding : chunked\r\n" + BODY: "Invalid header field char",
    POST + b"Transfer-Encoding\r\n : chunked\r\n" + BODY: "Invalid header token",
    POST + CHUNKED + b"Content-Length: 2\r\n" + BODY: "Content-Length can't be present with Transfer-Encoding",
    POST + b"Content-Length: 2\r\n" + CHUNKED + BODY: "Transfer-Encoding can't be present with Content-Length",
    b"POST / HTTP/1.0\r\n" + CHUNKED + BODY: "HTTP/1.0 knows no Transfer-Encoding",
    POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab": "Content-Length",
    POST + b"Content-Length: 2, 2\r\n\r\nab": "Content-Length",
    POST + b"Content-Length: +2\r\n\r\nab": "Content-Length",
    POST + b"Content-Length: " + b"0" * 5000 + b"2\r\n\r\nab": "A Content-Length has at most 19 digits",
    POST + b"Content-Length: 0x2\r\n\r\nab": "Content-Length",
    POST + b"Content-Length:\r\n\r\nab": "Content-Length",
    POST + CHUNKED + b"\r\nx\r\n": "chunk size",
    POST + CHUNKED + b"\r\n2 \r\nab\r\n0\r\n\r\n": "chunk size",
    POST + CHUNKED + b"\r\n2\nab\n0\n\n": "Missing expected CR after chunk size",
    POST + b"A: b\r\n c\r\n\r\n": "Unexpected whitespace after header value",
    POST + b"A: b\nContent-Length: 2\r\n\r\nab": "Missing expected CR after header value",
    POST + b"A: b\rContent-Length: 2\r\n\r\nab": "Missing expected LF after header value",
    POST + b"A: b\0c\r\n\r\n": "Invalid header value char",
    POST + b"A\0: b\r\n\r\n": "Invalid header token",
    POST + b": b\r\n\r\n": "Invalid header token",
    b"GET / HTTP/1.1\n" + b"Host: a\n\n": "Expected CRLF after version",
    b"GET / HTTP/1.1\r\n Host: a\r\n\r\n": "Unexpected space after start line",
}


@pytest.mark.parametrize("cases", [TARGETS, HOSTS, FRAMING], ids=["targets", "hosts", "framing"])
def test_a_refusal_names_its_cause(cases: dict[bytes, str]) -> None:
    """No such request reaches the application; its caller hears what is wrong, and the connection is closed."""

    async def body(bench: Bench) -> None:
        for raw, cause in cases.items():
            caller = await bench.connect()
            caller.send(raw)
            assert (raw, cause) == (raw, cause if cause in problem(await caller.ended())["detail"] else "")
            # Framing that is found bad in the body may have let the head through; the body is never whole.
            assert bench.bodies == []

    served(body)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET http://elsewhere:80/a?b=http://u@c/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET HTTPS://[::1]:8080/a HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET //a/b HTTP/1.1\r\nHost: a\r\n\r\n",
        *(
            b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
            for host in (b"a", b"A-b_c.example:8080", b"127.0.0.1:1", b"[::1]:65535", b"[fe80::1]", b"a:", b"x%20y")
        ),
        POST + b"Transfer-Encoding: Chunked\r\n" + BODY,
        POST + CHUNKED + b"\r\n000002;a=b\r\nab\r\n0\r\n\r\n",
    ],
    ids=repr,
)
def test_a_head_that_is_read_in_one_way(head: bytes) -> None:
    """Any form of a target, of a Host and of a chunked body that HTTP knows is taken."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(head)
        caller.shut()
        good, rest = await answers(caller)
        assert (len(good), rest) == (1, b"")

    served(body)


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from([b"Host", b"Transfer-Encoding", b"X"]).flatmap(
            lambda name: st.tuples(
                st.just(name.lower()), st.sampled_from([b"a", b"a:1", b"", b"chunked", b"CHUNKED", b"b c"])
            )
        ),
        max_size=4,
    ),
    st.sampled_from(["1.0", "1.1"]),
)
def test_what_is_believed_has_one_meaning(headers: list[tuple[bytes, bytes]], version: str) -> None:
    """Of all heads, those pass that have one usable Host, or none in HTTP/1.0, and no coding or chunked in HTTP/1.1."""
    hosts = [value for name, value in headers if name == b"host"]
    codings = [value for name, value in headers if name == b"transfer-encoding"]
    one_host = len(hosts) == 1 and hosts[0] not in (b"", b"b c")
    host = one_host or (version == "1.0" and not hosts)
    framed = not codings or (version == "1.1" and [each.lower() for each in codings] == [b"chunked"])
    try:
        check(version, b"/", RequestHeaders(headers))
    except Refused:
        assert not (host and framed)
    else:
        assert host
        assert framed
