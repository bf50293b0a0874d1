"""More requests than a gateway can serve: what is refused, how fast, and that all else is served."""

from collections.abc import Callable
from itertools import count
from typing import Any

from benchmarks.stream import Stream
from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import MEMBER, Caller
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.wire import request

Calling = Callable[[GatewayProcess], Caller]
Configured = Callable[..., dict[str, Any]]
BODY = b'{"member": "%s", "points": "5"}' % MEMBER["fabric"].encode()


def test_a_crowd_of_writes(start: Starts, calling: Calling, vendors: Vendors, configured: Configured) -> None:
    """Of a thousand at once each is applied once, or refused as `overloaded` with its key as free as before."""
    accounts = configured()["vendors"]
    accounts["club"]["max_concurrency"] = 2000
    process = start(vendors=accounts)
    api = calling(process)
    numbers = count()
    port = int(process.url.rpartition(":")[2])

    def write() -> bytes:
        key = f"crowd-{next(numbers)}".encode()
        headers = [(b"Authorization", f"Bearer {KEYS['storefront']}".encode()), (b"Idempotency-Key", key)]
        headers.append((b"Content-Type", b"application/json"))
        return request(b"POST", b"/v1/adjustments", headers, BODY).replace(b"Connection: close\r\n", b"")

    heard = Stream(port, write, connections=500, seconds=DEADLINE, most=1000, patience=DEADLINE).run()
    assert heard.total == 1000
    assert set(heard.latencies) <= {201, 503}, heard.statuses
    assert len(vendors.club.effects) == heard.count(201) > 0
    storefront = api.acting(client="storefront")
    for key in (f"crowd-{number}" for number in range(0, 1000, 50)):
        until(lambda key=key: storefront.adjust(BODY, key=key).status_code == 201)  # type: ignore[misc]
        assert storefront.adjust(BODY, key=key).headers["idempotent-replayed"] == "true"
    assert heard.count(201) <= len(vendors.club.effects) <= 1000
