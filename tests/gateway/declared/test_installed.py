"""A description that ships in a package is an adapter under its own name, and fails alone, in one line."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.port import registry
from gateway.port.installed import NotLoadable
from gateway.settings import load
from gateway.settings.difference import difference
from tests.gateway.cli.conftest import Command, command
from tests.gateway.declared.shop import DESCRIPTION

__all__ = ["command"]
CONFIGURATION = """\
store: sqlite:///points.db
vendors:
  shop: {adapter: tokens, base_url: "http://127.0.0.1:9109/v1", key: key-of-the-shop-7}
tenants:
  acme: {routes: {adjust: shop}}
clients:
  storefront: {keys: [storefront-key-00000000000000000000], tenants: [acme], scopes: [points:read]}
"""
Ship = Callable[[str], None]


@pytest.fixture
def ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ship]:
    """Installs a package that has nothing but a description."""

    def shipped(text: str) -> None:
        package, about = tmp_path / "token_shop_package", tmp_path / "token_shop-1.0.dist-info"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "description.yaml").write_text(text)
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: token-shop\nVersion: 1.0\n")
        entry = "[points_gateway.adapters]\ntokens = token_shop_package:description.yaml\n"
        (about / "entry_points.txt").write_text(entry)
        monkeypatch.syspath_prepend(tmp_path)

    yield shipped
    sys.modules.pop("token_shop_package", None)


def test_a_package_needs_no_code(ship: Ship, tmp_path: Path) -> None:
    """Its name is that of the entry point, and its settings are those of the description."""
    ship(DESCRIPTION)
    kind = registry.adapters()["tokens"]
    assert (kind.name, kind.origin) == (
        "tokens",
        "distribution token-shop 1.0, entry point token_shop_package:description.yaml",
    )
    assert kind.adapter.__module__ == "token_shop_package.description"
    file = tmp_path / "gateway.yaml"
    file.write_text(CONFIGURATION)
    settings = load(file, registry.adapters(), {})
    assert (settings.vendors["shop"].adapter, settings.described) == ("tokens", {})
    assert settings.kind("shop", registry.adapters()).name == "tokens"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("name: tokens", "name: others", "its description has the name 'others'"),
        ("{points}", "{amount}", "description.yaml:13:3: adjust: {amount} has no sign"),
        ("name: tokens", "name: [", "not YAML"),
    ],
)
def test_a_package_that_cannot_be_used_is_one_line(ship: Ship, old: str, new: str, why: str) -> None:
    """With the distribution, and the place in its file."""
    ship(DESCRIPTION.replace(old, new))
    with pytest.raises(NotLoadable, match=r"distribution token-shop 1\.0") as raised:
        registry.adapters()["tokens"]
    assert why in str(raised.value)


def test_a_description_of_its_own_takes_no_other(ship: Ship, tmp_path: Path) -> None:
    """`description` belongs to the adapter `declared`."""
    ship(DESCRIPTION)
    file = tmp_path / "gateway.yaml"
    (tmp_path / "other.yaml").write_text(DESCRIPTION)
    file.write_text(CONFIGURATION.replace("adapter: tokens,", "adapter: tokens, description: other.yaml,"))
    with pytest.raises(Exception, match="has a description of its own: expected adapter: declared"):
        load(file, registry.adapters(), {})


def test_commands_take_described_vendors_as_any(command: Command, tmp_path: Path) -> None:
    """`check`, `explain` and `diff`, with the vendor's file beside the configuration."""
    file, other = tmp_path / "gateway.yaml", tmp_path / "other/gateway.yaml"
    text = CONFIGURATION.replace("adapter: tokens,", "adapter: declared, description: tokens.yaml,")
    for each in (file, other):
        each.parent.mkdir(exist_ok=True)
        each.write_text(text.replace("sqlite:///", f"sqlite:///{tmp_path}/"))
        each.with_name("tokens.yaml").write_text(DESCRIPTION)
    checked = command("check", "--config", file)
    assert (checked.code, "good: 1 vendor(s)" in checked.out) == (0, True)
    words = ("--tenant", "acme", "--member", "card:7", "--points", "5.50")
    shown = command("explain", "adjust", "--config", file, *words)
    assert (shown.code, "shop (tokens)" in shown.out, "POST http://127.0.0.1:9109/v1/cards/7/tokens" in shown.out) == (
        0,
        True,
        True,
    )
    assert "key-of-the-shop-7" not in shown.out
    other.with_name("tokens.yaml").write_text(DESCRIPTION + "# another edition\n")
    assert command("diff", file, other).out == "vendors.shop.description: its file changed\n"
    old, new = (load(each, registry.adapters(), {}) for each in (file, other))
    assert list(difference(old, new)) == ["vendors.shop.description: its file changed"]
