"""Two gateways behind a proxy, restarted one after the other while calls come: none is lost, and none is doubled."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from tests.deadlines import DEADLINE, scaled, until
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.proxies import PROXIES, program, proxying
from tests.end_to_end.vendors import Vendors
from tests.gateway.cli.conftest import free_ports
from tests.plain import PLAIN

CALLS = 500
"""The least number of calls: how many come is a matter of how long the proxy leaves a gateway alone."""
CALLERS = 8
LINGER = {"nginx by default": 0, "nginx example": scaled(0.5), "HAProxy example": scaled(1.5)}
"""Seconds: none where every call has a connection of its own, and nobody asks for `/readyz`."""


class Calls:
    """Callers who credit one point after the other, each under a new key, over a few kept connections."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, trust_env=False, verify=PLAIN, timeout=DEADLINE)
        self._numbers = count(1)
        self._pool = ThreadPoolExecutor(CALLERS)
        self.answers: list[object] = []
        self.calm = Event()
        """Set while callers pause after each call."""
        self._over = Event()
        self._running = [self._pool.submit(self._call) for _ in range(CALLERS)]

    def end(self) -> None:
        """Return once all callers have ended."""
        self._over.set()
        self._pool.shutdown()
        self._http.close()
        for each in self._running:
            each.result()

    def _call(self) -> None:
        headers = {"Authorization": f"Bearer {KEYS['storefront']}", "X-Tenant": "acme"}
        body = {"member": "contact_id:1", "points": 1}
        while not self._over.is_set():
            more = headers | {"Idempotency-Key": f"key-{next(self._numbers)}"}
            try:
                answer = self._http.post("/v1/adjustments", headers=more, json=body)
                self.answers.append(answer.status_code if answer.status_code == 201 else answer.text)
            except httpx.TransportError as error:
                self.answers.append(repr(error))
            if self.calm.is_set():
                self._over.wait(scaled(0.1))


@pytest.mark.parametrize("proxy", PROXIES)
def test_no_call_is_lost(
    start: Starts, vendors: Vendors, configured: Callable[..., dict[str, Any]], tmp_path: Path, proxy: str
) -> None:
    """Each call is answered as if nothing had happened, and has one effect, while both gateways are restarted."""
    if program(PROXIES[proxy][0]) is None:
        pytest.skip(f"{PROXIES[proxy][0]} is not installed: `make tools` installs it")
    server = {**configured()["server"], "linger": LINGER[proxy]}
    gateways = [start(server=server), start(server=server)]
    addresses = [each.serving().removeprefix("http://") for each in gateways]
    listen = f"127.0.0.1:{free_ports(1)[0]}"
    with ExitStack() as stack:
        url = stack.enter_context(proxying(proxy, tmp_path / "proxy", listen=listen, gateways=addresses))
        calls = Calls(url)
        stack.callback(calls.end)
        for number, address in enumerate(addresses):
            enough = len(calls.answers) + CALLS // 4
            until(lambda enough=enough: len(calls.answers) >= enough)  # type: ignore[misc]
            gateways[number].terminate()
            assert gateways[number].ended() == 0
            until(lambda enough=enough: len(calls.answers) >= enough + CALLS // 4)  # type: ignore[misc]
            calls.calm.set()
            new = start(server=server, port=int(address.rpartition(":")[2]))
            new.serving()
            if number == 0:  # the proxy has to ask it again, before the other one goes
                until(lambda new=new: answered(new) > 0)  # type: ignore[misc]
            calls.calm.clear()
    assert Counter(calls.answers).keys() == {201}
    assert len(vendors.crm.effects) == len(calls.answers) >= CALLS


def answered(gateway: GatewayProcess) -> int:
    """How many calls a gateway has answered."""
    return gateway.log.count('"route":"/v1/adjustments"')
