"""The process that tries mutants: what it says of a change is what the tests say of that change."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.mutants.run import SOCKET, listening, outcome
from tests.mutants.targets import ROOT

AS_IT_IS = "LIMIT = 5\n"
FILES = {
    "changed.py": AS_IT_IS,
    "between.py": "from changed import LIMIT\n",
    "test_first.py": "import changed\ndef test_it():\n    assert changed.LIMIT < 8\n",
    "test_second.py": "import between\ndef test_it():\n    assert between.LIMIT == 5\n",
}
PROGRAM = """
import sys
from tests.mutants import warm
warm.TARGETS["tiny"] = warm.Target(("changed.py",), ("test_first.py", "test_second.py"))
warm.main("tiny", sys.argv[1])
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """What becomes of a text in place of a module."""
    folder = tmp_path_factory.mktemp("warm")
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")

    def try_it(text: str) -> str:
        (folder / "changed.py").write_text(text, "utf-8")
        command = [sys.executable, "-I", "-S", ROOT / "tests/mutants/ask.py", SOCKET]
        return outcome(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout)

    environ = {**os.environ, "PYTHONPATH": f"{folder}:{ROOT}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    # A fresh process: what it has imported is what the tests are about.
    with listening(folder / SOCKET, sys.executable, "-c", PROGRAM, folder=folder, environ=environ):
        yield try_it


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (AS_IT_IS, "survived"),
        ("LIMIT = 9\n", "noticed"),
        ("LIMIT = 6\n", "noticed"),
        ("LIMIT = 5  # again\n", "survived"),
        ("LIMIT = (\n", "not loaded"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGXCPU)\n", "timed out"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "not tried"),
    ],
    ids=["no change", "a change", "what another module imports", "no change again", "no module", "no end", "no tests"],
)
def test_outcome(tried: Callable[[str], str], text: str, expected: str) -> None:
    """A mutant is noticed where a test failed, and nothing of another mutant is left."""
    assert tried(text) == expected


def test_nobody_answers(tmp_path: Path) -> None:
    """Without the process no mutant counts as noticed."""
    command = [sys.executable, "-I", "-S", ROOT / "tests/mutants/ask.py", SOCKET]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode != 0, outcome(done.stdout)) == (True, "not tried")
