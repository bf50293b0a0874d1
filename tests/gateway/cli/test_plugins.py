"""Adapters that others ship: commands load those that a configuration names, and tell what is wrong with one."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.settings.key import digest_of
from tests.gateway.cli import conftest
from tests.gateway.cli.conftest import KEY, Left, Ran, free_ports
from tests.gateway.plugins import GOOD, install

BROKEN = "import no_such_module"
UNUSED = "raise RuntimeError('an adapter that nobody uses was loaded')"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Where plugins are installed; one of them is never to be loaded."""
    folder = tmp_path / "packages"
    folder.mkdir()
    install(folder, "unused-plugin", UNUSED, adapters={"unused": "X"}, simulators="unused = unused_plugin:X")
    return folder


def ran(packages: Path, *arguments: str | Path, run: Callable[..., Ran] = conftest.ran) -> Ran:
    """Run a command in a process of its own, with these packages installed."""
    return run(*arguments, environ={**os.environ, "PYTHONPATH": str(packages)})


def configuration(folder: Path, **vendors: str) -> Path:
    """A configuration in which each vendor has an adapter of this name; every key on a line of its own."""
    [port] = free_ports(1)
    lines = ["store: sqlite:///points.db", "server: {listen: '127.0.0.1:0'}", "vendors:"]
    for name, adapter in vendors.items():
        lines += [f"  {name}:", f"    adapter: {adapter}", f"    base_url: http://127.0.0.1:{port}"]
    lines += [f"tenants: {{acme: {{routes: {{adjust: {next(iter(vendors))}}}}}}}"]
    key = f"sha256:{digest_of(KEY).hex()}"
    lines += [f"clients: {{app: {{keys: ['{key}'], tenants: [acme], scopes: ['points:write']}}}}"]
    path = folder / "gateway.yaml"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("command", ["check", "serve"])
def test_one_that_cannot_be_loaded_is_one_line(packages: Path, tmp_path: Path, command: str) -> None:
    """It is told where it is first named, with distribution, entry point and cause; once, however often it is named."""
    install(packages, "one-plugin", GOOD, adapters={"one": "Good"})
    install(packages, "broken-plugin", BROKEN, adapters={"broken": "X"})
    config = configuration(tmp_path, fine="one", first="broken", second="broken")
    result = ran(packages, command, "-c", config)
    assert (result.code, result.out) == (1, "")
    why = (
        "the adapter 'broken' cannot be loaded: ModuleNotFoundError: "
        "No module named 'no_such_module' (distribution broken-plugin 1.0, entry point broken_plugin:X)"
    )
    lines = result.err.splitlines()
    if command == "check":
        assert lines == [
            f"{config}:8:14: vendors.first.adapter: {why}",
            "points-gateway: 1 problem(s) in the configuration",
        ]
    else:  # where its log is
        problem, end = map(json.loads, lines)
        assert (problem["file"], problem["line"], problem["column"]) == (str(config), 8, 14)
        assert (problem["where"], problem["error"]) == ("vendors.first.adapter", why)
        assert end["error"] == "1 problem(s) in the configuration"
    assert not (tmp_path / "points.db").exists()


def test_one_that_nobody_names_is_not_loaded(packages: Path, tmp_path: Path) -> None:
    """A broken plugin beside the ones in use does nothing, and neither does one that another distribution has too."""
    install(packages, "one-plugin", GOOD, adapters={"one": "Good"})
    install(packages, "unused-too", UNUSED, adapters={"unused": "X"})
    # In an interpreter of its own: what is not to be loaded could be loaded at its start, too.
    result = ran(packages, "check", "-c", configuration(tmp_path, fine="one"), run=conftest.ran_fresh)
    assert (result.code, result.err) == (0, "")


def test_two_under_one_name_are_both_named(packages: Path, tmp_path: Path) -> None:
    """Which of two would be used is not left to chance."""
    install(packages, "one-plugin", GOOD, adapters={"twice": "Good"})
    install(packages, "other-plugin", GOOD, adapters={"twice": "Good"})
    config = configuration(tmp_path, fine="twice")
    result = ran(packages, "check", "-c", config)
    assert result.code == 1
    first, _ = result.err.splitlines()
    assert first.startswith(f"{config}:5:14: vendors.fine.adapter: 2 adapters are installed as 'twice'")
    assert "distribution one-plugin 1.0" in first
    assert "distribution other-plugin 1.0" in first


def test_one_that_cannot_be_made_shows_no_secret(packages: Path, tmp_path: Path) -> None:
    """One that fails with these settings is told by class and place, and not by words that may quote a secret."""
    install(packages, "late-plugin", GOOD, adapters={"late": "Late"})
    config = configuration(tmp_path, late="late")
    result = ran(packages, "check", "-c", config)
    assert result.code == 1
    first, _ = result.err.splitlines()
    place = r"LookupError at \S+late_plugin\.py:\d+ \(distribution late-plugin 1\.0, entry point late_plugin:Late\)"
    told = (
        rf"{re.escape(str(config))}:5:14: vendors\.late\.adapter: the adapter 'late' cannot be made with these settings"
    )
    assert re.fullmatch(f"{told}: {place}", first)


def test_what_check_can_find_it_finds(packages: Path, tmp_path: Path) -> None:
    """What an adapter declares is told by `check`, and does not wait for the first call."""
    module = GOOD + "\nasync def adjust(self, *, points): ...\nGood.adjust = adjust\nGood.schemes = 'email'\n"
    install(packages, "wrong-plugin", module, adapters={"wrong": "Good"})
    result = ran(packages, "check", "-c", configuration(tmp_path, wrong="wrong"))
    first, _ = result.err.splitlines()
    assert "the adapter 'wrong' cannot be loaded: Good.adjust is async" in first
    assert "; schemes: expected a tuple of member schemes, as in ('email',), and it is 'email' (distribution" in first


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["show", "{id}"], ["resolve", "{id}", "--applied", "--reason", "point 4711 in their list"]],
    ids=lambda arguments: arguments[0],
)
def test_the_journal_is_there_without_any_adapter(packages: Path, left: Left, arguments: list[str]) -> None:
    """People can look into the journal, and settle, whatever is wrong with adapters, vendors, tenants or clients."""
    install(packages, "broken-plugin", BROKEN, adapters={"broken": "X"})
    settings: dict[str, Any] = json.loads(left.config.read_text())
    settings["vendors"]["crm"] = {"adapter": "broken", "api_key": "${env:NOT_SET_HERE}"}
    settings["tenants"]["other"] = {"routes": {"adjust": "nobody"}}
    left.config.write_text(json.dumps(settings))
    result = ran(
        packages, "adjustments", *(word.format(id=left.ids["second"]) for word in arguments), "-c", left.config
    )
    assert (result.code, result.err) == (0, "")
    assert left.ids["second"] in result.out
    assert ran(packages, "check", "-c", left.config).code == 1


def test_a_store_that_cannot_be_told_is_the_only_problem(packages: Path, tmp_path: Path) -> None:
    """Of a configuration that is wrong in many places, `list` says what is wrong with the store."""
    config = configuration(tmp_path, fine="unused")
    config.write_text(config.read_text().replace("sqlite:///points.db", "${env:NOT_SET_HERE}"))
    result = ran(packages, "adjustments", "list", "-c", config)
    assert result.code == 1
    assert result.err.splitlines() == [
        f"{config}:1:8: store: the environment variable NOT_SET_HERE is not set, and no default is given",
        "points-gateway: 1 problem(s) in the configuration",
    ]


def test_the_schema_has_the_others(packages: Path) -> None:
    """An adapter that cannot be loaded is left out of the schema, and named on standard error."""
    install(packages, "one-plugin", GOOD, adapters={"one": "Good"})
    result = ran(packages, "schema")
    assert result.code == 0
    assert result.err == (
        "left out: the adapter 'unused' cannot be loaded: RuntimeError: an adapter that nobody uses was loaded "
        "(distribution unused-plugin 1.0, entry point unused_plugin:X)\n"
    )
    assert {"vendor.one", "vendor.fabric"} <= set(json.loads(result.out)["$defs"])


def test_a_simulator_that_cannot_be_loaded(packages: Path, tmp_path: Path) -> None:
    """Of the simulators only those are loaded that vendors need; a broken one is told in one line."""
    install(packages, "one-plugin", GOOD, adapters={"one": "Good"}, simulators="one = one_plugin:Nobody")
    result = ran(packages, "simulate", "-c", configuration(tmp_path, fine="one"))
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "points-gateway: vendors.fine: the simulator 'one' cannot be loaded: AttributeError: "
        "module 'one_plugin' has no attribute 'Nobody' (distribution one-plugin 1.0, entry point one_plugin:Nobody)\n"
    )
