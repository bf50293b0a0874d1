"""What is unknown is sent again to a vendor that enforces idempotency, and settled by its success, never by less."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.adjustments import CLOCK_ERROR, UNSEEN
from gateway.answers.rendering import final_answer
from gateway.app import Gateway
from gateway.journal import Journal
from gateway.pauses import Pause
from gateway.planning.translation import MARGIN
from gateway.port.registry import AdapterType
from gateway.service.repeating import ALARM_AFTER, LONGEST, REST
from gateway.settings import load
from gateway.simulation import in_thread
from tests.adapters.fifth_vendor.enforcing import (
    Dated,
    DatedSimulator,
    Ink,
    InkSimulator,
    Remembering,
    Undeclared,
    UndeclaredSimulator,
)
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.deadlines import scaled, until
from tests.empty_journal import lay
from tests.gateway.service.test_settling import Clock

KEY = "a-key-for-tests-0000000000000000000"
FIVE = {"member": "card:1", "points": "5"}
TIMEOUT = scaled(10)
SCOPES = ["points:read", "points:write", "points:resolve", "points:inspect"]
ADAPTERS = {"paper": Remembering, "ink": Ink, "dated": Dated, "undeclared": Undeclared}
KINDS = {name: AdapterType.of(name, adapter) for name, adapter in ADAPTERS.items()}
WINDOW = Remembering.enforced_for - TIMEOUT - MARGIN - CLOCK_ERROR - UNSEEN
TOKEN = {"kind": "delay", "seconds": 0.0}
"""What becomes of the request for a token, which comes first: nothing out of the ordinary."""


@dataclass
class Bench:
    """A gateway without its background work, in front of one vendor that enforces idempotency."""

    gateway: Gateway
    http: httpx.AsyncClient
    vendor: PaperSimulator
    clock: Clock

    async def adjust(self, **fault: Any) -> httpx.Response:
        """Ask for the points, under the one key; with a fault, that is what becomes of the entry."""
        if fault:
            self.vendor.faults.add(TOKEN, fault)
        return await self.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": "key-1"})

    async def unknown(self, **fault: Any) -> str:
        """The id of an adjustment whose outcome nobody knows."""
        response = await self.adjust(**fault)
        assert (response.status_code, response.json()["status"]) == (202, "unknown")
        return str(response.json()["id"])

    async def standing(self, identifier: str) -> dict[str, Any]:
        """The adjustment with its history."""
        answer = await self.http.get(f"/v1/adjustments/{identifier}", params={"include": "history"})
        return dict(answer.json())

    async def alarms(self) -> list[str]:
        """The alarms that were counted."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.gateway.admin), base_url="http://a") as admin:
            text = (await admin.get("/metrics")).text
        lines = [line for line in text.splitlines() if line.startswith("points_alarms_total")]
        return [line.split('"')[1] for line in lines if not line.endswith(" 0.0")]

    @property
    def entries(self) -> int:
        """How many requests for an entry the vendor has received."""
        return sum(request.path.endswith("/entries") for request in self.vendor.requests)


Scene = Callable[[Bench], Coroutine[Any, Any, None]]


@asynccontextmanager
async def bench(
    folder: Path, vendor: PaperSimulator, clock: Clock, *, outages: int = 0, **settings: Any
) -> AsyncIterator[Bench]:
    """A gateway on a journal in `folder`, for a vendor with these settings changed; `outages` as of the server."""
    file = folder / "gateway.yaml"
    file.write_text(
        json.dumps(
            {
                "store": "sqlite:///journal.db",
                "server": {"outages": outages},
                "vendors": {"book": {**vendor.settings, "timeout": TIMEOUT, **settings}},
                "tenants": {"acme": {"routes": {"adjust": "book"}}},
                "clients": {"app": {"keys": [KEY], "tenants": ["acme"], "scopes": SCOPES}},
            }
        )
    )
    lay(file.with_name("journal.db"))
    gateway = Gateway(load(file, KINDS, {}), KINDS, clock=clock, uptime=clock.uptime)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(gateway.asgi), base_url="http://gateway", headers=headers
    ) as http:
        try:
            yield Bench(gateway, http, vendor, clock)
        finally:
            await gateway.close()


def play(folder: Path, vendor: PaperSimulator, *scenes: Scene, outages: int = 0, **settings: Any) -> None:
    """Play scenes in front of a fresh vendor: each with a gateway of its own, the later ones with settings changed."""

    async def whole() -> None:
        clock = Clock()
        for number, scene in enumerate(scenes):
            async with bench(folder, vendor, clock, outages=outages, **(settings if number else {})) as made:
                await scene(made)

    with in_thread(vendor):
        asyncio.run(whole())


VENDORS = pytest.mark.parametrize("vendor", [PaperSimulator, InkSimulator])
WHEN = pytest.mark.parametrize("when", ["before", "after"])


@WHEN
@VENDORS
def test_the_background_settles_by_sending_again(tmp_path: Path, vendor: type[PaperSimulator], when: str) -> None:
    """Whether the first request was applied or not, the second makes it one effect, and the adjustment a success."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when=when)
        assert await made.gateway.repeating.look() == 1
        answer = await made.standing(identifier)
        assert (answer["status"], answer["attempts"], len(made.vendor.effects)) == ("succeeded", 1, 1)
        begun, ended = answer["history"][-2:]
        assert (begun["by"], begun["evidence"]) == ("repeat", {"repeat": 1, "begun": True})
        assert (ended["by"], ended["to"], ended["evidence"]["repeat"]) == ("repeat", "succeeded", 1)
        first = answer["history"][1]["exchange"][-1]["request"]
        assert ended["exchange"][-1]["request"] == first
        assert await made.gateway.repeating.look() == 0
        replay = await made.adjust()
        assert (replay.status_code, replay.headers["idempotent-replayed"]) == (201, "true")
        assert made.entries == 2
        assert await made.alarms() == []

    play(tmp_path, vendor(), scene)


def test_a_repeat_may_have_another_token_another_time_and_another_nonce(tmp_path: Path) -> None:
    """A token makes no difference, and what is declared as a nonce none either: the request is the same."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="after")
        made.clock.pass_by(60)
        assert await made.gateway.repeating.look() == 1
        assert (await made.standing(identifier))["status"] == "succeeded"
        entries = [dict(request.headers) for request in made.vendor.requests if request.path.endswith("/entries")]
        for name in ("Authorization", "X-Time", "X-Nonce"):
            assert len({entry[name] for entry in entries}) == 2
        assert (len(made.vendor.effects), await made.alarms()) == (1, [])

    play(tmp_path, DatedSimulator(), scene)


def test_a_repeat_with_a_nonce_that_is_not_declared_is_another_request(tmp_path: Path) -> None:
    """Nothing tells that the vendor takes the two for one, so it is not sent, and a person hears of it."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="after")
        await made.gateway.repeating.look()
        assert (await made.standing(identifier))["status"] == "unknown"
        assert (made.entries, await made.alarms()) == (1, ["repeat"])

    play(tmp_path, UndeclaredSimulator(), scene)


@WHEN
@VENDORS
def test_a_caller_who_repeats_the_key_hears_the_outcome(
    tmp_path: Path, vendor: type[PaperSimulator], when: str
) -> None:
    """The caller's repeat sends the request again at once, and is answered by what came of it."""

    async def scene(made: Bench) -> None:
        await made.unknown(kind="close", when=when)
        repeated = await made.adjust()
        assert (repeated.status_code, repeated.json()["status"], len(made.vendor.effects)) == (201, "succeeded", 1)
        assert (await made.adjust()).content == repeated.content
        assert made.entries == 2

    play(tmp_path, vendor(), scene)


def test_callers_cannot_hurry_a_vendor(tmp_path: Path) -> None:
    """Repeats of a key that come one after the other are not each sent to the vendor."""

    async def scene(made: Bench) -> None:
        await made.unknown(kind="close", when="before")
        assert (await made.adjust(kind="close", when="before")).status_code == 202
        assert (await made.adjust()).status_code == 202
        assert made.entries == 2
        made.clock.pass_by(2)
        assert (await made.adjust()).status_code == 201
        assert (made.entries, len(made.vendor.effects)) == (3, 1)

    play(tmp_path, PaperSimulator(), scene)


NEGATIVE: dict[str, dict[str, Any]] = {
    "refusal": {"kind": "status", "status": 404, "body": '{"error": "no such holder"}'},
    "final refusal": {"kind": "status", "status": 422, "body": '{"error": "no"}'},
    "credentials": {"kind": "status", "status": 401, "body": '{"error": "who are you?"}'},
    "too often": {"kind": "status", "status": 429, "body": "{}"},
    "outage": {"kind": "status", "status": 503, "body": ""},
    "lost": {"kind": "reset", "when": "before"},
}


@pytest.mark.parametrize("answer", NEGATIVE.values(), ids=NEGATIVE)
@VENDORS
def test_no_negative_answer_settles(tmp_path: Path, vendor: type[PaperSimulator], answer: dict[str, Any]) -> None:
    """The first request may have been applied whatever the vendor says of the second: it stays unknown, and goes on."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="after")
        made.vendor.faults.add(TOKEN, answer)
        assert await made.gateway.repeating.look() == 1
        standing = await made.standing(identifier)
        assert (standing["status"], standing["problem"]) == ("unknown", None)
        assert standing["history"][-1]["evidence"]["repeat"] == 1
        assert await made.gateway.repeating.look() == 0
        made.clock.pass_by(2)
        assert await made.gateway.repeating.look() == 1
        assert ((await made.standing(identifier))["status"], len(made.vendor.effects)) == ("succeeded", 1)

    play(tmp_path, vendor(), scene)


def test_a_vendor_that_cannot_be_reached_settles_nothing(tmp_path: Path) -> None:
    """That nothing was sent of a repeat says nothing of the request before it."""

    async def lose(made: Bench) -> None:
        await made.unknown(kind="close", when="after")

    async def away(made: Bench) -> None:
        assert await made.gateway.repeating.look() == 1
        (adjustment,) = (await made.http.get("/v1/adjustments")).json()["data"]
        last = (await made.standing(adjustment["id"]))["history"][-1]
        assert (adjustment["status"], last["by"], last["evidence"]["sent"]) == ("unknown", "repeat", False)

    # A proxy that does not exist: nothing leaves, and the account is the same.
    play(tmp_path, PaperSimulator(), lose, away, proxy="http://127.0.0.1:9")


def test_a_first_request_that_was_booked_before_is_nobodys_success(tmp_path: Path) -> None:
    """An id that the vendor knows although nothing was sent under it: unknown, and a person is alarmed."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="status", status=409, body='{"error": "full", "code": "WRITTEN"}')
        assert (await made.standing(identifier))["status"] == "unknown"
        assert await made.alarms() == ["booked"]
        assert await made.gateway.repeating.look() == 0
        assert (await made.adjust()).status_code == 202
        assert (made.entries, len(made.vendor.effects)) == (1, 0)

    play(tmp_path, InkSimulator(), scene)


def test_booked_means_applied_only_after_a_request_that_may_have_arrived(tmp_path: Path) -> None:
    """A first attempt that never left made nothing: in the second, an id that is known is nobody's success either."""

    async def away(made: Bench) -> None:
        response = await made.adjust()
        assert (response.status_code, response.json()["retryable"]) == (503, True)

    async def back(made: Bench) -> None:
        repeated = await made.adjust(kind="status", status=409, body='{"error": "full", "code": "WRITTEN"}')
        assert (repeated.status_code, repeated.json()["attempts"]) == (202, 2)
        assert (len(made.vendor.effects), await made.alarms()) == (0, ["booked"])

    async def whole() -> None:
        clock, vendor = Clock(), InkSimulator()
        with in_thread(vendor):
            async with bench(tmp_path, vendor, clock, proxy="http://127.0.0.1:9") as made:
                await away(made)
            async with bench(tmp_path, vendor, clock) as made:
                await back(made)

    asyncio.run(whole())


def test_repeats_that_fail_hold_up_no_caller(tmp_path: Path) -> None:
    """They have a circuit of their own: a vendor that fails at every repeat is open to everybody else."""

    async def scene(made: Bench) -> None:
        for number in range(6):  # one success before each, so that they are never too many in a row
            one = await made.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": f"{number}"})
            assert one.status_code == 201
            made.vendor.faults.add(TOKEN, {"kind": "close", "when": "before"})
            response = await made.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": f"lost-{number}"})
            assert response.status_code == 202
        made.vendor.faults.add({"kind": "status", "status": 503, "body": "", "times": 6})
        await made.gateway.repeating.look()
        made.vendor.faults.clear()
        response = await made.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": "another"})
        assert response.status_code == 201

    play(tmp_path, PaperSimulator(), scene, outages=5)


def test_in_a_later_attempt_booked_means_applied(tmp_path: Path) -> None:
    """A first attempt that was thought refused was not: the vendor says so by its code, and there is one effect."""

    async def scene(made: Bench) -> None:
        response = await made.adjust(kind="status", status=429, body="{}", apply=True)
        assert (response.status_code, response.json()["retryable"]) == (503, True)
        repeated = await made.adjust()
        assert (repeated.status_code, repeated.json()["attempts"]) == (201, 2)
        assert (repeated.json()["vendor"]["transaction_id"], repeated.json()["balance"]) == (None, None)
        assert (len(made.vendor.effects), await made.alarms()) == (1, [])

    play(tmp_path, InkSimulator(), scene)


def test_an_id_that_was_used_for_something_else_needs_a_person(tmp_path: Path) -> None:
    """In a repeat too: it stays unknown, and alarms."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="after")
        code = '{"error": "full", "code": "WRITTEN_OTHERWISE"}'
        made.vendor.faults.add(TOKEN, {"kind": "status", "status": 409, "body": code})
        assert await made.gateway.repeating.look() == 1
        assert (await made.standing(identifier))["status"] == "unknown"
        assert await made.alarms() == ["booked"]

    play(tmp_path, InkSimulator(), scene)


def test_another_request_is_never_sent(tmp_path: Path) -> None:
    """Where the configuration has changed what would be sent, nothing is, and a person is alarmed, once."""

    async def lose(made: Bench) -> None:
        await made.unknown(kind="close", when="before")

    async def changed(made: Bench) -> None:
        assert await made.gateway.repeating.look() == 1
        assert await made.alarms() == ["repeat"]
        assert (await made.adjust()).status_code == 202
        made.clock.pass_by(LONGEST)
        assert await made.gateway.repeating.look() == 0
        assert made.entries == 1

    play(tmp_path, PaperSimulator(), lose, changed, point_types={"base": "stars"})


def test_a_renewed_credential_makes_no_other_request(tmp_path: Path) -> None:
    """Secrets are masked in the digest, so what is unknown is repeated with those of today."""

    class Renamed(PaperSimulator):
        def _token(self, request: Any) -> Any:
            made = json.loads(request.body)
            request = type(request)(
                request.method,
                request.target,
                request.headers,
                json.dumps({**made, "secret": self.example.settings["client_secret"]}).encode(),
            )
            return super()._token(request)

    async def lose(made: Bench) -> None:
        await made.unknown(kind="close", when="after")

    async def renewed(made: Bench) -> None:
        assert await made.gateway.repeating.look() == 1
        (adjustment,) = (await made.http.get("/v1/adjustments")).json()["data"]
        assert (adjustment["status"], len(made.vendor.effects)) == ("succeeded", 1)

    play(tmp_path, Renamed(), lose, renewed, client_secret="another-secret-of-the-same-account")


def test_an_alarm_comes_before_the_time_runs_out(tmp_path: Path) -> None:
    """A person hears while there is still time, and once; after it, nothing is sent any more."""

    async def scene(made: Bench) -> None:
        await made.unknown(kind="close", when="before")
        made.clock.pass_by(WINDOW * ALARM_AFTER - 1)
        made.vendor.faults.add(TOKEN, {"kind": "close", "when": "before"})
        assert await made.gateway.repeating.look() == 1
        assert await made.alarms() == []
        made.clock.pass_by(1)
        made.vendor.faults.add(TOKEN, {"kind": "close", "when": "before"})
        assert await made.gateway.repeating.look() == 1
        assert await made.alarms() == ["repeat"]
        made.clock.pass_by(WINDOW)
        sent = made.entries
        assert await made.gateway.repeating.look() == 1
        assert (await made.adjust()).status_code == 202
        assert (made.entries, await made.alarms()) == (sent, ["repeat"])

    play(tmp_path, PaperSimulator(), scene)


def test_a_clock_that_was_set_back_repeats_nothing(tmp_path: Path) -> None:
    """Nobody can tell how old the request is: nothing is sent, and a person is alarmed."""

    async def scene(made: Bench) -> None:
        await made.unknown(kind="close", when="before")
        made.vendor.faults.add(TOKEN, {"kind": "close", "when": "before"})
        made.clock.pass_by(1000)
        assert await made.gateway.repeating.look() == 1
        made.clock.pass_by(-500)
        assert (await made.adjust()).status_code == 202
        assert (made.entries, await made.alarms()) == (2, [])
        await made.gateway.repeating.look()
        assert (await made.adjust()).status_code == 202
        assert (made.entries, await made.alarms()) == (2, ["repeat"])

    play(tmp_path, PaperSimulator(), scene)


def test_a_person_is_refused_once_and_not_starved(tmp_path: Path) -> None:
    """While a repeat is under way a decision is refused; no other repeat begins, so that the next one is taken."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="before")
        made.clock.pass_by(TIMEOUT + MARGIN)  # past the lease of the attempt itself
        made.vendor.faults.add(TOKEN, {"kind": "hang", "when": "before"})
        repeat = asyncio.create_task(made.gateway.repeating.look())
        await asyncio.to_thread(until, lambda: made.vendor.held)
        decision = {"outcome": "not_applied", "reason": "not in their book"}
        refused = await made.http.post(f"/v1/adjustments/{identifier}/resolution", json=decision)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_resolvable")
        assert "look again" in refused.json()["detail"]
        made.vendor.faults.add({"kind": "close", "when": "before"})
        repeat.cancel()
        made.clock.pass_by(TIMEOUT + MARGIN)
        assert await made.gateway.repeating.look() == 0
        assert (await made.adjust()).status_code == 202
        decided = await made.http.post(f"/v1/adjustments/{identifier}/resolution", json=decision)
        assert (decided.status_code, decided.json()["status"]) == (200, "failed")
        assert (made.entries, len(made.vendor.effects)) == (2, 0)
        made.vendor.release()

    play(tmp_path, PaperSimulator(), scene)


def test_a_broken_translation_stops_nothing_else(tmp_path: Path) -> None:
    """What can no longer be said to the vendor is left for a person; it was not sent."""

    async def whole() -> None:
        clock, vendor = Clock(), PaperSimulator()
        with in_thread(vendor):
            async with bench(tmp_path, vendor, clock) as made:
                await made.http.post(
                    "/v1/adjustments", json={**FIVE, "reason": "goodwill"}, headers={"Idempotency-Key": "key-1"}
                )
                vendor.faults.add(TOKEN, {"kind": "close", "when": "before"})
                response = await made.http.post(
                    "/v1/adjustments", json={**FIVE, "reason": "correction"}, headers={"Idempotency-Key": "key-2"}
                )
                assert response.status_code == 202
            async with bench(tmp_path, vendor, clock, reasons={"goodwill": "gift"}) as made:
                assert await made.gateway.repeating.look() == 1
                assert (made.entries, await made.alarms()) == (2, ["repeat"])

    asyncio.run(whole())


def switch(folder: Path, clock: Clock, *, on: bool) -> None:
    """Pause or resume everything, as the command line does beside a gateway."""

    async def switched() -> None:
        journal = Journal.open(
            f"sqlite:///{folder}/journal.db", owner=f"operator-{on}", clock=clock, render=final_answer
        )
        try:
            await journal.switch("an operator", Pause("all"), on=on)
        finally:
            await journal.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, switched()).result()


def test_nothing_is_repeated_within_a_pause(tmp_path: Path) -> None:
    """Neither the background nor a caller's repeat sends it; when the pause is over, it is repeated."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="before")
        switch(tmp_path, made.clock, on=True)
        await made.gateway.repeating.look()
        repeated = await made.adjust()
        assert (repeated.status_code, repeated.json()["status"], made.entries) == (202, "unknown", 1)
        made.clock.pass_by(REST)
        await made.gateway.repeating.look()
        assert (made.entries, await made.alarms()) == (1, [])
        switch(tmp_path, made.clock, on=False)
        made.clock.pass_by(REST)
        assert await made.gateway.repeating.look() == 1
        assert ((await made.standing(identifier))["status"], made.entries) == ("succeeded", 2)

    play(tmp_path, PaperSimulator(), scene)


def test_nothing_is_repeated_to_what_the_configuration_has_paused(tmp_path: Path) -> None:
    """A vendor that is paused in the configuration is not sent a repeat."""

    async def lose(made: Bench) -> None:
        await made.unknown(kind="close", when="before")

    async def paused(made: Bench) -> None:
        await made.gateway.repeating.look()
        assert (await made.adjust()).status_code == 202
        assert made.entries == 1

    play(tmp_path, PaperSimulator(), lose, paused, paused="their maintenance")


def test_time_that_runs_out_within_a_pause_alarms(tmp_path: Path) -> None:
    """The operator hears once that the time for repeats runs out, and early enough to resume."""

    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="before")
        switch(tmp_path, made.clock, on=True)
        for _ in range(5):
            await made.gateway.repeating.look()
            assert await made.alarms() == []
            made.clock.pass_by(WINDOW * ALARM_AFTER / 5 + 1)
        for _ in range(2):
            await made.gateway.repeating.look()
            assert await made.alarms() == ["repeat"]
            made.clock.pass_by(1)
        switch(tmp_path, made.clock, on=False)
        made.clock.pass_by(REST)
        await made.gateway.repeating.look()
        assert (await made.standing(identifier))["status"] == "succeeded"

    play(tmp_path, PaperSimulator(), scene)
