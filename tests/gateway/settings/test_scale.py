"""Configurations of many tenants: what they cost grows with their number, and not faster."""

import time
from pathlib import Path

from gateway.model import Member
from gateway.planning.routing import Router
from gateway.port.registry import AdapterType
from gateway.settings import Settings, SettingsError, load

from .conftest import WHOLE

TENANT = """\
  tenant_{n}:
    routes:
      adjust:
        - when: {{member: [contact_id]}}
          vendor: arcade
        - vendor: arcade
      balance: {{vendor: arcade, cache: {cache}}}
      expiring: perks
"""
COUNT = 10_000
FEW = 1_000
NOISE = 3
"""How many times more than its share a tenant among many may cost; what grows with the square costs ten times more."""


Found = Settings | SettingsError


def read(
    path: Path, adapters: dict[str, AdapterType], count: int, cache: str
) -> tuple[float, Settings | SettingsError]:
    """CPU seconds to read a configuration of so many tenants more, and what it comes to."""
    tenants = "".join(TENANT.format(n=n, cache=cache) for n in range(count))
    path.write_text(WHOLE.replace("clients:", f"{tenants}clients:").replace("tenants: [acme]", 'tenants: ["*"]'))
    before = time.process_time()
    try:
        found: Found = load(path, adapters, {})
    except SettingsError as error:
        found = error
    return time.process_time() - before, found


def read_many(path: Path, adapters: dict[str, AdapterType], cache: str) -> Found:
    """What a configuration of ten thousand tenants comes to, each of which costs what one of a thousand does."""
    few = min(read(path, adapters, FEW, cache)[0] for _ in range(3))
    many, found = read(path, adapters, COUNT, cache)
    assert many / COUNT < NOISE * few / FEW
    return found


def test_ten_thousand_tenants_load_and_route_as_one(tmp_path: Path, adapters: dict[str, AdapterType]) -> None:
    """What one costs does not depend on how many there are, and the route of the last is found as that of the first."""
    settings = read_many(tmp_path / "gateway.yaml", adapters, cache="30")
    assert isinstance(settings, Settings)
    assert len(settings.clients["storefront"].tenants) == COUNT + 1
    route = Router(settings.tenants).route(f"tenant_{COUNT - 1}", "adjust", Member("email", "a@example.com"), None)
    assert route.rule == f"tenants.tenant_{COUNT - 1}.routes.adjust[1]"


def test_ten_thousand_problems_cost_what_as_many_ones_do(tmp_path: Path, adapters: dict[str, AdapterType]) -> None:
    """Each is told, with its place."""
    found = read_many(tmp_path / "gateway.yaml", adapters, cache="x")
    assert isinstance(found, SettingsError)
    assert len(found.problems) == COUNT
    assert found.problems[-1].line == 6 + 8 * COUNT - 1
