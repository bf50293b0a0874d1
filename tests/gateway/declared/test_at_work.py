"""A described vendor behind a whole gateway, over real sockets: one effect, whatever happens on the way."""

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

from gateway.app import Gateway
from gateway.planning.translation import MARGIN
from gateway.port import registry
from gateway.service.settling import QUIET
from gateway.settings import Settings, load
from gateway.simulation import in_thread
from tests.deadlines import scaled
from tests.empty_journal import lay
from tests.gateway.declared.shop import DESCRIPTION, TokenShop
from tests.gateway.service.test_settling import KEY, SCOPES, Clock

FIVE = {"member": "card:7", "points": "5.50", "description": "Thanks"}
TIMEOUT = scaled(10)
SURE = {"confirmed": {"idempotency": "tried on a day"}}
LOST = {"kind": "close", "when": "after"}


@dataclass
class Bench:
    """A gateway without its background work, in front of one described vendor."""

    gateway: Gateway
    http: httpx.AsyncClient
    vendor: TokenShop
    clock: Clock
    folder: Path

    async def adjust(self, **changes: str) -> httpx.Response:
        """Ask for the points, under the one key."""
        return await self.http.post("/v1/adjustments", json={**FIVE, **changes}, headers={"Idempotency-Key": "key-1"})

    async def unknown(self, **fault: Any) -> str:
        """The id of an adjustment whose outcome nobody knows."""
        self.vendor.faults.add(fault)
        response = await self.adjust()
        assert (response.status_code, response.json()["status"]) == (202, "unknown")
        return str(response.json()["id"])

    async def searched(self, **fault: Any) -> str:
        """The status of an unknown after it was looked for."""
        identifier = await self.unknown(**fault)
        for seconds in (TIMEOUT + MARGIN, QUIET):
            self.clock.pass_by(seconds)
            assert await self.gateway.settling.look() == 1
        return str((await self.http.get(f"/v1/adjustments/{identifier}")).json()["status"])

    def described(self, text: str, **settings: Any) -> Settings:
        """The configuration with another description."""
        return configuration(self.folder, self.vendor, text, **settings)


Scene = Callable[[Bench], Coroutine[Any, Any, None]]


def configuration(folder: Path, vendor: TokenShop, text: str, **settings: Any) -> Settings:
    """A configuration of the vendor by this description."""
    (folder / "vendors").mkdir(exist_ok=True)
    (folder / "vendors/tokens.yaml").write_text(text)
    file = folder / "gateway.yaml"
    whole = {
        "store": "sqlite:///journal.db",
        "server": {"outages": 0},
        "vendors": {"shop": {**vendor.settings, "timeout": TIMEOUT, **settings}},
        "tenants": {"acme": {"routes": dict.fromkeys(("adjust", "balance", "transactions"), "shop")}},
        "clients": {"app": {"keys": [KEY], "tenants": ["acme"], "scopes": SCOPES}},
    }
    file.write_text(json.dumps(whole))
    return load(file, registry.adapters(), {})


@asynccontextmanager
async def bench(folder: Path, vendor: TokenShop, **settings: Any) -> AsyncIterator[Bench]:
    clock = Clock()
    loaded = configuration(folder, vendor, DESCRIPTION, **settings)
    lay(folder / "journal.db")
    gateway = Gateway(loaded, registry.adapters(), clock=clock, uptime=clock.uptime)
    transport, headers = httpx.ASGITransport(gateway.asgi), {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers) as http:
        try:
            yield Bench(gateway, http, vendor, clock, folder)
        finally:
            await gateway.close()


def play(folder: Path, scene: Scene, **settings: Any) -> None:
    """Play a scene in front of a fresh vendor."""

    async def whole() -> None:
        async with bench(folder, vendor, **settings) as made:
            await scene(made)

    vendor = TokenShop()
    with in_thread(vendor):
        asyncio.run(whole())


def test_an_adjustment_is_one_effect_with_its_digits(tmp_path: Path) -> None:
    """Its answer names the description's adapter, its replay adds nothing, and the history knows the adjustment."""

    async def scene(made: Bench) -> None:
        first, again = await made.adjust(), await made.adjust()
        answer = first.json()
        assert (first.status_code, again.json()) == (201, answer)
        assert (answer["vendor"]["adapter"], answer["balance"]["available"]) == ("tokens", "15.5")
        assert [effect.points for effect in made.vendor.effects] == [Decimal("5.50")]
        assert b'"tokens":5.5,' in made.vendor.requests[0].body
        history = (await made.http.get("/v1/members/card:7/transactions")).json()["data"]
        assert [(row["points"], row["adjustment"]) for row in history] == [("5.5", answer["id"])]
        balance = (await made.http.get("/v1/members/card:7/balance")).json()
        assert balance["available"] == "15.5"

    play(tmp_path, scene)


def test_capabilities_previews_and_refusals_are_those_of_any_adapter(tmp_path: Path) -> None:
    """By the holes of the description; a preview sends nothing and shows no secret."""

    async def scene(made: Bench) -> None:
        refused = await made.adjust(reference="r-1")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/reference")
        preview = (await made.http.post("/v1/adjustments/preview", json=FIVE)).json()
        assert preview["request"]["body"]["text"] == "Thanks"
        assert made.vendor.settings["key"] not in json.dumps(preview)
        capabilities = (await made.http.get("/v1/capabilities")).json()
        assert "tokens" in json.dumps(capabilities)
        assert made.vendor.requests == []
        short = await made.adjust(points="-11")
        assert (short.status_code, short.json()["code"]) == (422, "insufficient_points")

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("fault", "settings", "status"),
    [
        (LOST, {}, "succeeded"),
        ({"kind": "body", "body": '{"state": "done"}', "apply": True}, {}, "succeeded"),
        ({"kind": "close", "when": "before"}, {}, "unknown"),
        (
            {"kind": "close", "when": "before"},
            {"trust_absence": True, "confirmed": {"search": "s", "absence": "s"}},
            "failed",
        ),
    ],
)
def test_an_unknown_is_settled_by_search(
    tmp_path: Path, fault: dict[str, Any], settings: dict[str, Any], status: str
) -> None:
    """What the list has under our id was applied; absence proves only what the operator has vouched for."""

    async def scene(made: Bench) -> None:
        assert await made.searched(**fault) == status
        assert len(made.vendor.effects) == (status == "succeeded")

    play(tmp_path, scene, **settings)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_vendor_that_enforces_is_asked_again(tmp_path: Path, when: str) -> None:
    """Once that is confirmed: the same bytes again, whenever the first ones were lost, and one effect."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when=when)
        made.clock.pass_by(60)
        assert await made.gateway.repeating.look() == 1
        answer = (await made.http.get(f"/v1/adjustments/{identifier}")).json()
        assert (answer["status"], len(made.vendor.effects)) == ("succeeded", 1)
        first, second = (request.body for request in made.vendor.requests)
        assert first == second

    play(tmp_path, scene, **SURE)


def test_nothing_is_asked_again_that_is_not_confirmed(tmp_path: Path) -> None:
    """The description alone is no reason to send a write twice."""

    async def scene(made: Bench) -> None:
        await made.unknown(**LOST)
        made.clock.pass_by(60)
        assert await made.gateway.repeating.look() == 0
        assert len(made.vendor.requests) == 1

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("$.state: done", "$.state: {type: text}"),
        ("source: the", "source: another edition of the"),
        ("text: ", "note: "),
    ],
)
def test_a_changed_description_makes_no_repeat(tmp_path: Path, old: str, new: str) -> None:
    """A repeat under another description is not the same request, although its bytes may be."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="before")
        text = DESCRIPTION.replace(old, new, 1)
        made.gateway.swap(made.gateway.prepare(made.described(text, **SURE)))
        made.clock.pass_by(60)
        await made.gateway.repeating.look()
        assert len(made.vendor.requests) == 1
        assert (await made.http.get(f"/v1/adjustments/{identifier}")).json()["status"] == "unknown"

    play(tmp_path, scene, **SURE)


def test_absence_under_a_changed_description_proves_nothing(tmp_path: Path) -> None:
    """Another description may search elsewhere than where the write went."""
    trusting = {"trust_absence": True, "confirmed": {"search": "s", "absence": "s"}}

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="before")
        made.gateway.swap(made.gateway.prepare(made.described(DESCRIPTION + "# other\n", **trusting)))
        for seconds in (TIMEOUT + MARGIN, QUIET):
            made.clock.pass_by(seconds)
            assert await made.gateway.settling.look() == 1
        assert (await made.http.get(f"/v1/adjustments/{identifier}")).json()["status"] == "unknown"

    play(tmp_path, scene, **trusting)


@pytest.mark.parametrize("status", [201, 202])
def test_a_vouched_status_with_the_body_of_a_success_is_unknown(tmp_path: Path, status: int) -> None:
    """Under whichever status the description takes that body for a success; another body is worth another try."""

    async def scene(made: Bench) -> None:
        text = DESCRIPTION.replace("status: 201", f"status: {status}")
        vouching = {"not_applied": [503]}
        made.gateway.swap(made.gateway.prepare(made.described(text, **vouching)))
        down = {"kind": "status", "status": 503}
        made.vendor.faults.add({**down, "body": '{"error": "down", "text": "Later."}'})
        assert (await made.adjust()).json()["code"] == "vendor_unavailable"
        body = '{"state": "done", "id": "t-1", "tokens": 5.5, "left": 15.5}'
        made.vendor.faults.add({**down, "body": body, "apply": True})
        assert (await made.adjust()).json()["status"] == "unknown"

    play(tmp_path, scene)
