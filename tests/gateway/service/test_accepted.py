"""What a vendor takes and decides later is asked for until it has decided, and ends by its word or a person's."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.contact_points.adapter import ContactPoints
from gateway.model import Applied, Found, Member
from gateway.planning.translation import MARGIN
from gateway.port import Exchange, registry
from gateway.port.registry import AdapterType
from gateway.service.settling import QUIET
from tests.deadlines import DEADLINE
from tests.gateway.service.test_settling import FIVE, TIMEOUT, Bench, Scene, play

DAY = 86_400.0


class Deciding(ContactPoints):
    """A vendor that takes every point, decides later, and rejects a point by cancelling it."""

    decided = False

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        """Take it."""
        applied = yield from super().adjust(member=member, points=points, id=id)
        return Applied(applied.transaction_id, None, applied.details, final=False)

    def find(self, *, id: str, member: Member, points: Decimal, transaction: str | None = None) -> Exchange[Found]:  # noqa: A002
        """Look at the point that was taken, or for the point."""
        if transaction is None:
            found = yield from super().find(id=id, member=member, points=points)
            return Found(tuple(Applied(each.transaction_id, final=type(self).decided) for each in found.matches))
        response = yield self._point(transaction)
        if response.json_object()["CancellerPointId"] is not None:
            return Found((), rejected=True)
        return Found((Applied(transaction, final=type(self).decided),))


@pytest.fixture(autouse=True)
def deciding(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The vendor, which decides when it is told to."""
    kind = type("Deciding", (Deciding,), {})
    monkeypatch.setattr(registry, "adapters", lambda: {"contact-points": AdapterType.of("contact-points", kind)})
    return lambda: setattr(kind, "decided", True)


async def accepted(made: Bench) -> dict[str, Any]:
    """An adjustment that the vendor has taken, at a time at which it can be asked for."""
    answer = await made.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": "key-1"})
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted"), answer.text
    assert answer.headers["location"] == f"/v1/adjustments/{answer.json()['id']}"
    assert int(answer.headers["retry-after"]) > 0
    made.clock.pass_by(TIMEOUT + MARGIN)
    await made.gateway.settling.look()
    made.clock.pass_by(QUIET)
    return dict(answer.json())


async def again(made: Bench) -> tuple[int, str]:
    """What a repeat of its key is answered."""
    answer = await made.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": "key-1"})
    body = answer.json()
    return answer.status_code, body.get("code", body["status"])


def run(folder: Path, scene: Scene, **settings: Any) -> None:
    play(folder, scene, account="sample", **settings)


def test_it_is_asked_for_until_the_vendor_has_decided(tmp_path: Path, deciding: Callable[[], None]) -> None:
    """A repeat of its key sends nothing, and hears where it stands; what is accepted cannot be reversed."""

    async def scene(made: Bench) -> None:
        adjustment = await accepted(made)
        assert adjustment["vendor"]["transaction_id"] == "1"
        assert await again(made) == (202, "accepted")
        path = f"/v1/adjustments/{adjustment['id']}/reversal"
        early = await made.http.post(path, json={}, headers={"Idempotency-Key": "key-2"})
        assert early.json()["code"] == "not_reversible"
        assert await made.gateway.settling.look() == 1
        assert (await made.standing(adjustment["id"]))["status"] == "accepted"
        repeat = await made.http.post("/v1/adjustments", json=FIVE, headers={"Idempotency-Key": "key-1"})
        assert int(repeat.headers["retry-after"]) == 4, "as long as until the next look"
        deciding()
        made.clock.pass_by(2.0)
        assert await made.gateway.settling.look() == 1
        standing = await made.standing(adjustment["id"])
        assert (standing["status"], standing["history"][-1]["from"]) == ("succeeded", "accepted")
        assert await again(made) == (201, "succeeded")
        assert len(made.vendor.effects) == 1
        assert await made.alarms() == ""

    run(tmp_path, scene)


def test_a_rejection_is_final(tmp_path: Path) -> None:
    async def scene(made: Bench) -> None:
        adjustment = await accepted(made)
        cancel = f"{made.vendor.origin}/api/v1/Points/1/Cancel"
        async with httpx.AsyncClient(timeout=DEADLINE) as hand:
            (await hand.post(cancel, headers={"X-ApiKey": made.vendor.settings["api_key"]})).raise_for_status()
        assert await made.gateway.settling.look() == 1
        standing = await made.standing(adjustment["id"])
        assert (standing["status"], standing["retryable"]) == ("failed", False)
        assert standing["history"][-1]["evidence"]["rejected"] is True
        assert await again(made) == (422, "vendor_rejected")
        assert standing["problem"]["new_key_allowed"] is True

    run(tmp_path, scene)


def test_a_rejection_on_a_page_before_the_last_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next look would begin after it."""

    class Paged(Deciding):
        def find(  # type: ignore[override]
            self,
            *,
            id: str,  # noqa: A002
            member: Member,
            points: Decimal,
            cursor: str | None = None,
        ) -> Exchange[Found]:
            yield self._point("1")
            return Found((), rejected=cursor is None, next_cursor=str(int(cursor or 0) + 1))

    monkeypatch.setattr(registry, "adapters", lambda: {"contact-points": AdapterType.of("contact-points", Paged)})

    async def scene(made: Bench) -> None:
        adjustment = await accepted(made)
        assert await made.gateway.settling.look() == 1
        assert (await made.standing(adjustment["id"]))["status"] == "failed"

    run(tmp_path, scene)


def test_absence_is_no_rejection(tmp_path: Path) -> None:
    """Not even where the search is trusted to miss nothing: the vendor had it."""

    async def scene(made: Bench) -> None:
        adjustment = await accepted(made)
        made.vendor.faults.add({"kind": "body", "body": "[]", "method": "GET"})
        await made.gateway.settling.look()
        assert (await made.standing(adjustment["id"]))["status"] == "accepted"

    run(tmp_path, scene, trust_absence=True)


def test_what_takes_too_long_alarms(tmp_path: Path) -> None:
    async def scene(made: Bench) -> None:
        await accepted(made)
        made.clock.pass_by(DAY)
        assert await made.gateway.settling.look() == 1
        assert 'name="search"' in await made.alarms() or "search" in await made.alarms()

    run(tmp_path, scene)


def test_a_late_attempt_has_its_own_time(tmp_path: Path) -> None:
    async def scene(made: Bench) -> None:
        made.vendor.faults.add({"kind": "status", "status": 429})
        assert await again(made) == (503, "vendor_rate_limited")
        made.clock.pass_by(2 * DAY)
        await accepted(made)
        assert await made.gateway.settling.look() == 1
        assert await made.alarms() == ""

    run(tmp_path, scene)


def test_what_takes_too_long_alarms_where_the_vendor_is_away_too(tmp_path: Path) -> None:
    async def scene(made: Bench) -> None:
        await accepted(made)
        made.clock.pass_by(DAY)
        made.vendor.faults.add({"kind": "status", "status": 500, "method": "GET"})
        assert await made.gateway.settling.look() == 1
        assert "search" in await made.alarms()

    run(tmp_path, scene)


def test_an_unknown_that_the_vendor_has_taken_is_accepted(tmp_path: Path, deciding: Callable[[], None]) -> None:
    async def scene(made: Bench) -> None:
        identifier = await made.unknown(kind="close", when="after")
        assert await made.gateway.settling.look() == 1
        assert (await made.standing(identifier))["status"] == "accepted"
        deciding()
        made.clock.pass_by(2.0)
        assert await made.gateway.settling.look() == 1
        assert (await made.standing(identifier))["status"] == "succeeded"

    run(tmp_path, scene)


@pytest.mark.parametrize(("outcome", "status"), [("applied", "succeeded"), ("not_applied", "failed")])
def test_a_person_can_settle_it(tmp_path: Path, outcome: str, status: str) -> None:
    async def scene(made: Bench) -> None:
        adjustment = await accepted(made)
        path = f"/v1/adjustments/{adjustment['id']}/resolution"
        settled = await made.http.post(path, json={"outcome": outcome, "reason": "asked them"})
        assert (settled.status_code, settled.json()["status"]) == (200, status), settled.text

    run(tmp_path, scene)
