"""As whom the gateway comes to a vendor over TLS, and which certificates of a vendor it takes."""

import asyncio
import shutil
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.transport import TransportError
from tests.gateway.transport.raw_server import (
    CA,
    CERTIFICATES,
    POST,
    Names,
    Peer,
    Server,
    answers,
    failure,
    opened,
    send,
    tls,
)

Run = Callable[[Any], None]
OTHER_CA = str(CERTIFICATES / "other-ca.pem")
CLIENT = {"client_cert": str(CERTIFICATES / "client.pem"), "client_key": str(CERTIFICATES / "client.key")}
ENCRYPTED = {**CLIENT, "client_key": str(CERTIFICATES / "client-encrypted.key"), "client_key_password": "of-the-key-1"}
IN_ONE_FILE = {"client_cert": str(CERTIFICATES / "renewed.pem")}


def mutual(authorities: str = OTHER_CA) -> ssl.SSLContext:
    """A server's side of TLS that lets in only whom these authorities have signed."""
    context = tls(verify_mode=ssl.CERT_REQUIRED)
    context.load_verify_locations(authorities)
    return context


def serial(peer: Peer) -> str:
    """The number of the certificate that a client has shown."""
    return str(peer.transport.get_extra_info("peercert")["serialNumber"])


@pytest.mark.parametrize("client", [CLIENT, ENCRYPTED, IN_ONE_FILE], ids=["two files", "encrypted", "one file"])
def test_a_vendor_that_asks_who_we_are(run: Run, client: dict[str, str]) -> None:
    """It is shown the certificate, and answers."""

    async def scene() -> None:
        async with Server(answers, tls=mutual()) as server, opened(server.url, ca_file=CA, **client) as transport:
            assert (await send(transport, POST)).body == b"ok"
            assert serial(server.peers[0])

    run(scene())


def test_a_vendor_that_refuses_our_certificate(run: Run) -> None:
    """Nothing is sent, so that the write can be tried again: under TLS 1.3 it would have left before that is known."""

    async def scene() -> None:
        async with Server(answers, tls=mutual(CA)) as server, opened(server.url, ca_file=CA, **CLIENT) as transport:
            error, evidence = await failure(transport, POST)
            assert not evidence.sent
            assert isinstance(error, TransportError)
            assert not server.received

    run(scene())


def test_a_certificate_without_a_subject_alternative_name(run: Run) -> None:
    """A common name counts for nothing, whoever signed it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "nameless.pem")

    async def scene() -> None:
        async with Server(answers, tls=context) as server:
            url = f"https://localhost:{server.port}"
            async with opened(url, ca_file=OTHER_CA, resolver=Names()) as transport:
                error, evidence = await failure(transport, POST)
                assert (evidence.sent, "Hostname mismatch" in str(error), bytes(server.received)) == (False, True, b"")

    run(scene())


def test_a_certificate_that_is_renewed(run: Run, tmp_path: Path) -> None:
    """The next connection shows the new one, without a restart; where its files cannot be read, the old one."""
    file = tmp_path / "client.pem"
    shutil.copy(CERTIFICATES / "renewed.pem", file)

    async def scene() -> None:
        async with (
            Server(answers, tls=mutual()) as server,
            opened(server.url, ca_file=CA, client_cert=str(file), reuse_connections=False) as transport,
        ):
            await send(transport, POST)
            file.write_text("nothing of use")
            with capture_logs() as logged:
                await send(transport, POST)
                await send(transport, POST)
            assert [line["event"] for line in logged] == [
                "a client certificate cannot be read again; the old one serves"
            ]
            file.write_bytes((CERTIFICATES / "client.pem").read_bytes() + (CERTIFICATES / "client.key").read_bytes())
            await send(transport, POST)
            first, second, third, fourth = map(serial, server.peers)
            assert first == second == third != fourth

    run(scene())


def test_a_certificate_that_is_renewed_while_its_call_is_given_up(run: Run, tmp_path: Path) -> None:
    """It is in force from the next connection on, and not forgotten with the call that was to read it."""
    file = tmp_path / "client.pem"
    shutil.copy(CERTIFICATES / "renewed.pem", file)

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        async with (
            Server(answers, tls=mutual()) as server,
            opened(server.url, ca_file=CA, client_cert=str(file), reuse_connections=False) as transport,
        ):
            await send(transport, POST)
            file.write_bytes((CERTIFICATES / "client.pem").read_bytes() + (CERTIFICATES / "client.key").read_bytes())
            busy = Event()
            holding = loop.run_in_executor(None, busy.wait)  # as a look-up of a name that is not answered
            _, evidence = await failure(transport, POST, seconds=0.05)
            assert not evidence.sent
            busy.set()
            await holding
            await send(transport, POST)
            first, second = map(serial, server.peers)
            assert first != second

    run(scene())
