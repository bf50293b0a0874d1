"""`conform-live`: what it says before it sends anything, whose consent it needs, and what it leaves in the report."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.conformance.made_of import made_of
from gateway.conformance.report import carried_on
from gateway.port import registry
from gateway.simulation import Simulator, in_thread
from tests.deadlines import scaled
from tests.gateway.cli.conftest import KEY, ROOT, Command
from tests.gateway.declared.shop import DESCRIPTION, TokenShop

PAGE = "# Vendors\n\n<!-- made by `points-gateway conform` -->\n<!-- end -->\n"


def configured(folder: Path, vendor: Simulator, **settings: Any) -> Path:
    """A configuration with one account, the simulator."""
    (folder / "vendors").mkdir(exist_ok=True)
    (folder / "vendors/tokens.yaml").write_text(DESCRIPTION)
    config = folder / "points.yaml"
    whole = {
        "store": "sqlite:///points.db",
        "vendors": {"shop": {**vendor.settings, "timeout": scaled(10), **settings}},
        "tenants": {"acme": {"routes": {"adjust": "shop"}}},
        "clients": {"app": {"keys": [KEY], "tenants": ["*"], "scopes": ["points:read"]}},
    }
    config.write_text(yaml.safe_dump(whole))
    return config


@pytest.fixture
def shop() -> Iterator[TokenShop]:
    """A simulator that stands in for a real account."""
    simulator = TokenShop()
    with in_thread(simulator):
        yield simulator


def words(config: Path, *more: str, member: str = "card:7") -> list[str]:
    return ["conform-live", "shop", "--config", str(config), "--member", member, *more]


def host(shop: Simulator) -> str:
    return shop.origin.removeprefix("http://")


def test_without_consent_it_says_what_it_would_do(tmp_path: Path, shop: TokenShop, command: Command) -> None:
    """The host, the member, both writes without a secret, and the words that give the consent; nothing is sent."""
    result = command(*words(configured(tmp_path, shop)))
    assert (result.code, result.err) == (0, "")
    assert f"(tokens, {host(shop)}), for the member card:7" in result.out
    assert "credit of 1 point(s), sent once: POST /cards/7/tokens" in result.out
    assert "debit of 1 point(s), sent once: POST /cards/7/tokens" in result.out
    assert result.out.rstrip().endswith(f"Nothing was sent. To do this: --consent {host(shop)}")
    assert shop.settings["key"] not in result.out
    assert shop.requests == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--consent", "api.tokens.example"), "nothing was sent"),
        (("--points", "11", "--consent", "x"), "expected more than 0, and at most 10"),
        (("--points", "-1", "--consent", "x"), "expected more than 0"),
        (("--points", "many", "--consent", "x"), "--points many"),
        (("--page", "README.md"), "--page needs --report"),
        (("--point-type", "gold"), "nothing was sent"),
    ],
)
def test_what_is_not_clear_sends_nothing(
    tmp_path: Path, shop: TokenShop, command: Command, more: tuple[str, ...], why: str
) -> None:
    """Another host, more than a few points, or what the vendor cannot be told."""
    result = command(*words(configured(tmp_path, shop), *more))
    assert result.code != 0
    assert why in result.err
    assert shop.requests == []


def test_an_account_that_is_paused_is_left_alone(tmp_path: Path, shop: TokenShop, command: Command) -> None:
    """Whoever has paused it does not want it written to."""
    config = configured(tmp_path, shop, paused="we are moving")
    result = command(*words(config, "--consent", host(shop)))
    assert "writes to shop are paused there" in result.err
    assert shop.requests == []


def test_an_account_without_a_balance_cannot_be_tried(tmp_path: Path, shop: TokenShop, command: Command) -> None:
    """Nothing would show that the points were booked."""
    config = configured(tmp_path, shop)
    file = tmp_path / "vendors/tokens.yaml"
    file.write_text(DESCRIPTION.replace("balance:\n  get: /cards/{member}\n  result: {available: $.left}\n", ""))
    result = command(*words(config, "--consent", host(shop)))
    assert "tokens has no balance: a trial needs both, to write and to see it" in result.err


def report_of(name: str, folder: Path, **changes: Any) -> Path:
    """A report of `conform` about one adapter."""
    own = next(
        each for each in json.loads((ROOT / "docs/vendors.json").read_text("utf-8")) if each["adapter"] == "fabric"
    )
    file = folder / "vendors.json"
    file.write_text(json.dumps([{**own, "adapter": name, **changes}]))
    return file


def test_a_trial_that_holds_is_in_the_report(tmp_path: Path, shop: TokenShop, command: Command) -> None:
    """With the level and the day, and nothing that tells whose account it was; the table has both."""
    config, report, page = configured(tmp_path, shop), report_of("tokens", tmp_path), tmp_path / "page.md"
    page.write_text(PAGE)
    result = command(*words(config, "--consent", host(shop), "--report", str(report), "--page", str(page)))
    assert (result.code, result.err) == (0, "")
    assert [effect.points for effect in shop.effects] == [1, -1]
    [made] = json.loads(report.read_text())
    today = datetime.now(UTC).date().isoformat()
    assert (made["level"], made["live"]["day"], made["live"]["points"]) == ("live", today, "1")
    assert made["live"]["requests"] == len(shop.requests)
    assert not {"card", "127.0.0.1", "adj_"} & set(json.dumps(made["live"]).split('"'))
    assert f"| live, {today} |" in page.read_text()


def test_a_trial_that_has_ended_leaves_the_report(tmp_path: Path, shop: TokenShop, command: Command) -> None:
    """The exit code is 1, and standard error has the reason."""
    config, report = configured(tmp_path, shop), report_of("tokens", tmp_path)
    before = report.read_text()
    shop.faults.add({"kind": "close", "when": "after", "method": "POST"})
    result = command(*words(config, "--consent", host(shop), "--report", str(report)))
    assert result.code == 1
    assert "the trial has ended. The outcome of the credit of 1 point(s) is unknown" in result.err
    assert report.read_text() == before


@pytest.mark.parametrize("changes", [{"adapter": "another"}, {"broken": [{}]}], ids=["none", "broken"])
def test_a_report_without_the_adapter_is_refused_first(
    tmp_path: Path, shop: TokenShop, command: Command, changes: dict[str, Any]
) -> None:
    """Before anything is sent: a day that cannot be written down would have been for nothing."""
    report = report_of("tokens", tmp_path, **changes)
    result = command(*words(configured(tmp_path, shop), "--consent", host(shop), "--report", str(report)))
    assert "has no report of tokens that keeps every check" in result.err
    assert shop.requests == []


def test_the_day_is_carried_on_while_the_adapter_is_the_same(tmp_path: Path) -> None:
    """`conform` takes it over from the report before; of other files than were tried, it says nothing."""
    [before] = json.loads(report_of("voucherify", tmp_path, live={"day": "2026-11-27", "made_of": "0a"}).read_text())
    now = {**before, "level": "certified", "live": None}
    assert carried_on([now], [before], {"voucherify": "0a"}) == [{**now, "level": "live", "live": before["live"]}]
    assert carried_on([{**now, "level": None}], [before], {"voucherify": "0a"})[0]["level"] is None
    assert carried_on([now], [before], {"voucherify": "0b"}) == [now]


def test_an_adapter_is_made_of_its_modules(tmp_path: Path) -> None:
    """Each adapter has a digest of its own; that of a description is the description's."""
    kinds = [registry.adapters()[name] for name in registry.adapters()]
    digests = [made_of(kind) for kind in kinds]
    assert len(set(digests)) == len(kinds)
    assert made_of(registry.adapters()["voucherify"]) == registry.adapters()["voucherify"].settings.made_of
