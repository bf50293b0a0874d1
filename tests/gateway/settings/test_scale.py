import time
from pathlib import Path

import pytest

from gateway.model import Member
from gateway.registry import AdapterType
from gateway.routing import Router
from gateway.settings import SettingsError, load

from .conftest import WHOLE

TENANT = """\
  tenant_{n}:
    routes:
      adjust:
        - when: {{member: [contact_id]}}
          vendor: arcade
        - vendor: arcade
      balance: {{vendor: arcade, cache: 30}}
      expiring: perks
"""
COUNT = 10_000


def test_ten_thousand_tenants_load_and_route_as_one(tmp_path: Path, adapters: dict[str, AdapterType]) -> None:
    """They load in a few seconds, and the route of the last is found as that of the first."""
    tenants = "".join(TENANT.format(n=n) for n in range(COUNT))
    path = tmp_path / "gateway.yaml"
    path.write_text(WHOLE.replace("clients:", f"{tenants}clients:").replace("tenants: [acme]", 'tenants: ["*"]'))
    before = time.process_time()
    settings = load(path, adapters, {})
    assert time.process_time() - before < 15  # about 1.5 s where nothing else runs
    assert len(settings.clients["storefront"].tenants) == COUNT + 1
    route = Router(settings.tenants).route(f"tenant_{COUNT - 1}", "adjust", Member("email", "a@example.com"), None)
    assert route.rule == f"tenants.tenant_{COUNT - 1}.routes.adjust[1]"


def test_ten_thousand_problems_are_told_in_seconds(tmp_path: Path, adapters: dict[str, AdapterType]) -> None:
    """Each with its place."""
    tenants = "".join(TENANT.format(n=n).replace("cache: 30", "cache: x") for n in range(COUNT))
    path = tmp_path / "gateway.yaml"
    path.write_text(WHOLE.replace("clients:", f"{tenants}clients:"))
    before = time.process_time()
    with pytest.raises(SettingsError) as caught:
        load(path, adapters, {})
    found = caught.value.problems
    assert time.process_time() - before < 20
    assert len(found) == COUNT
    assert found[-1].line == 6 + 8 * COUNT - 1
