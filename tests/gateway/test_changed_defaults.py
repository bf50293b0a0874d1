"""Defaults of a vendor that have changed since: attempts and reversals go to the point type of the first attempt."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.port import registry
from gateway.port.registry import AdapterType
from gateway.simulation import Simulator, in_thread
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.adapters.served import configured, served

BUSY = ({"kind": "delay", "seconds": 0}, {"kind": "status", "status": 429})
"""Let pass the request for a token, and refuse the one with the effect."""


@pytest.fixture(scope="module")
def effects(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Decimal, str | None]]:
    """What the vendor booked: an adjustment by its second attempt, and its reversal, each under another default."""
    kinds, paper, folder = {"paper": AdapterType.of("paper", Paper)}, PaperSimulator(), tmp_path_factory.mktemp("paper")
    with in_thread(paper):
        tenant = {"shop": {"routes": {"adjust": {"vendor": "paper", "compensate": True}}}}
        body: dict[str, Any] = {"member": "card:1", "points": "5"}
        paper.faults.add(*BUSY)
        with served(configured(folder, {"paper": paper.settings}, kinds, **tenant), kinds) as gateway:
            assert gateway.adjust("shop", body, key="k").json()["retryable"] is True
        changed = {**paper.settings, "default_point_type": "bonus"}
        with served(configured(folder, {"paper": changed}, kinds, **tenant), kinds) as gateway:
            original = gateway.adjust("shop", body, key="k").json()["id"]
            headers = {"X-Tenant": "shop", "Idempotency-Key": "r"}
            path = f"/v1/adjustments/{original}/reversal"
            assert gateway.http.post(path, json={}, headers=headers).status_code == 201
        return [(each.points, each.point_type) for each in paper.effects]


def test_the_next_attempt_goes_where_the_first_one_went(effects: list[tuple[Decimal, str | None]]) -> None:
    assert effects[0] == (Decimal(5), "stamps")


def test_a_reversal_goes_where_its_original_went(effects: list[tuple[Decimal, str | None]]) -> None:
    assert effects[1] == (Decimal(-5), effects[0][1])


def test_a_compensation_goes_to_no_other_point_type(tmp_path: Path) -> None:
    """Where the vendor chose it and there is a default now, and where its name means another one now."""
    kinds = {"fabric": registry.adapters()["fabric"]}
    fabric: Simulator = registry.simulators()["fabric"]()
    with in_thread(fabric):
        tenant = {"shop": {"routes": {"adjust": {"vendor": "fabric", "compensate": True}}}}
        body: dict[str, Any] = {"member": fabric.example.member, "points": "5"}
        before = {name: value for name, value in fabric.settings.items() if name != "default_point_type"}
        with served(configured(tmp_path, {"fabric": before}, kinds, **tenant), kinds) as gateway:
            originals = [gateway.adjust("shop", {**body, **more}).json()["id"] for more in ({}, {"point_type": "base"})]
        now = {**fabric.settings, "point_types": {"base": "Bonus", "bonus": "Base"}}
        with served(configured(tmp_path, {"fabric": now}, kinds, **tenant), kinds) as gateway:
            for original in originals:
                headers = {"X-Tenant": "shop", "Idempotency-Key": f"of-{original}"}
                answer = gateway.http.post(f"/v1/adjustments/{original}/reversal", json={}, headers=headers)
                assert answer.json()["code"] == "operation_not_supported"
        assert [each.points for each in fabric.effects] == [Decimal(5), Decimal(5)]
