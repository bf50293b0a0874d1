"""Limits of clients and tenants: what is refused before anything is kept or sent, and what is answered all the same."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.app import Gateway
from gateway.errors import LimitExceeded
from gateway.journal import Journal
from gateway.limits import OTHERS, Ceilings, Limits
from gateway.metrics import Metrics
from gateway.model import Adjustment, Member
from gateway.port import registry
from gateway.service.allowances import Allowances
from gateway.settings import load
from gateway.simulation import Simulator, in_thread
from tests.deadlines import scaled
from tests.empty_journal import lay
from tests.gateway.service.test_settling import Clock

KEYS = {"app": "a-key-for-tests-0000000000000000000", "other": "another-key-for-tests-0000000000000"}
POINTS = st.decimals("0.000001", "999999999999", places=6)


def adjustment(points: Decimal, point_type: str | None = None) -> Adjustment:
    return Adjustment(Member("contact_id", "1"), points, point_type)


@given(POINTS, st.booleans())
def test_the_largest_adjustment_is_one_by_magnitude(points: Decimal, debit: bool) -> None:
    """What is just as large passes, credit or debit; the next larger number does not."""
    ceilings = Ceilings({"app": Limits(points)}, {"acme": Limits(points + 1)})
    sign = -1 if debit else 1
    ceilings.check(adjustment(sign * points), client="app", tenant="acme")
    with pytest.raises(LimitExceeded, match="client 'app' may adjust"):
        ceilings.check(adjustment(sign * (points + Decimal("0.000001"))), client="app", tenant="acme")


@pytest.mark.parametrize(
    ("points", "point_type", "counters"),
    [
        (5, "base", {"client/app/credit/base", "tenant/acme/credit/*"}),
        (-5, "base", {"client/app/debit/*"}),
        (5, "bonus", {"tenant/acme/credit/*"}),
        (5, None, {"tenant/acme/credit/*"}),
        (-5, None, {"client/app/debit/*"}),
    ],
)
def test_a_budget_is_that_of_the_type_or_of_all_others(points: int, point_type: str | None, counters: set[str]) -> None:
    """One of the client's and one of the tenant's, if they have any for this type and direction."""
    clients = {"app": Limits(daily={("base", "credit"): Decimal(9), (OTHERS, "debit"): Decimal(9)})}
    ceilings = Ceilings(clients, {"acme": Limits(daily={(OTHERS, "credit"): Decimal(9)})})
    budgets = ceilings.budgets(adjustment(Decimal(points), point_type), client="app", tenant="acme")
    day = datetime(2026, 3, 1, tzinfo=UTC).date()
    assert {each.counter(day).removeprefix("2026-03-01/") for each in budgets} == counters
    assert ceilings.budgets(adjustment(Decimal(points)), client="none", tenant="none") == ()


@dataclass
class Bench:
    """A gateway with limits, without its background work, in front of one simulated vendor."""

    gateway: Gateway
    http: httpx.AsyncClient
    vendor: Simulator
    clock: Clock

    async def adjust(self, key: str, points: str, *, client: str = "app", point_type: str = "base") -> httpx.Response:
        headers = {"Idempotency-Key": key, "Authorization": f"Bearer {KEYS[client]}"}
        body = {"member": "contact_id:1", "points": points, "point_type": point_type}
        return await self.http.post("/v1/adjustments", json=body, headers=headers)

    async def get(self, path: str, client: str = "app") -> httpx.Response:
        return await self.http.get(path, headers={"Authorization": f"Bearer {KEYS[client]}"})


@asynccontextmanager
async def bench(folder: Path, vendor: Simulator, *, app: Any, acme: Any) -> AsyncIterator[Bench]:
    """A gateway on a journal in `folder`, with the limits of client `app` and of tenant `acme`."""
    file, clock = folder / "gateway.yaml", Clock()
    scopes = ["points:read", "points:write", "points:resolve"]
    clients = {name: {"keys": [key], "tenants": ["acme"], "scopes": scopes} for name, key in KEYS.items()}
    clients["app"]["limits"] = app
    types = {"base": "standard", "bonus": "extra"}
    whole = {
        "store": "sqlite:///journal.db",
        "server": {"outages": 0},
        "vendors": {"crm": {**vendor.settings, "timeout": scaled(10), "point_types": types}},
        "tenants": {"acme": {"routes": {"adjust": "crm"}, "limits": acme}},
        "clients": clients,
    }
    file.write_text(json.dumps(whole))
    kinds = registry.adapters()
    lay(file.with_name("journal.db"))
    gateway = Gateway(load(file, kinds, {}), kinds, clock=clock, uptime=clock.uptime)
    transport = httpx.ASGITransport(gateway.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        try:
            yield Bench(gateway, http, vendor, clock)
        finally:
            await gateway.close()


Play = Callable[..., None]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Plays a scene on a gateway with these limits."""

    def run(scene: Callable[[Bench], Coroutine[Any, Any, None]], *, app: Any = None, acme: Any = None) -> None:
        vendor = registry.simulators()["contact-points"]()

        async def whole() -> None:
            async with bench(tmp_path, vendor, app=app, acme=acme) as made:
                await scene(made)

        with in_thread(vendor):
            asyncio.run(whole())

    return run


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem that says that a limit was exceeded."""
    assert (answer.status_code, answer.json()["code"]) == (422, "limit_exceeded"), answer.text
    return dict(answer.json())


def test_too_large_an_adjustment_is_refused_for_good(play: Play) -> None:
    """Before anything is kept or sent: the key is free, and nothing will change on another day."""

    async def scene(made: Bench) -> None:
        answer = await made.adjust("k", "5.000001")
        told = problem(answer)
        assert (told["retryable"], told["new_key_allowed"], "adjustment" in told) == (False, False, False)
        assert "max_points" in told["detail"]
        assert "Retry-After" not in answer.headers
        assert made.vendor.requests == []
        assert (await made.adjust("k", "-5")).status_code == 201
        assert (await made.adjust("k2", "5.1", client="other")).status_code == 201

    play(scene, app={"max_points": 5})


def test_an_exhausted_day_is_refused_until_the_next(play: Play) -> None:
    """With the seconds until then; repeats of known keys are answered, and the other direction goes on."""

    async def scene(made: Bench) -> None:
        first = await made.adjust("k", "8")
        answer = await made.adjust("k2", "3", client="other")
        told = problem(answer)
        assert (told["retryable"], told["new_key_allowed"], "adjustment" in told) == (True, False, False)
        assert "tenant 'acme' may credit 10 points of type 'base' a day, and 8 are taken" in told["detail"]
        assert answer.headers["Retry-After"] == "86400"
        repeated = await made.adjust("k", "8")
        assert (repeated.status_code, repeated.content) == (201, first.content)
        assert repeated.headers["Idempotent-Replayed"] == "true"
        assert (await made.adjust("k3", "-8")).status_code == 201
        assert problem(await made.adjust("k4", "11"))["retryable"] is False, "no day is long enough"
        made.clock.pass_by(86_400)
        assert (await made.adjust("k2", "3", client="other")).status_code == 201

    play(scene, acme={"daily": {"base": {"credit": 10}}})


def test_a_replay_passes_limits_that_came_later(play: Play) -> None:
    """An answer that is kept is given, also where the same adjustment would be refused today."""

    async def kept(made: Bench) -> None:
        assert (await made.adjust("k", "8")).status_code == 201

    async def repeated(made: Bench) -> None:
        assert (await made.adjust("k", "8")).status_code == 201
        assert problem(await made.adjust("k2", "8"))

    play(kept)
    play(repeated, app={"max_points": 1}, acme={"daily": {"*": {"credit": 0}}})


def test_a_failure_is_given_back_and_its_retry_refused_as_it_stands(play: Play) -> None:
    """What the vendor refused takes nothing; a next attempt that has no room names its adjustment, which stays."""

    async def scene(made: Bench) -> None:
        made.vendor.faults.add({"kind": "status", "status": 429})
        failed = await made.adjust("k", "8")
        assert failed.status_code == 503
        assert (await made.adjust("k2", "7")).status_code == 201
        answer = await made.adjust("k", "8")
        told = problem(answer)
        assert told["adjustment"] == failed.json()["adjustment"]
        assert (told["retryable"], told["new_key_allowed"]) == (True, False)
        made.clock.pass_by(86_400)
        assert (await made.adjust("k", "8")).status_code == 201

    play(scene, app={"daily": {"base": {"credit": 10}, "*": {"credit": 1}}})


def test_a_preview_says_what_no_day_lets_pass(play: Play) -> None:
    """It is refused as the adjustment itself would be, by the limits that do not depend on the day."""

    async def scene(made: Bench) -> None:
        for client, status in (("app", 422), ("other", 200)):
            body = {"member": "contact_id:1", "points": "6"}
            headers = {"Authorization": f"Bearer {KEYS[client]}"}
            answer = await made.http.post("/v1/adjustments/preview", json=body, headers=headers)
            assert answer.status_code == status

    play(scene, app={"max_points": 5})


def test_what_is_left_is_told(play: Play) -> None:
    """To the client, of its own budgets and the tenant's, and to Prometheus of everybody's."""
    daily = {"base": {"credit": 10, "debit": "2.5"}, "*": {"credit": 100}}

    async def scene(made: Bench) -> None:
        await made.adjust("k", "8")
        await made.adjust("k2", "-0.5")
        document = (await made.get("/v1/limits")).json()
        assert (document["client"], document["tenant"], document["max_points"]) == ("app", "acme", "9")
        assert document["resets_at"] == "2026-01-02T00:00:00Z"
        assert [tuple(each.values()) for each in document["daily"]] == [
            ("client", "*", "credit", "100", "0", "100"),
            ("client", "base", "credit", "10", "8", "2"),
            ("client", "base", "debit", "2.5", "0.5", "2"),
            ("tenant", "*", "credit", "20", "8", "12"),
        ]
        others = (await made.get("/v1/limits", client="other")).json()
        assert [each["of"] for each in others["daily"]] == ["tenant"]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(made.gateway.admin), base_url="http://a") as admin:
            text = (await admin.get("/metrics")).text
        assert 'points_budget_used{direction="debit",name="app",of="client",point_type="base"} 0.5' in text
        assert 'points_budget_limit{direction="credit",name="acme",of="tenant",point_type="*"} 20.0' in text

    play(scene, app={"max_points": 9, "daily": daily}, acme={"max_points": 50, "daily": {"*": {"credit": 20}}})


def test_without_limits_nothing_is_bounded(play: Play) -> None:
    """The answer says so, and no metric has anybody's name."""

    async def scene(made: Bench) -> None:
        document = (await made.get("/v1/limits")).json()
        assert (document["max_points"], document["daily"]) == (None, [])

    play(scene)


@pytest.fixture
def unfiltered() -> Iterator[None]:
    """The log as it is before anybody sets it up: other tests of this process may have left one that says little."""
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("unfiltered")
def test_a_changed_limit_is_logged(tmp_path: Path) -> None:
    """At a start with other limits than those before, once, with both."""

    async def started(*clients: dict[str, Limits]) -> list[Any]:
        journal = Journal.open(f"sqlite:///{tmp_path}/points.db", owner="a", clock=Clock(), render=lambda record: None)
        with capture_logs() as logged:
            for each in clients:
                await Allowances(Ceilings(each, {}), journal, Metrics()).note()
        await journal.close()
        return [(each["event"], each["of"], each["before"], each["after"]) for each in logged]

    five = {"app": Limits(Decimal(5), {("base", "credit"): Decimal("7.50")})}
    message, changed = "max_points 5, base credit 7.5 a day", "a limit was changed"
    assert asyncio.run(started({}, five, five, {})) == [
        (changed, "client app", "none", message),
        (changed, "client app", message, "none"),
    ]
