"""A secret is refused where it could not be sent: at its place, without being shown."""

from pathlib import Path

import jsonschema
import pytest

from gateway.port.registry import AdapterType
from gateway.settings.schema import schema

from .conftest import WHOLE, Load, Problems

SENT = "expected a secret that a header can carry: visible ASCII, with blanks only inside"
UNSENDABLE = ["schlüssel-of-somebody", " key", "key ", "ke\u00ady", "ke\u2028y", "\U0001f511", "ke\u00a0y"]


@pytest.mark.parametrize("secret", UNSENDABLE)
@pytest.mark.parametrize("way", ["written", "env", "file"])
def test_what_no_header_can_carry(problems: Problems, tmp_path: Path, secret: str, way: str) -> None:
    """However it comes, a secret of a header is visible ASCII, with blanks only inside."""
    (tmp_path / "key").write_text(secret, "utf-8")
    text = {"written": f"'{secret}'", "env": "'${env:KEY}'", "file": "'${file:key}'"}[way]
    if way == "written" and not secret.isprintable():
        text = '"' + "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in secret) + '"'
    (found,) = problems(WHOLE, ("api_key: key-of-arcade", f"api_key: {text}"), env={"KEY": secret})
    assert found == f"3:88: vendors.arcade.api_key: {SENT}"


@pytest.mark.parametrize("secret", ["schlüssel-1", " a key of it 1 ", "ポイントのための鍵その一つ", "a key of it 1"])
def test_what_goes_into_a_body_may_be_any_text(load_text: Load, secret: str) -> None:
    """A secret that its field says to be text is taken as it is."""
    settings = load_text(WHOLE, ("token: token-of-perks", f"token: '{secret}'"))
    assert settings.vendors["perks"].secrets() == (secret,)


def test_half_a_character_is_no_text(problems: Problems) -> None:
    """Bytes of the environment that are not UTF-8 cannot be sent in a body either."""
    (found,) = problems(WHOLE, ("token: token-of-perks", 'token: "${env:KEY}"'), env={"KEY": "a\udcff"})
    assert found.endswith("vendors.perks.token: expected a secret without lone surrogates, which UTF-8 cannot carry")


def test_blanks_inside_are_sent(load_text: Load) -> None:
    """A blank within a secret is a header's to carry."""
    assert load_text(WHOLE, ("key-of-arcade", "'key of arcade'")).vendors["arcade"].secrets() == ("key of arcade",)


@pytest.mark.parametrize(
    ("secret", "fits"), [("key", True), ("a key", True), ("${env:KEY}", True), ("schlüssel", False)]
)
def test_an_editor_is_told_the_same(adapters: dict[str, AdapterType], secret: str, fits: bool) -> None:
    """The JSON Schema refuses in a header what `check` refuses there."""
    vendor = {"adapter": "ledger", "base_url": "https://x", "partner_id": 1, "api_key": secret}
    validator = jsonschema.Draft202012Validator(schema(adapters))
    assert validator.is_valid({"vendors": {"arcade": vendor}}) is fits
    assert validator.is_valid({"vendors": {"perks": {"adapter": "calendar", "base_url": "https://x", "token": secret}}})


@pytest.mark.parametrize(
    ("secret", "lacks"),
    [
        ("s3cret!", "at least 8 characters"),
        ("a 1 b 2 c", "at least 8 characters"),
        ("ababab-ab-ab", "at least 4 different characters"),
        ("a-b", "at least 8 characters, at least 4 different characters"),
        ("20261126", "at least 12 characters where it could be a number or a word"),
        *((word, "at least 12 characters where it could be a number or a word") for word in ("standard", "Standard")),
    ],
)
def test_what_stands_in_ordinary_text_by_chance(problems: Problems, secret: str, lacks: str) -> None:
    """Such a secret could not be masked without much else being masked. It is refused, with all that it lacks."""
    (found,) = problems(WHOLE, ("api_key: key-of-arcade", f"api_key: '{secret}'"))
    message = "expected a secret that can be told from ordinary text, to be masked there"
    assert found == f"3:88: vendors.arcade.api_key: {message}: {lacks}"
