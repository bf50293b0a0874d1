"""Configurations that take each other's place while calls are under way."""

import asyncio
import gc
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway.api.visitor import Visitor
from gateway.app import Gateway
from gateway.generation import Generation
from gateway.planning.translation import MARGIN
from gateway.port import registry
from gateway.port.registry import AdapterType
from gateway.service.rounds import SHARE
from gateway.service.settling import QUIET
from gateway.settings import Settings, Unchangeable, load
from gateway.simulation import Simulator
from tests.adapters.fifth_vendor.enforcing import Remembering
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.deadlines import DEADLINE, scaled
from tests.empty_journal import lay
from tests.gateway.service.test_settling import Clock

KEY = "a-key-for-tests-0000000000000000000"
OTHER_KEY = "another-key-for-tests-00000000000000"
TIMEOUT = scaled(10)
BALANCE = "/v1/members/email:jason@example.com/balance"
FIVE = {"member": "email:jason@example.com", "points": "5"}
SEARCHED = {"member": "contact_id:1", "points": "5"}
_Pair = tuple[Simulator, Simulator]
KINDS = {**registry.adapters().loadable()[0], "paper": AdapterType.of("paper", Remembering)}


@dataclass
class Bench:
    """A gateway whose background work is still; `here` and `there` are one kind of vendor, `searched` another."""

    folder: Path
    here: Simulator
    there: Simulator
    searched: Simulator
    clock: Clock = field(default_factory=Clock)
    gateway: Gateway = field(init=False)
    http: httpx.AsyncClient = field(init=False)

    def settings(
        self,
        at: Simulator | None = None,
        *,
        server: dict[str, Any] | None = None,
        client: dict[str, Any] | None = None,
        more_clients: dict[str, Any] | None = None,
        more_vendors: dict[str, Any] | None = None,
        more_rules: list[dict[str, Any]] | None = None,
        cache: int | None = None,
        **vendor: Any,
    ) -> Settings:
        """A configuration whose vendor `arcade` is `at` a simulator, by default `here`, with more settings."""
        arcade = {**(at or self.here).settings, "id_types": {"email": "email"}, "timeout": TIMEOUT, **vendor}
        crm = {**self.searched.settings, "account": "sample", "timeout": TIMEOUT}
        balance = "arcade" if cache is None else [{"vendor": "arcade", "cache": cache}]
        adjust = [*(more_rules or []), {"when": {"member": ["contact_id"]}, "vendor": "crm"}, {"vendor": "arcade"}]
        scopes = ["points:read", "points:write", "points:inspect"]
        app = {"keys": [KEY], "tenants": ["acme"], "scopes": scopes, **(client or {})}
        file = self.folder / "gateway.yaml"
        file.write_text(
            json.dumps(
                {
                    "store": "sqlite:///journal.db",
                    "server": {"outages": 1, **(server or {})},
                    "vendors": {"arcade": arcade, "crm": crm, **(more_vendors or {})},
                    "tenants": {"acme": {"routes": {"adjust": adjust, "balance": balance}}},
                    "clients": {"app": app, **(more_clients or {})},
                }
            )
        )
        return load(file, KINDS, {})

    def swap(self, at: Simulator | None = None, **changes: Any) -> Generation:
        """Have another configuration; gives the generation that it takes the place of."""
        before = self.gateway.current
        self.gateway.swap(self.gateway.prepare(self.settings(at, **changes)))
        return before

    async def balance(self, **query: str) -> httpx.Response:
        return await self.http.get(BALANCE, params=query)

    async def adjust(self, key: str, body: dict[str, Any] = FIVE) -> httpx.Response:
        return await self.http.post("/v1/adjustments", json=body, headers={"Idempotency-Key": key})

    async def exposed(self) -> list[str]:
        """The lines of the page of metrics."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.gateway.admin), base_url="http://a") as admin:
            return (await admin.get("/metrics")).text.splitlines()


def connections(vendor: Simulator) -> list[Any]:
    """The connections that a vendor has open."""
    assert vendor._runner is not None
    assert vendor._runner.server is not None
    return list(vendor._runner.server.connections)


def closed(generation: Generation) -> list[bool]:
    """Of each transport of a generation, whether it is closed."""
    return [channel.transport._closed for channel in generation.vendors.ways.channels]


def own_tasks() -> int:
    """How many tasks there are, but for one that each simulator has for each connection."""
    names = [each.get_coro().__qualname__ for each in asyncio.all_tasks()]
    return sum(not name.startswith("RequestHandler") for name in names)


def open_files() -> int:
    """How many files and sockets this process has open."""
    return len(os.listdir("/proc/self/fd"))


async def turns(count: int = 50) -> None:
    """Let so many turns of the event loop pass, in which whatever could go on has gone on."""
    for _ in range(count):
        await asyncio.sleep(0)


def generations(bench: Bench) -> list[Generation]:
    """The generations of this gateway that are still referred to; other tests of the process may leave theirs."""
    gc.collect()
    store = bench.gateway.current.settings.store
    return [each for each in gc.get_objects() if isinstance(each, Generation) and each.settings.store == store]


async def served(call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The answer to a call that comes again for as long as a busy machine sheds it: then nothing of it was done."""
    while True:
        answer = await call()
        if answer.status_code != 503 or answer.json()["code"] != "overloaded":
            return answer


async def settled(holds: Callable[[], object]) -> None:
    """Return once it holds; the scene has a deadline."""
    while not holds():  # noqa: ASYNC110 (what it waits for is in another part, and sets no event)
        await asyncio.sleep(0.001)


@asynccontextmanager
async def opened(folder: Path, first: dict[str, Any], vendors: _Pair | None) -> AsyncIterator[Bench]:
    kinds = registry.simulators()
    async with AsyncExitStack() as running:
        here, there = vendors or (kinds["iactionable"](), kinds["iactionable"]())
        searched = kinds["contact-points"]()
        for each in (here, there, searched):
            await running.enter_async_context(each)
        bench = Bench(folder, here, there, searched)
        lay(folder / "journal.db")
        bench.gateway = Gateway(bench.settings(**first), KINDS, clock=bench.clock, uptime=bench.clock.uptime)
        transport = httpx.ASGITransport(bench.gateway.asgi)
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers) as bench.http:
            try:
                yield bench
            finally:
                await bench.gateway.close()


def play(
    folder: Path,
    scene: Callable[[Bench], Coroutine[Any, Any, None]],
    vendors: _Pair | None = None,
    **first: Any,
) -> None:
    """Play a scene that begins with the configuration `first`."""

    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE), opened(folder, first, vendors) as bench:
            await scene(bench)

    asyncio.run(bounded())


def test_a_call_ends_on_what_it_began_with(tmp_path: Path) -> None:
    """It has its answer from the vendor as it was, while calls after the swap go to where that is now."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add({"kind": "hang", "when": "before"})
        call = asyncio.create_task(bench.adjust("key-1"))
        await bench.here.arrived(1)
        old = bench.swap(bench.there)
        assert (await bench.adjust("key-2")).status_code == 201
        assert len(bench.there.effects) == 1
        assert not call.done()
        assert not any(closed(old))
        bench.here.release()
        assert (await call).status_code == 201
        assert (len(bench.here.effects), len(bench.there.effects)) == (1, 1)

    play(tmp_path, scene)


def test_a_vendor_that_moved_is_let_go_after_the_last_call(tmp_path: Path) -> None:
    """The connections to its old address are closed then, those to other vendors stay."""

    async def scene(bench: Bench) -> None:
        await bench.adjust("searched", SEARCHED)
        bench.here.faults.add({"kind": "hang", "when": "before"})
        call = asyncio.create_task(bench.balance())
        await bench.here.arrived(1)
        transports = len(bench.gateway._channels)
        old = bench.swap(bench.there)
        assert len(bench.gateway._channels) == transports + 1
        assert connections(bench.here)
        bench.here.release()
        await call
        assert closed(old) == [each.vendor == "arcade" for each in old.vendors.ways.channels]
        assert not any(closed(bench.gateway.current))
        assert len(bench.gateway._channels) == transports
        await settled(lambda: not connections(bench.here))

    play(tmp_path, scene)


def test_an_unchanged_vendor_keeps_its_connections(tmp_path: Path) -> None:
    """The next call goes out on the connection that was open before, though other settings of the vendor changed."""

    async def scene(bench: Bench) -> None:
        await bench.balance()
        before = connections(bench.here)
        bench.swap(max_concurrency=3, not_applied=[503])
        await bench.balance()
        assert connections(bench.here) == before
        assert len(before) == 1

    play(tmp_path, scene)


def test_an_open_circuit_stays_open(tmp_path: Path) -> None:
    """A vendor that is left alone stays so after a swap; one that moved is called at its new address."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add({"kind": "status", "status": 503, "times": 10})
        await bench.adjust("outage")
        arrived = len(bench.here.requests)
        bench.swap(max_concurrency=3)
        assert (await bench.adjust("left-alone")).json()["code"] == "vendor_unavailable"
        assert len(bench.here.requests) == arrived
        assert 'points_circuit{purpose="call",state="open",vendor="arcade"} 1.0' in await bench.exposed()
        bench.swap(bench.there)
        assert (await bench.adjust("moved")).status_code == 201
        assert 'points_circuit{purpose="call",state="closed",vendor="arcade"} 1.0' in await bench.exposed()

    play(tmp_path, scene)


def test_two_generations_share_a_limit(tmp_path: Path) -> None:
    """Calls to both addresses of a vendor that moved count together: those of the new one wait for those before."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add({"kind": "hang", "when": "before", "times": 2})
        before = [asyncio.create_task(bench.balance()) for _ in range(2)]
        await bench.here.arrived(2)
        bench.swap(bench.there, max_concurrency=2)
        after = asyncio.create_task(bench.balance())
        await turns()
        assert bench.there.requests == []
        bench.here.release()
        for each in (*before, after):
            assert (await each).status_code == 200
        assert len(bench.there.requests) == 1

    play(tmp_path, scene, max_concurrency=2)


def test_a_lower_limit_ends_no_call(tmp_path: Path) -> None:
    """It counts at once: with three under way and one allowed, the next one waits until all three have ended."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add(*({"kind": "hang", "when": "before"} for _ in range(3)))
        before = [asyncio.create_task(bench.balance()) for _ in range(3)]
        await bench.here.arrived(3)
        bench.swap(max_concurrency=1)
        after = asyncio.create_task(bench.balance())
        await turns()
        assert len(bench.here.requests) == 3
        bench.here.release()
        for each in (*before, after):
            assert (await each).status_code == 200

    play(tmp_path, scene, max_concurrency=3)


def test_a_higher_limit_counts_at_once(tmp_path: Path) -> None:
    """Calls that waited for a place go out with the swap."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add({"kind": "hang", "when": "before", "times": 3})
        calls = [asyncio.create_task(bench.balance()) for _ in range(3)]
        await bench.here.arrived(1)
        await turns()
        assert len(bench.here.requests) == 1
        bench.swap(max_concurrency=3)
        await bench.here.arrived(3)
        bench.here.release()
        for each in calls:
            assert (await each).status_code == 200

    play(tmp_path, scene, max_concurrency=1)


def test_a_client_that_was_removed(tmp_path: Path) -> None:
    """Its key is not known any more at once; what it has under way ends."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add({"kind": "hang", "when": "before"})
        call = asyncio.create_task(bench.balance())
        await bench.here.arrived(1)
        bench.swap(client={"keys": [OTHER_KEY]})
        assert (await bench.balance()).status_code == 401
        other = await bench.http.get(BALANCE, headers={"Authorization": f"Bearer {OTHER_KEY}"})
        assert other.status_code == 200
        bench.here.release()
        assert (await call).status_code == 200

    play(tmp_path, scene)


def test_a_rate_counts_on(tmp_path: Path) -> None:
    """What a client has used of its rate is used after a swap; another rate counts what was used as well."""

    async def scene(bench: Bench) -> None:
        assert [(await bench.balance()).status_code for _ in range(3)] == [200, 200, 429]
        bench.swap(client={"rate": "2/hour"}, max_concurrency=3)
        assert (await bench.balance()).status_code == 429
        bench.swap(client={"rate": "3/hour"})
        assert [(await bench.balance()).status_code for _ in range(2)] == [200, 429]
        bench.swap(client={"rate": "5/minute"})
        assert [(await bench.balance()).status_code for _ in range(3)] == [200, 200, 429]

    play(tmp_path, scene, client={"rate": "2/hour"})


def test_requests_under_way_of_a_client_count_on(tmp_path: Path) -> None:
    """A client with as many as it may has no more after a swap."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add({"kind": "hang", "when": "before"})
        call = asyncio.create_task(bench.balance())
        await bench.here.arrived(1)
        bench.swap(client={"max_concurrency": 1})
        assert (await bench.balance()).status_code == 429
        bench.here.release()
        await call
        assert (await bench.balance()).status_code == 200

    play(tmp_path, scene, client={"max_concurrency": 1})


def test_strangers_count_on(tmp_path: Path) -> None:
    """An address that has used up its anonymous requests has no more after a swap; another budget counts at once."""

    async def scene(bench: Bench) -> None:
        async def stranger() -> int:
            return (await bench.http.get(BALANCE, headers={"Authorization": ""})).status_code

        assert [await stranger() for _ in range(3)] == [401, 401, 429]
        bench.swap(server={"anonymous_rate": "2/hour"})
        assert await stranger() == 429
        bench.swap(server={"anonymous_rate": "1000/second"})
        while await stranger() != 401:  # one comes free with each millisecond
            await turns()

    play(tmp_path, scene, server={"anonymous_rate": "2/hour"})


def test_balances_are_not_kept_over_a_swap(tmp_path: Path) -> None:
    """What was read at the old account is not told of the new one, also where that read was under way."""

    async def scene(bench: Bench) -> None:
        async def available() -> str:
            return str((await bench.balance()).json()["available"])

        await bench.adjust("old")
        assert await available() == "5"
        bench.here.faults.add({"kind": "hang", "when": "before"})
        bench.swap(cache=3600)  # so that the next one is read again
        late = asyncio.create_task(available())
        await bench.here.arrived(3)
        bench.swap(bench.there, cache=3600)
        assert await available() == "0"
        bench.here.release()
        assert await late == "5"
        assert await available() == "0"

    play(tmp_path, scene, cache=3600)


def test_a_read_that_an_old_generation_begins_after_the_swap(tmp_path: Path) -> None:
    """A call from before the swap whose shared read had no turn reads anew; calls on the new one hear none of it."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add({"kind": "hang", "when": "after", "method": "POST"})
        write = asyncio.create_task(bench.adjust("key-1"))
        await bench.here.arrived(1)
        first, second = (asyncio.create_task(bench.balance()) for _ in range(2))
        await turns()
        bench.swap(bench.there, cache=3600, **narrow)
        assert (await first).status_code == 503
        bench.here.release()
        assert (await second).json()["available"] == "5"
        assert (await bench.balance()).json()["available"] == "0"
        await write

    narrow = {"max_concurrency": 1, "timeout": scaled(1.0)}
    play(tmp_path, scene, cache=3600, **narrow)


def test_a_write_on_an_old_generation_drops_balances_of_the_new(tmp_path: Path) -> None:
    """Where the account is the same, a balance from before that write is not told after it."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add({"kind": "hang", "when": "before", "method": "POST"})
        write = asyncio.create_task(bench.adjust("key-1"))
        await bench.here.arrived(1)
        bench.swap(cache=3600, max_concurrency=3)
        assert (await bench.balance()).json()["available"] == "0"
        bench.here.release()
        assert (await write).status_code == 201
        assert (await bench.balance()).json()["available"] == "5"

    play(tmp_path, scene, cache=3600)


def test_a_write_whose_caller_left_holds_its_generation(tmp_path: Path) -> None:
    """It ends on its own connections, and lets go of them then."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add({"kind": "hang", "when": "before"})
        call = asyncio.create_task(bench.adjust("key-1"))
        await bench.here.arrived(1)
        call.cancel()
        await asyncio.wait([call])
        old = bench.swap(bench.there)
        await turns()
        assert not any(closed(old))
        bench.here.release()
        await settled(lambda: any(closed(old)))
        assert (await bench.adjust("key-1")).headers["idempotent-replayed"] == "true"
        assert (len(bench.here.effects), len(bench.there.effects)) == (1, 0)

    play(tmp_path, scene)


def test_a_shared_read_whose_callers_left_holds_its_generation(tmp_path: Path) -> None:
    """A balance that is read for the cache goes on, and its connection stays open for it."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add({"kind": "hang", "when": "before"})
        call = asyncio.create_task(bench.balance())
        await bench.here.arrived(1)
        call.cancel()
        await asyncio.wait([call])
        old = bench.swap(bench.there, cache=3600)
        await turns()
        assert old.usage.count == 1
        assert not any(closed(old))
        bench.here.release()
        await settled(lambda: any(closed(old)))

    play(tmp_path, scene, cache=3600)


def test_a_repeat_hears_of_an_attempt_on_an_older_generation(tmp_path: Path) -> None:
    """A key that is repeated after the swap waits for its attempt, and makes none of its own."""

    async def scene(bench: Bench) -> None:
        bench.here.faults.add({"kind": "hang", "when": "before"})
        first = asyncio.create_task(bench.adjust("key-1"))
        await bench.here.arrived(1)
        bench.swap(bench.there, server={"repeat_wait": 60})
        second = asyncio.create_task(bench.adjust("key-1"))
        await settled(lambda: bench.gateway._waiting._waiting or second.done())
        bench.here.release()
        assert [(await each).status_code for each in (first, second)] == [201, 201]
        assert (len(bench.here.effects), len(bench.there.effects)) == (1, 0)

    play(tmp_path, scene, server={"repeat_wait": 0})


async def unknowns(bench: Bench, count: int) -> list[str]:
    """So many adjustments that had their effect, whose answers were lost, and which are due to be looked for; ids."""
    ids = []
    for number in range(count):
        bench.searched.faults.add({"kind": "close", "when": "after", "method": "POST"})
        heard = await bench.adjust(f"unknown-{number}", SEARCHED)
        assert heard.json()["status"] == "unknown"
        ids.append(str(heard.json()["id"]))
    bench.clock.pass_by(TIMEOUT + MARGIN)
    assert await bench.gateway.settling.look() == count  # the quiet period comes first
    bench.clock.pass_by(QUIET)
    return ids


async def status(bench: Bench, identifier: str) -> str:
    return str((await bench.http.get(f"/v1/adjustments/{identifier}")).json()["status"])


@pytest.mark.parametrize("moves", [True, False])
def test_a_search_ends_on_what_it_began_with(tmp_path: Path, moves: bool) -> None:
    """An unknown that is being looked for is settled by that search; nobody looks for it a second time meanwhile."""

    async def scene(bench: Bench) -> None:
        [identifier] = await unknowns(bench, 1)
        bench.searched.faults.add({"kind": "hang", "when": "before", "method": "GET"})
        arrived = len(bench.searched.requests)
        rounds = await bench.gateway.settling.begin()
        await bench.searched.arrived(arrived + 1)
        elsewhere = {"crm": {**bench.searched.settings, "base_url": "http://127.0.0.1:1", "timeout": TIMEOUT}}
        old = bench.swap(more_vendors=elsewhere if moves else None, max_concurrency=3)
        bench.clock.pass_by(3600)
        assert await bench.gateway.settling.look() == 0
        assert len(bench.searched.requests) == arrived + 1
        assert not any(closed(old))
        bench.searched.release()
        await asyncio.gather(*rounds)
        assert await status(bench, identifier) == "succeeded"
        searches = {each.vendor: each.transport._closed for each in old.vendors.ways.channels}
        assert searches == {"arcade": False, "crm": moves}
        assert await bench.gateway.settling.look() == 0

    play(tmp_path, scene, server={"outages": 0})


def test_the_next_search_is_on_the_new_generation(tmp_path: Path) -> None:
    """What came due before a swap and nobody looks for yet is looked for with the configuration that is in force."""

    async def scene(bench: Bench) -> None:
        [identifier] = await unknowns(bench, 1)
        old = bench.swap(max_concurrency=3)
        assert await bench.gateway.settling.look() == 1
        assert await status(bench, identifier) == "succeeded"
        assert old.usage.count == 0

    play(tmp_path, scene, server={"outages": 0})


def test_searches_give_way_to_calls(tmp_path: Path) -> None:
    """As many may be under way as a vendor takes; each call to any vendor makes that a share less, down to a share."""

    async def scene(bench: Bench) -> None:
        bench.swap(max_concurrency=4 * SHARE)
        ways = bench.gateway.current.vendors.ways
        assert (ways.room(["crm"]), ways.room(["arcade"]), ways.room(["crm", "arcade"])) == (64, 4 * SHARE, 4 * SHARE)
        bench.here.faults.add({"kind": "hang", "when": "before", "times": 9})
        calls = []
        for number in range(1, 10):
            calls.append(asyncio.ensure_future(bench.adjust(f"k{number}")))
            await bench.here.arrived(number)
            assert ways.room(["crm"]) == max(SHARE, 64 - number * SHARE)
        assert ways.room(["arcade"]) == SHARE
        bench.here.release()
        assert {(await each).status_code for each in calls} == {201}
        assert ways.room(["crm"]) == 64

    play(tmp_path, scene)


def test_a_round_of_searches_ends_with_its_generation(tmp_path: Path) -> None:
    """What is under way is searched for on the old generation, the rest of the same account on the new one."""

    async def scene(bench: Bench) -> None:
        await unknowns(bench, SHARE + 1)
        bench.searched.faults.add({"kind": "hang", "when": "before", "method": "GET", "times": SHARE})
        arrived = len(bench.searched.requests)
        rounds = await bench.gateway.settling.begin()
        await bench.searched.arrived(arrived + SHARE)
        old = bench.swap(max_concurrency=3)
        bench.searched.release()
        assert await asyncio.gather(*rounds) == [SHARE]
        assert old.usage.count == 0
        assert await bench.gateway.settling.look() == 1

    play(tmp_path, scene, server={"outages": 0})


@pytest.mark.parametrize("asked", [True, False])
def test_a_repeat_of_an_unknown_ends_on_what_it_began_with(tmp_path: Path, asked: bool) -> None:
    """Whether the background or a caller causes it: its vendor's connections stay until it has ended."""
    five = {"member": "card:1", "points": "5"}
    token = {"kind": "delay", "seconds": 0.0}

    async def scene(bench: Bench) -> None:
        async with PaperSimulator() as paper:
            vendors = {"paper": {**paper.settings, "timeout": TIMEOUT}}
            rules = [{"when": {"member": ["card"]}, "vendor": "paper"}]
            bench.swap(more_vendors=vendors, more_rules=rules, server={"outages": 0})
            paper.faults.add(token, {"kind": "close", "when": "after"})
            assert (await bench.adjust("key-1", five)).json()["status"] == "unknown"
            bench.clock.pass_by(TIMEOUT + MARGIN)
            arrived = len(paper.requests)
            paper.faults.add({"kind": "hang", "when": "before"})
            again = bench.adjust("key-1", five) if asked else bench.gateway.repeating.look()
            repeat: asyncio.Task[Any] = asyncio.create_task(again)
            await paper.arrived(arrived + 1)
            old = bench.swap(server={"outages": 0})
            assert not any(closed(old))
            paper.release()
            await repeat
            assert (await bench.adjust("key-1", five)).status_code == 201
            assert len(paper.effects) == 1
            assert {each.vendor: each.transport._closed for each in old.vendors.ways.channels}["paper"]

    play(tmp_path, scene)


def test_what_takes_a_new_process_is_refused(tmp_path: Path) -> None:
    """The settings are named, the generation before goes on, and nothing of the refused one stays open."""

    async def scene(bench: Bench) -> None:
        before, transports = bench.gateway.current, len(bench.gateway._channels)
        server = {"listen": "127.0.0.1:1", "admin": "127.0.0.1:2"}
        refused = bench.gateway.prepare(bench.settings(bench.there, server=server))
        with pytest.raises(Unchangeable, match=r"server\.listen, server\.admin") as raised:
            bench.gateway.swap(refused)
        assert raised.value.names == ["server.listen", "server.admin"]
        assert bench.gateway.current is before
        assert len(bench.gateway._channels) == transports
        assert (await bench.balance()).status_code == 200

    play(tmp_path, scene)


def test_a_generation_is_used_once(tmp_path: Path) -> None:
    """One that was in use, or that was discarded, cannot come back: its connections may be closed."""

    async def scene(bench: Bench) -> None:
        first = bench.gateway.current
        with pytest.raises(ValueError, match="once"):
            bench.gateway.swap(first)
        bench.swap(bench.there)
        with pytest.raises(ValueError, match="once"):
            bench.gateway.swap(first)
        unused = bench.gateway.prepare(bench.settings())
        bench.gateway.discard(unused)
        with pytest.raises(ValueError, match="once"):
            bench.gateway.swap(unused)

    play(tmp_path, scene)


def test_a_generation_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    """Where a file is gone by then, the transports that were opened before it are closed."""

    async def scene(bench: Bench) -> None:
        authorities = tmp_path / "ca.pem"
        authorities.write_bytes((Path(__file__).parent / "transport/certificates/ca.pem").read_bytes())
        vendor = {**bench.there.settings, "id_types": {"email": "email"}}
        more = {"another": vendor, "encrypted": {**vendor, "ca_file": str(authorities)}}
        settings = bench.settings(bench.there, more_vendors=more)
        authorities.unlink()
        transports = len(bench.gateway._channels)
        with pytest.raises(OSError, match="No such file"):
            bench.gateway.prepare(settings)
        assert len(bench.gateway._channels) == transports

    play(tmp_path, scene)


def test_files_are_followed_by_the_generation_in_use(tmp_path: Path) -> None:
    """A client key that changes in its file is in force after a swap, and the change is reported once."""

    async def scene(bench: Bench) -> None:
        old = bench.swap(client={"keys": [f"${{file:{file}}}"]}, max_concurrency=3)
        file.write_text(OTHER_KEY)
        bench.gateway.look_again()
        assert (await bench.balance()).status_code == 401
        other = await bench.http.get(BALANCE, headers={"Authorization": f"Bearer {OTHER_KEY}"})
        assert other.status_code == 200
        old.rereading.recheck()  # as calls under way on it do, whose secrets are in files
        assert 'points_rereads_total{of="file",result="used"} 1.0' in await bench.exposed()

    file = tmp_path / "key"
    file.write_text(KEY)
    play(tmp_path, scene, client={"keys": [f"${{file:{file}}}"]})


def test_the_open_pages_follow(tmp_path: Path) -> None:
    """The pages of the API come and go with their setting, and vendors and tasks with the configuration."""

    async def scene(bench: Bench) -> None:
        paper = {
            "adapter": "paper",
            "base_url": "http://127.0.0.1:1",
            "client": "club",
            "client_secret": "a-secret-for-tests",
        }

        async def ready(of: str) -> list[str]:
            return [each["name"] for each in (await bench.http.get("/readyz?verbose")).json()[of]]

        assert (await bench.http.get("/openapi.json")).status_code == 200
        assert (await ready("vendors"), await ready("tasks")) == (
            ["arcade", "crm"],
            ["erase", "events", "journal", "search", "sweep", "webhooks"],
        )
        bench.swap(server={"docs": False}, more_vendors={"paper": paper})
        assert (await bench.http.get("/openapi.json")).status_code == 404
        assert await ready("vendors") == ["arcade", "crm", "paper"]
        assert await ready("tasks") == ["erase", "events", "journal", "repeat", "search", "sweep", "webhooks"]
        bench.swap()
        lines = await bench.exposed()
        assert not any('vendor="paper"' in line and line.startswith("points_circuit") for line in lines)

    play(tmp_path, scene)


class Counter:
    """How many requests are at vendors now, and how many there were at most."""

    def __init__(self) -> None:
        self.now = self.most = 0


def counting(counter: Counter) -> Simulator:
    """A vendor that counts the requests that it has at the same time, and takes a moment for each."""
    kind: type[Simulator] = registry.simulators()["iactionable"]

    class Counting(kind):  # type: ignore[valid-type, misc]  # the class comes from an entry point
        async def _serve(self, incoming: Any) -> Any:
            counter.now += 1
            counter.most = max(counter.most, counter.now)
            try:
                return await super()._serve(incoming)
            finally:
                counter.now -= 1

    vendor: Simulator = Counting()
    vendor.faults.add({"kind": "delay", "seconds": 0.001, "times": 1_000_000})
    return vendor


def test_a_balance_of_another_configuration_is_not_shown(tmp_path: Path) -> None:
    """At the same account a name may mean another person by the new settings.

    A call that began before the swap reads after it, and keeps what it read for its own configuration alone.
    """

    async def scene(bench: Bench) -> None:
        old = bench.swap(cache=30, id_types={"email": "custom"})

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            """The old generation, with a call that came through the door before."""
            Visitor("127.0.0.1", old.settings.clients["app"]).enter(scope)
            await old.app(scope, receive, send)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as before:
            assert (await before.get(BALANCE)).status_code == 200
        await bench.balance()
        assert ["/custom/" in each.path for each in bench.here.requests] == [False, True]

    play(tmp_path, scene, cache=30)


def test_two_hundred_swaps_under_load(tmp_path: Path) -> None:
    """No call is lost, no more are at the vendor than may be, and no transport, socket, task or memory is left over."""
    swaps, callers, places = 200, 6, 4
    counter = Counter()

    async def scene(bench: Bench) -> None:
        over = False
        written = 0

        async def calls(caller: int) -> None:
            nonlocal written
            number = 0
            while not over:
                number += 1
                answers = await asyncio.gather(
                    served(bench.balance), served(lambda key=f"key-{caller}-{number}": bench.adjust(key))
                )
                assert [each.status_code for each in answers] == [200, 201]
                written += 1

        both = [bench.settings(at, max_concurrency=places) for at in (bench.here, bench.there)]
        transports, tasks = len(bench.gateway._channels), own_tasks()
        running = [asyncio.create_task(calls(number)) for number in range(callers)]
        objects, sockets = [], 0
        try:
            for number in range(swaps):
                before = written
                bench.gateway.swap(bench.gateway.prepare(both[number % 2]))
                await settled(lambda before=before: written > before or any(each.done() for each in running))
                if number % 50 == 49:
                    bench.here.requests.clear()
                    bench.there.requests.clear()
                    gc.collect()
                    objects.append(len(gc.get_objects()))
                    sockets = sockets or open_files()
                    await settled(lambda most=sockets + 2 * places: open_files() <= most)  # some are just being closed
            over = True
            await asyncio.gather(*running)
        finally:
            over = True
        assert counter.most == places
        assert len(bench.here.effects) + len(bench.there.effects) == written
        assert len(bench.gateway._channels) == transports
        assert len(bench.gateway.current.vendors.ways.channels) == transports
        await settled(lambda: not connections(bench.here))
        assert len(connections(bench.there)) <= places
        assert own_tasks() == tasks
        assert bench.gateway.current.usage.count == 0
        await settled(lambda: len(generations(bench)) == 1)
        await settled(lambda: open_files() <= sockets + 2 * places)
        assert objects[-1] - objects[0] < 20 * swaps, objects  # a generation is thousands

    play(tmp_path, scene, (counting(counter), counting(counter)), max_concurrency=places)
