"""What of a way to a vendor goes on from one configuration to the next, and what is made anew."""

import asyncio
import gc
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from gateway.delivery.channels import Channel, Channels
from gateway.delivery.circuit import Sign
from gateway.delivery.concurrency import NoPlace
from gateway.metrics import Metrics
from gateway.model import CircuitState
from gateway.port import VendorSettings
from gateway.port.secrets import Secret, TextSecret
from gateway.transport import Transport
from tests.gateway.transport.raw_server import CA, CERTIFICATES

WHOLE = {
    "adapter": "any",
    "base_url": "https://vendor.example",
    "ca_file": str(CA),
    "client_cert": str(CERTIFICATES / "client.pem"),
    "client_key": str(CERTIFICATES / "client.key"),
    "client_key_password": TextSecret("password"),
    "proxy": Secret("http://user:password@proxy.example:8080"),
}
MAKES_ANOTHER: dict[str, Any] = {
    "base_url": "https://vendor.example/v2",
    "ca_file": None,
    "client_cert": str(CERTIFICATES / "renewed.pem"),
    "client_key": str(CERTIFICATES / "client-encrypted.key"),
    "client_key_password": TextSecret("another"),
    "proxy": Secret("http://user:another@proxy.example:8080"),
    "allow_link_local": True,
    "reuse_connections": True,
    "max_answer": 1000,
}
CHANGES_NOTHING: dict[str, Any] = {
    "adapter": "other",
    "timeout": 3.0,
    "max_concurrency": 3,
    "allow_http": True,
    "not_applied": (500,),
    "problems": {"no": "not_applied"},
    "trust_absence": True,
    "probe": False,
    "ignore": ("store",),
    "resolve": ("email",),
    "traceparent": True,
    "paused": True,
}


def settings(**changes: Any) -> VendorSettings:
    return VendorSettings(**{"adapter": "any", "base_url": "https://vendor.example", **changes})


class Bench:
    """The channels of one process, on a clock that stands still."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.channels = Channels(metrics=self.metrics, clock=lambda: 0.0)

    def open(self, name: str = "crm", *, outages: int = 1, **changes: Any) -> Channel:
        return self.channels.open(name, settings(**changes), "call", outages=outages)

    def circuits(self) -> list[str]:
        """What the metrics say of open circuits."""
        lines = self.metrics.exposition().decode().splitlines()
        return [line for line in lines if line.startswith("points_circuit{") and 'state="open"' in line]


def outage(channel: Channel) -> None:
    entered = channel.circuit.enter()
    assert entered is not None
    channel.circuit.leave(entered, Sign.OUTAGE)


def closed(channel: Channel) -> bool:
    return channel.transport._closed


@pytest.mark.parametrize("field", sorted(VendorSettings.model_fields))
def test_what_a_transport_is_made_of(field: str) -> None:
    """Each setting of a vendor is one that makes another transport or one that it goes on under."""
    before = VendorSettings(**WHOLE)
    assert field in MAKES_ANOTHER.keys() ^ CHANGES_NOTHING.keys(), "a new setting has to be told apart here"
    after = before.model_copy(update={field: {**MAKES_ANOTHER, **CHANGES_NOTHING}[field]})
    assert after != before
    assert (Transport.basis(after) != Transport.basis(before)) is (field in MAKES_ANOTHER)


def test_authorities_that_were_replaced_are_trusted(tmp_path: Path) -> None:
    """A `ca_file` with other contents makes another transport, as its name says nothing of them."""
    file = tmp_path / "ca.pem"
    shutil.copy(CA, file)
    os.utime(file, (1, 1))
    bench = Bench()
    first = bench.open(ca_file=str(file))
    assert bench.open(ca_file=str(file)).transport is first.transport
    os.utime(file, (2, 2))
    assert bench.open(ca_file=str(file)).transport is not first.transport


def test_the_same_settings_share_transport_circuit_and_limit() -> None:
    """A second configuration with the same vendor has its connections, and finds its circuit as it stands."""
    bench = Bench()
    first = bench.open()
    outage(first)
    second = bench.open(max_concurrency=3)
    assert second.transport is first.transport
    assert second.circuit is first.circuit
    assert second.circuit.state is CircuitState.OPEN
    assert second.concurrency is first.concurrency


def test_names_and_purposes_share_nothing() -> None:
    """Two vendors at one address, or a vendor's calls and its searches, hold each other up in nothing."""
    bench = Bench()
    others = [
        bench.open(),
        bench.open("other"),
        bench.channels.open("crm", settings(), "search", outages=1),
    ]
    for part in ("transport", "circuit", "concurrency"):
        assert len({id(getattr(each, part)) for each in others}) == len(others)


def test_a_transport_closes_with_its_last_channel() -> None:
    """What another configuration uses stays open, and nothing stays behind."""
    bench = Bench()
    first, second, elsewhere = bench.open(), bench.open(), bench.open(base_url="https://other.example")
    bench.channels.release([first, elsewhere])
    assert (closed(first), closed(elsewhere), len(bench.channels)) == (False, True, 1)
    bench.channels.release([second])
    assert (closed(second), len(bench.channels)) == (True, 0)


def test_a_vendor_that_moved_keeps_its_limit() -> None:
    """Another address has a transport and a circuit of its own; calls to both count together."""
    bench = Bench()
    before, after = bench.open(), bench.open(base_url="https://other.example")
    assert after.transport is not before.transport
    assert after.circuit is not before.circuit
    assert after.concurrency is before.concurrency


def test_another_number_of_outages_has_another_circuit() -> None:
    """The connections stay."""
    bench = Bench()
    before, after = bench.open(outages=1), bench.open(outages=0)
    assert after.transport is before.transport
    assert after.circuit is not before.circuit


def test_a_limit_changes_once_its_settings_are_in_force() -> None:
    """Not before: a configuration that was only prepared changes nothing for the one in use."""

    async def scene() -> None:
        async def taken() -> int:
            """How many places there are; they are given back."""
            count = 0
            try:
                while await first.concurrency.take(asyncio.get_running_loop().time()) is None:
                    count += 1
            except NoPlace:
                for _ in range(count):
                    first.concurrency.release()
            return count

        bench = Bench()
        first = bench.open(max_concurrency=2)
        second = bench.open(max_concurrency=5)
        assert await taken() == 2
        bench.channels.put_in_force([second])
        assert await taken() == 5

    asyncio.run(scene())


def test_the_metrics_show_what_is_in_force() -> None:
    """One circuit for each vendor of the configuration in use, whatever calls on an earlier one still find out."""
    bench = Bench()
    before = bench.open()
    bench.channels.put_in_force([before])
    outage(before)
    assert bench.circuits() == ['points_circuit{purpose="call",state="open",vendor="crm"} 1.0']
    after = bench.open(base_url="https://other.example")
    bench.channels.put_in_force([after])
    assert bench.circuits() == ['points_circuit{purpose="call",state="open",vendor="crm"} 0.0']
    another = bench.open(base_url="https://third.example")
    outage(another)
    assert bench.circuits() == ['points_circuit{purpose="call",state="open",vendor="crm"} 0.0']
    bench.channels.put_in_force([])
    assert bench.circuits() == []


def test_nothing_of_a_vendor_is_kept_once_it_is_gone() -> None:
    """Circuits and limits go with the channels that had them."""
    bench = Bench()
    for number in range(10):
        channel = bench.open(f"vendor-{number}")
        bench.channels.release([channel])
    del channel
    gc.collect()
    assert (len(bench.channels), len(bench.channels._circuits), len(bench.channels._limits)) == (0, 0, 0)
