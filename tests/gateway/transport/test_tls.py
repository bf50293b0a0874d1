"""Whom a request is entrusted to."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import VendorRequest
from tests.gateway.transport.raw_server import (
    CA,
    GET,
    POST,
    SHORT,
    Names,
    Peer,
    Server,
    answers,
    failure,
    opened,
    send,
    silence,
    tls,
)

Run = Callable[[Any], None]
both = pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])


@both
def test_untrusted_authority(run: Run, request_: VendorRequest) -> None:
    """A certificate that the system's authorities did not sign gets nothing."""

    async def scene() -> None:
        async with Server(answers, tls=tls()) as server, opened(server.url) as transport:
            error, evidence = await failure(transport, request_)
            assert not evidence.sent
            assert not server.received
            assert "certificate" in str(error)

    run(scene())


def test_certificate_for_another_name(run: Run) -> None:
    """A trusted certificate for another host gets nothing; that host is not named, since callers hear of it."""

    async def scene() -> None:
        async with Server(answers, tls=tls()) as server:
            url = f"https://other.test:{server.port}"
            async with opened(url, ca_file=CA, resolver=Names()) as transport:
                error, evidence = await failure(transport, POST)
                assert not evidence.sent
                assert not server.received
                assert "mismatch" in str(evidence.error)
                assert "other.test" not in f"{error} {evidence.error}"

    run(scene())


def test_trusted_authority(run: Run) -> None:
    """A certificate that `ca_file` signed is trusted, and the address is found by the name in it."""

    async def scene() -> None:
        async with Server(answers, tls=tls()) as server:
            url = server.named
            async with opened(url, ca_file=CA, resolver=Names()) as transport:
                for request in (GET, POST):
                    assert (await send(transport, request)).body == b"ok"
                assert len(server.peers) == 1

    run(scene())


def test_plain_text_in_place_of_tls(run: Run) -> None:
    """A vendor that answers the TLS greeting in plain text gets nothing."""

    async def script(peer: Peer) -> None:
        await peer.until(lambda: bool(peer.received))
        peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await peer.end()

    async def scene() -> None:
        async with Server(script) as server, opened(server.url.replace("http:", "https:")) as transport:
            assert not (await failure(transport, POST))[1].sent
            assert b"POST" not in server.received

    run(scene())


@both
def test_tls_that_hangs(run: Run, request_: VendorRequest) -> None:
    """The TLS greeting counts against the deadline."""

    async def scene() -> None:
        async with Server(silence) as server, opened(server.url.replace("http:", "https:")) as transport:
            error, evidence = await failure(transport, request_, seconds=SHORT)
            assert error.timeout
            assert not evidence.sent
            assert request_.method.encode() not in server.received

    run(scene())


def test_missing_authorities() -> None:
    """A `ca_file` that cannot be read is found out when the transport is built."""

    async def scene() -> None:
        async with opened("https://vendor.test", ca_file="/nowhere.pem"):
            pass

    with pytest.raises(OSError, match="No such file"):
        asyncio.run(scene())


@both
def test_client_certificate_refused_after_sending(run: Run, request_: VendorRequest) -> None:
    """In TLS 1.3 a vendor refuses a missing client certificate when the request has already left: that is sent."""

    async def scene() -> None:
        context = tls(minimum_version=ssl.TLSVersion.TLSv1_3)
        context.load_verify_locations(CA)
        context.verify_mode = ssl.CERT_REQUIRED
        async with Server(answers, tls=context) as server, opened(server.url, ca_file=CA) as transport:
            error, evidence = await failure(transport, request_)
            assert not error.timeout
            assert evidence.sent
            assert evidence.status is None
            assert not server.received

    run(scene())
