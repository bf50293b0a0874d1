"""Simulators run beside code that has no event loop."""

import httpx

from gateway.simulation import in_thread
from tests.deadlines import DEADLINE
from tests.gateway.simulation.till import Till
from tests.plain import PLAIN


def test_several_in_one_thread() -> None:
    """`in_thread` runs several simulators side by side, each with a port and a state of its own."""
    one, two = Till(), Till()
    with in_thread(one, two), httpx.Client(trust_env=False, verify=PLAIN, timeout=DEADLINE) as client:
        client.post(f"{one.base_url}/add", content=b"5")
        assert client.get(two.base_url).json() == {"held": 0}
    assert (len(one.effects), len(two.effects)) == (1, 0)
