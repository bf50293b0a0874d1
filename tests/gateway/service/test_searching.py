"""A search page by page: a look has a bound, the next one goes on where it ended, whichever gateway has it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.expiring_points.simulated_account import Transaction
from adapters.expiring_points.simulator import ExpiringPointsSimulator
from gateway.app import Gateway
from gateway.planning.translation import MARGIN
from gateway.port import registry
from gateway.service.searching import PAGES
from gateway.service.settling import ON, QUIET
from gateway.settings import load
from gateway.simulation import in_thread
from tests.deadlines import DEADLINE, scaled, until
from tests.empty_journal import lay
from tests.gateway.service.test_settling import KEY, SCOPES, Clock

PATH = "/api/v1.1/loyalty/account/transactions"
FIVE = {"member": "email:user@example.com", "points": "5"}
TIMEOUT = scaled(10)
OFTEN = {"times": 1000, "kind": "delay", "seconds": 0}


@dataclass
class Scene:
    """Gateways without their background work on one journal, in front of one vendor; `http` leads to the first."""

    gateways: list[Gateway]
    http: httpx.AsyncClient
    vendor: ExpiringPointsSimulator
    clock: Clock

    async def unknown(self, **fault: Any) -> str:
        """The id of an adjustment whose outcome nobody knows, long enough ago that it is looked for next."""
        self.vendor.faults.add(fault)
        response = await self.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": "key-1"})
        assert (response.status_code, response.json()["status"]) == (202, "unknown")
        self.clock.pass_by(TIMEOUT + MARGIN)
        assert await self.look() == 1
        self.clock.pass_by(QUIET)
        return str(response.json()["id"])

    def fill(self, pages: int) -> None:
        """Have the vendor list so many full pages before the rows that there are."""
        rows = [{"transaction_id": f"00000000-0000-4000-8000-{n:012}", "amount": "1"} for n in range(100 * pages)]
        self.vendor._account.transactions += [Transaction("bonus_points", row, []) for row in rows]

    async def look(self, number: int = 0) -> int:
        """Look once with one of the gateways."""
        async with asyncio.timeout(DEADLINE):
            return await self.gateways[number].settling.look()

    async def status(self, identifier: str) -> str:
        return str((await self.http.get(f"/v1/adjustments/{identifier}")).json()["status"])

    @property
    def pages(self) -> list[int]:
        """The pages that were asked for, the first one 0, in their order."""
        asked = (json.loads(request.body) for request in self.vendor.requests if request.target == PATH)
        return [int(each["from_id"][-12:]) // 100 + 1 if "from_id" in each else 0 for each in asked]


@asynccontextmanager
async def opened(folder: Path, vendor: ExpiringPointsSimulator, gateways: int, **changes: Any) -> AsyncIterator[Scene]:
    file, clock = folder / "gateway.yaml", Clock()
    settings = {
        "store": "sqlite:///journal.db",
        "server": {"outages": 0},
        "vendors": {"perks": {**vendor.settings, "timeout": TIMEOUT, **changes}},
        "tenants": {"acme": {"routes": {"adjust": "perks"}}},
        "clients": {"app": {"keys": [KEY], "tenants": ["acme"], "scopes": SCOPES}},
    }
    file.write_text(json.dumps(settings))
    kinds = registry.adapters()
    lay(file.with_name("journal.db"))
    made = [Gateway(load(file, kinds, {}), kinds, clock=clock, uptime=clock.uptime) for _ in range(gateways)]
    transport = httpx.ASGITransport(made[0].asgi)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers) as http:
        try:
            yield Scene(made, http, vendor, clock)
        finally:
            await asyncio.gather(*(each.close() for each in made))


def play(folder: Path, scene: Callable[[Scene], Coroutine[Any, Any, None]], gateways: int = 1, **changes: Any) -> None:
    """Play a scene in front of a fresh vendor."""

    async def whole() -> None:
        async with opened(folder, vendor, gateways, **changes) as made:
            await scene(made)

    vendor = ExpiringPointsSimulator()
    with in_thread(vendor):
        asyncio.run(whole())


def test_forty_five_pages_are_read_in_three_looks_by_two_gateways(tmp_path: Path) -> None:
    """Whoever looks next goes on where the last look ended, also where that gateway died; no page is read twice.

    Of two gateways that look at once, one does.
    """

    async def scene(made: Scene) -> None:
        identifier = await made.unknown(kind="close", when="after")
        made.fill(44)
        assert sorted(await asyncio.gather(made.look(0), made.look(1))) == [0, 1]
        assert made.pages == list(range(PAGES))
        assert await made.look(1) == 0
        made.clock.pass_by(ON)
        await made.gateways[0].close()  # all that it knows is in the journal
        assert await made.look(1) == 1
        assert made.pages == list(range(2 * PAGES))
        made.clock.pass_by(ON)
        assert await made.look(2) == 1
        assert made.pages == list(range(45))
        [settled] = (await made.gateways[1]._journal.history(identifier))[-1:]
        assert (settled.after.value, settled.by, settled.evidence["found"]) == ("succeeded", "search", 1)
        assert len(settled.exchange) == 1
        record = await made.gateways[1]._journal.get(None, identifier)
        assert record is not None
        assert record.search_cursor is None
        assert len(made.vendor.effects) == 1

    play(tmp_path, scene, gateways=3)


def test_a_gateway_that_dies_in_a_look_loses_that_look_alone(tmp_path: Path) -> None:
    """The next gateway goes on at the last cursor that was kept, once nobody holds the adjustment any more."""

    async def scene(made: Scene) -> None:
        identifier = await made.unknown(kind="close", when="after")
        made.fill(25)
        assert await made.look() == 1
        made.clock.pass_by(ON)
        made.vendor.faults.add({**OFTEN, "times": 3}, {"kind": "hang", "when": "after"})
        [looking] = await made.gateways[0].settling.begin()
        await asyncio.to_thread(until, lambda: len(made.pages) == PAGES + 4)
        looking.cancel()
        await asyncio.wait([looking])
        assert await made.look(1) == 0
        made.clock.pass_by(2 * TIMEOUT + QUIET)
        assert await made.look(1) == 1
        assert made.pages == [*range(PAGES + 4), *range(PAGES, 26)]
        assert await made.status(identifier) == "succeeded"

    play(tmp_path, scene, gateways=2)


@pytest.mark.parametrize("trust_absence", [False, True])
def test_only_a_whole_search_is_an_absence(tmp_path: Path, trust_absence: bool) -> None:
    """What is not on the pages of one look may be on the next ones; at the end the search begins anew."""

    async def scene(made: Scene) -> None:
        identifier = await made.unknown(kind="close", when="before")
        made.fill(21)
        assert await made.look() == 1
        assert await made.status(identifier) == "unknown"
        made.clock.pass_by(ON)
        assert await made.look() == 1
        assert made.pages == list(range(22))
        assert await made.status(identifier) == ("failed" if trust_absence else "unknown")
        made.clock.pass_by(2.0)  # the first pause of a search that found nothing
        assert await made.look() == (not trust_absence)
        assert made.pages[22:] == ([] if trust_absence else list(range(PAGES)))

    play(tmp_path, scene, trust_absence=trust_absence)


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 503}, {"kind": "close", "when": "before"}])
def test_a_look_that_fails_keeps_the_pages_that_it_has_read(tmp_path: Path, fault: dict[str, Any]) -> None:
    """The next look begins at the page that failed."""

    async def scene(made: Scene) -> None:
        identifier = await made.unknown(kind="close", when="after")
        made.fill(3)
        made.vendor.faults.add({**OFTEN, "times": 2}, fault)
        assert await made.look() == 1
        assert await made.status(identifier) == "unknown"
        made.clock.pass_by(2.0)
        assert await made.look() == 1
        assert made.pages == [0, 1, 2, 2, 3]
        assert await made.status(identifier) == "succeeded"

    play(tmp_path, scene)


def test_what_was_found_is_found_whatever_fails_then(tmp_path: Path) -> None:
    """A page after the match that cannot be had changes nothing about the match."""

    async def scene(made: Scene) -> None:
        identifier = await made.unknown(kind="close", when="after")
        made.vendor._account.transactions[0].row["transaction_id"] = "00000000-0000-4000-7000-000000000000"
        made.fill(2)
        made.vendor.faults.add({**OFTEN, "times": 1}, {"kind": "status", "status": 503})
        assert await made.look() == 1
        assert await made.status(identifier) == "succeeded"

    play(tmp_path, scene)


@pytest.mark.parametrize("changes", [{}, {"amount": "6"}])
def test_a_second_match_on_a_later_page_needs_a_person(tmp_path: Path, changes: dict[str, Any]) -> None:
    """A look reads on after a match: two transactions under one id are more than the gateway made."""

    async def scene(made: Scene) -> None:
        identifier = await made.unknown(kind="close", when="after")
        [first] = made.vendor._account.transactions
        second = {**first.row, "transaction_id": "ffffffff-0000-4000-8000-000000000000", **changes}
        first.row["transaction_id"] = "00000000-0000-4000-7000-000000000000"
        made.fill(1)
        made.vendor._account.transactions.append(Transaction("bonus_points", second, []))
        for _ in range(2):
            assert await made.look() == 1
            assert await made.status(identifier) == "unknown"
            made.clock.pass_by(3600)
        assert made.pages == [0, 1, 0, 1]
        metrics = made.gateways[0].admin
        async with httpx.AsyncClient(transport=httpx.ASGITransport(metrics), base_url="http://a") as admin:
            assert 'points_alarms_total{why="search"} 2.0' in (await admin.get("/metrics")).text

    play(tmp_path, scene, trust_absence=True)
