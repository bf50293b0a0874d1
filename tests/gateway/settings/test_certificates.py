"""A vendor's certificates are looked at when the configuration is, and each problem says what to do."""

import shutil
from pathlib import Path

import pytest

from .conftest import WHOLE, Load, Problems

CERTIFICATES = Path(__file__).parents[1] / "transport" / "certificates"
HTTPS = ('http://127.0.0.1:9101"', 'https://127.0.0.1:9101"')


def with_client(**settings: str) -> tuple[str, str]:
    written = ", ".join(f"{name}: {value}" for name, value in settings.items())
    return "partner_id: 7", f"partner_id: 7, {written}"


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    """The certificates stand beside the configuration; `empty` holds nothing."""
    for file in CERTIFICATES.iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / "empty").touch()


@pytest.mark.parametrize(
    "settings",
    [
        {"client_cert": "client.pem", "client_key": "client.key"},
        {"client_cert": "renewed.pem"},
        {"client_cert": "client.pem", "client_key": "client-encrypted.key", "client_key_password": "of-the-key-1"},
    ],
)
def test_a_client_certificate(load_text: Load, tmp_path: Path, settings: dict[str, str]) -> None:
    """Its files are relative to the file that they stand in; its password is no credential of the account."""
    loaded = load_text(WHOLE, HTTPS, with_client(**settings))
    arcade = loaded.vendors["arcade"]
    assert arcade.client_cert == str(tmp_path / settings["client_cert"])
    assert not [each for each in loaded.warnings if "client" in each.where]
    assert [each.reveal() for each in arcade.credentials()] == ["key-of-arcade"]
    assert "of-the-key-1" not in repr(arcade)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"client_cert": "none.pem"}, "client_cert: expected the path of a file, and there is none"),
        ({"client_cert": "empty"}, "client_cert: expected a PEM file with a certificate"),
        ({"client_cert": "client.pem"}, "client_cert: expected a PEM file with the key of client_cert: it has none"),
        (
            {"client_cert": "client.pem", "client_key": "empty"},
            "client_key: expected a PEM file with the key of client_cert: it has none",
        ),
        (
            {"client_cert": "client.pem", "client_key": "server.pem"},
            "client_key: expected the key of client_cert, and this is another",
        ),
        (
            {"client_cert": "client.pem", "client_key": "client-encrypted.key"},
            "client_key: the key is encrypted: set client_key_password",
        ),
        (
            {"client_cert": "client.pem", "client_key": "client-encrypted.key", "client_key_password": "another-1"},
            "client_key_password: expected the password that the key is encrypted with, and this is another",
        ),
        ({"client_key": "client.key"}, "client_key: client_key is of no use without client_cert"),
    ],
)
def test_what_is_wrong_with_a_client_certificate(problems: Problems, settings: dict[str, str], found: str) -> None:
    """Each is told at the key that has to be changed, once."""
    (problem,) = problems(WHOLE, HTTPS, with_client(**settings))
    assert problem.partition(": vendors.arcade.")[2] == found


def test_a_client_certificate_without_tls(problems: Problems) -> None:
    """Nobody would be shown it."""
    (problem,) = problems(WHOLE, with_client(client_cert="renewed.pem"))
    assert "client_cert is of no use without TLS: base_url is not https" in problem


def test_a_client_certificate_that_has_expired(load_text: Load) -> None:
    """The gateway starts with it, and `check` warns."""
    loaded = load_text(WHOLE, HTTPS, with_client(client_cert="expired.pem"))
    (warning,) = [each for each in loaded.warnings if each.where == "vendors.arcade.client_cert"]
    assert "was valid until" in str(warning)
