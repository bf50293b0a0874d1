"""Searches go their own way: one vendor's that fail or hang stop no other's, and take nothing from calls."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.contact_points.adapter import ContactPoints
from gateway.app import Gateway
from gateway.errors import FieldNotSupported
from gateway.model import Found, Member
from gateway.planning.translation import MARGIN
from gateway.port import Exchange, registry
from gateway.port.registry import AdapterType
from gateway.service.rounds import SHARE
from gateway.service.settling import QUIET
from gateway.settings import load
from gateway.simulation import Simulator, in_thread
from tests.deadlines import DEADLINE, scaled
from tests.empty_journal import lay
from tests.gateway.service.test_settling import Clock

NAME = "contact-points"
KEY = "a-key-for-tests-0000000000000000000"
FIVE = {"member": "contact_id:1", "points": "5"}
OUTAGES = 5


class Broken(ContactPoints):
    """Its search raises `error`, before it has made a request or on the answer; with None it is whole."""

    error: BaseException | None = None
    before = True

    def find(self, *, id: str, member: Member, points: Decimal, point_type: str | None = None) -> Exchange[Found]:  # noqa: A002 (the port's name)
        if self.error is not None and self.before:
            raise self.error
        found = yield from super().find(id=id, member=member, points=points, point_type=point_type)
        if self.error is not None:
            raise self.error
        return found


@dataclass
class Bench:
    """A gateway, its background work still, in front of simulated vendors, each for a tenant of its name."""

    gateway: Gateway
    http: httpx.AsyncClient
    vendors: dict[str, Simulator]
    clock: Clock

    async def adjust(self, tenant: str, key: str) -> httpx.Response:
        headers = {"Idempotency-Key": f"{tenant}-{key}", "X-Tenant": tenant}
        return await self.http.post("/v1/adjustments", json=FIVE, headers=headers)

    async def unknown(self, tenant: str, count: int = 1) -> list[str]:
        """So many adjustments that had their effect, and whose answers were lost; their ids."""
        ids = []
        for number in range(count):
            self.vendors[tenant].faults.add({"kind": "close", "when": "after", "method": "POST"})
            response = await self.adjust(tenant, f"unknown-{number}")
            assert (response.status_code, response.json()["status"]) == (202, "unknown")
            ids.append(response.json()["id"])
            assert (await self.adjust(tenant, f"between-{number}")).status_code == 201  # so that no circuit opens
        return ids

    async def quiet(self) -> None:
        """Let the time pass after which whatever is unknown is looked for."""
        self.clock.pass_by(scaled(10) + MARGIN)
        while await self.gateway.settling.look():
            pass
        self.clock.pass_by(QUIET)

    async def status(self, tenant: str, identifier: str) -> str:
        answer = await self.http.get(f"/v1/adjustments/{identifier}", headers={"X-Tenant": tenant})
        return str(answer.json()["status"])

    async def counted(self, line: str) -> bool:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.gateway.admin), base_url="http://a") as admin:
            return line in (await admin.get("/metrics")).text.splitlines()

    async def circuits(self, tenant: str) -> tuple[str, str]:
        """How the circuits of a vendor's calls and of its searches stand."""
        document = (await self.http.get("/readyz?verbose")).json()["vendors"]
        (vendor,) = (each for each in document if each["name"] == tenant)
        return vendor["circuit"], vendor["search"]


def play(
    folder: Path, scene: Callable[[Bench], Coroutine[Any, Any, None]], kinds: dict[str, Any] | None = None, **more: Any
) -> None:
    """Play a scene in front of two fresh vendors, `whole` and `broken`; `more`: settings of `broken`."""

    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE), opened(folder, vendors, kinds or {}, more) as bench:
            await scene(bench)

    made = registry.simulators()[NAME]
    vendors = {"whole": made(), "broken": made()}
    with in_thread(*vendors.values()):
        asyncio.run(bounded())


@asynccontextmanager
async def opened(
    folder: Path, vendors: dict[str, Simulator], more_kinds: dict[str, Any], more: dict[str, Any]
) -> AsyncIterator[Bench]:
    kinds = {**registry.adapters(), **more_kinds}
    settings = {"account": "sample", "timeout": scaled(10)}
    file, clock = folder / "gateway.yaml", Clock()
    client = {"keys": [KEY], "tenants": ["*"], "scopes": ["points:read", "points:write"]}
    file.write_text(
        json.dumps(
            {
                "store": "sqlite:///journal.db",
                "server": {"outages": OUTAGES},
                "vendors": {
                    name: {**vendor.settings, **settings, **(more if name == "broken" else {})}
                    for name, vendor in vendors.items()
                },
                "tenants": {name: {"routes": {"adjust": name}} for name in vendors},
                "clients": {"app": client},
            }
        )
    )
    lay(file.with_name("journal.db"))
    gateway = Gateway(load(file, kinds, {}), kinds, clock=clock, uptime=clock.uptime)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(gateway.asgi), base_url="http://gateway", headers=headers
    ) as http:
        try:
            yield Bench(gateway, http, vendors, clock)
        finally:
            await gateway.close()


ERRORS = [
    KeyError("points"),
    TypeError(),
    RecursionError(),
    FieldNotSupported("member", "no"),
    asyncio.CancelledError(),
    SystemExit(1),
    KeyboardInterrupt(),
    GeneratorExit(),
]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_search_that_fails_stops_no_other(tmp_path: Path, error: BaseException, before: bool) -> None:
    """Whatever an adapter's `find` raises, and whenever: another vendor's unknown is settled, and this one alarms."""

    class Adapter(Broken):
        """The broken adapter of this test alone."""

    async def scene(made: Bench) -> None:
        (broken,), (whole,) = await made.unknown("broken"), await made.unknown("whole")
        await made.quiet()
        Adapter.error, Adapter.before = error, before
        for _ in range(2):
            assert await made.gateway.settling.look() > 0
            made.clock.pass_by(2)
        assert (await made.status("broken", broken), await made.status("whole", whole)) == ("unknown", "succeeded")
        assert await made.counted('points_alarms_total{why="search"} 2.0')
        Adapter.error = None  # mended
        made.clock.pass_by(3600)
        assert await made.gateway.settling.look() == 1
        assert await made.status("broken", broken) == "succeeded"

    play(tmp_path, scene, {"broken": AdapterType.of("broken", Adapter)}, adapter="broken")


def test_an_account_that_cannot_be_told_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor whose settings fail to name their account is not searched, which is said once; the others are."""

    async def scene(made: Bench) -> None:
        await made.unknown("broken")
        (whole,) = await made.unknown("whole")
        await made.quiet()

        def accounts(translator: Any) -> tuple[str, ...]:
            if translator.name == "broken":
                raise OSError("the secret cannot be read")
            return before(translator)

        monkeypatch.setattr("gateway.planning.translation.Translator.accounts", property(accounts))
        for _ in range(3):
            await made.gateway.settling.look()
        assert await made.status("whole", whole) == "succeeded"
        assert await made.counted('points_alarms_total{why="search"} 1.0')

    from gateway.planning.translation import Translator

    before: Callable[[Any], tuple[str, ...]] = Translator.accounts.fget  # type: ignore[attr-defined]  # a property has one
    play(tmp_path, scene)


def test_searches_that_hang_hold_up_nobody(tmp_path: Path) -> None:
    """They take no place from writes, never open their circuit, and another account's unknowns are settled meanwhile.

    Their own circuit opens, and is the only one.
    """

    async def scene(made: Bench) -> None:
        await made.unknown("broken", count=2 * SHARE)
        whole = await made.unknown("whole", count=2 * SHARE)
        await made.quiet()
        made.vendors["broken"].faults.add({"kind": "hang", "when": "after", "times": 1000, "method": "GET"})
        rounds = await made.gateway.settling.begin()
        assert len(rounds) == 2
        await asyncio.wait(rounds, return_when=asyncio.FIRST_COMPLETED)
        assert [await made.status("whole", each) for each in whole] == ["succeeded"] * len(whole)
        responses = [await made.adjust("broken", f"meanwhile-{number}") for number in range(3)]
        assert [each.status_code for each in responses] == [201] * 3
        await asyncio.gather(*rounds)
        assert await made.circuits("broken") == ("closed", "open")
        assert (await made.adjust("broken", "later")).status_code == 201
        assert await made.counted('points_circuit{purpose="search",state="open",vendor="broken"} 1.0')
        assert await made.gateway.settling.look() == 0

    play(tmp_path, scene, timeout=scaled(1.0), max_concurrency=OUTAGES)


def test_a_vendor_that_is_left_alone_is_not_searched(tmp_path: Path) -> None:
    """While the circuit of its calls is open nobody asks it for what is unknown; that is no look in vain."""

    async def scene(made: Bench) -> None:
        (identifier,) = await made.unknown("broken")
        await made.quiet()
        made.vendors["broken"].faults.add({"kind": "status", "status": 503, "times": OUTAGES, "method": "POST"})
        for number in range(OUTAGES):
            await made.adjust("broken", f"outage-{number}")
        assert await made.circuits("broken") == ("open", "closed")
        arrived = len(made.vendors["broken"].requests)
        assert await made.gateway.settling.look() == 0
        assert len(made.vendors["broken"].requests) == arrived
        assert await made.status("broken", identifier) == "unknown"

    play(tmp_path, scene)


def test_tasks_are_told_of(tmp_path: Path) -> None:
    """`/readyz?verbose` names every background task with its state; without it none."""

    async def scene(made: Bench) -> None:
        assert "tasks" not in (await made.http.get("/readyz")).json()
        document = (await made.http.get("/readyz?verbose")).json()["tasks"]
        assert [each["name"] for each in document] == ["erase", "events", "journal", "search", "sweep", "webhooks"]
        assert {each["state"] for each in document} == {"ok"}
        assert {each["failures"] for each in document} == {0}
        last = {each["name"]: each["last_ok"] for each in document}
        assert last["journal"] is not None
        assert last["search"] is None

    play(tmp_path, scene)
