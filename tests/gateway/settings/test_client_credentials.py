"""A client's credentials in a configuration: each mistake at its place, and a secret that follows its file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.port.registry import AdapterType
from gateway.settings import Settings, SettingsError, load
from tests.gateway.delivery.office import Office
from tests.gateway.delivery.office import Settings as OfficeSettings

WHOLE = """\
store: sqlite:///points.db
vendors:
  club:
    adapter: office
    base_url: https://office.example
    client_credentials:
      token_url: https://login.example/token
      client_id: brand
      client_secret: the-secret-of-brand
tenants:
  acme: {routes: {adjust: club}}
clients:
  storefront: {keys: [storefront-key-00000000000000000000], tenants: [acme], scopes: [points:read]}
"""
Loaded = Callable[..., Settings]


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """Load the whole configuration with one text in another's place."""

    def load_with(old: str = "", new: str = "", **options: Any) -> Settings:
        assert old in WHOLE
        (tmp_path / "gateway.yaml").write_text(WHOLE.replace(old, new), "utf-8")
        return load(tmp_path / "gateway.yaml", {"office": AdapterType.of("office", Office)}, {}, **options)

    return load_with


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "https://login.example/token",
            "http://login.example/token",
            "7:18: vendors.club.client_credentials.token_url: client_credentials.token_url is plain http to another "
            "machine: use https, or set allow_http: true",
        ),
        (
            "https://login.example/token",
            "login.example",
            "7:18: vendors.club.client_credentials.token_url: expected an http:// or https:// address",
        ),
        (
            "the-secret-of-brand",
            "brand",
            "9:22: vendors.club.client_credentials.client_secret: expected a secret that can be told from ordinary "
            "text, to be masked there: at least 8 characters, "
            "at least 12 characters where it could be a number or a word",
        ),
        (
            "      client_id: brand\n",
            "",
            "6:5: vendors.club.client_credentials.client_id: expected this key, and it is missing (The client's name "
            "at the vendor)",
        ),
    ],
)
def test_a_mistake_is_told_at_its_place(loaded: Loaded, tmp_path: Path, old: str, new: str, fault: str) -> None:
    """With file, line, column and field, like any other."""
    with pytest.raises(SettingsError) as caught:
        loaded(old, new)
    [problem] = caught.value.problems
    assert str(problem) == f"{tmp_path / 'gateway.yaml'}:{fault}"


def test_a_secret_in_plain_text_is_told_of(loaded: Loaded) -> None:
    """At its place within the credentials."""
    plain = [problem.where for problem in loaded().plain]
    assert "vendors.club.client_credentials.client_secret" in plain


def test_the_secret_follows_its_file(loaded: Loaded, tmp_path: Path) -> None:
    """The next token is fetched with the secret of that moment; the account stays the same."""
    now = [0.0]
    secret = tmp_path / "secret"
    secret.write_text("the-first-secret")
    settings = loaded("the-secret-of-brand", "${file:secret}", clock=lambda: now[0]).vendors["club"]
    assert isinstance(settings, OfficeSettings)
    before = settings.identities()[0]
    assert settings.secrets() == ("the-first-secret",)
    secret.write_text("the-second-secret")
    now[0] += 10
    assert settings.client_credentials.client_secret.reveal() == "the-second-secret"
    assert settings.identities()[0] == before
