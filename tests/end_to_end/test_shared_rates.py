"""Rates that processes share, while the server that counts them is away."""

import socket
from collections.abc import Callable
from typing import Any

import httpx

from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.plain import PLAIN


def test_a_process_allows_its_share(
    start: Starts, calling: Callable[[GatewayProcess], Caller], configured: Callable[..., dict[str, Any]], nowhere: str
) -> None:
    """Clients are served within the share of the process; the log and the metrics say that it is alone."""
    clients, server = configured()["clients"], configured()["server"]
    clients["storefront"]["rate"] = "4/hour"
    with socket.create_server(("127.0.0.1", 0)) as free:
        admin = f"127.0.0.1:{free.getsockname()[1]}"
    shared = {"shared": f"redis://{nowhere.removeprefix('http://')}", "share": 0.5, "admin": admin}
    gateway = start(clients=clients, server={**server, **shared})
    api = calling(gateway).acting(client="storefront")
    assert [api.get("/v1/capabilities").status_code for _ in range(2)] == [200, 200]
    refused(api.get("/v1/capabilities"), 429, "rate_limited")
    until(lambda: "the shared rates are away" in gateway.log)
    metrics = httpx.get(f"http://{admin}/metrics", trust_env=False, verify=PLAIN, timeout=DEADLINE).text
    assert "points_shared_rates_up 0.0" in metrics
