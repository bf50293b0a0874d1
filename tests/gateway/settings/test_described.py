"""Vendors by description in a configuration: their files are part of it, and their errors have places."""

from hashlib import sha256
from pathlib import Path

import pytest

from gateway.port import registry
from gateway.settings import Settings, SettingsError, Snapshot, load
from gateway.settings.difference import difference
from tests.gateway.declared.shop import DESCRIPTION

WHOLE = """\
store: sqlite:///points.db
vendors:
  shop:
    adapter: declared
    description: vendors/tokens.yaml
    base_url: http://127.0.0.1:9109/v1
    key: key-of-the-shop-7
  outlet: {extends: shop, key: key-of-the-outlet-8}
tenants:
  acme: {routes: {adjust: shop, balance: outlet}}
clients:
  storefront: {keys: [storefront-key-00000000000000000000], tenants: [acme], scopes: [points:read]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration with a description beside it."""
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors/tokens.yaml").write_text(DESCRIPTION)
    (tmp_path / "gateway.yaml").write_text(WHOLE)
    return tmp_path


def loaded(folder: Path) -> Settings:
    return load(folder / "gateway.yaml", registry.adapters(), {})


def changed(folder: Path, old: str, new: str, file: str = "gateway.yaml") -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))


def problems(folder: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        loaded(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_a_description_makes_the_adapter_of_its_vendors(folder: Path) -> None:
    """One for all that name the file; the account's own settings are those that the description names."""
    settings = loaded(folder)
    assert settings.described["shop"] is settings.described["outlet"]
    assert settings.kind("shop", {}).name == "tokens"
    assert settings.vendors["shop"].adapter == "declared"
    assert {secret.reveal() for each in settings.vendors.values() for secret in each.credentials()} == {
        "key-of-the-shop-7",
        "key-of-the-outlet-8",
    }
    assert settings.sources == (folder / "gateway.yaml", folder / "vendors/tokens.yaml")


def test_its_file_is_part_of_the_configuration(folder: Path) -> None:
    """In the digest, in what workers get, and in what `diff` says."""
    before, first = loaded(folder), Snapshot.read(folder / "gateway.yaml")[0]
    changed(folder, "state: done", "state: booked", "vendors/tokens.yaml")
    after, second = loaded(folder), Snapshot.read(folder / "gateway.yaml")[0]
    assert first.digest != second.digest
    assert before.digest == first.digest
    lines = [f"vendors.{name}.description: its file changed" for name in ("outlet", "shop")]
    assert list(difference(before, after)) == lines
    (folder / "vendors/tokens.yaml").unlink()
    packed = Snapshot.unpacked(second.packed())
    assert packed == second
    assert load(packed, registry.adapters(), {}).vendors["shop"].made_of == after.vendors["shop"].made_of


def test_a_configuration_without_descriptions_has_the_digest_of_its_file(folder: Path) -> None:
    """As before there were any."""
    only = folder / "only.yaml"
    only.write_text("a: 1\n")
    assert Snapshot.read(only)[0].digest == sha256(b"a: 1\n").hexdigest()[:12]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "    description: vendors/tokens.yaml\n",
            "",
            "gateway.yaml:3:3: vendors.shop.description: expected the YAML file that describes the vendor",
        ),
        (
            "vendors/tokens.yaml",
            "vendors/none.yaml",
            "gateway.yaml:5:18: vendors.shop.description: expected a YAML file",
        ),
        ("vendors/tokens.yaml", "${env:FILE:-x}", "gateway.yaml:5:18: vendors.shop.description: expected a YAML file"),
        ("vendors/tokens.yaml", "7", "gateway.yaml:5:18: vendors.shop.description: expected a YAML file"),
        ("    key: key-of-the-shop-7\n", "", "gateway.yaml:3:3: vendors.shop.key: expected this key"),
        ("key-of-the-shop-7\n", "key-of-the-shop-7\n    city: x\n", "vendors.shop.city: unknown key"),
        (
            "key-of-the-shop-7\n",
            "key-of-the-shop-7\n    trust_absence: true\n",
            "vendors.shop.trust_absence: trust_absence needs confirmed.search and confirmed.absence",
        ),
        (
            "key-of-the-shop-7\n",
            "key-of-the-shop-7\n    confirmed: {idempotence: x}\n",
            "vendors.shop.confirmed.idempotence: unknown key: did you mean idempotency?",
        ),
        ("adjust: shop", "lookup: shop", "this vendor cannot do lookup: its adapter, tokens, has adjust, balance"),
    ],
)
def test_what_is_wrong_with_a_described_vendor(folder: Path, old: str, new: str, problem: str) -> None:
    """File, line and column, as for any vendor."""
    changed(folder, old, new)
    assert any(problem in each for each in problems(folder)), problems(folder)


def test_what_is_wrong_with_a_description_stands_in_its_own_file(folder: Path) -> None:
    """Once, however many vendors have it."""
    changed(folder, "{points}", "{amount}", "vendors/tokens.yaml")
    assert [each.partition(": ")[0] for each in problems(folder)] == ["vendors/tokens.yaml:13:3"]


def test_two_adapters_have_two_names(folder: Path) -> None:
    """Options and answers name adapters; an installed one keeps its name."""
    (folder / "vendors/other.yaml").write_text(DESCRIPTION)
    changed(folder, "{extends: shop,", "{extends: shop, description: vendors/other.yaml,")
    assert any("the description has the name 'tokens', as has the one in" in each for each in problems(folder))
    changed(folder, "name: tokens", "name: fabric", "vendors/other.yaml")
    remedy = "as has an installed one: expected another name in it, or adapter: fabric without description"
    assert any(remedy in each for each in problems(folder))


def test_what_is_missing_offline_is_no_traceback(folder: Path) -> None:
    """A vendor whose settings cannot be known here is left out, as any other is."""
    changed(folder, "http://127.0.0.1:9109/v1", "${env:NO_SUCH_URL}")
    settings = load(folder / "gateway.yaml", registry.adapters(), {}, offline=True)
    assert (settings.vendors, settings.described) == ({}, {})
