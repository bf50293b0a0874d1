"""A looked-up member after the claim: before an absence is trusted, and at an account that may be another one."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.planning.translation import MARGIN
from gateway.port import registry
from gateway.service.settling import QUIET
from gateway.simulation import Simulator, in_thread
from tests.gateway.service.test_settling import NAME, TIMEOUT, Bench, bench

BODY = {"member": "email:user@example.com", "points": "5"}
TRUSTING = {"resolve": ["email"], "trust_absence": True}
WELL: dict[str, Any] = {"kind": "delay", "seconds": 0}
OTHER = {"kind": "body", "body": json.dumps({"Id": 2, "Email": "user@example.com"})}
NOBODY = {"kind": "status", "status": 404, "body": json.dumps({"Message": "Contact was not found."})}
LOOK_UP_FAILS = {"kind": "status", "status": 500}


async def adjust(made: Bench) -> httpx.Response:
    """The answer to the adjustment, under one key."""
    return await made.http.post("/v1/adjustments", json=BODY, headers={"Idempotency-Key": "key-1"})


async def absent(made: Bench) -> str:
    """The id of an unknown that never arrived, of which the search is due."""
    made.vendor.faults.add(WELL, {"kind": "close", "when": "before"})
    unknown = (await adjust(made)).json()
    assert (unknown["status"], unknown["resolved"]) == ("unknown", "contact_id:1")
    made.clock.pass_by(TIMEOUT + MARGIN)
    assert await made.gateway.settling.look() == 1
    made.clock.pass_by(QUIET)
    return str(unknown["id"])


def test_an_absence_is_trusted_where_the_name_still_leads_to_the_member(tmp_path: Path) -> None:
    """The id is looked up again, and is the same."""

    async def scene(vendor: Simulator) -> None:
        async with bench(tmp_path, vendor, **TRUSTING) as made:
            identifier = await absent(made)
            assert await made.gateway.settling.look() == 1
            assert (await made.standing(identifier))["status"] == "failed"
            targets = [request.target for request in made.vendor.requests[-2:]]
            assert targets[0].startswith("/api/v2/sample/Points?contactId=1&sourceId=")
            assert targets[1] == "/api/v1/Contacts?email=user%40example.com"

    play(scene)


@pytest.mark.parametrize(("answer", "alarm"), [(OTHER, True), (NOBODY, True), (LOOK_UP_FAILS, False)])
def test_an_absence_proves_nothing_of_a_member_that_moved(tmp_path: Path, answer: dict[str, Any], alarm: bool) -> None:
    """Contacts merge: the vendor may have the points under another id. A person hears of it."""

    async def scene(vendor: Simulator) -> None:
        async with bench(tmp_path, vendor, **TRUSTING) as made:
            identifier = await absent(made)
            made.vendor.faults.add(WELL, answer)
            assert await made.gateway.settling.look() == 1
            assert (await made.standing(identifier))["status"] == "unknown"
            assert ('why="search"' in await made.alarms()) is alarm
            made.clock.pass_by(3600)
            assert await made.gateway.settling.look() == 1  # it is looked for again
            assert (await made.standing(identifier))["status"] == "failed"

    play(scene)


@pytest.mark.parametrize(("answer", "code"), [(WELL, None), (OTHER, "member_ambiguous"), (NOBODY, "member_not_found")])
def test_at_an_account_that_may_be_another_the_id_has_to_be_the_same(
    tmp_path: Path, answer: dict[str, Any], code: str | None
) -> None:
    """A next attempt after a change of the account looks the member up again, and sends nothing to somebody else."""

    async def scene(vendor: Simulator) -> None:
        async with bench(tmp_path, vendor, resolve=["email"]) as made:
            made.vendor.faults.add(WELL, {"kind": "status", "status": 401})
            failed = (await adjust(made)).json()
            assert failed["retryable"] is True
        async with bench(tmp_path, vendor, resolve=["email"], account="another") as made:
            made.vendor.faults.add(answer)
            told = (await adjust(made)).json()
        if code is None:
            assert (told["status"], told["resolved"], told["attempts"]) == ("succeeded", "contact_id:1", 2)
        else:
            assert (told["code"], told["adjustment"], vendor.effects) == (code, failed["adjustment"], [])

    play(scene)


def play(scene: Any) -> None:
    """Play a scene in front of a fresh vendor."""
    vendor: Simulator = registry.simulators()[NAME]()
    with in_thread(vendor):
        asyncio.run(scene(vendor))
