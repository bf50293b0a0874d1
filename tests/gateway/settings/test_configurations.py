import shutil
from hashlib import sha256
from pathlib import Path
from typing import get_args

from gateway.port.registry import adapters
from gateway.settings import Scope, load

CONFIG = Path(__file__).parents[3] / "config"


def test_the_example_is_a_whole_configuration(tmp_path: Path) -> None:
    """With the variables and the file that it asks for."""
    (tmp_path / "club").write_text("token-of-club\n")
    text = (CONFIG / "gateway.yaml").read_text().replace("/run/secrets/", "")
    (tmp_path / "gateway.yaml").write_text(text)
    names = ("ARCADE_API_KEY", "PERKS_TOKEN", "CRM_API_KEY", "TILL_TOKEN", "STOREFRONT_KEY", "SUPPORT_KEY")
    settings = load(tmp_path / "gateway.yaml", adapters(), {name: name * 4 for name in names})
    assert settings.vendors["club"].secrets() == ("token-of-club",)
    assert settings.warnings == ()
    assert settings.tenants["acme_outlet"].routes is settings.tenants["acme"].routes


def test_the_demo_needs_nothing(tmp_path: Path) -> None:
    """Its keys stand in the file, its database beside the folder that it is in."""
    folder = tmp_path / "config"
    folder.mkdir()
    shutil.copy(CONFIG / "demo.yaml", folder)
    settings = load(folder / "demo.yaml", adapters(), {})
    assert settings.warnings == ()
    assert settings.store == f"sqlite:///{tmp_path}/var/demo.db"
    key = b"demo-storefront-key-000000000000000"
    assert {key.digest: key.client for key in settings.client_keys}[sha256(key).digest()] == "storefront"
    assert settings.clients["backoffice"].scopes == set(get_args(Scope))
