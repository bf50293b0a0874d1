"""`check`: everything that is wrong with a configuration, each with its place; what is doubtful fails nothing."""

import json
import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from gateway.planning.routing import Tenant
from gateway.settings import Client
from gateway.simulation import Simulator
from tests.gateway.cli.conftest import KEY, Command, Left, demonstration

WRONG = """\
server: {listen: 127.0.0.1:8080, drian: 5}
store: sqlite:///points.db
vendors:
  crm:
    adapter: contact-points
    base_url: http://127.0.0.1:9104
    timeout: soon
    api_key: ${env:NO_SUCH_VARIABLE}
tenants:
  acme: {routes: {adjust: crn}}
clients:
  app: {keys: [demo-storefront-key-000000000000000], tenants: [acme], scopes: [points:all]}
"""
PLACES = [
    (1, 34, "server.drian"),
    (7, 14, "vendors.crm.timeout"),
    (8, 14, "vendors.crm.api_key"),
    (10, 27, "tenants.acme.routes.adjust"),
    (12, 80, "clients.app.scopes[0]"),
]
EMPTY = "vendors: {}\ntenants: {}\nclients: {}\n"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def places(told: str) -> list[tuple[str, int, int, str]]:
    """File, line, column and path of each problem."""
    found = re.findall(r"^(\S+?):(\d+):(\d+): ([\w.\[\]]+): \S", told, re.MULTILINE)
    return [(file, int(line), int(column), where) for file, line, column, where in found]


def doubts(told: str) -> list[str]:
    """What is told but for notes, which are of no fault, and for what tests write out in plain text."""
    lines = told.splitlines()
    return [line for line in lines if not line.endswith(" (note)") and "stands here in plain text" not in line]


def test_who_sees_less_is_noted(command: Command, tmp_path: Path) -> None:
    """Clients that could see exchanges with vendors by points:read alone are named in one line, which fails nothing."""
    config, _ = demonstration(tmp_path)
    result = command("check", "--config", config)
    assert result.code == 0
    why = "points:read no longer shows what is said with vendors: add points:inspect where that is needed (note)"
    assert f"{config}: clients storefront: {why}" in result.err.splitlines()


def test_a_good_configuration(command: Command, tmp_path: Path) -> None:
    """A configuration without fault ends with exit code 0 and says what it holds, though no gateway ever ran."""
    config, _ = demonstration(tmp_path)
    result = command("check", "--config", config)
    assert (result.code, doubts(result.err)) == (0, [])
    assert result.out == f"{config}: good: 4 vendor(s), 1 tenant(s), 2 client(s)\n"


def test_every_problem_has_its_place(command: Command, tmp_path: Path) -> None:
    """All problems are told in one go, each with file, line and column, and the exit code is 1."""
    config = written(tmp_path / "points.yaml", WRONG)
    result = command("check", "--config", config)
    assert (result.code, result.out) == (1, "")
    assert places(result.err) == [(str(config), *place) for place in PLACES]
    assert result.err.endswith(f"points-gateway: {len(PLACES)} problem(s) in the configuration\n")


def test_the_files_of_a_folder_are_told_apart(command: Command, tmp_path: Path) -> None:
    """Of a folder, each problem names the file that it stands in."""
    first = written(tmp_path / "config/a.yaml", "server: {drian: 5}\n")
    second = written(tmp_path / "config/b.yaml", "store: points.db\n" + EMPTY)
    result = command("check", "--config", tmp_path / "config")
    assert result.code == 1
    assert {file for file, *_ in places(result.err)} == {str(first), str(second)}


@pytest.mark.parametrize("text", ["vendors: [", "\x00", "", "- a list\n"], ids=["cut", "control", "empty", "list"])
def test_what_is_no_configuration(command: Command, tmp_path: Path, text: str) -> None:
    """A file that cannot be read at all is told with a place too."""
    config = written(tmp_path / "points.yaml", text)
    result = command("check", "--config", config)
    assert result.code == 1
    assert re.match(rf"{re.escape(str(config))}:\d+:\d+: \S", result.err)


def test_a_configuration_that_is_not_there(command: Command, tmp_path: Path) -> None:
    """A file that does not exist is one problem, in one line."""
    result = command("check", "--config", tmp_path / "points.yaml")
    assert result.code == 1
    assert result.err.startswith(f"{tmp_path / 'points.yaml'}:1:1: cannot be read: No such file")


@pytest.mark.parametrize(
    "entry",
    [
        "api_key: [a-secret-that-shows]",
        "api_key: {value: a-secret-that-shows}",
        'api_key: "a-secret-that-shows\\nin two lines"',
        "api_key: !a-secret-that-shows",
        "api_key: good\n    timeout: ${env:WRONG_PLACE}",
    ],
    ids=["list", "mapping", "two lines", "tag", "elsewhere"],
)
def test_no_problem_shows_a_secret(
    command: Command, tmp_path: Path, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that is written in a wrong way, or read into a wrong place, is not repeated."""
    monkeypatch.setenv("WRONG_PLACE", "a-secret-that-shows")
    vendor = f"adapter: contact-points\n    base_url: http://127.0.0.1:9104\n    {entry}\n"
    result = command(
        "check",
        "--config",
        written(tmp_path / "a.yaml", f"{EMPTY[12:]}store: 'sqlite:///a'\nvendors:\n  crm:\n    {vendor}"),
    )
    assert result.code == 1
    assert places(result.err)
    assert "a-secret" not in result.out + result.err


def test_secrets_are_told_with_the_rest(command: Command, tmp_path: Path) -> None:
    """A client's key that anybody guesses and a vendor's secret are told in one pass, with all that each lacks."""
    vendor = "vendors: {crm: {adapter: contact-points, base_url: 'http://127.0.0.1:9104', api_key: a-b}}\n"
    client = "clients: {app: {keys: [a], tenants: ['*'], scopes: [points:write]}}\n"
    config = written(tmp_path / "points.yaml", f"store: sqlite:///points.db\n{vendor}tenants: {{}}\n{client}")
    result = command("check", "--config", config)
    assert result.code == 1
    assert [where for *_, where in places(result.err)] == ["vendors.crm.api_key", "clients.app.keys[0]"]
    assert "at least 8 characters, at least 4 different characters" in result.err
    assert "expected a key of at least 8 characters" in result.err


def test_the_usual_configuration_is_checked(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is named, it is points.yaml in the folder of the command."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "points.yaml", f"{EMPTY}store: sqlite:///points.db\n")
    result = command("check")
    assert (result.code, result.out) == (0, "points.yaml: good: 0 vendor(s), 0 tenant(s), 0 client(s)\n")


def test_a_short_key_is_a_warning(command: Command, tmp_path: Path) -> None:
    """A client key of less than 32 characters is told with its place, not shown, and fails nothing."""
    client = "clients: {app: {keys: [short-key-of-somebody], tenants: ['*'], scopes: [points:write]}}\n"
    config = written(tmp_path / "points.yaml", f"store: sqlite:///points.db\nvendors: {{}}\ntenants: {{}}\n{client}")
    result = command("check", "--config", config)
    assert result.code == 0
    assert result.err.startswith(f"{config}:4:24: clients.app.keys[0]: ")
    assert result.err.endswith(" (warning)\n")
    assert len(doubts(result.err)) == 1
    assert "short-key-of-somebody" not in result.out + result.err
    assert ": good: " in result.out


@pytest.mark.parametrize(
    ("days", "message"), [(-1, "the key has expired"), (13, "the key expires soon"), (15, None)], ids=str
)
def test_a_key_that_ends_is_a_warning(command: Command, tmp_path: Path, days: int, message: str | None) -> None:
    """One that has ended, or will within 14 days, is told with its place and its end, and fails nothing."""
    end = datetime.now(UTC) + timedelta(days=days)
    key = {"key": KEY, "expires": end.isoformat()}
    clients = {"app": {"keys": [key], "tenants": ["*"], "scopes": ["points:read"]}}
    whole = {"store": "sqlite:///points.db", "vendors": {}, "tenants": {}, "clients": clients}
    config = written(tmp_path / "points.yaml", json.dumps(whole))
    result = command("check", "--config", config)
    assert result.code == 0
    found = [line for line in result.err.splitlines() if "expire" in line]
    if message is None:
        assert found == []
    else:
        assert len(found) == 1
        assert re.search(rf"clients\.app\.keys\[0\]\.key: {message}: it \w+ at {end.year}-", found[0])
        assert KEY not in result.err


def test_a_vendor_that_is_gone_is_a_warning(command: Command, left: Left) -> None:
    """A vendor that the journal knows and the configuration does not is named with what it holds, and fails nothing."""
    settings = json.loads(left.config.read_text())
    del settings["vendors"]["crm_north"], settings["tenants"]["north"]
    left.config.write_text(json.dumps(settings))
    result = command("check", "--config", left.config)
    assert result.code == 0
    why = "it holds 1 adjustment(s) in the journal and is not configured"
    assert doubts(result.err) == [f"{left.config}: vendors.crm_north: {why} (warning)"]
    assert ": good: 1 vendor(s)" in result.out


@pytest.mark.parametrize(
    "change",
    [{"base_url": "http://127.0.0.1:1"}, {"api_key": "another-key-of-the-same-vendor"}],
    ids=["address", "credentials"],
)
def test_unknowns_at_an_account_that_is_gone_are_a_warning(
    command: Command, left: Left, change: dict[str, str]
) -> None:
    """What a change of the configuration leaves behind is said of each vendor, with how many and since when."""
    settings = json.loads(left.config.read_text())
    settings["vendors"]["crm"] |= change
    left.config.write_text(json.dumps(settings))
    result = command("check", "--config", left.config)
    assert result.code == 0
    crm, north = doubts(result.err)
    assert crm == (
        f"{left.config}: vendors.crm: 2 unknown adjustment(s), created 2020-01-01T00:01:00Z to 2020-01-01T00:02:00Z, "
        "went to an account that is not configured any more: adapter, base_url, account or credentials were others; "
        "nobody looks for them, so settle them by hand (warning)"
    )
    assert north.startswith(f"{left.config}: vendors.crm_north: 1 unknown adjustment(s), created 2020-01-01T00:04:00Z")


def test_a_journal_that_fits_draws_no_warning(command: Command, left: Left) -> None:
    """Where every vendor of the journal is configured, nothing is said."""
    result = command("check", "--config", left.config)
    assert (result.code, doubts(result.err)) == (0, [])


def test_a_journal_that_cannot_be_read(command: Command, left: Left) -> None:
    """A file that is no journal ends the check with exit code 1 and a sentence."""
    left.config.with_name("points.db").write_text("This is no database, and was never meant to be one. " * 40)
    result = command("check", "--config", left.config)
    assert result.code == 1
    assert re.fullmatch(r"points-gateway: the journal at .*points\.db cannot be opened: .+\n", result.err)


def test_the_environment_names_the_configuration(command: Command, left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --config, POINTS_GATEWAY_CONFIG says which configuration is meant."""
    monkeypatch.setenv("POINTS_GATEWAY_CONFIG", str(left.config))
    result = command("check")
    assert (result.code, result.out.partition(": good")[0]) == (0, str(left.config))
    assert KEY not in result.out


OFFLINE = """\
store: ${file:store.txt}
vendors:
  crm: {adapter: contact-points, base_url: "${env:NO_SUCH_URL}", api_key: "${env:NO_SUCH_KEY}", timeout: soon}
  club:
    adapter: contact-points
    base_url: https://club.example
    api_key: ${file:nowhere/key}
    account: sample
    client_cert: nowhere.pem
tenants:
  acme: {routes: {adjust: club}, limits: {max_points: 500}}
clients:
  app: {keys: [{key: "${env:NO_SUCH_APP_KEY}", expires: 2999-12-31}], tenants: ["*"], scopes: [points:write]}
"""


def test_a_configuration_is_checked_without_what_it_needs(command: Command, tmp_path: Path) -> None:
    """With --offline what is not here is no error, what is wrong beside it is; without, all of it is an error."""
    config = written(tmp_path / "points.yaml", OFFLINE)
    result = command("check", "--config", config, "--offline")
    assert (result.code, places(result.err)) == (1, [(str(config), 3, 106, "vendors.crm.timeout")])
    written(config, OFFLINE.replace("soon", "5"))
    result = command("check", "--config", config, "--offline", "--strict")
    assert (result.code, result.out) == (0, f"{config}: good: 1 vendor(s), 1 tenant(s), 1 client(s)\n")
    absent = re.findall(r": (\$\{.+?\}) is not here: .* \(note\)", result.err)
    assert absent == [
        *("${file:store.txt}", "${env:NO_SUCH_URL}", "${env:NO_SUCH_KEY}", "${file:nowhere/key}"),
        "${env:NO_SUCH_APP_KEY}",
    ]
    assert command("check", "--config", config).code == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["points.yaml"]


def test_what_would_be_served_is_shown_masked(command: Command, left: Left) -> None:
    """Everything that is inherited or a default is written out, and of a secret nothing."""
    written(left.config, json.dumps(json.loads(left.config.read_text()) | {"store": "postgresql://u:s3cret@db/points"}))
    result = command("check", "--config", left.config, "--offline", "--effective")
    assert (result.code, KEY in result.out, "s3cret" in result.out) == (0, False, False)
    shown = yaml.safe_load(result.out)
    assert shown["server"]["drain"] == 20
    assert shown["store"] == "postgresql://u:***@db/points"
    assert shown["vendors"]["crm_north"]["adapter"] == "contact-points"
    assert shown["vendors"]["crm"]["api_key"] == "***"
    assert shown["tenants"]["acme"]["routes"]["adjust"][0]["vendor"] == "crm"
    assert shown["clients"]["app"]["keys"] == ["***"]
    assert shown["clients"]["app"]["tenants"] == ["acme", "north"]
    for section, of in (("clients", Client), ("tenants", Tenant)):
        for entry in shown[section].values():
            assert {"name", *entry} == {each.name for each in fields(of)} | ({"keys"} if of is Client else set())


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("/API", "", r"vendors\.arcade\.base_url: the vendor's own addresses end with /API here"),
        ("/API", "/API/Partners", r"vendors\.arcade\.base_url: the vendor's own addresses end with /API here"),
        (
            "/api\n",
            "/api/v1\n",
            r"vendors\.club\.base_url: calls begin with /v1 themselves, and would go to \S+/api/v1/v1",
        ),
        ("CRM", "CRM/api/v1/Points", r"vendors\.crm\.base_url: calls begin with /api/v1/Points themselves"),
        ("CRM", "CRM/api", r"vendors\.crm\.base_url: calls begin with /api themselves"),
    ],
)
def test_an_address_that_holds_the_path_is_a_warning(
    command: Command, tmp_path: Path, old: str, new: str, warning: str
) -> None:
    """A `base_url` that ends too early or too late is told with its place; a right one is not."""
    config, ports = demonstration(tmp_path)
    text, crm = config.read_text("utf-8"), f"127.0.0.1:{ports[5]}"
    assert not [
        line for line in command("check", "--offline", "--config", config).err.splitlines() if "base_url" in line
    ]
    config.write_text(text.replace(old.replace("CRM", crm), new.replace("CRM", crm), 1), "utf-8")
    result = command("check", "--offline", "--config", config)
    assert result.code == 0
    lines = [line for line in result.err.splitlines() if "base_url" in line]
    assert lines
    assert re.match(rf"\S+:\d+:15: {warning}.*\(warning\)$", lines[0])


def test_vendors_are_asked(command: Command, left: Left, vendor: Simulator) -> None:
    """With --live a vendor is asked for a balance: it answers, or what is wrong is told; nothing is changed there."""
    before = list(vendor.ledger.effects)
    done = command("check", "--live", "--config", left.config)
    assert (done.code, done.out.splitlines()[:2]) == (0, ["vendors.crm: answers", "vendors.crm_north: answers"])
    text = left.config.read_text("utf-8")
    left.config.write_text(text.replace(str(vendor.settings["api_key"]), "another-key-of-the-vendor"), "utf-8")
    refused = command("check", "--live", "--config", left.config)
    assert refused.code == 1
    assert "vendors.crm: vendor_auth_failed: The vendor refused our credentials" in refused.err
    assert refused.err.endswith("points-gateway: not every vendor answers as it should\n")
    assert vendor.ledger.effects == before


def test_nobody_is_asked_without_secrets(command: Command, left: Left) -> None:
    """--live and --offline contradict each other."""
    result = command("check", "--live", "--offline", "--config", left.config)
    assert result.code == 2
    assert "--live needs the secrets of the vendors" in result.err
