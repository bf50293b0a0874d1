"""A repeat while its key is in flight waits for the outcome: a lost answer costs no more than the vendor's time."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self

import httpx
import pytest

from gateway.service.waiting import MOST_EACH
from tests.deadlines import DEADLINE
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors

FIVE = {"member": "contact_id:1", "points": "5"}
KEY = "key-waited-for"
Calling = Callable[[GatewayProcess], Caller]
Heard = Future[httpx.Response]


class Crowd:
    """A first request that the vendor keeps waiting, and more repeats of it than are let wait: one hears so at once."""

    def __init__(self, pool: ThreadPoolExecutor, arrived: Callable[[], object], first: Caller, other: Caller) -> None:
        self.api = first
        self.first: Heard = pool.submit(first.adjust, FIVE, key=KEY)
        arrived()
        self.repeats: set[Heard] = {pool.submit(other.adjust, FIVE, key=KEY) for _ in range(MOST_EACH + 1)}
        done, self.waiting = wait(self.repeats, DEADLINE, FIRST_COMPLETED)
        # Once one is told that too many wait, all the others do.
        assert len(done) == 1
        [self.turned_away] = (repeat.result() for repeat in done)

    def heard(self) -> list[httpx.Response]:
        """What those who waited heard."""
        return [repeat.result(DEADLINE) for repeat in self.waiting]


class Locked:
    """A vendor that takes requests in, and refuses the gateway's credentials once it is told to answer."""

    def __init__(self) -> None:
        self.requests = 0
        self.arrived, self.answers = Event(), Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.answers.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                vendor.requests += 1
                vendor.arrived.set()
                vendor.answers.wait(DEADLINE)
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def locked() -> Iterator[Locked]:
    with Locked() as vendor:
        yield vendor


@pytest.fixture
def gateways(start: Starts, configured: Callable[..., dict[str, Any]]) -> Callable[..., GatewayProcess]:
    """Starts gateways that let repeats wait for as long as a test takes."""

    def begin(**server: Any) -> GatewayProcess:
        return start(server={**configured()["server"], "repeat_wait": 60, **server})

    return begin


@pytest.fixture
def crowded(calling: Calling, vendors: Vendors) -> Iterator[Callable[..., Crowd]]:
    """Makes a crowd, by the callers of a first gateway and of another, or of the same."""
    opened = ExitStack()

    def make(
        first: GatewayProcess, other: GatewayProcess | None = None, *, arrived: Callable[[], object] | None = None
    ) -> Crowd:
        if arrived is None:
            vendors.crm.fault("hang", when="before")
        pool = opened.enter_context(ThreadPoolExecutor(MOST_EACH + 2))
        opened.callback(vendors.crm.release)
        caller = calling(first)
        at_vendor = arrived or (lambda: vendors.crm.requests.wait_for(1))
        return Crowd(pool, at_vendor, caller, caller if other is None else calling(other))

    with opened:
        yield make


@pytest.mark.parametrize("apart", [False, True], ids=["one process", "two processes"])
def test_a_repeat_hears_the_outcome_of_the_first(
    gateways: Callable[..., GatewayProcess], crowded: Callable[..., Crowd], vendors: Vendors, apart: bool
) -> None:
    """Those who wait hear what the first comes to, in its own process or another; one too many is 409 at once."""
    first = gateways()
    crowd = crowded(first, gateways() if apart else None)
    problem = refused(crowd.turned_away, 409, "idempotency_in_progress")
    assert (problem["new_key_allowed"], crowd.turned_away.headers["retry-after"]) == (False, "1")
    vendors.crm.release()
    done = crowd.first.result(DEADLINE)
    assert done.status_code == 201
    for repeat in crowd.heard():
        assert (repeat.status_code, repeat.content) == (201, done.content)
        assert repeat.headers["idempotent-replayed"] == "true"
    assert (len(vendors.crm.requests), vendors.crm.points) == (1, [Decimal(5)])


def test_a_repeat_hears_it_through_postgresql(
    start: Starts,
    configured: Callable[..., dict[str, Any]],
    crowded: Callable[..., Crowd],
    vendors: Vendors,
    postgresql: Any,
) -> None:
    """Two gateways on one PostgreSQL, as on any two machines."""
    changed = {"server": {**configured()["server"], "repeat_wait": 60}, "store": postgresql.database()}
    crowd = crowded(start(**changed), start(**changed))
    vendors.crm.release()
    assert {repeat.content for repeat in crowd.heard()} == {crowd.first.result(DEADLINE).content}
    assert vendors.crm.points == [Decimal(5)]


@pytest.mark.parametrize("apart", [False, True], ids=["one process", "two processes"])
def test_who_waits_makes_no_attempt(
    start: Starts,
    configured: Callable[..., dict[str, Any]],
    crowded: Callable[..., Crowd],
    locked: Locked,
    apart: bool,
) -> None:
    """A failure that can be tried again is told as it stands; the next attempt is that of a later repeat."""
    whole = configured()
    crm = {**whole["vendors"]["crm"], "base_url": locked.url}
    changed = {"server": {**whole["server"], "repeat_wait": 60}, "vendors": {**whole["vendors"], "crm": crm}}
    first = start(**changed)
    crowd = crowded(first, start(**changed) if apart else None, arrived=lambda: locked.arrived.wait(DEADLINE))
    locked.answers.set()
    failed = refused(crowd.first.result(DEADLINE), 502, "vendor_auth_failed")
    for repeat in crowd.heard():
        assert refused(repeat, 502, "vendor_auth_failed") == failed
        assert (repeat.headers["retry-after"], repeat.headers["idempotent-replayed"]) == ("60", "true")
    assert locked.requests == 1
    api = crowd.api
    refused(api.adjust(FIVE, key=KEY), 502, "vendor_auth_failed")
    assert (api.under(KEY)["attempts"], locked.requests) == (2, 2)


def test_other_content_is_refused_at_once(
    gateways: Callable[..., GatewayProcess], crowded: Callable[..., Crowd]
) -> None:
    """What cannot be a repeat does not wait for what it is no repeat of."""
    crowd = crowded(gateways())
    problem = refused(crowd.api.adjust({**FIVE, "points": "6"}, key=KEY), 422, "idempotency_key_reused")
    assert "whose status is in_progress" in problem["detail"]
    assert not any(repeat.done() for repeat in crowd.waiting)


def test_the_drain_lets_those_go_who_wait(
    gateways: Callable[..., GatewayProcess], crowded: Callable[..., Crowd], calling: Calling, vendors: Vendors
) -> None:
    """A gateway that stops tells those who wait to come again, at once; the write under way it finishes."""
    gateway, other = gateways(), gateways()
    crowd = crowded(gateway)
    gateway.terminate()
    for repeat in crowd.heard():
        refused(repeat, 409, "idempotency_in_progress")
    assert not crowd.first.done()
    vendors.crm.release()
    done = crowd.first.result(DEADLINE)
    assert (done.status_code, gateway.ended()) == (201, 0)
    assert calling(other).adjust(FIVE, key=KEY).content == done.content
    assert vendors.crm.points == [Decimal(5)]


def test_a_repeat_that_waited_in_vain_comes_again_soon(
    gateways: Callable[..., GatewayProcess], calling: Calling, vendors: Vendors
) -> None:
    """Where the first was killed, or takes longer, the time is over: 409, and a `Retry-After` by the attempt's age."""
    first, other = gateways(), gateways(repeat_wait=0.1)
    vendors.crm.fault("hang", when="before")
    with ThreadPoolExecutor(1) as pool:
        cut_off = pool.submit(calling(first).adjust, FIVE, key=KEY)
        vendors.crm.requests.wait_for(1)
        first.kill()
        with pytest.raises(httpx.TransportError):
            cut_off.result(DEADLINE)
    repeat = calling(other).adjust(FIVE, key=KEY)
    refused(repeat, 409, "idempotency_in_progress")
    assert repeat.headers["retry-after"] in ("1", "2", "4")


def test_an_unknown_is_answered_at_once(
    gateways: Callable[..., GatewayProcess], calling: Calling, vendors: Vendors
) -> None:
    """What is not in flight is not waited for."""
    api = calling(gateways())
    vendors.crm.fault("close", when="after")
    assert api.adjust(FIVE, key=KEY).status_code == 202
    assert api.adjust(FIVE, key=KEY).status_code == 202
    assert len(vendors.crm.requests) == 1
