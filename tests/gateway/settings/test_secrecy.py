import traceback
from pathlib import Path

import pytest

from gateway.settings import SettingsError

from .conftest import WHOLE, Load

SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2"

BROKEN = [
    ("api_key: key-of-arcade", "api_key: {SECRET: 1}"),
    ("api_key: key-of-arcade", "api_key: [SECRET]"),
    ("api_key: key-of-arcade", 'api_key: "SECRET\\n"'),
    ("api_key: key-of-arcade", "api_key: !SECRET"),
    ("api_key: key-of-arcade", "api_key: *SECRET"),
    ("api_key: key-of-arcade", "api_key: '${SECRET}'"),
    ("api_key: key-of-arcade", "api_key: 'SECRET${env:NONE}'"),
    ("api_key: key-of-arcade", "api_key: SECRET, api_key: SECRET"),
    ("api_key: key-of-arcade", "api_key: 'SECRET"),
    ("api_key: key-of-arcade", "api_key: SECRET: x"),
    ("api_key: key-of-arcade", "api_key: @SECRET"),
    ("api_key: key-of-arcade", "api_key: k, base_url: 'http://u:SECRET@h'"),
    ('base_url: "http://127.0.0.1:9101"', "base_url: 'http://u:SECRET@127.0.0.1'"),
    ('base_url: "http://127.0.0.1:9101"', 'base_url: "${env:TOKEN}"'),
    ("adapter: ledger", 'adapter: "${env:TOKEN}"'),
    ("partner_id: 7", 'partner_id: "${env:TOKEN}"'),
    ("partner_id: 7", 'partner_id: 7, ignore: ["${env:TOKEN}"]'),
    ("partner_id: 7", 'partner_id: 7, ca_file: "${env:TOKEN}"'),
    ("partner_id: 7", 'partner_id: 7, default_reason: "${env:TOKEN}"'),
    ("token: token-of-perks", 'token: k, format: "${env:TOKEN}"'),
    ("adjust: arcade", 'adjust: "${env:TOKEN}"'),
    ("routes: {", 'routes_from: "${env:TOKEN}", routes: {'),
    ("tenants: [acme]", 'tenants: ["${env:TOKEN}"]'),
    ("scopes: [points:read]", 'scopes: ["${env:TOKEN}"]'),
    ("storefront-key-00000000000000000000", "SECRET, SECRET"),
    ("storefront-key-00000000000000000000", "'SECRET x'"),
    ("storefront-key-00000000000000000000", "sha256:SECRET"),
    ("storefront-key-00000000000000000000", "[SECRET]"),
    ("storefront-key-00000000000000000000", "SECRET: x"),
    ("sqlite:///points.db", "mysql://u:SECRET@h/d"),
    ("sqlite:///points.db", "{url: SECRET}"),
    ("sqlite:///points.db", "'postgresql://u:SECRET/x@h/d'"),
    ("sqlite:///points.db", "'postgresql://u:SECRET@SECRET@h/d'"),
    ("sqlite:///points.db", "'postgresql://u:SECRET SECRET@h/d'"),
    ("partner_id: 7", "partner_id: 7, proxy: 'http://u:SECRET/x@h'"),
    ("partner_id: 7", "partner_id: 7, proxy: 'http://u:SECRET\u2100@h'"),
    ("partner_id: 7", "partner_id: 7, proxy: 'http://[SECRET@h'"),
    ("partner_id: 7", "partner_id: 7, proxy: 'http://u:12/SECRET@h'"),
    ("partner_id: 7", "partner_id: 7, proxy: 'http://u:SECRET%@h'"),
    ('base_url: "http://127.0.0.1:9101"', "base_url: 'http://u:SECRET/x@127.0.0.1'"),
    ('base_url: "http://127.0.0.1:9101"', "base_url: 'http://u:12/SECRET@127.0.0.1'"),
    ('base_url: "http://127.0.0.1:9101"', "base_url: 'http://u:SECRET\u2100@127.0.0.1'"),
]


@pytest.mark.parametrize(("old", "new"), BROKEN)
def test_no_error_shows_a_secret(load_text: Load, old: str, new: str) -> None:
    """Neither its text, nor its parts, nor the traceback that a log would hold."""
    with pytest.raises(SettingsError) as caught:
        load_text(WHOLE, (old, new.replace("SECRET", SECRET)), env={"TOKEN": SECRET})
    shown = str(caught.value) + repr(caught.value.problems) + "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown


def test_settings_do_not_show_their_secrets(load_text: Load, tmp_path: Path) -> None:
    """Nor the password of the store, nor keys, nor their digests."""
    (tmp_path / "token").write_text(SECRET)
    settings = load_text(
        WHOLE,
        ("key-of-arcade", SECRET),
        ("token-of-perks", '"${file:token}"'),
        ("storefront-key-00000000000000000000", '"${env:KEY}"'),
        ("sqlite:///points.db", f"postgresql://u:{SECRET}@h/d"),
        env={"KEY": SECRET},
    )
    shown = repr(settings) + repr(settings.clients) + str(settings.vendors["arcade"].model_dump())
    assert SECRET not in shown
    shown += repr(settings.client_keys)
    assert settings.client_keys[0].digest.hex() not in shown
    assert repr(settings.client_keys[0].digest) not in shown


def test_the_environment_is_not_kept(load_text: Load) -> None:
    """A warning about a key from the environment says how long it is, and no more."""
    settings = load_text(WHOLE, ("storefront-key-00000000000000000000", '"${env:KEY}"'), env={"KEY": "hunter22"})
    assert "hunter22" not in repr(settings.warnings)
