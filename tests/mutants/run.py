"""Mutation tests: changes one operator, number or condition at a time, and runs the tests that should notice.

    python -m tests.mutants.run [TARGET ...]

Each target is mutated in a copy of the tree, so that the files here never change. The copy and the session stay in
`.bench/mutants/`, and a run that was stopped goes on from there; `--fresh` begins anew. README.md has the results.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.deadlines import DEADLINE, FACTOR, VARIABLE
from tests.mutants.targets import ROOT, TARGETS
from tests.mutants.warm import LONGEST, NOT_IMPORTED

PLACE = ROOT / ".bench/mutants"
TREE = (
    "adapters",
    "benchmarks",
    "client",
    "config",
    "docs",
    "gateway",
    "tests",
    "pyproject.toml",
    "Makefile",
    "README.md",
)
ENVIRONMENT = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_PLUGINS": "gateway.conformance.plugin",
    VARIABLE: str(FACTOR),
}
"""Without other plugins than the kit's, a mutant takes half as long."""

SOCKET = "warm.sock"
OUTCOMES = {
    "1": "noticed",
    "0": "survived",
    str(NOT_IMPORTED): "not loaded",
    str(int(pytest.ExitCode.USAGE_ERROR)): "not loaded",
    str(-signal.SIGXCPU): "timed out",
    str(-signal.SIGALRM): "timed out",
}
"""What each exit code means."""
NOT_TRIED = "not tried"
"""With any other exit code, and without one, no test has failed."""

# `==` and the like are replaced by those neighbours that show every fault that any other replacement shows. `|` joins
# types here, `*` and `**` mark arguments, and `is` compares with None and with enums: other operators for them are
# errors when the module is imported, which every test would find.
EXCLUDED = (
    "core/ReplaceBinaryOperator_(BitOr|Mul|Pow)_.*",
    "core/ReplaceBinaryOperator_(Add_(?!Sub)|Sub_(?!Add)).*",
    "core/ReplaceUnaryOperator_.*_(Invert|UAdd)",
    "core/ReplaceUnaryOperator_USub_.*",
    "core/ReplaceComparisonOperator_(Is|IsNot)_(?!Is).*",
    "core/ReplaceComparisonOperator_(Eq|NotEq|Lt|LtE|Gt|GtE)_(Is|IsNot)",
    "core/ReplaceComparisonOperator_Eq_(Lt|Gt)",
    "core/ReplaceComparisonOperator_NotEq_(LtE|GtE)",
    "core/ReplaceComparisonOperator_Lt_(?!LtE|NotEq).*",
    "core/ReplaceComparisonOperator_LtE_(?!Lt$|Eq).*",
    "core/ReplaceComparisonOperator_Gt_(?!GtE|NotEq).*",
    "core/ReplaceComparisonOperator_GtE_(?!Gt$|Eq).*",
)


def outcome(output: str) -> str:
    """What became of a mutant, by what its command wrote."""
    return OUTCOMES.get(output.rpartition("ended: ")[2].strip(), NOT_TRIED)


@contextmanager
def listening(path: Path, *command: str, folder: Path, environ: Mapping[str, str]) -> Iterator[None]:
    """A process that listens at this path; its last argument is the descriptor. What it writes is in a file beside."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener, path.with_suffix(".log").open("w") as log:
        listener.bind(os.path.relpath(path))  # a socket's path has little room
        listener.listen()
        descriptor = listener.fileno()
        process = subprocess.Popen(
            [*command, str(descriptor)], cwd=folder, env=environ, stdout=log, stderr=log, pass_fds=[descriptor]
        )
    try:
        yield
        if process.poll() is not None:
            raise SystemExit(f"the process at {path} has ended, and {log.name} says why")
    finally:
        process.kill()
        process.wait()


class Session:
    """The mutants of one target, in a folder of their own."""

    def __init__(self, name: str) -> None:
        self.name, self.target = name, TARGETS[name]
        self.folder = PLACE / name
        self.tree = self.folder / "tree"
        self._environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(self.tree)}
        """The copy comes first on the path: it is what the tests import."""

    def run(self) -> None:
        """Make the copy and its mutants where there are none, check that the tests pass without one, and go on."""
        if not (self.folder / "session.sqlite").exists():
            self._copy()
        warm = [sys.executable, "-m", "tests.mutants.warm", self.name]
        with listening(self.folder / SOCKET, *warm, folder=self.tree, environ=self._environment):
            if not (self.folder / "session.sqlite").exists():
                self._begin()
            self._cosmic_ray("exec", "../session.toml", "../session.sqlite")

    def forget_survivors(self) -> None:
        """Have those tried again that no test noticed, with the tests as they are here now."""
        changed = [
            each for each in self.target.modules if (ROOT / each).read_bytes() != (self.tree / each).read_bytes()
        ]
        if changed:
            raise SystemExit(f"{self.name}: {', '.join(changed)} is not what was mutated; begin anew with --fresh")
        shutil.rmtree(self.tree / "tests")
        shutil.copytree(ROOT / "tests", self.tree / "tests")
        with closing(sqlite3.connect(self.folder / "session.sqlite", timeout=DEADLINE)) as results, results:
            results.execute("DELETE FROM work_results WHERE worker_outcome = 'NORMAL' AND output NOT LIKE '%ended: 1_'")

    def report(self) -> str:
        """How many mutants each module has and how many were noticed, then the change of each that was not."""
        counts: Counter[tuple[str, str]] = Counter()
        survivors = []
        for item, result in map(json.loads, self._cosmic_ray("dump", "../session.sqlite").splitlines()):
            if result is None or result["worker_outcome"] == "skipped" or "\n-@dataclass" in result["diff"]:
                continue  # how a class is declared, frozen or with slots, is no judgement
            module = item["mutations"][0]["module_path"]
            found = outcome(result["output"])
            counts[module, found] += 1
            if found not in ("noticed", "not loaded"):
                survivors.append(f"{found}\n{result['diff']}")
        lines = []
        for module in self.target.modules:
            numbers = {each: counts[module, each] for each in (*dict.fromkeys(OUTCOMES.values()), NOT_TRIED)}
            every = sum(numbers.values()) - numbers["not loaded"]
            share = f"{numbers['noticed'] / every:.1%}" if every else "-"
            lines.append(f"{module}: {every} mutants, {share} noticed; {numbers}")
        return "\n".join([*lines, *survivors])

    def _copy(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.tree.mkdir(parents=True)
        for name in TREE:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, self.tree / name)

    def _begin(self) -> None:
        modules = ", ".join(f'"{module}"' for module in self.target.modules)
        excluded = ", ".join(f"'{operator}'" for operator in EXCLUDED)
        # `warm.py` ends tests that take too long, so that cosmic-ray never does.
        (self.folder / "session.toml").write_text(
            f"[cosmic-ray]\nmodule-path = [{modules}]\nexcluded-modules = []\ntimeout = {2 * LONGEST}\n"
            f'test-command = "{sys.executable} -I -S tests/mutants/ask.py ../{SOCKET}"\n'
            f'[cosmic-ray.distributor]\nname = "local"\n'
            f"[cosmic-ray.filters.operators-filter]\nexclude-operators = [{excluded}]\n",
            "utf-8",
        )
        self._cosmic_ray("baseline", "../session.toml")
        self._cosmic_ray("init", "../session.toml", "../begun.sqlite")
        self._run("cr-filter-operators", "../begun.sqlite", "../session.toml")
        (self.folder / "begun.sqlite").rename(self.folder / "session.sqlite")

    def _cosmic_ray(self, *arguments: str) -> str:
        return self._run("cosmic-ray", *arguments)

    def _run(self, program: str, *arguments: str) -> str:
        """What a program of cosmic-ray writes."""
        command = [PLACE / "venv/bin" / program, *arguments]
        done = subprocess.run(
            command, cwd=self.tree, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{self.name}: {program} {arguments[0]} failed\n{done.stdout}{done.stderr}")
        return done.stdout


def main() -> None:
    """Run the targets that are named, else all, one on each core; the report goes to standard output."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET", help=", ".join(TARGETS))
    arguments.add_argument("--fresh", action="store_true", help="begin anew")
    arguments.add_argument("--survivors", action="store_true", help="try those again that no test has noticed")
    arguments.add_argument("--report", action="store_true", help="only say what was found so far")
    chosen = arguments.parse_args()
    sessions = [Session(name) for name in chosen.targets or TARGETS]
    for session in sessions:
        if chosen.fresh:
            shutil.rmtree(session.folder, ignore_errors=True)
        if chosen.survivors:
            session.forget_survivors()
    if not chosen.report:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(Session.run, sessions))
    sys.stdout.write("\n".join(session.report() for session in sessions) + "\n")


if __name__ == "__main__":
    main()
