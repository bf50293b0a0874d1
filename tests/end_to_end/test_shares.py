"""Fair shares: what one client may have under way, and whose turn it is at a vendor's places."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from gateway.delivery.channels import QUEUE
from tests.end_to_end.caller import MEMBER, Caller, refused
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.wire import Wire, request

Calling = Callable[[GatewayProcess], Caller]
Configured = Callable[..., dict[str, Any]]
CRM = {"member": MEMBER["contact-points"], "points": "5"}
LONGEST = 300
"""Seconds that a vendor may be given; a fifth of it is how long a call waits for its place there."""
ASKED = 422
"""What the vendor's own answer about a member whom it does not know becomes."""


class Line:
    """Requests of several clients to one gateway, which come to it in their order."""

    def __init__(self, api: Caller, url: str, opened: ExitStack) -> None:
        self._api = api
        self._url = url
        self._opened = opened

    def balance(self, client: str, member: str, *, tenant: str = "acme") -> Wire:
        """One client asks for a balance, and has come as far as it comes without the vendor."""
        wire = self._opened.enter_context(Wire(self._url))
        headers = [(b"Authorization", f"Bearer {KEYS[client]}".encode()), (b"X-Tenant", tenant.encode())]
        wire.send(request(b"GET", f"/v1/members/email:{member}@example.com/balance".encode(), headers))
        for _ in range(3):  # whatever is read, planned and looked up for it by then is
            assert self._api.get("/v1/capabilities").status_code == 200
        return wire


def test_requests_under_way_of_one_client(
    start: Starts, calling: Calling, vendors: Vendors, configured: Configured
) -> None:
    """One more than `max_concurrency` is refused before anything is claimed; nobody else's is, nor is it later on."""
    clients = configured()["clients"]
    clients["storefront"]["max_concurrency"] = 2
    api = calling(start(clients=clients))
    storefront = api.acting(client="storefront")
    vendors.crm.fault("hang", when="before", times=3)
    with ThreadPoolExecutor(3) as pool:
        first = [pool.submit(storefront.adjust, CRM) for _ in range(2)]
        vendors.crm.requests.wait_for(2)
        response = storefront.adjust(CRM, key="key-too-many")
        problem = refused(response, 429, "rate_limited")
        assert (problem["retryable"], response.headers["retry-after"]) == (True, "1")
        assert "2 requests under way" in problem["detail"]
        refused(storefront.get("/v1/capabilities"), 429, "rate_limited")
        assert api.get("/v1/adjustments", idempotency_key="key-too-many").json()["data"] == []
        other = pool.submit(api.adjust, CRM)
        vendors.crm.requests.wait_for(3)
        vendors.crm.release()
        assert [each.result().status_code for each in (*first, other)] == [201] * 3
    assert storefront.adjust(CRM, key="key-too-many").status_code == 201
    refused(storefront.adjust({"member": "nobody"}), 400, "invalid_request")  # whatever ends a request ends its count
    assert [storefront.adjust(CRM).status_code for _ in range(3)] == [201] * 3


def test_one_client_cannot_have_the_whole_queue_of_a_vendor(
    start: Starts, calling: Calling, vendors: Vendors, configured: Configured
) -> None:
    """Who has filled it gives way to who has nothing there, and hears so at once; nothing of that call was sent."""
    accounts = configured()["vendors"]
    accounts["arcade"] |= {"max_concurrency": 1, "timeout": LONGEST}
    process = start(vendors=accounts)
    api = calling(process)
    vendors.arcade.fault("hang", when="before")
    with ExitStack() as opened:
        line = Line(api, process.url, opened)
        first = line.balance("storefront", "a")
        vendors.arcade.requests.wait_for(1)
        waiting = [line.balance("storefront", f"b{number}") for number in range(QUEUE)]
        other = line.balance("kiosk", "d")
        displaced = waiting.pop().answer()
        assert (displaced.status, displaced.code) == (503, "vendor_unavailable")
        assert int(displaced.headers["retry-after"]) >= 1
        vendors.arcade.release()
        assert [each.answer().status for each in (first, *waiting, other)] == [ASKED] * (QUEUE + 1)
    assert len(vendors.arcade.requests) == QUEUE + 1


def test_a_shared_read_does_not_lose_its_place_for_others(
    start: Starts, calling: Calling, vendors: Vendors, configured: Configured
) -> None:
    """Where a client's read gives way, another client that waited for the same read has a turn of its own."""
    accounts = configured()["vendors"]
    accounts["arcade"] |= {"max_concurrency": 2, "timeout": LONGEST}
    tenants = configured()["tenants"]
    tenants["acme"]["routes"]["balance"] = {"vendor": "arcade", "cache": 60}
    process = start(vendors=accounts, tenants=tenants)
    api = calling(process)
    vendors.arcade.fault("hang", when="before", times=2)
    with ExitStack() as opened:
        line = Line(api, process.url, opened)
        under_way = [line.balance("storefront", member) for member in "ab"]
        vendors.arcade.requests.wait_for(2)
        waiting = [line.balance("storefront", f"c{number}") for number in range(2 * QUEUE - 1)]
        waiting.append(line.balance("storefront", "f"))
        shared = line.balance("kiosk", "f")
        other = line.balance("anywhere", "g")
        displaced = waiting[-1].answer()
        assert displaced.status == 503
        vendors.arcade.release()
        responses = [each.answer() for each in (*under_way, shared, other)]
    assert [each.status for each in responses] == [ASKED] * 4
