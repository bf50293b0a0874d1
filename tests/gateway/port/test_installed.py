"""What is installed is loaded one by one, when it is asked for; what is broken is told with its distribution."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.port import registry
from gateway.port.installed import NotLoadable
from tests.gateway.plugins import GOOD, install


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python finds packages in; what was imported from it is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def refusal(name: str) -> str:
    """Why an adapter cannot be had: one line, and the same when it is asked for again."""
    adapters = registry.adapters()
    messages = []
    for _ in range(2):
        with pytest.raises(NotLoadable) as refused:
            adapters[name]
        messages.append(str(refused.value))
    assert messages[0] == messages[1]
    assert len(messages[0].splitlines()) == 1
    return messages[0]


def test_nothing_is_loaded_before_it_is_asked_for(packages: Path) -> None:
    """To know the names, no code of a distribution runs; to have one adapter, none of another's."""
    install(packages, "one-plugin", GOOD, adapters={"one": "Good"})
    install(packages, "other-plugin", "raise RuntimeError('never to be run')", adapters={"other": "Other"})
    adapters = registry.adapters()
    assert {"one", "other"} <= set(adapters)
    assert len(adapters) == len(list(adapters))
    assert "other" in adapters
    assert "third" not in adapters
    assert "one_plugin" not in sys.modules
    assert adapters["one"].name == "one"
    assert adapters["one"] is adapters["one"]
    assert adapters["one"].origin == "distribution one-plugin 1.0, entry point one_plugin:Good"
    assert "other_plugin" not in sys.modules
    with pytest.raises(KeyError):
        adapters["third"]


@pytest.mark.parametrize(
    ("module", "target", "cause"),
    [
        ("import no_such_module", "X", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def broken(:", "X", "SyntaxError: invalid syntax (broken_plugin.py, line 1)"),
        ("", "X", "AttributeError: module 'broken_plugin' has no attribute 'X'"),
        ("raise RuntimeError('first line\\nsecond line')", "X", "RuntimeError: first line"),
        ("raise SystemExit(3)", "X", "SystemExit: 3"),
        ("raise AssertionError", "X", "AssertionError"),
        ("X = 5", "X", "expected a class that extends gateway.port.Adapter, and this is 5"),
        (
            "class X: pass",
            "X",
            "expected a class that extends gateway.port.Adapter, and this is <class 'broken_plugin.X'>",
        ),
        (GOOD + "Good.schemes = 'email'", "Good", "schemes: expected a tuple of member schemes, as in ('email',)"),
    ],
    ids=["import", "syntax", "attribute", "raises", "exits", "wordless", "no class", "another class", "declares"],
)
def test_what_cannot_be_loaded(packages: Path, module: str, target: str, cause: str) -> None:
    """The cause is named, with the distribution and the entry point; others load."""
    install(packages, "broken-plugin", module, adapters={"broken": target})
    install(packages, "one-plugin", GOOD, adapters={"one": "Good"})
    message = refusal("broken")
    assert message.startswith(f"the adapter 'broken' cannot be loaded: {cause}")
    assert message.endswith(f"(distribution broken-plugin 1.0, entry point broken_plugin:{target})")
    found, failed = registry.adapters().loadable()
    assert "one" in found
    assert [str(error) for error in failed] == [message]


def test_two_under_one_name(packages: Path) -> None:
    """Neither of two is chosen in silence: both distributions are named."""
    install(packages, "one-plugin", GOOD, adapters={"twice": "Good"})
    install(packages, "other-plugin", GOOD, adapters={"twice": "Good"})
    message = refusal("twice")
    assert message.startswith("2 adapters are installed as 'twice', and only one can be: uninstall the packages ")
    assert "or remove their entry points" in message
    for name in ("one", "other"):
        assert f"distribution {name}-plugin 1.0, entry point {name}_plugin:Good" in message


def test_one_distribution_in_two_places(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that is found twice is one: Python imports the first."""
    install(packages, "one-plugin", GOOD, adapters={"one": "Good"})
    behind = packages / "behind"
    behind.mkdir()
    install(behind, "one-plugin", "raise RuntimeError", adapters={"one": "Good", "only-behind": "Good"})
    monkeypatch.setattr(sys, "path", [*sys.path, str(behind)])
    adapters = registry.adapters()
    assert adapters["one"].adapter.__name__ == "Good"
    assert "only-behind" not in adapters


def test_simulators_are_loaded_one_by_one(packages: Path) -> None:
    """A simulator that is broken is told like an adapter, and only when it is asked for."""
    install(packages, "broken-plugin", "import no_such_module", simulators="broken = broken_plugin:X")
    simulators = registry.simulators()
    assert "broken" in simulators
    with pytest.raises(NotLoadable) as refused:
        simulators["broken"]
    message = "the simulator 'broken' cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"
    assert str(refused.value) == f"{message} (distribution broken-plugin 1.0, entry point broken_plugin:X)"
