"""What is unknown is looked for at vendors that can be searched, and settled by what is found there, never by less."""

import asyncio
import hashlib
import json
import sqlite3
import urllib.request
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import Gateway
from gateway.planning.translation import MARGIN
from gateway.port import registry
from gateway.service.settling import QUIET
from gateway.settings import load
from gateway.simulation import Simulator, in_thread
from gateway.uptime import Uptime
from tests.deadlines import DEADLINE, scaled
from tests.empty_journal import lay

NAME = "contact-points"
SCOPES = ["points:read", "points:inspect", "points:write", "points:resolve"]
KEY = "a-key-for-tests-0000000000000000000"
OPERATOR_KEY = "operator-key-for-tests-" + "0" * 24
FIVE = {"member": "contact_id:1", "points": "5"}
TIMEOUT = scaled(10)


@dataclass
class Clock:
    """A clock that moves when it is told to; the machine's uptime moves with it, but never back."""

    now: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    up: float = 0.0

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.now += timedelta(seconds=seconds)
        self.up += max(0.0, seconds)

    @property
    def uptime(self) -> Uptime:
        """The uptime of the machine that has this clock."""
        return Uptime("a machine", lambda: self.up)


@dataclass
class Bench:
    """A gateway without its background work, in front of one simulated vendor."""

    gateway: Gateway
    http: httpx.AsyncClient
    vendor: Simulator
    clock: Clock

    async def unknown(self, **fault: Any) -> str:
        """The id of an adjustment whose outcome nobody knows, long enough ago that it can only be looked for."""
        self.vendor.faults.add(fault)
        response = await self.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": "key-1"})
        assert (response.status_code, response.json()["status"]) == (202, "unknown")
        assert await self.gateway.settling.look() == 0, "it may still settle itself"
        self.clock.pass_by(TIMEOUT + MARGIN)
        assert await self.gateway.settling.look() == 1
        assert len(self.vendor.requests) == 1, "the quiet period comes first"
        assert await self.search_now(response.json()["id"]) == "refused"
        assert await self.gateway.settling.look() == 0, "nobody has it end sooner"
        self.clock.pass_by(QUIET)
        return str(response.json()["id"])

    async def search_now(self, identifier: str) -> str:
        """What an operator hears who wants it looked for at once."""
        headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.gateway.admin), base_url="http://a", headers=headers
        ) as admin:
            response = await admin.post("/admin/v1/searches", json={"adjustments": [identifier]})
        return str(response.json()["data"][0]["result"])

    async def standing(self, identifier: str) -> dict[str, Any]:
        """The adjustment with its history."""
        answer = await self.http.get(f"/v1/adjustments/{identifier}", params={"include": "history"})
        return dict(answer.json())

    async def alarms(self) -> str:
        """The alarms that were counted."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.gateway.admin), base_url="http://a") as admin:
            text = (await admin.get("/metrics")).text
        return "\n".join(
            line for line in text.splitlines() if line.startswith("points_alarms_total") and line[-3] != "0"
        )


Scene = Callable[[Bench], Coroutine[Any, Any, None]]


@asynccontextmanager
async def bench(folder: Path, vendor: Simulator, **settings: Any) -> AsyncIterator[Bench]:
    """A gateway on a journal in `folder`, for a vendor with these settings changed."""
    file, clock = folder / "gateway.yaml", Clock()
    file.write_text(
        json.dumps(
            {
                "store": "sqlite:///journal.db",
                "server": {"outages": 0},
                "vendors": {"crm": {**vendor.settings, "timeout": TIMEOUT, **settings}},
                "tenants": {"acme": {"routes": {"adjust": "crm"}}},
                "clients": {"app": {"keys": [KEY], "tenants": ["acme"], "scopes": SCOPES}},
                "operators": {"alice": {"keys": [OPERATOR_KEY], "scopes": ["operator:write"]}},
            }
        )
    )
    kinds = registry.adapters()
    lay(file.with_name("journal.db"))
    gateway = Gateway(load(file, kinds, {}), kinds, clock=clock, uptime=clock.uptime)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(gateway.asgi), base_url="http://gateway", headers=headers
    ) as http:
        try:
            yield Bench(gateway, http, vendor, clock)
        finally:
            await gateway.close()


def play(folder: Path, scene: Scene, **settings: Any) -> None:
    """Play a scene in front of a fresh vendor."""

    async def whole() -> None:
        async with bench(folder, vendor, **settings) as made:
            await scene(made)

    vendor: Simulator = registry.simulators()[NAME]()
    with in_thread(vendor):
        asyncio.run(whole())


def test_found_once_is_a_success(tmp_path: Path) -> None:
    """What the vendor has, exactly as it was sent, succeeded; its key is answered 201 from then on."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="after")
        assert await made.gateway.settling.look() == 1
        said = await made.standing(identifier)
        assert (said["status"], said["vendor"]["transaction_id"], said["balance"]) == ("succeeded", "1", None)
        last = said["history"][-1]
        assert (last["by"], last["evidence"]["found"]) == ("search", 1)
        assert [each["request"]["method"] for each in last["exchange"]] == ["GET"]
        assert last["exchange"][0]["request"]["headers"]["X-ApiKey"] == "***"
        replay = await made.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": "key-1"})
        assert (replay.status_code, replay.headers["idempotent-replayed"]) == (201, "true")
        assert len(made.vendor.effects) == 1
        assert await made.gateway.settling.look() == 0

    play(tmp_path, scene)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cancel_is_looked_for_at_the_original(tmp_path: Path, when: str) -> None:
    """A reversal whose answer was lost has succeeded where the vendor shows that its original is cancelled."""

    async def scene(made: Bench) -> None:
        original = await made.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": "key-1"})
        made.vendor.faults.add({"kind": "close", "when": when, "method": "POST"})
        path = f"/v1/adjustments/{original.json()['id']}/reversal"
        lost = await made.http.post(path, json={}, headers={"Idempotency-Key": "key-2"})
        assert (lost.status_code, lost.json()["linked"]) == (202, True)
        made.clock.pass_by(TIMEOUT + MARGIN)
        await made.gateway.settling.look()
        made.clock.pass_by(QUIET)
        assert await made.gateway.settling.look() == 1
        standing = await made.standing(lost.json()["id"])
        applied = when == "after"
        assert standing["status"] == ("succeeded" if applied else "unknown")
        assert standing["vendor"]["transaction_id"] == ("2" if applied else None)
        assert (await made.standing(original.json()["id"]))["reversed"] == ("5" if applied else "0")
        again = await made.http.post(path, json={}, headers={"Idempotency-Key": "key-2"})
        assert again.status_code == (201 if applied else 202)
        assert len(made.vendor.effects) == 1 + applied

    play(tmp_path, scene, account="sample")


def test_absence_is_no_proof(tmp_path: Path) -> None:
    """What the vendor does not find stays unknown, and is looked for again after pauses that grow."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="before")
        for pause in (2.0, 4.0, 8.0):
            assert await made.gateway.settling.look() == 1
            assert await made.gateway.settling.look() == 0
            made.clock.pass_by(pause - 0.1)
            assert await made.gateway.settling.look() == 0
            made.clock.pass_by(0.1)
        assert (await made.standing(identifier))["status"] == "unknown"
        assert [request.method for request in made.vendor.requests] == ["POST", "GET", "GET", "GET"]

    play(tmp_path, scene)


def test_absence_is_proof_where_the_operator_says_so(tmp_path: Path) -> None:
    """With `trust_absence` what is not found is not applied, for good, and the key says so."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="before")
        assert await made.gateway.settling.look() == 1
        said = await made.standing(identifier)
        assert (said["status"], said["retryable"], said["problem"]["code"]) == ("failed", False, "not_applied")
        replay = await made.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": "key-1"})
        assert (replay.status_code, replay.json()["code"]) == (502, "not_applied")

    play(tmp_path, scene, trust_absence=True)


@pytest.mark.parametrize("trust_absence", [False, True])
def test_found_twice_needs_a_person(tmp_path: Path, trust_absence: bool) -> None:
    """Two effects under one id are more than the gateway made: it stays unknown, and alarms."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="after")
        sent = made.vendor.requests[0]
        repeated = urllib.request.Request(
            made.vendor.origin + sent.target, sent.body, dict(sent.headers), method="POST"
        )
        await asyncio.to_thread(lambda: urllib.request.urlopen(repeated).close())
        assert await made.gateway.settling.look() == 1
        assert (await made.standing(identifier))["status"] == "unknown"
        assert await made.alarms() == 'points_alarms_total{why="search"} 1.0'

    play(tmp_path, scene, trust_absence=trust_absence)


@pytest.mark.parametrize(
    "answer",
    [
        '[{"Id": 1, "ContactId": 1, "Type": "standard", "Amount": 6, "SourceId": "ID"}]',
        '[{"Id": 1, "ContactId": 2, "Type": "standard", "Amount": 5, "SourceId": "ID"}]',
        '[{"Id": 1, "ContactId": 1, "Type": "bonus", "Amount": 5, "SourceId": "ID"}]',
        '[{"Id": 1, "ContactId": 1, "Type": "standard", "Amount": 5, "SourceId": "ID", "CancellerPointId": 2}]',
        '[{"Id": 1, "SourceId": "ID"}]',
        '[{"Id": 1, "ContactId": 1, "Type": "standard", "Amount": 5, "SourceId": "another"}]',
        '[{"Id": 1, "ContactId": 1, "Type": "standard", "Amount": 5}]',
        '{"Items": []}',
        "null",
        "<html>",
    ],
)
def test_what_is_not_exactly_ours_settles_nothing(tmp_path: Path, answer: str) -> None:
    """Another amount, contact or type under our id, and what is no list of points, settle nothing, and alarm."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="after")
        made.vendor.faults.add({"kind": "body", "body": answer.replace("ID", identifier)})
        assert await made.gateway.settling.look() == 1
        assert (await made.standing(identifier))["status"] == "unknown"
        assert await made.alarms() == 'points_alarms_total{why="search"} 1.0'

    play(tmp_path, scene, trust_absence=True)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_a_search_that_fails_settles_nothing(tmp_path: Path, status: int) -> None:
    """A vendor that cannot be searched now is asked again later; even with `trust_absence` that is no absence."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="after")
        made.vendor.faults.add({"kind": "status", "status": status, "body": '{"Message": "No."}'})
        assert await made.gateway.settling.look() == 1
        assert (await made.standing(identifier))["status"] == "unknown"
        made.clock.pass_by(2.0)
        assert await made.gateway.settling.look() == 1
        assert (await made.standing(identifier))["status"] == "succeeded"

    play(tmp_path, scene, trust_absence=True)


def test_only_the_same_account_is_searched(tmp_path: Path) -> None:
    """Another account may answer where absence would mean nothing: it is not asked."""

    async def scene(made: Bench) -> None:
        await made.unknown(kind="close", when="after")

    async def elsewhere(made: Bench) -> None:
        made.clock.pass_by(3600)
        assert await made.gateway.settling.look() == 0

    async def whole() -> None:
        async with bench(tmp_path, vendor) as made:
            await scene(made)
        async with bench(tmp_path, vendor, account="another") as made:
            await elsewhere(made)

    vendor: Simulator = registry.simulators()[NAME]()
    with in_thread(vendor):
        asyncio.run(whole())
    assert len(vendor.requests) == 1


def test_a_rotated_credential_strands_nothing(tmp_path: Path) -> None:
    """The vendor's name for the account stays when its key changes: what is unknown from before is still found."""

    async def whole() -> None:
        async with bench(tmp_path, vendor) as made:
            identifier = await made.unknown(kind="close", when="after")
        vendor.example = replace(vendor.example, settings={**vendor.example.settings, "api_key": "the next key"})
        async with bench(tmp_path, vendor) as made:
            made.clock.pass_by(3600)
            assert await made.gateway.settling.look() == 1
            assert (await made.standing(identifier))["status"] == "succeeded"

    vendor: Simulator = registry.simulators()[NAME]()
    with in_thread(vendor):
        asyncio.run(whole())


@pytest.mark.parametrize("kept_as", ["an earlier version, with the account", "an earlier version, without"])
def test_what_was_kept_by_credentials_is_still_found(tmp_path: Path, kept_as: str) -> None:
    """A digest with the credentials in it, as it was written before, means the account that they open."""

    async def whole() -> None:
        async with bench(tmp_path, vendor) as made:
            identifier = await made.unknown(kind="close", when="after")
        name = "None" if "without" in kept_as else "sample"
        key = vendor.example.settings["api_key"]
        identity = "\0".join((NAME, vendor.base_url, name, key))
        with closing(sqlite3.connect(tmp_path / "journal.db", timeout=DEADLINE)) as journal, journal:
            digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
            assert journal.execute("UPDATE adjustments SET account = ?", (digest,)).rowcount == 1
        async with bench(tmp_path, vendor) as made:
            made.clock.pass_by(3600)
            assert await made.gateway.settling.look() == 1
            assert (await made.standing(identifier))["status"] == "succeeded"

    vendor: Simulator = registry.simulators()[NAME]()
    with in_thread(vendor):
        asyncio.run(whole())
