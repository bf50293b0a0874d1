"""Members are erased and old adjustments purged beside a running gateway: keys keep their word."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.adjustments import Draft, Settlement, Verdict
from gateway.answers import rendering
from gateway.cli.options import with_journal
from gateway.errors import NotApplied
from gateway.journal import Entry, Erase, Erased, Filters, Journal, Purge, Purged
from gateway.journal.inspection import Inspection, inspect
from gateway.model import Adjustment, Member
from gateway.port import registry
from gateway.settings import load
from gateway.simulation import Simulator, in_thread
from gateway.write import Write
from tests.adapters.served import KEY, Served, served
from tests.conftest import PostgreSQL
from tests.deadlines import DEADLINE, scaled, until
from tests.empty_journal import lay
from tests.gateway.cli.conftest import ran

BODY = {"member": "contact_id:1", "points": "5", "reference": "order-of-ann", "description": "for ann@example.com"}
SILENT = {"kind": "close", "when": "after"}


@dataclass
class Shop:
    """A running gateway, its vendor, its journal and its configuration."""

    gateway: Served
    vendor: Simulator
    store: str
    config: Path

    def adjust(self, key: str, **body: Any) -> httpx.Response:
        return self.gateway.adjust("acme", {**BODY, **body}, key=key)

    def reverse(self, original: str, key: str, **body: Any) -> httpx.Response:
        headers = {"X-Tenant": "acme", "Idempotency-Key": key}
        return self.gateway.http.post(f"/v1/adjustments/{original}/reversal", json=body, headers=headers)

    def see(self, id_: str) -> dict[str, Any]:
        seen: dict[str, Any] = self.gateway.get("acme", f"adjustments/{id_}", include="history").json()
        return seen

    def erase(self, member: str = "contact_id:1") -> Erased:
        """Erase a member of the tenant, as the command does."""

        async def erased(journal: Journal) -> Erased:
            done: Erased = await journal.remove(Erase("acme", member, "0011223344556677"))
            return done

        return with_journal(self.store, erased, owner="an operator")

    def purge(self, older: timedelta = -timedelta(hours=1)) -> Purged:
        """Purge what is older than that; by default, all."""

        async def purged(journal: Journal) -> Purged:
            done: Purged = await journal.remove(Purge("acme", datetime.now(UTC) - older))
            return done

        return with_journal(self.store, purged, owner="an operator")

    def journal_text(self) -> str:
        """All that the journal holds, as text."""

        async def read(journal: Journal) -> list[Any]:
            page = await journal.list(None, Filters(), limit=100)
            return [(each, await journal.history(each.draft.id)) for each in page.records]

        return repr(with_journal(self.store, read))

    def broken(self) -> list[Any]:
        """The violations of the journal's invariants."""
        return list(inspect(self.store, Inspection()))


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        store = server.database(request.getfixturevalue("empty_journal"))
    else:
        file = tmp_path / "journal.db"
        lay(file)
        store = f"sqlite:///{file}"
    kinds = {"contact-points": registry.adapters()["contact-points"]}
    vendor: Simulator = registry.simulators()["contact-points"]()
    with in_thread(vendor):
        scopes = ["points:read", "points:write", "points:resolve", "points:inspect"]
        whole = {
            "server": {"outages": 0, "repeat_wait": 0},
            "store": store,
            "vendors": {"crm": {**vendor.settings, "account": None, "timeout": scaled(5)}},
            "tenants": {"acme": {"routes": {"adjust": {"vendor": "crm", "compensate": True}}, "keep": 400}},
            "clients": {"app": {"keys": [KEY], "tenants": ["*"], "scopes": scopes}},
        }
        config = tmp_path / "gateway.yaml"
        config.write_text(json.dumps(whole))
        with served(load(config, kinds, {}), kinds) as gateway:
            yield Shop(gateway, vendor, store, config)


def effects(shop: Shop) -> int:
    return len(shop.vendor.effects)


def test_what_is_erased_keeps_its_word(shop: Shop) -> None:
    """No text of the member is left, points and status are, and the key goes on to tell a repeat from another body."""
    first = shop.adjust("one")
    refused = shop.adjust("two", member="contact_id:404")
    other = shop.adjust("three", member="contact_id:2", reference="order-of-bob", description="for bob")
    assert [each.status_code for each in (first, refused, other)] == [201, 404, 201]
    assert (shop.erase(), shop.erase("contact_id:404")) == (Erased(1, 0), Erased(1, 0))
    assert shop.erase() == Erased(0, 0)
    for word in ("value='1'", "ann", "404'"):
        assert word not in shop.journal_text(), word
    assert "order-of-bob" in shop.journal_text()
    again = shop.adjust("one")
    seen = again.json()
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert (seen["removed"], seen["member"], seen["points"]) == ("erased", "contact_id:erased-0011223344556677", "5")
    assert (seen["description"], seen["balance"], seen["id"]) == ("erased", None, first.json()["id"])
    changed = shop.adjust("one", points="6")
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency_key_reused")
    assert "errors" not in changed.json()
    failed = shop.adjust("two", member="contact_id:404")
    assert (failed.status_code, failed.json()["code"]) == (404, "member_not_found")
    assert (failed.json()["new_key_allowed"], failed.json()["detail"]) == (
        True,
        "The member of this adjustment was erased",
    )
    assert shop.see(first.json()["id"])["history"][-1]["exchange"] == []
    assert (effects(shop), shop.broken()) == (2, [])


def test_what_is_erased_cannot_be_reversed(shop: Shop) -> None:
    """A reversal of what was erased is refused by name, also under a key that failed before; nothing is sent."""
    original = shop.adjust("one").json()["id"]
    shop.vendor.faults.add({"kind": "status", "status": 429})
    retryable = shop.reverse(original, "back")
    assert retryable.json()["retryable"] is True
    assert shop.erase() == Erased(1, 1)
    for key in ("back", "another"):
        refused = shop.reverse(original, key)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_reversible")
        assert "its member was erased" in refused.json()["detail"]
    assert (effects(shop), shop.broken()) == (1, [])


def test_what_has_not_ended_is_erased_once_it_has(shop: Shop) -> None:
    """An unknown and a retryable failure keep what they need, and are erased by the gateway once they are settled."""
    shop.vendor.faults.add(SILENT)
    unknown = shop.adjust("one").json()["id"]
    shop.vendor.faults.add({"kind": "status", "status": 429})
    assert shop.adjust("two").status_code == 503
    assert shop.erase() == Erased(0, 2)
    assert shop.erase() == Erased(0, 0)
    assert shop.see(unknown)["member"] == "contact_id:1"
    retried = shop.adjust("two")
    assert retried.status_code == 201, retried.text
    until = time.monotonic() + DEADLINE
    path = f"/v1/adjustments/{unknown}/resolution"
    word = {"outcome": "applied", "reason": "Ann's list has it"}
    while (said := shop.gateway.http.post(path, json=word, headers={"X-Tenant": "acme"})).status_code == 409:
        assert time.monotonic() < until, said.text
    assert said.status_code == 200, said.text
    while any(shop.see(each).get("removed") != "erased" for each in (unknown, retried.json()["id"])):
        assert time.monotonic() < until
    assert "value='1'" not in shop.journal_text()
    assert "Ann" not in shop.journal_text()

    async def audit(journal: Journal) -> tuple[Entry, ...]:
        return await journal.audit(limit=10)

    noted = with_journal(shop.store, audit)
    assert sum(each.detail["erased"] for each in noted) == 2
    assert {(each.by, each.action, each.detail["as"]) for each in noted} == {("gateway", "erase", "0011223344556677")}
    assert (effects(shop), shop.broken()) == (2, [])


def test_a_late_outcome_names_nobody(shop: Shop) -> None:
    """What arrives for an erased adjustment is kept without what was said with the vendor."""
    id_ = shop.adjust("one").json()["id"]

    async def late(journal: Journal) -> Any:
        record = await journal.get(None, id_)
        assert record is not None
        await journal.remove(Erase("acme", "contact_id:1", "00"))
        evidence = {"sent": True, "error": "VendorRejected: ann is blocked", "request_id": "r"}
        return await journal.conclude(Settlement(record, Verdict.REFUSED, evidence, ({"body": "ann"},)))

    assert with_journal(shop.store, late, owner="another").conflict
    last = shop.see(id_)["history"][-1]
    assert (last["exchange"], last["evidence"]["error"]) == ([], "VendorRejected")
    assert "ann" not in shop.journal_text()
    assert shop.broken() == []


def test_a_purged_key_never_has_a_second_effect(shop: Shop) -> None:
    """It answers key_expired for ever, with whatever body, and no other key is free; its points are still known."""
    first = shop.adjust("one")
    shop.adjust("two", member="contact_id:404")
    shop.vendor.faults.add({"kind": "status", "status": 429})
    shop.adjust("three")
    shop.vendor.faults.add(SILENT)
    unknown = shop.adjust("four").json()["id"]
    assert shop.purge(timedelta(hours=1)) == Purged(0, 0, None)
    assert shop.purge() == Purged(3, 1, None)
    assert shop.purge() == Purged(0, 1, None)
    sent = effects(shop)
    for key, body in (("one", {}), ("one", {"points": "6"}), ("two", {"member": "contact_id:404"}), ("three", {})):
        expired = shop.adjust(key, **body)
        problem = expired.json()
        assert (expired.status_code, problem["code"], problem["new_key_allowed"]) == (410, "key_expired", False)
        assert problem["retryable"] is False
    assert effects(shop) == sent
    seen = shop.see(first.json()["id"])
    assert (seen["removed"], seen["points"], seen["status"], seen["history"]) == ("purged", "5", "succeeded", [])
    assert seen["member"] == "contact_id:purged"
    refused = shop.reverse(first.json()["id"], "back")
    assert (refused.status_code, "it was purged" in refused.json()["detail"]) == (409, True)
    assert shop.see(unknown)["status"] == "unknown"
    assert shop.broken() == []


@pytest.mark.parametrize("linked", [True, False])
def test_a_purged_reversal_still_says_how_it_was_carried_out(shop: Shop, linked: bool) -> None:
    """By the vendor's own cancel, or as an adjustment of the opposite sign."""
    original = shop.adjust("one").json()["id"]
    done = shop.reverse(original, "back", linked=linked).json()
    assert shop.purge() == Purged(2, 0, None)
    seen = shop.see(done["id"])
    assert {name: seen[name] for name in ("removed", "status", "operation", "reverses", "linked", "points")} == {
        "removed": "purged",
        "status": "succeeded",
        "operation": "reverse",
        "reverses": original,
        "linked": linked,
        "points": "-5",
    }
    [part] = shop.see(original)["reversals"]
    assert (part["id"], part["linked"]) == (done["id"], linked)
    assert shop.broken() == []


def test_an_attempt_that_ends_after_its_adjustment_was_purged(shop: Shop) -> None:
    """Somebody settled it meanwhile: whoever made the attempt hears that the key has expired, and its status."""
    shop.vendor.faults.add({"kind": "hang", "when": "before"})
    with ThreadPoolExecutor() as callers:
        call = callers.submit(shop.adjust, "one", member="contact_id:404")
        until(lambda: shop.vendor.requests)

        async def settled(journal: Journal) -> Any:
            [record] = (await journal.list(None, Filters(), limit=1)).records
            problem = rendering.problem(NotApplied(), request_id="r").model_dump()
            return await journal.conclude(Settlement(record, Verdict.REFUSED, {"sent": False}, problem=problem))

        assert not with_journal(shop.store, settled, owner="another").late
        assert shop.purge() == Purged(1, 0, None)
        shop.gateway.http.post(f"{shop.vendor.base_url}/_simulator/release").raise_for_status()
        answer = call.result()
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["new_key_allowed"]) == (410, "key_expired", False)
    assert "its status was failed" in problem["detail"]
    assert shop.broken() == []


def test_the_commands_do_it_beside_the_gateway(shop: Shop) -> None:
    """Without --yes nothing changes; with it, each says what it did, and the audit log has who did it."""
    id_ = shop.adjust("one").json()["id"]
    words = ("journal", "erase", "-c", shop.config, "--member", "contact_id:1", "--reason", "request 17")
    shown = ran(*words)
    assert (shown.code, shown.out.split()[:3]) == (0, ["1", "succeeded", "acme"])
    assert "nothing is erased yet" in shown.out
    assert "removed" not in shop.see(id_)
    done = ran(*words, "--yes")
    assert (done.code, done.out.startswith("1 adjustment(s) erased; the member is erased-")) == (0, True), done
    assert shop.see(id_)["removed"] == "erased"
    assert ran(*words, "--yes").code == 1
    purge = ran("journal", "purge", "-c", shop.config, "--yes")
    assert (purge.code, "acme: 0 adjustment(s) purged, 0 left" in purge.out) == (0, True), purge
    audit = ran("journal", "audit", "-c", shop.config)
    assert "request 17" in audit.out
    assert "contact_id" not in audit.out


def test_a_member_that_was_looked_up_is_told_of(shop: Shop) -> None:
    """The vendor's own name of a member is a pseudonym too, and who erases hears it."""

    async def claimed(journal: Journal) -> Erased:
        write = Write(Adjustment(Member("email", "a@b.example"), Decimal(5)), resolved=Member("contact_id", "77"))
        draft = Draft("adj_x", "app", "acme", "k", "f" * 64, write, "crm", "contact-points", "r", (), 9.0)
        record, _ = await journal.claim(draft)
        await journal.conclude(Settlement(record, Verdict.APPLIED, {"sent": True}))
        done: Erased = await journal.remove(Erase("acme", "email:a@b.example", "00"))
        return done

    assert with_journal(shop.store, claimed, owner="another") == Erased(1, 0, frozenset({"contact_id:77"}))
    assert "contact_id', value='77'" not in shop.journal_text()
    assert shop.see("adj_x")["resolved"] == "contact_id:erased-00"
