"""Which address of a vendor is connected to, and who looks it up."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.port import Secret, VendorSettings
from gateway.port.addresses import is_link_local_or_metadata, is_public
from gateway.transport import AddressRefused, Transport, boottime
from gateway.transport.endpoint import Endpoint
from tests.gateway.transport.raw_server import (
    CA,
    POST,
    Names,
    Peer,
    Server,
    answers,
    failure,
    opened,
    send,
    tls,
    yielded,
)

Run = Callable[[Any], None]
encrypted = pytest.mark.parametrize("context", [None, tls()], ids=["plain", "tls"])


class Several:
    """A resolver that finds these addresses, and counts how often it is asked."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        self.asked += 1
        await asyncio.sleep(0)
        return [{"hostname": host, "host": each, "port": port, "family": family} for each in self.hosts]


def full(port: int, stack: ExitStack) -> None:
    """Have 127.0.0.2 take no more connections on a port, without refusing them."""
    listener = stack.enter_context(socket.socket())
    listener.bind(("127.0.0.2", port))
    listener.listen(0)
    for _ in range(8):
        other = stack.enter_context(socket.socket())
        other.setblocking(False)
        other.connect_ex(("127.0.0.2", port))


@encrypted
@pytest.mark.parametrize("hosts", [("127.0.0.2", "127.0.0.1"), ("::1", "127.0.0.3", "127.0.0.1")])
def test_next_address_where_one_refuses(run: Run, context: Any, hosts: tuple[str, ...]) -> None:
    """Where nobody listens at one address of a name, the next is tried, and the request goes once."""

    async def scene() -> None:
        async with Server(answers, tls=context) as server:
            names = Several(*hosts)
            async with opened(server.named, ca_file=CA, resolver=names) as transport:
                assert (await send(transport, POST)).body == b"ok"
                assert len(server.requests) == 1

    run(scene())


def test_next_address_where_one_hangs(run: Run) -> None:
    """An address that does not answer holds a call up for a moment, and not until its deadline."""

    async def scene() -> None:
        with ExitStack() as stack:
            async with Server(answers) as server:
                full(server.port, stack)
                names = Several("127.0.0.2", "127.0.0.1")
                async with opened(server.named, resolver=names) as transport:
                    assert (await send(transport, POST)).body == b"ok"

    run(scene())


def test_no_address_answers(run: Run) -> None:
    """Where every address refuses, nothing was sent, and the error names none of them."""

    async def scene() -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            names = Several("127.0.0.1", "127.0.0.2")
            async with opened(f"http://vendor.test:{bound.getsockname()[1]}", resolver=names) as transport:
                error, evidence = await failure(transport, POST)
                assert not evidence.sent
                assert "refused" in str(error)
                assert "127" not in str(error)

    run(scene())


def test_no_address_at_all(run: Run) -> None:
    """A resolver that finds nothing is an error before anything is sent."""

    async def scene() -> None:
        async with opened("http://vendor.test", resolver=Several()) as transport:
            assert not (await failure(transport, POST))[1].sent

    run(scene())


def test_name_of_this_machine(run: Run) -> None:
    """A name that the system knows is found by the system."""

    async def scene() -> None:
        async with Server(answers) as server, opened(server.url.replace("127.0.0.1", "localhost")) as transport:
            assert (await send(transport, POST)).body == b"ok"
            assert f"\r\nHost: localhost:{server.port}\r\n".encode() in server.requests[0]

    run(scene())


def test_one_look_up_for_all(run: Run) -> None:
    """Calls that need the address at the same time share a look-up, and later ones its result."""

    async def scene() -> None:
        async with Server(answers) as server:
            names = Several("127.0.0.1")
            async with opened(server.named, resolver=names, reuse_connections=False) as transport:
                await asyncio.gather(*(send(transport, POST) for _ in range(20)))
                await send(transport, POST)
                assert (names.asked, len(server.requests)) == (1, 21)

    run(scene())


def test_old_addresses_serve_while_new_ones_are_looked_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once found, an address is used on while a look-up does not end, or fails; nobody waits for it."""
    monkeypatch.setattr("gateway.transport.names.REMEMBERED", 0.0)
    asked = 0

    async def once(host: str, port: int) -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise OSError("no answer")
        if asked > 2:
            await asyncio.Event().wait()

    async def scene() -> None:
        async with Server(answers) as server:
            async with opened(server.named, resolver=Names(once), reuse_connections=False) as transport:
                for _ in range(5):
                    assert (await send(transport, POST)).body == b"ok"
                    await yielded()
            assert (asked, len(server.requests)) == (3, 5)

    run(scene())


def test_look_ups_that_fail_in_silence_are_said_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """While old addresses serve nobody else would notice; a look-up that finds them again ends it."""
    monkeypatch.setattr("gateway.transport.names.REMEMBERED", 0.0)
    outcomes = [True, False, False, True, False]

    async def sometimes(host: str, port: int) -> None:
        if outcomes and not outcomes.pop(0):
            raise OSError("no answer")

    async def scene() -> None:
        names = Names(sometimes)
        async with (
            Server(answers) as server,
            opened(server.named, resolver=names, reuse_connections=False) as transport,
        ):
            for _ in range(6):
                assert (await send(transport, POST)).body == b"ok"
                await yielded()

    with capture_logs() as logged:
        run(scene())
    assert [each["event"] for each in logged] == ["a name cannot be looked up; its old addresses serve"] * 2
    assert {each["error"] for each in logged} == {"OSError"}


def test_look_up_outlives_who_began_it(run: Run) -> None:
    """A cancelled call takes no look-up with it that another one waits for."""
    go_on = asyncio.Event()

    async def slowly(host: str, port: int) -> None:
        await go_on.wait()

    async def scene() -> None:
        async with Server(answers) as server, opened(server.named, resolver=Names(slowly)) as transport:
            first = asyncio.create_task(send(transport, POST))
            await yielded()
            second = asyncio.create_task(send(transport, POST))
            await yielded()
            first.cancel()
            await yielded()
            go_on.set()
            assert (await second).body == b"ok"
            assert first.cancelled()
            assert len(server.requests) == 1

    run(scene())


def test_failed_look_up_is_forgotten(run: Run) -> None:
    """A name that was not found is looked up again by the next call."""
    failures = [socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")]

    async def fails_once(host: str, port: int) -> None:
        if failures:
            raise failures.pop()

    async def scene() -> None:
        async with Server(answers) as server, opened(server.named, resolver=Names(fails_once)) as transport:
            assert "Temporary" in str((await failure(transport, POST))[0])
            assert (await send(transport, POST)).body == b"ok"

    run(scene())


def test_vendor_at_an_ipv6_address(run: Run) -> None:
    """An IPv6 address is connected to, and named in brackets."""

    async def scene() -> None:
        server = Server(answers)
        try:
            listener = await asyncio.get_running_loop().create_server(lambda: Peer(server), "::1", 0)
        except OSError:
            pytest.skip("this machine has no IPv6")
        port = listener.sockets[0].getsockname()[1]
        async with opened(f"http://[::1]:{port}") as transport:
            assert (await send(transport, POST)).body == b"ok"
            assert f"\r\nHost: [::1]:{port}\r\n".encode() in server.requests[0]
        listener.close()
        await asyncio.gather(*server.tasks)

    run(scene())


@pytest.mark.parametrize(
    ("url", "authority", "header"),
    [
        ("http://vendor.test", "vendor.test:80", "vendor.test"),
        ("http://vendor.test:80/v1", "vendor.test:80", "vendor.test"),
        ("http://vendor.test:443", "vendor.test:443", "vendor.test:443"),
        ("https://vendor.test:8443", "vendor.test:8443", "vendor.test:8443"),
        ("https://vendor.test.:443", "vendor.test:443", "vendor.test"),
        ("https://[2001:db8::1]", "[2001:db8::1]:443", "[2001:db8::1]"),
        ("http://[2001:db8::1]:81", "[2001:db8::1]:81", "[2001:db8::1]:81"),
    ],
)
def test_how_an_end_is_named(url: str, authority: str, header: str) -> None:
    """`Host` has the port only where it does not go without saying; a tunnel is always asked for with it."""
    end = Endpoint.of(url)
    assert (end.authority, end.header) == (authority, header)


def test_vendor_of_plain_http_needs_no_authorities() -> None:
    """Where no TLS is spoken, nobody is asked whom to trust: that would take time and memory for each vendor."""
    asked: list[str | None] = []

    def trusting(ca_file: str | None) -> ssl.SSLContext:
        asked.append(ca_file)
        return ssl.create_default_context(cafile=ca_file)

    for url in ("http://127.0.0.1", "https://127.0.0.1"):
        Transport(VendorSettings(adapter="any", base_url=url), boottime, trusting=trusting)
    assert asked == [None]


OF_THE_MACHINE = [
    *("169.254.169.254", "fe80::1", "fe80::1%lo", "fd00:ec2::254", "100.100.100.200", "::ffff:169.254.169.254"),
    *("::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254", "fd20:ce::254"),
    *("64:ff9b:1::a9fe:a9fe", "::ffff:0:a9fe:a9fe"),
]
SPELLINGS = ["0xA9FEA9FE", "2852039166", "0251.0376.0251.0376", "169.254.43518", "169.16689662"]


@pytest.mark.parametrize("host", OF_THE_MACHINE)
def test_a_name_of_a_link_local_address(run: Run, host: str) -> None:
    """Nothing is sent to it, nor connected; of several addresses the others serve."""

    async def scene() -> None:
        async with Server(answers) as server:
            url = f"http://vendor.test:{server.port}"
            async with opened(url, resolver=Several(host)) as transport:
                error, evidence = await failure(transport, POST)
                assert (type(error), evidence.sent) == (AddressRefused, False)
                assert "allow_link_local" in str(error)
                assert host not in str(error)
            async with opened(url, resolver=Several(host, "127.0.0.1")) as transport:
                assert (await send(transport, POST)).body == b"ok"
            assert len(server.peers) == 1

    run(scene())


@pytest.mark.parametrize("host", [*(each for each in OF_THE_MACHINE if "%" not in each), *SPELLINGS])
@pytest.mark.parametrize("field", ["base_url", "proxy"])
def test_a_link_local_address_in_the_settings(host: str, field: str) -> None:
    """It is refused as it stands there, in whichever spelling, unless it is allowed; plain http is no cure for it."""
    for scheme in ("https", "http"):
        url = f"{scheme}://[{host}]" if ":" in host else f"{scheme}://{host}"
        settings = {"adapter": "any", "base_url": "https://vendor.test", field: url}
        with pytest.raises(ValueError, match=rf"{field} is a link-local address .* allow_link_local: true"):
            VendorSettings(**settings)
        assert VendorSettings(**settings, allow_link_local=True, allow_http=True).allow_link_local


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "::1", "fd00::1", "2001:db8::1", "192.168.1.1", "vendor.test", "9.vendor.test"]
)
def test_any_other_address_is_a_vendors(host: str) -> None:
    """Those of private networks too."""
    assert not is_link_local_or_metadata(host)


def test_a_link_local_proxy(run: Run) -> None:
    """It is looked at by its addresses as well; those of a vendor behind it are the proxy's to look up."""

    async def scene() -> None:
        url, proxy = "https://vendor.test", Secret("http://proxy.test:3128")
        async with opened(url, proxy=proxy, resolver=Several("169.254.169.254")) as transport:
            error, evidence = await failure(transport, POST)
            assert (type(error), evidence.sent) == (AddressRefused, False)

    run(scene())


@pytest.mark.parametrize(
    "host",
    [
        *(
            "10.0.0.1",
            "172.31.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
        ),
        *("169.254.169.254", "168.63.129.16", "0x7f000001", "2130706433", "127.1", "192.0.2.1", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff0e::1", "2001:db8::1"),
        *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "::10.0.0.1", "::ffff:0:10.0.0.1", "64:ff9b::10.0.0.1"),
        *("64:ff9b:1::10.0.0.1", "2002:a00:1::", "2002:7f00:1::1"),
    ],
)
def test_an_address_that_is_not_public(host: str) -> None:
    """Private, of this machine, shared, of many, or one of these within an IPv6 address."""
    assert not is_public(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::8.8.8.8", "example.com", "localhost"])
def test_an_address_that_is_public_or_a_name(host: str) -> None:
    """A name is judged by what it resolves to, when a connection is made."""
    assert is_public(host)
