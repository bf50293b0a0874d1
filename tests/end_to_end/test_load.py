"""Load and outages: one vendor's trouble is not another's, and what was held back was not sent."""

import contextlib
import resource
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from statistics import median
from threading import Event
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.deadlines import DEADLINE, scaled, until
from tests.end_to_end.caller import MEMBER, Caller, refused
from tests.end_to_end.configuration import DRAIN, HASTY, KEYS
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors

Calling = Callable[[GatewayProcess], Caller]
Configured = Callable[..., dict[str, Any]]

BALANCE = f"/v1/members/{MEMBER['iactionable']}/balance"
CRM = {"member": MEMBER["contact-points"], "points": "5"}
CLUB = {"member": MEMBER["fabric"], "points": "5"}
FACTOR = 5
"""How much slower a vendor may become while another one hangs; the machine is shared with whoever calls."""


def server(outages: int) -> dict[str, Any]:
    """The section `server` with this bound."""
    return {"listen": "127.0.0.1:0", "drain": DRAIN, "outages": outages}


def circuit(caller: Caller, vendor: str) -> dict[str, Any]:
    """How a vendor stands, as anybody can see."""
    response = caller.send("GET", "/readyz?verbose", headers={"Authorization": ""})
    assert response.status_code == 200, "a vendor's outage does not make the gateway unready"
    [found] = [each for each in response.json()["vendors"] if each["name"] == vendor]
    return dict(found)


def writes(vendors: Vendors) -> int:
    """How many writes one of them saw; a probe changes nothing, and is none."""
    return sum(request.method == "POST" for request in vendors.crm.requests)


def pause_is_over(caller: Caller, vendor: str) -> None:
    """Return once an open circuit would let a probe through."""
    until(lambda: "retry_after" not in circuit(caller, vendor))


def seconds(call: Callable[[], httpx.Response]) -> float:
    begun = perf_counter()
    assert call().status_code == 201
    return perf_counter() - begun


@contextmanager
def besieged(call: Callable[[], httpx.Response], callers: int) -> Iterator[list[httpx.Response]]:
    """So many callers at once, each coming again a moment after its answer, until the block ends."""
    responses: list[httpx.Response] = []
    over = Event()

    def come() -> None:
        while not over.wait(scaled(0.2)):
            responses.append(call())

    with ThreadPoolExecutor(callers) as pool:
        coming = [pool.submit(come) for _ in range(callers)]
        try:
            yield responses
        finally:
            over.set()
    for each in coming:
        each.result()


def test_a_vendor_that_hangs_does_not_slow_another(
    start: Starts, calling: Calling, vendors: Vendors, configured: Configured
) -> None:
    """The median of one is what it was while the other hangs on every call; and when that ends, it serves again."""
    accounts = configured()["vendors"]
    accounts["crm"] |= {"timeout": HASTY, "max_concurrency": 8}
    api = calling(start(server=server(5), vendors=accounts))
    for _ in range(20):
        seconds(lambda: api.adjust(CLUB))
    undisturbed = median(seconds(lambda: api.adjust(CLUB)) for _ in range(100))
    vendors.crm.fault("hang", when="before", times=1_000_000)
    with besieged(lambda: api.adjust(CRM), 32) as response:
        until(
            lambda: api.get("/livez").status_code == 200 and {202, 503} <= {each.status_code for each in list(response)}
        )
        disturbed = median(seconds(lambda: api.adjust(CLUB)) for _ in range(100))
    # On a busy machine the callers alone slow everything; who waits for the other vendor waits for its time-out.
    bound = max(FACTOR * undisturbed, HASTY / 5)
    assert disturbed < bound, f"{disturbed:.4f} s, and undisturbed {undisturbed:.4f} s"
    assert {each.status_code for each in response} == {202, 503}
    sent = sum(each.status_code == 202 for each in response)
    until(lambda: writes(vendors) >= sent)
    assert writes(vendors) == sent, "what was held back was not sent"
    vendors.crm.simulator.faults.clear()
    vendors.crm.release()
    until(lambda: api.adjust(CRM).status_code == 201)
    assert circuit(api, "crm") == {"name": "crm", "circuit": "closed"}


def test_fifty_misses_are_one_call(api: Caller, vendors: Vendors) -> None:
    """Whoever asks for the same balance at the same time hears the same answer to one question."""
    cached = api.acting(tenant="cached")
    assert cached.adjust({"member": MEMBER["iactionable"], "points": "5"}).status_code == 201
    vendors.arcade.fault("delay", seconds=HASTY / 4)
    before = len(vendors.arcade.requests)
    with ThreadPoolExecutor(50) as pool:
        pending = [each.result() for each in [pool.submit(cached.get, BALANCE) for _ in range(50)]]
    assert {each.status_code for each in pending} == {200}
    assert len({each.json()["as_of"] for each in pending}) == 1
    assert len(vendors.arcade.requests) == before + 1


def test_a_write_under_an_open_circuit(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """It is `failed`, retryable, with no byte sent; its key makes the next attempt once the vendor is back."""
    process = start(server=server(2))
    api = calling(process)
    vendors.crm.fault("status", status=500, times=1_000)
    assert [api.adjust(CRM).status_code for _ in range(2)] == [202, 202]
    key, sent = api.new_key(), 2
    while (response := api.adjust(CRM, key=key)).status_code == 202:  # the pause was over: a probe, and a longer pause
        key, sent = api.new_key(), sent + 1
    problem = refused(response, 503, "vendor_unavailable")
    assert problem["retryable"] is True
    assert int(response.headers["retry-after"]) >= 1
    assert circuit(api, "crm")["circuit"] == "open"
    stored = api.adjustment(problem["adjustment"], history=True)
    last = stored["history"][-1]
    assert (stored["status"], stored["retryable"]) == ("failed", True)
    assert (last["evidence"]["sent"], last["exchange"]) == (False, [])
    assert writes(vendors) == sent
    vendors.crm.simulator.faults.clear()
    pause_is_over(api, "crm")
    repeated = api.adjust(CRM, key=key)
    assert (repeated.status_code, repeated.json()["attempts"]) == (201, 2)
    assert writes(vendors) == sent + 1
    until(lambda: "a vendor is back" in process.log)  # the log comes by a pipe of its own, a moment later
    assert process.log.count("a vendor is back") == 1
    assert "a vendor is left alone" in process.log


def test_an_unknown_is_not_sent_again_when_the_circuit_closes(
    start: Starts, calling: Calling, vendors: Vendors
) -> None:
    """A vendor that is back gets new calls, and none of those that it may have had."""
    api = calling(start(server=server(1))).acting(tenant="hasty")
    vendors.crm.fault("hang", when="after")
    unknown = api.adjust(CRM, key="key-first").json()
    assert unknown["status"] == "unknown"
    vendors.crm.release()
    pause_is_over(api, "crm_hasty")
    assert api.adjust(CRM).status_code == 201
    assert circuit(api, "crm_hasty")["circuit"] == "closed"
    assert api.adjust(CRM, key="key-first").status_code == 202
    assert api.adjustment(unknown["id"])["attempts"] == 1
    assert writes(vendors) == len(vendors.crm.effects) == 2


@pytest.mark.parametrize("probe", [True, False])
def test_a_vendor_that_is_still_away_is_tried_without_an_effect(
    start: Starts, calling: Calling, vendors: Vendors, configured: Configured, probe: bool
) -> None:
    """Where its adapter knows how, no write goes out to find out; it would have become one more unknown."""
    accounts = configured()["vendors"]
    accounts["crm"]["probe"] = probe
    api = calling(start(server=server(1), vendors=accounts))
    vendors.crm.fault("close", when="after", times=2)
    assert api.adjust(CRM).status_code == 202
    pause_is_over(api, "crm")
    assert api.adjust(CRM).status_code == (503 if probe else 202)
    assert [request.method for request in vendors.crm.requests] == ["POST", "GET" if probe else "POST"]
    assert len(vendors.crm.effects) == (1 if probe else 2)
    pause_is_over(api, "crm")
    assert api.adjust(CRM).status_code == 201


def test_a_refusal_is_no_outage(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """A vendor that says no, or that the credentials are wrong, answers: its circuit stays closed."""
    api = calling(start(server=server(1)))
    for status in (400, 404, 401, 418):
        vendors.crm.fault("status", status=status, body='{"Message": "no"}')
        api.adjust(CRM)
    assert circuit(api, "crm")["circuit"] == "closed"
    assert api.adjust(CRM).status_code == 201


def test_a_read_is_asked_again(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """Two failures in a row are not the caller's; the third is."""
    api = calling(start(server=server(0)))
    vendors.arcade.fault("status", status=500)
    vendors.arcade.fault("reset", when="before")
    assert api.get(BALANCE).status_code == 200
    assert len(vendors.arcade.requests) == 3
    vendors.arcade.fault("status", status=503, times=3)
    refused(api.get(BALANCE), 503, "vendor_unavailable")
    assert len(vendors.arcade.requests) == 6


def test_a_client_with_a_rate(start: Starts, calling: Calling, configured: Configured) -> None:
    """Every answer says what is left, a refusal for another reason too; past it the problem says when to come back."""
    clients = configured()["clients"]
    clients["reader"]["rate"] = "3/hour"
    api = calling(start(clients=clients))
    reader = api.acting(client="reader", tenant="acme")
    answers = [reader.get("/v1/capabilities"), reader.get(BALANCE, no="1"), reader.adjust(CRM)]
    assert [each.status_code for each in answers] == [200, 400, 403]
    assert [each.headers["ratelimit"].partition(";t=")[0] for each in answers] == [f'"client";r={n}' for n in (2, 1, 0)]
    response = reader.get("/v1/capabilities")
    assert refused(response, 429, "rate_limited")["retryable"] is True
    assert response.headers["ratelimit-policy"] == '"client";q=3;w=3600'
    assert response.headers["ratelimit"] == f'"client";r=0;t={response.headers["retry-after"]}'
    assert 3500 < int(response.headers["retry-after"]) <= 3600
    unlimited = api.get("/v1/capabilities")
    assert (unlimited.status_code, "ratelimit" in unlimited.headers) == (200, False)
    stranger = reader.send("GET", "/v1/capabilities", headers={"Authorization": "Bearer nobody"})
    assert (stranger.status_code, "ratelimit" in stranger.headers) == (401, False)


@pytest.mark.parametrize("query", ["verbos", "verbose=yes", "verbose&verbose", "verbose&x=1"])
def test_readiness_takes_one_word(api: Caller, query: str) -> None:
    """Anything but `verbose` is refused, as everywhere."""
    refused(api.send("GET", f"/readyz?{query}"), 400, "invalid_request")


def test_readiness_in_many_words(api: Caller) -> None:
    """Every vendor by name; without the word, none."""
    vendors = api.send("GET", "/readyz?verbose").json()["vendors"]
    assert {"arcade", "club", "crm", "perks"} <= {each["name"] for each in vendors}
    assert vendors == sorted(vendors, key=lambda each: each["name"])
    assert "vendors" not in api.send("GET", "/readyz?verbose=false").json()


@contextmanager
def files(count: int) -> Iterator[None]:
    """Room for so many open files in this process, or the test is skipped."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        pytest.skip(f"only {hard} open files are allowed here")
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_two_thousand_idle_connections(start: Starts, calling: Calling) -> None:
    """Callers who connect and say nothing, or half of something, do not keep a good one from being served."""
    process = start()
    api = calling(process)
    address = urlsplit(process.url)
    head = b"POST /v1/adjustments HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
    key = f"Authorization: Bearer {KEYS['anywhere']}\r\nX-Tenant: acme\r\nIdempotency-Key: key-0\r\n".encode()
    halves = (b"", b"POST /v1/adj", head, head + key + b'Content-Length: 100\r\n\r\n{"member": ')
    with files(4096), ExitStack() as opened:
        for number in range(2000):
            idle = opened.enter_context(socket.create_connection((str(address.hostname), address.port or 80), DEADLINE))
            with contextlib.suppress(ConnectionError):  # the gateway may have closed it for a newer one
                idle.sendall(halves[number % len(halves)])
        with ThreadPoolExecutor(20) as pool:
            pending = [each.result() for each in [pool.submit(api.adjust, CLUB) for _ in range(100)]]
        assert {each.status_code for each in pending} == {201}
