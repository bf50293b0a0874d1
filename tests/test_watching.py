"""Alert rules, dashboard and page of metrics fit each other: what they ask for is there, from the start."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from gateway.app import Gateway
from gateway.port import registry
from gateway.settings import load
from tests.deadlines import DEADLINE

ROOT = Path(__file__).parents[1]
RULES = ROOT / "deploy/prometheus/points-gateway.rules.yaml"
RULE_TESTS = ROOT / "deploy/prometheus/points-gateway.test.yaml"
DASHBOARD = ROOT / "deploy/grafana/points-gateway.json"
DOCS = ROOT / "docs/watching.md"
CONFIGURATION = {
    "store": "sqlite:///journal.db",
    "vendors": {
        "arcade": {
            "adapter": "iactionable",
            "base_url": "https://a.example/API",
            "api_key": "key-of-arcade",
            "partner_id": 7,
        },
        "club": {
            "adapter": "fabric",
            "base_url": "https://b.example/api",
            "client_credentials": {
                "token_url": "https://b.example/token",
                "client_id": "the-gateway",
                "client_secret": "a-secret-of-club",
            },
        },
    },
    "tenants": {
        "acme": {
            "routes": {"adjust": "arcade", "balance": "arcade"},
            "webhooks": {"app": {"url": "https://app.example/hook", "secrets": [f"whsec_{'0' * 32}"]}},
        }
    },
    "clients": {
        "app": {
            "keys": ["a-key-for-tests-0000000000000000000"],
            "tenants": ["acme"],
            "scopes": ["points:read", "points:write"],
            "limits": {"daily": {"*": {"credit": 100}}},
        }
    },
}
SELECTOR = re.compile(r"\b((?:points|process)_\w+)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
Series = tuple[str, dict[str, str]]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a gateway that has served nothing yet."""
    file = tmp_path_factory.mktemp("watching") / "gateway.yaml"
    file.write_text(json.dumps(CONFIGURATION))
    kinds, _ = registry.adapters().loadable()

    async def page() -> str:
        gateway = Gateway(load(file, kinds, {}), kinds)
        try:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway.admin), base_url="http://a") as admin:
                return (await admin.get("/metrics", timeout=DEADLINE)).text
        finally:
            await gateway.close()

    return asyncio.run(page())


@pytest.fixture(scope="module")
def series(fresh: str) -> list[Series]:
    """Every series of that page."""
    families = text_string_to_metric_families(fresh)
    return [(sample.name, sample.labels) for family in families for sample in family.samples]


def rules() -> list[dict[str, Any]]:
    """Every alert rule."""
    return [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]


def panels() -> Iterator[tuple[str, str]]:
    """The title and each expression of each panel, with the dashboard's variables in place."""
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m").replace("$job", ".*")


def has(labels: dict[str, str], name: str, operator: str, value: str) -> bool:
    """Whether the labels of a series match."""
    equal = labels.get(name, "") == value if operator in ("=", "!=") else re.fullmatch(value, labels.get(name, ""))
    return bool(equal) == (operator in ("=", "=~"))


def missing(expression: str, series: list[Series]) -> list[str]:
    """What an expression selects and no series of the page is; Prometheus adds `job` and `instance`."""
    found = []
    for selector in SELECTOR.finditer(expression):
        matchers = [each for each in MATCHER.findall(selector[2] or "") if each[0] not in ("job", "instance")]
        named = [labels for name, labels in series if name == selector[1]]
        if not any(all(has(labels, *each) for each in matchers) for labels in named):
            found.append(selector[0])
    return found


def promtool(*arguments: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """What Prometheus' own tool says."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed")
    return subprocess.run([program, *arguments], input=text, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_can_fire_from_the_start(rule: dict[str, Any], series: list[Series]) -> None:
    """Every series that a rule selects is there before the first call, so that the first rise is seen."""
    assert SELECTOR.search(rule["expr"]) or rule["alert"] == "PointsGatewayDown"
    assert missing(rule["expr"], series) == []


def test_what_is_not_there_is_found(series: list[Series]) -> None:
    """A rule or panel that asks for what the gateway does not have would be noticed."""
    assert missing("points_nothing_total > 0", series) == ["points_nothing_total"]
    assert missing('sum(points_circuit{state="shut"})', series) == ['points_circuit{state="shut"}']


def test_the_alert_rules_fire() -> None:
    """Each rule has a case in which it fires, and Prometheus sees it so."""
    cases = yaml.safe_load(RULE_TESTS.read_text("utf-8"))["tests"]
    fired = {each["alertname"] for case in cases for each in case["alert_rule_test"] if each.get("exp_alerts")}
    assert fired == {rule["alert"] for rule in rules()}
    assert {rule["labels"]["severity"] for rule in rules()} == {"page", "ticket"}
    done = promtool("test", "rules", RULE_TESTS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_shows_what_there_is(fresh: str) -> None:
    """Each panel asks for metrics that the gateway has, by labels that these have."""
    families = set(re.findall(r"^# TYPE (\w+) ", fresh, re.MULTILINE))
    for title, expression in panels():
        names = {re.sub("_(bucket|sum|count)$", "", selector[1]) for selector in SELECTOR.finditer(expression)}
        assert names, title
        assert names <= families, title


def test_the_dashboard_is_promql(tmp_path: Path) -> None:
    """Prometheus can read each expression of the dashboard."""
    read = [{"record": f"panel:{number}", "expr": expression} for number, (_, expression) in enumerate(panels())]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": read}]}))
    done = promtool("check", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_has_no_lint(fresh: str) -> None:
    """Prometheus' own check finds nothing to say about a fresh page."""
    done = promtool("check", "metrics", text=fresh)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_metric_is_documented(fresh: str) -> None:
    """docs/watching.md has each metric, and none that there is not."""
    families = {name for name in re.findall(r"^# TYPE (\w+) ", fresh, re.MULTILINE) if name.startswith("points_")}
    tables = [line for line in DOCS.read_text("utf-8").splitlines() if line.startswith("| `points_")]
    documented = {name for line in tables for name in re.findall(r"`(points_\w+)`", line.split("|")[1])}
    assert documented == families | {"points_shared_rates_up"}  # which needs a server for rates
