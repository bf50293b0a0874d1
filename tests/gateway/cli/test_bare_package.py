"""A package that stands there without its content, in an interpreter of its own: imports are what this is about."""

import subprocess
import sys
from pathlib import Path

import pytest

MAIN = "from heavy.light import NUMBER as number\nfrom heavy.weighty import WEIGHT\n"


def ran(folder: Path, program: str) -> str:
    """What a program prints that finds the package in a folder, and begins with `bare`."""
    heavy = folder / "heavy"
    heavy.mkdir()
    (heavy / "__init__.py").write_text(MAIN)
    (heavy / "light.py").write_text("NUMBER = 5\n")
    (heavy / "weighty.py").write_text("WEIGHT = 7\n")
    begun = f"import sys; sys.path.insert(0, {str(folder)!r}); from gateway.cli.bare_package import bare\n"
    done = subprocess.run([sys.executable, "-c", begun + program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_modules_come_without_their_package(tmp_path: Path) -> None:
    """What the package imports besides is not loaded for the sake of one of its modules."""
    program = """
bare("heavy", NUMBER="heavy.light")
from heavy import NUMBER, light
print(NUMBER, light.NUMBER, "heavy.weighty" in sys.modules)
"""
    assert ran(tmp_path, program) == "5 5 False"


@pytest.mark.parametrize("look", ["from heavy import WEIGHT", "import heavy; WEIGHT = heavy.WEIGHT"])
def test_whoever_asks_for_content_has_it(look: str, tmp_path: Path) -> None:
    """A look for what only the package has makes it whole, once; its modules stay what they were."""
    program = f"""
bare("heavy")
import heavy.light
light = sys.modules["heavy.light"]
{look}
import heavy
print(WEIGHT, heavy.number, heavy.light is light, hasattr(heavy, "nothing"))
"""
    assert ran(tmp_path, program) == "7 5 True False"


def test_a_loaded_package_stays(tmp_path: Path) -> None:
    """A package that somebody has imported before is left as it is."""
    assert ran(tmp_path, "import heavy; bare('heavy'); print(heavy.WEIGHT, sys.modules['heavy'] is heavy)") == "7 True"


def test_what_is_not_installed_is_said(tmp_path: Path) -> None:
    """A package that is not there is missed as any import misses it."""
    program = "try: bare('nothing_of_that_name')\nexcept ModuleNotFoundError as error: print(error.name)"
    assert ran(tmp_path, program) == "nothing_of_that_name"
