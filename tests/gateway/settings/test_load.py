import dataclasses
from pathlib import Path

import pytest

from gateway.settings import Address, Server

from .conftest import WHOLE, Load, Problems

VENDOR = 'base_url: "http://127.0.0.1:9101", partner_id: 7'


def test_a_whole_configuration(load_text: Load, tmp_path: Path) -> None:
    """Every section is there, checked, and cannot be changed."""
    settings = load_text()
    assert list(settings.vendors) == ["arcade", "perks"]
    assert list(settings.tenants) == ["acme"]
    assert list(settings.clients) == ["storefront"]
    assert settings.store == f"sqlite:///{tmp_path}/points.db"
    assert settings.warnings == ()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.store = ""  # type: ignore[misc]  # the refusal is what is tested


def test_the_server_has_defaults(load_text: Load) -> None:
    """A configuration need not say where it listens."""
    assert load_text().server == Server(Address("127.0.0.1", 8080), None, 20.0, "info")


def test_the_server_as_written(load_text: Load) -> None:
    """Two listeners, seconds, and a level."""
    server = '{listen: "[::1]:0", admin: gateway.internal:0, drain: 5, log_level: debug}'
    assert load_text(f"server: {server}\n{WHOLE}").server == Server(
        Address("::1", 0), Address("gateway.internal", 0), 5.0, "debug"
    )


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        ("{listen: 8080}", "1:18: server.listen: expected text: quote the value"),
        ("{listen: localhost}", "1:18: server.listen: expected HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080"),
        ("{listen: 'a:65536'}", "1:18: server.listen: expected HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080"),
        ("{listen: 'a:1', admin: 'b:1'}", "1:32: server.admin: expected another port than that of listen"),
        ("{drain: -1}", "1:17: server.drain: expected 0 or more"),
        ("{drain: .inf}", "1:17: server.drain: expected 3600 at most"),
        ("{drain: yes}", "1:17: server.drain: expected a number"),
        ("{log_level: infos}", "1:21: server.log_level: expected 'debug', 'info', 'warning' or 'error': did you mean"),
        ("{listn: 'a:1'}", "1:10: server.listn: unknown key: did you mean listen? (expected: listen, admin, drain, l"),
        ("8080", "1:9: server: expected a mapping"),
        ("", "1:8: server: expected a mapping"),
    ],
)
def test_what_is_wrong_with_the_server(problems: Problems, server: str, problem: str) -> None:
    """Each problem names its place and what was expected."""
    (found,) = problems(f"server: {server}\n{WHOLE}")
    assert found.startswith(problem)


@pytest.mark.parametrize("url", ["postgresql://u:p@db/points", "postgresql:///points", "sqlite:////var/lib/points.db"])
def test_a_store_with_an_absolute_place_is_kept_as_it_is(load_text: Load, url: str) -> None:
    """PostgreSQL by URL, SQLite by four slashes."""
    assert load_text(WHOLE, ("sqlite:///points.db", url)).store == url


@pytest.mark.parametrize(
    "path", ["a%2Fb.db", "a b%20c.db", "a.db?mode=memory", "a#b.db", "ünï.db", "a\\nb.db", "$${x}"]
)
def test_a_path_is_no_part_of_a_url(load_text: Load, tmp_path: Path, path: str) -> None:
    """A file is where the path says, character for character."""
    found = load_text(WHOLE, ("sqlite:///points.db", f'"sqlite:///{path}"')).store
    assert found == f"sqlite:///{tmp_path}/{path}".replace("\\n", "\n").replace("$$", "$")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("'postgresql://u:hunter/2@h/d'", "percent-encoded (@ is %40, / is %2F"),
        ("'postgresql://u:hunter@2@h/d'", "or leave the password out, and give it by PGPASSFILE or PGPASSWORD"),
        ("'postgresql://u:hunter 2@h/d'", "a blank is %20"),
        ("'postgresql://u:100%@h/d'", "% is %25"),
        ("'postgresql://h/d?client_encoding=latin1'", "expected a URL without client_encoding: it is always UTF8"),
        ("sqlite:///points.db-wal", "expected a file whose name does not end in -wal, "),
    ],
)
def test_a_store_that_could_be_read_in_two_ways(problems: Problems, url: str, expected: str) -> None:
    """It is refused at its place with what to do, and no part of it is shown."""
    (found,) = problems(WHOLE, ("sqlite:///points.db", url))
    assert found.startswith("1:8: store: ")
    assert expected in found
    assert "hunter" not in found


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hunter2@h/d",
        "sqlite://",
        "sqlite:///",
        "'sqlite:///:memory:'",
        "points.db",
        "5",
        "[]",
        "~",
        "postgresql://",
        "sqlite:///folder/",
    ],
)
def test_a_store_that_is_none_is_told_and_not_shown(problems: Problems, url: str) -> None:
    """A URL may hold a password; a database in memory would forget what was sent."""
    (found,) = problems(WHOLE, ("sqlite:///points.db", url))
    assert found == ("1:8: store: expected sqlite:///relative/path.db, sqlite:////absolute/path.db or postgresql://...")


def test_every_problem_is_told_at_once_and_in_order(problems: Problems) -> None:
    """One of each section, sorted by place."""
    found = problems(
        WHOLE,
        ("sqlite:///points.db", "points.db"),
        ("partner_id: 7", "partner_id: seven"),
        ("adjust: arcade", "adjust: arcde"),
        ("scopes: [points:read]", "scopes: [read]"),
    )
    assert [problem.split(": ")[1] for problem in found] == [
        "store",
        "vendors.arcade.partner_id",
        "tenants.acme.routes.adjust",
        "clients.storefront.scopes[0]",
    ]


def test_missing_sections_are_told(problems: Problems, tmp_path: Path) -> None:
    """Nothing but the server has a default."""
    found = problems("server: {}\n")
    assert [problem.split(": ")[1] for problem in found] == ["clients", "store", "tenants", "vendors"]
    assert found[1].endswith("expected where the journal is, as in store: sqlite:///var/points.db")


def test_unknown_sections_are_told_with_the_nearest(problems: Problems) -> None:
    """The known ones are listed."""
    (found,) = problems(WHOLE + "tenant: {}\n")
    known = "server, store, admin, resolution, vendors, tenants, clients, operators"
    assert found == f"9:1: tenant: unknown key: did you mean tenants? (expected: {known})"


def test_a_list_is_no_configuration(problems: Problems) -> None:
    """The top of the file is a mapping of sections."""
    assert problems("- a\n")[0].startswith("1:1: expected a mapping with server, store")


def test_names_of_entries_are_bounded(problems: Problems) -> None:
    """Letters, digits, underscore, dot and dash, at most 64."""
    long = "x" * 65
    found = problems(WHOLE, ("arcade", '"an arcade"'), ("perks", long))
    assert [problem.split(": ", 1)[1] for problem in found] == [
        "vendors.an arcade: expected a name of 1 to 64 letters, digits, _ . or -",
        f"vendors.{long}: expected a name of 1 to 64 letters, digits, _ . or -",
    ]


@pytest.mark.parametrize("text", ["5", "5.5", "0x10"])
def test_an_expanded_number_becomes_one_where_a_number_is_wanted(load_text: Load, text: str) -> None:
    """By the rules of YAML, also where the value is quoted, and in whole numbers and seconds alike."""
    loaded = load_text(WHOLE, ("partner_id: 7", 'partner_id: 7, timeout: "${env:T}"'), env={"T": text})
    assert loaded.vendors["arcade"].timeout == float(int(text, 16) if text.startswith("0x") else text)


def test_expanded_values_take_the_type_that_is_wanted(load_text: Load) -> None:
    """A whole number, a boolean and a choice; a token of digits stays text."""
    vendor = load_text(
        WHOLE,
        ("partner_id: 7", 'partner_id: "${env:N}", verbose: "${env:B:-true}"'),
        ("token-of-perks", '"${env:N}", format: "${env:F:-xml}"'),
        env={"N": "123456789012"},
    ).vendors
    assert vendor["arcade"].model_dump(include={"partner_id", "verbose"}) == {
        "partner_id": 123456789012,
        "verbose": True,
    }
    assert vendor["perks"].model_dump(include={"format"}) == {"format": "xml"}
    assert vendor["perks"].secrets() == ("123456789012",)


def test_a_quoted_number_is_text(problems: Problems) -> None:
    """Only what was expanded is read again: quotes keep their meaning."""
    assert problems(WHOLE, ("partner_id: 7", 'partner_id: "7"')) == [
        "3:76: vendors.arcade.partner_id: expected a whole number"
    ]


def test_an_expanded_text_that_is_no_number_is_told(problems: Problems) -> None:
    """As for any other value."""
    found = problems(WHOLE, ("partner_id: 7", 'partner_id: "${env:N}"'), env={"N": "hunter2"})
    assert found == ["3:76: vendors.arcade.partner_id: expected a whole number"]


def test_a_value_that_could_not_be_expanded_is_told_once(problems: Problems) -> None:
    """Nothing is said about what follows from it, while other problems are."""
    found = problems(
        WHOLE,
        ("adapter: ledger", 'adapter: "${env:A}"'),
        ("adapter: calendar", 'adapter: calendar, timeout: "${env:T}", max_concurrency: x'),
        ("adjust: arcade", 'adjust: "${env:V}"'),
        ("tenants: [acme]", 'tenants: ["${env:W}"]'),
        ("storefront-key-00000000000000000000", '"${file:none}"'),
    )
    assert [problem.split(": ")[1] for problem in found] == [
        "vendors.arcade.adapter",
        "vendors.perks.timeout",
        "vendors.perks.max_concurrency",
        "tenants.acme.routes.adjust",
        "clients.storefront.keys[0]",
        "clients.storefront.tenants[0]",
    ]


def test_a_secret_from_a_file_follows_the_file(load_text: Load, tmp_path: Path) -> None:
    """By the clock that is passed in."""
    (tmp_path / "token").write_text("first-token\n")
    now = 0.0
    vendor = load_text(WHOLE, ("token-of-perks", '"${file:token}"'), clock=lambda: now).vendors["perks"]
    assert vendor.secrets() == ("first-token",)
    (tmp_path / "token").write_text("second-token\n")
    now = 1.0
    assert vendor.secrets() == ("second-token",)
