from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.settings.settings import Client, Settings

from .conftest import WHOLE, Load, Problems

KEY = "storefront-key-00000000000000000000"
OTHER = "another-key-000000000000000000000000"


def digest(key: str) -> bytes:
    return sha256(key.encode()).digest()


def owners(settings: Settings) -> dict[bytes, str]:
    """Whose each key is, by its digest."""
    return {key.digest: key.client for key in settings.client_keys}


def test_a_client_is_found_by_the_digest_of_its_key(load_text: Load) -> None:
    """Only the digest is kept."""
    settings = load_text()
    assert owners(settings) == {digest(KEY): "storefront"}
    assert settings.clients["storefront"] == Client("storefront", frozenset({"acme"}), frozenset({"points:read"}))


def test_a_client_may_have_several_keys_while_rotating(load_text: Load) -> None:
    """In plain text, from the environment, or as a digest: all lead to it."""
    keys = f"'${{env:KEY}}', 'sha256:{digest('third').hex().upper()}'"
    settings = load_text(WHOLE, (KEY, f"{KEY}, {keys}"), env={"KEY": OTHER})
    assert owners(settings) == dict.fromkeys((digest(KEY), digest(OTHER), digest("third")), "storefront")
    assert settings.warnings == ()


def test_a_key_may_end(load_text: Load) -> None:
    """At a time with an offset, or at the beginning of a date in UTC; one beside it that does not goes on."""
    keys = f"{{key: {OTHER}, expires: 2026-12-31}}, {{key: a-third-key, expires: 2026-12-31T01:00:00+01:00}}"
    settings = load_text(WHOLE, (KEY, f"{KEY}, {keys}"))
    end = datetime(2026, 12, 31, tzinfo=UTC)
    assert [key.expires for key in settings.client_keys] == [None, end, end]
    assert [key.place.where.rpartition(".")[2] for key in settings.client_keys] == ["keys[0]", "key", "key"]


def test_a_key_that_moves_from_file_to_file(load_text: Load, tmp_path: Path) -> None:
    """While both files of a client hold it, the configuration loads with a warning, and both are followed."""
    for name in ("first", "second"):
        (tmp_path / name).write_text(OTHER)
    settings = load_text(WHOLE, (KEY, '"${file:first}", "${file:second}"'))
    assert [key.reread is not None for key in settings.client_keys] == [True, True]
    assert [(each.where, each.detail) for each in settings.warnings] == [
        ("clients.storefront.keys[1]", "the same key is given twice")
    ]


def test_a_star_is_every_tenant(load_text: Load) -> None:
    """Also those that take their routes from another."""
    text = WHOLE.replace("clients:", "  outlet: {routes_from: acme}\nclients:")
    assert load_text(text, ("tenants: [acme]", 'tenants: ["*"]')).clients["storefront"].tenants == {"acme", "outlet"}


def test_a_short_key_draws_a_warning(load_text: Load) -> None:
    """It can still be used; a digest says nothing of its key's length."""
    settings = load_text(WHOLE, (KEY, "rather-short"))
    (warning,) = settings.warnings
    assert (warning.line, warning.column, warning.where) == (8, 23, "clients.storefront.keys[0]")
    assert warning.detail == "a key of 12 characters may be guessed: expected 32 or more"
    assert owners(settings) == {digest("rather-short"): "storefront"}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (f"[{KEY}]", "[]", "8:22: clients.storefront.keys: expected at least 1 item"),
        (f"[{KEY}]", KEY, "8:22: clients.storefront.keys: expected a list"),
        (KEY, "''", "8:23: clients.storefront.keys[0]: expected a secret that is not empty"),
        (KEY, "a", "8:23: clients.storefront.keys[0]: expected a key of at least 8 characters, better 32"),
        (
            KEY,
            "123",
            "8:23: clients.storefront.keys[0]: expected text: quote the value, or take it from ${env:NAME} or",
        ),
        (
            KEY,
            f"{{key: {KEY}, expires: tomorrow}}",
            "8:75: clients.storefront.keys[0].expires: expected a date, or a time with an offset, as in 2026-12-31T00",
        ),
        (KEY, f"{{key: {KEY}, expires: 2026-13-31}}", "8:75: clients.storefront.keys[0].expires: expected a date, or"),
        (
            KEY,
            f"{{key: {KEY}, expires: '2026-12-31T00:00:00'}}",
            "8:75: clients.storefront.keys[0].expires: expected a",
        ),
        (KEY, f"{{key: {KEY}}}", "8:23: clients.storefront.keys[0].expires: expected this key, and it is missing"),
        (KEY, "{expires: 2026-12-31}", "8:23: clients.storefront.keys[0].key: expected this key, and it is missing"),
        (KEY, f"{KEY}, {{key: {KEY}, expires: 2026-12-31}}", "8:66: clients.storefront.keys[1].key: the same key is g"),
        (
            KEY,
            f"'{KEY} '",
            "8:23: clients.storefront.keys[0]: expected a key of visible ASCII characters, without spaces",
        ),
        (KEY, "sha256:abc", "8:23: clients.storefront.keys[0]: expected 64 hexadecimal digits after sha256:"),
        (KEY, f"{KEY}, {KEY}", "8:60: clients.storefront.keys[1]: the same key is given twice"),
        ("tenants: [acme]", "tenants: []", "8:70: clients.storefront.tenants: expected at least 1 item"),
        (
            "tenants: [acme]",
            "tenants: [acm]",
            "8:71: clients.storefront.tenants[0]: no tenant is named 'acm': did you mean",
        ),
        ("tenants: [acme]", "tenants: [acme, acme]", "8:70: clients.storefront.tenants: expected each value once"),
        (
            "tenants: [acme]",
            "tenants: [acme, '*']",
            '8:77: clients.storefront.tenants[1]: "*" means all tenants, and stand',
        ),
        (
            "[points:read]",
            "[points:red]",
            "8:87: clients.storefront.scopes[0]: expected 'points:read', 'points:write', 'points:resolve' or",
        ),
        (", scopes: [points:read]", "", "8:3: clients.storefront.scopes: expected this key, and it is missing"),
        ("scopes:", "scope:", "8:3: clients.storefront.scopes: expected this key, and it is missing"),
    ],
)
def test_what_is_wrong_with_a_client(problems: Problems, old: str, new: str, found: str) -> None:
    """Each problem names its place and what was expected, and shows no key."""
    first = problems(WHOLE, (old, new))[0]
    assert first.startswith(found)
    assert KEY not in first


def test_two_clients_with_one_key_are_told_without_it(problems: Problems) -> None:
    """Also where one of them gives the digest."""
    second = f"  back: {{keys: ['sha256:{digest(KEY).hex()}'], tenants: [acme], scopes: [points:read]}}\n"
    assert problems(WHOLE + second) == ["9:17: clients.back.keys[0]: client 'storefront' has the same key"]
