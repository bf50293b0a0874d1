"""A new adapter, as the command makes it, keeps every check at once: in the tree, and as a package of its own."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.conformance.scaffold import Scaffold, Taken
from tests.deadlines import DEADLINE, FACTOR

ROOT = Path(__file__).parents[2]
PROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
PAGE = (ROOT / "docs/adding-an-adapter.md").read_text("utf-8")


def made(folder: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("sys.argv", ["points-gateway", "new-adapter", *arguments, "--folder", str(folder)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def ran(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    # What is begun is another interpreter on purpose: it finds an installed package.
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )


@pytest.fixture(params=[(), ("--declared",)], ids=["code", "declared"])
def options(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """An adapter of code, and one of a description."""
    return tuple(request.param)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]) -> Path:
    """The package of a new adapter, and beside it what an editable installation leaves."""
    assert made(tmp_path, "corner-shop", "--package", *options, monkeypatch=monkeypatch) == 0
    root = tmp_path / "points-gateway-corner-shop"
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    information = tmp_path / "site/points_gateway_corner_shop-0.1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0.1.0\n")
    groups = project["entry-points"].items()
    lines = [line for group, names in groups for line in (f"[{group}]", *(f"{k} = {v}" for k, v in names.items()))]
    (information / "entry_points.txt").write_text("\n".join(lines))
    return root


def test_a_package_keeps_every_check(package: Path) -> None:
    """Its own tests pass where it is installed, and they are one for each check beside its own."""
    path = os.pathsep.join(map(str, (package / "src", package.parent / "site")))
    done = ran(package, "pytest", "-q", "-p", "no:cacheprovider", PYTHONPATH=path, POINTS_TEST_FACTOR=str(FACTOR))
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 40


WRONG = """

def wrong(answer: VendorResponse) -> str:
    return answer.status
"""


def test_a_package_is_typed_against_the_port(package: Path, cache: Path) -> None:
    """mypy finds nothing in it by its own strict settings, and a mistake about the port that is put into it."""
    assert tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]["strict"] is True
    done = ran(package, "mypy", "--cache-dir", str(cache))
    assert done.returncode == 0, done.stdout + done.stderr
    examples = package / "src/points_corner_shop/examples.py"
    examples.write_text(f"from gateway.port import VendorResponse\n{examples.read_text('utf-8')}{WRONG}", "utf-8")
    done = ran(package, "mypy", "--cache-dir", str(cache))
    assert 'error: Incompatible return value type (got "int", expected "str")' in done.stdout


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy keeps of the gateway between these packages."""
    return tmp_path_factory.mktemp("mypy")


def test_the_page_shows_the_settings_of_a_package(package: Path) -> None:
    """Those of pytest and mypy in docs/adding-an-adapter.md are the generated ones, and its files are these."""
    blocks = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    [shown] = [tomllib.loads(block) for block in blocks if "mypy" in block]
    own = tomllib.loads((package / "pyproject.toml").read_text("utf-8").replace("corner_shop", "stamp_card"))
    assert shown["tool"] == {name: own["tool"][name] for name in ("mypy", "pytest")}
    layout = PAGE.split("## A package of its own\n")[1]
    declared = (package / "src/points_corner_shop/description.yaml").exists()
    files = Scaffold("stamp-card", declared=declared).package()
    assert [path for path in files if path.rpartition("/")[2] not in layout] == []


def test_a_folder_has_the_style_of_the_house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    """In the tree it is registered in all groups, formatted, and of plain modules; nothing else is changed."""
    (tmp_path / "adapters").mkdir()
    (tmp_path / "pyproject.toml").write_text(PROJECT, "utf-8")
    assert made(tmp_path, "corner-shop", *options, monkeypatch=monkeypatch) == 0
    before, after = (tomllib.loads(text) for text in (PROJECT, (tmp_path / "pyproject.toml").read_text("utf-8")))
    for group in ("adapters", "simulators", "examples"):
        added = after["project"]["entry-points"].pop(f"points_gateway.{group}").items()
        added -= before["project"]["entry-points"].pop(f"points_gateway.{group}").items()
        module = f"adapters.corner_shop.{group.removesuffix('s') if group != 'examples' else group}"
        if options and group == "adapters":
            assert list(added) == [("corner-shop", "adapters.corner_shop:description.yaml")]
        else:
            assert [(name, target.split(":")[0]) for name, target in added] == [("corner-shop", module)]
    assert before == after
    ours = "lint.isort.known-first-party = ['adapters', 'gateway']"
    options = ("--no-cache", "--config", str(ROOT / "pyproject.toml"), "--config", ours, ".")
    for command in (("check", *options), ("format", "--check", *options)):
        done = ran(tmp_path, "ruff", *command)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["Corner", "corner_shop", "../x", "", "1st", "corner--shop"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    """Names are those of configurations."""
    with pytest.raises(Taken, match="is no name of an adapter"):
        Scaffold(name)


def test_the_name_of_all_descriptions_is_none() -> None:
    """Configurations have it for a description of their own; `conform` says how that gets a name."""
    with pytest.raises(Taken, match="stands for all descriptions"):
        Scaffold("declared", declared=True)


def test_conform_says_how_a_description_gets_to_the_kit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a name of its own, and a simulator."""
    monkeypatch.setattr("sys.argv", ["points-gateway", "conform", "declared"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "points-gateway new-adapter NAME --declared" in capsys.readouterr().err


def test_nothing_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second adapter of a name is refused, and so is a folder that is no checkout."""
    assert made(tmp_path, "corner-shop", monkeypatch=monkeypatch) == 1
    assert made(tmp_path, "corner-shop", "--package", monkeypatch=monkeypatch) == 0
    page = tmp_path / "points-gateway-corner-shop/README.md"
    page.write_text("mine", "utf-8")
    assert made(tmp_path, "corner-shop", "--package", monkeypatch=monkeypatch) == 1
    assert page.read_text("utf-8") == "mine"
    with pytest.raises(Taken, match="registered already"):
        Scaffold("corner-shop").registered(Scaffold("corner-shop").registered(PROJECT))
