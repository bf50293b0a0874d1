import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from gateway.port.registry import AdapterType, adapters
from gateway.settings.schema import schema, text

from .conftest import WHOLE

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def validator(adapters: dict[str, AdapterType]) -> Draft202012Validator:
    return Draft202012Validator(schema(adapters))


def changed(*path: str, value: Any) -> dict[str, Any]:
    """The whole configuration with one value set (or, where it is None, taken out)."""
    whole: dict[str, Any] = yaml.safe_load(WHOLE)
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    if value is None:
        del place[path[-1]]
    return whole


def test_the_file_for_editors_is_current() -> None:
    """It is written by: python -m gateway.settings.schema > config/gateway.schema.json."""
    assert (CONFIG / "gateway.schema.json").read_text() == text(adapters())


def test_the_schema_is_a_schema() -> None:
    """Of draft 2020-12."""
    Draft202012Validator.check_schema(schema(adapters()))


@pytest.mark.parametrize("name", ["gateway.yaml", "demo.yaml"])
def test_the_configurations_that_come_with_the_project_fit(name: str) -> None:
    """As an editor would check them."""
    document = yaml.safe_load((CONFIG / name).read_text())
    Draft202012Validator(json.loads((CONFIG / "gateway.schema.json").read_text())).validate(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("server",), {"listen": "a:1", "drain": "${env:D}", "log_level": "${env:L:-info}"}),
        (("vendors", "arcade", "partner_id"), "${env:ID}"),
        (("vendors", "arcade", "timeout"), "${env:T:-5}"),
        (("vendors", "arcade", "ignore"), ["reason", "${env:I}"]),
        (("vendors", "perks", "format"), "${env:F}"),
        (("vendors", "perks", "point_types"), {"a": {"eid": "x"}, "b": {"iid": "${env:I}"}}),
        (("vendors", "other"), {"extends": "arcade", "partner_id": 8}),
        (("vendors", "other"), {"extends": "arcade", "adapter": "ledger"}),
        (("tenants", "other"), {"routes_from": "acme"}),
        (("tenants", "acme", "routes", "balance"), {"vendor": "arcade", "cache": "${env:C}"}),
        (("tenants", "acme", "routes", "adjust"), [{"vendor": "arcade", "when": {"member": ["custom.*"]}}]),
        (("clients",), None),
    ],
)
def test_what_a_configuration_may_hold_fits(
    validator: Draft202012Validator, path: tuple[str, ...], value: object
) -> None:
    """Values that are still to be expanded stand for any scalar; a file of a folder may hold a part."""
    validator.validate(changed(*path, value=value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("severs",), {}),
        (("server",), {"listn": "a:1"}),
        (("server",), {"drain": "soon"}),
        (("vendors", "bad name"), {"extends": "arcade"}),
        (("vendors", "other"), {"adapter": "unknown"}),
        (("vendors", "other"), {"timeout": 5}),
        (("vendors", "other"), {"extends": "arcade", "unknown": 5}),
        (("vendors", "arcade", "partner_id"), "7"),
        (("vendors", "arcade", "partner_id"), None),
        (("vendors", "arcade", "token"), "of another adapter"),
        (("vendors", "perks", "format"), "jsn"),
        (("tenants", "acme", "routes_from"), "other"),
        (("tenants", "acme", "routes"), {"adjst": "arcade"}),
        (("tenants", "acme", "routes"), {"adjust": {"when": {}}}),
        (("clients", "storefront", "scopes"), ["read"]),
        (("clients", "storefront", "keys"), None),
    ],
)
def test_what_a_configuration_may_not_hold_does_not_fit(
    validator: Draft202012Validator, path: tuple[str, ...], value: object
) -> None:
    """Unknown keys, wrong types and missing keys, by the adapter that is named."""
    assert not validator.is_valid(changed(*path, value=value))
