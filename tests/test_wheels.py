"""The two distributions, built as wheels: no file is in both, and the client works where there is no gateway."""

import shutil
import subprocess
import sys
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from tests.deadlines import DEADLINE

ROOT = Path(__file__).parents[1]
SENT = ("gateway", "adapters", "client", "pyproject.toml", "README.md", "LICENSE")
ALONE = """
import sys
sys.path[:0] = sys.argv[1:]
import points_gateway_client
with points_gateway_client.FakePoints().client() as points:
    print(points.adjust("email:jason@example.com", "2.5", idempotency_key="order-1").balance.available)
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"gateway", "adapters", "pydantic", "typer"}))
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ZipFile]:
    """Both, by the name of the distribution, built from a copy as `make wheels` builds them."""
    copy, made = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    for name in SENT:
        take = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        take(ROOT / name, copy / name)
    for folder in (copy, copy / "client"):
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", made]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=DEADLINE)
    return {path.name.partition("-")[0]: ZipFile(path) for path in made.glob("*.whl")}


def metadata(wheel: ZipFile) -> dict[str, list[str]]:
    [name] = [each for each in wheel.namelist() if each.endswith(".dist-info/METADATA")]
    message = Parser().parsestr(wheel.read(name).decode())
    return {name: [str(each) for each in message.get_all(name, [])] for name in ("Version", "Requires-Dist")}


def test_no_file_is_in_both(wheels: dict[str, ZipFile]) -> None:
    """So one can be taken away, or be replaced, without the other."""
    files = {name: set(wheel.namelist()) for name, wheel in wheels.items()}
    assert files.keys() == {"points_gateway", "points_gateway_client"}
    assert files["points_gateway"] & files["points_gateway_client"] == set()
    assert {name.partition("/")[0] for name in files["points_gateway"]} >= {"gateway", "adapters"}
    assert "points_gateway_client/py.typed" in files["points_gateway_client"]
    assert "points_gateway_client/__init__.py" not in files["points_gateway"]


def test_the_gateway_needs_the_client_that_is_beside_it(wheels: dict[str, ZipFile]) -> None:
    """It names a range that this version of the client is in; the client needs two libraries and nothing of ours."""
    needed = metadata(wheels["points_gateway"])["Requires-Dist"]
    assert "points-gateway-client<0.2,>=0.1" in needed
    client = metadata(wheels["points_gateway_client"])
    assert client["Version"][0].startswith("0.1.")
    assert sorted(each.partition("<")[0].partition(">")[0] for each in client["Requires-Dist"]) == ["httpx", "orjson"]


def test_the_client_works_alone(wheels: dict[str, ZipFile], tmp_path: Path) -> None:
    """Where only its wheel and its two libraries are, it makes a call, and nothing of the gateway is imported."""
    wheels["points_gateway_client"].extractall(tmp_path)
    libraries = Path(str(httpx.__file__)).parents[1]
    # Without site: its .pth files would bring the gateway of this checkout along.
    command = [sys.executable, "-I", "-S", "-c", ALONE, tmp_path, libraries]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert (done.stdout.split(), done.stderr) == (["2.5"], "")
