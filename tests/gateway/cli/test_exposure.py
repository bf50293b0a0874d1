"""`check` says which secrets stand in plain text, and which files others can read; `--strict` fails for it."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.port.registry import adapters
from gateway.settings import load
from gateway.settings.key import digest_of
from gateway.simulation import Simulator
from tests.gateway.cli.conftest import KEY, PIPES, Command, Left
from tests.gateway.declared.shop import DESCRIPTION

CERTIFICATES = Path(__file__).parents[1] / "transport" / "certificates"
PLAIN = "stands here in plain text"


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user of the machine gets to; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def private(public: Path, vendor: Simulator) -> dict[str, Any]:
    """A configuration whose secrets are elsewhere: in a file beside it, and as the digest of a key."""
    (public / "secret").write_text(vendor.settings["api_key"])
    crm = {**vendor.settings, "account": None, "api_key": "${file:secret}"}
    client = {"keys": [f"sha256:{digest_of(KEY).hex()}"], "tenants": ["*"], "scopes": ["points:write"]}
    return {
        "store": "sqlite:///points.db",
        "vendors": {"crm": crm, "other": {"extends": "crm"}},
        "tenants": {"acme": {"routes": {"adjust": "crm"}}},
        "clients": {"app": client},
    }


def written(public: Path, whole: dict[str, Any], *, mode: int = 0o600) -> Path:
    """The configuration in its file; this and all beside it in this mode."""
    config = public / "points.yaml"
    config.write_text(json.dumps(whole))
    for file in public.iterdir():
        file.chmod(mode)
    return config


def test_nothing_to_say(command: Command, public: Path, private: dict[str, Any]) -> None:
    """Where secrets are elsewhere and files closed, there is no warning, and --strict changes nothing."""
    result = command("check", "--strict", "-c", written(public, private))
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize(("mode", "can"), [(0o644, "read"), (0o602, "change"), (0o606, "read and change")])
def test_files_that_others_can_read(
    command: Command, public: Path, private: dict[str, Any], mode: int, can: str
) -> None:
    """The configuration and the file of a secret are each named, and nothing of what is in them."""
    config = written(public, private, mode=mode)
    result = command("check", "-c", config)
    messages = [f"{file}: other users of this machine can {can} it: chmod o-rw (warning)" for file in public.iterdir()]
    assert result.code == 0
    assert len(messages) == 2
    assert sorted(result.err.splitlines()) == sorted(messages)


@pytest.mark.parametrize(("mode", "warned"), [(0o644, False), (0o646, True)])
def test_a_description_may_be_read(
    command: Command, public: Path, private: dict[str, Any], mode: int, warned: bool
) -> None:
    """It holds no secret; who can change it decides what vendors are sent."""
    shop = {"adapter": "declared", "description": "tokens.yaml", "base_url": "https://v.test", "key": "${file:secret}"}
    config = written(public, {**private, "vendors": {**private["vendors"], "shop": shop}})
    description = public / "tokens.yaml"
    description.write_text(DESCRIPTION)
    description.chmod(mode)
    result = command("check", "-c", config)
    expected = f"{description}: other users of this machine can change it: chmod o-w (warning)\n"
    assert (result.code, result.err) == (0, expected if warned else "")


def test_a_journal_that_others_can_read(command: Command, public: Path, left: Left) -> None:
    """So are the journal, what SQLite keeps beside it, and its locks."""
    shutil.copytree(left.config.parent, public / "there", ignore=PIPES)
    config = public / "there" / left.config.name
    config.parent.chmod(0o755)
    names = ["points.db", "points.db-wal", "points.db.lock"]
    for name in names:
        (config.parent / name).touch()
        (config.parent / name).chmod(0o644)
    result = command("check", "-c", config).err
    assert [
        name for name in names if f"{config.parent / name}: other users of this machine can read" in result
    ] == names


def test_a_folder_that_others_do_not_get_to(command: Command, public: Path, private: dict[str, Any]) -> None:
    """Nobody else can read a file in it, whatever its mode."""
    config = written(public, private, mode=0o644)
    public.chmod(0o700)
    assert command("check", "-c", config).err == ""


def test_secrets_in_plain_text(command: Command, public: Path, private: dict[str, Any]) -> None:
    """A client's key, a vendor's secret (once, whoever extends it), and a proxy's password; none is shown."""
    crm = {**private["vendors"]["crm"], "api_key": "a-secret-of-crm", "proxy": "http://me:hunter2hunter2@proxy:3128"}
    open_proxy = {"extends": "crm", "api_key": "${file:secret}", "proxy": "http://proxy:3128"}
    vendors = {"crm": crm, "other": {"extends": "crm"}, "open": open_proxy}
    keys = [KEY, {"key": f"${{env:NO_SUCH_VARIABLE:-{KEY}-2}}", "expires": "2999-01-01"}]
    clients = {"app": {**private["clients"]["app"], "keys": keys}}
    result = command("check", "--strict", "-c", written(public, {**private, "vendors": vendors, "clients": clients}))
    assert result.code == 1
    lines = result.err.splitlines()
    assert lines.pop() == "points-gateway: 4 warning(s), which --strict takes for errors"
    assert sorted(line.split(": ")[1] for line in lines if PLAIN in line) == [
        "clients.app.keys[0]",
        "clients.app.keys[1].key",
        "vendors.crm.api_key",
        "vendors.crm.proxy",
    ]
    assert not any(secret in result.err for secret in ("a-secret", "hunter2", KEY))


@pytest.mark.parametrize(
    ("store", "warned"),
    [
        ("postgresql://u:hunter2@127.0.0.1:1/d", True),
        ("postgresql://u:${env:NONE:-hunter2-hunter2}@127.0.0.1:1/d", True),
        ("postgresql://u@127.0.0.1:1/d", False),
        ("postgresql://u:${file:secret}@127.0.0.1:1/d", False),
    ],
)
def test_the_password_of_the_store(public: Path, private: dict[str, Any], store: str, warned: bool) -> None:
    """Of a server's URL that is written out, as a default too."""
    config = written(public, {**private, "store": store})
    (public / "secret").write_text("hunter2-hunter2")
    assert [each.where for each in load(config, adapters(), {}).plain] == (["store"] if warned else [])


@pytest.mark.parametrize(("login", "warned"), [(":hunter2@", True), ("", False), (":${file:secret}@", False)])
def test_the_password_of_what_counts_rates(
    command: Command, public: Path, private: dict[str, Any], login: str, warned: bool
) -> None:
    """It is told of in plain text, and no command shows it."""
    config = written(public, {**private, "server": {"shared": f"redis://{login}127.0.0.1:1/0"}})
    (public / "secret").write_text("hunter2-hunter2")
    assert [each.where for each in load(config, adapters(), {}).plain] == (["server.shared"] if warned else [])
    assert "hunter2" not in repr(load(config, adapters(), {}).server)
    assert "hunter2" not in command("check", "-c", config, "--effective").out


def test_the_key_of_a_client_certificate(command: Command, public: Path, private: dict[str, Any]) -> None:
    """It is looked at as well: whoever reads it is the gateway to that vendor."""
    shutil.copy(CERTIFICATES / "renewed.pem", public / "client.pem")
    private["vendors"]["other"] = {"extends": "crm", "base_url": "https://vendor.test", "client_cert": "client.pem"}
    config = written(public, private)
    (public / "client.pem").chmod(0o644)
    message = f"{public / 'client.pem'}: other users of this machine can read it: chmod o-rw (warning)"
    assert message in command("check", "-c", config).err
