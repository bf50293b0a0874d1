"""Time-outs of one call, proxies and certificates, over real sockets."""

import ssl
from pathlib import Path

import pytest

from points_gateway_client import NoAnswer
from tests.client.app import App
from tests.client.listener import BALANCE, Listening, answer, options
from tests.deadlines import DEADLINE, scaled

MEMBER = "phone:+1234567890"
CERTIFICATES = Path(__file__).parents[1] / "gateway/transport/certificates"


def test_a_call_may_have_a_time_out_of_its_own(app: App, listener: Listening) -> None:
    """It holds in place of the client's, for this call."""
    server, thread = listener
    server.answers = [None]
    thread.start()
    client = options(server.port, timeout=DEADLINE, retries=0)
    with pytest.raises(NoAnswer, match="ReadTimeout"):
        app.call("balance", MEMBER, timeout=scaled(0.3), client=client)


def test_calls_go_through_a_proxy(app: App, listener: Listening) -> None:
    """The proxy is asked for the whole address, and no name is looked up here."""
    server, thread = listener
    server.answers = [answer(BALANCE)]
    thread.start()
    client = options(server.port, base_url="http://points.test/gw", proxy=f"http://127.0.0.1:{server.port}")
    assert app.call("balance", MEMBER, client=client).available == 5
    assert server.heads[0].startswith(
        b"GET http://points.test/gw/v1/members/phone%3A%2B1234567890/balance HTTP/1.1\r\n"
    )


@pytest.mark.parametrize("verify", ["file", "path", "context", False])
def test_whose_certificates_are_trusted(app: App, listener: Listening, verify: object) -> None:
    """A file of authorities, a context, or anybody's: the gateway that has such a certificate is spoken to."""
    server, thread = listener
    server.certificate = CERTIFICATES / "server.pem"
    server.answers = [answer(BALANCE)]
    thread.start()
    authority = CERTIFICATES / "ca.pem"
    trusted = {"file": str(authority), "path": authority, "context": ssl.create_default_context(cafile=authority)}
    client = options(server.port, base_url=f"https://localhost:{server.port}", verify=trusted.get(str(verify), verify))
    assert app.call("balance", MEMBER, client=client).available == 5


@pytest.mark.parametrize("verify", ["other-ca.pem", True])
def test_a_certificate_of_somebody_else_ends_the_call(app: App, listener: Listening, verify: str | bool) -> None:
    """Nothing, and no key, is sent to a server whose certificate is not trusted."""
    server, thread = listener
    server.certificate = CERTIFICATES / "server.pem"
    server.answers = [answer(BALANCE)]
    thread.start()
    trusted = verify if isinstance(verify, bool) else CERTIFICATES / verify
    client = options(server.port, base_url=f"https://localhost:{server.port}", verify=trusted, retries=0)
    with pytest.raises(NoAnswer, match=r"nothing was sent \(ConnectError\)"):
        app.call("balance", MEMBER, client=client)
    assert server.heads == []
