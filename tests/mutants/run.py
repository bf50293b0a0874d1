"""Mutation tests: changes one operator, number or condition at a time, and runs the tests that should notice.

    python -m tests.mutants.run [TARGET ...]

Each target is mutated in a copy of the tree, so that the files here never change. The copy and the session stay in
`.bench/mutants/`, and a run that was stopped goes on from there; `--fresh` begins anew. README.md has the results.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.deadlines import DEADLINE, FACTOR, VARIABLE

ROOT = Path(__file__).parents[2]
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

SHARED = (
    *("samples", "odd_answers", "conformance", "vouched", "problems", "field_table", "read_samples", "read_table"),
    "damaged_answers",
)
"""Tests of all adapters, each of which names the adapter that it is about."""


@dataclass(frozen=True, slots=True)
class Target:
    """Modules that are mutated, and the tests that hold them: those that find most and take least come first."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


def _adapter(folder: str, *modules: str) -> Target:
    """An adapter's judgements: its own tests, and what is about it of those that all adapters share."""
    name = folder.replace("_", "-")
    own = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/adapters" / folder).glob("test_*.py"))
    own = [path for path in own if "simulator" not in path]
    shared = [f"tests/adapters/test_{test}.py" for test in SHARED]
    choice = f"-k '{folder} or {name}'" if name != folder else f"-k {folder}"
    return Target(tuple(f"adapters/{folder}/{module}.py" for module in modules), (choice, *own, *shared))


TARGETS = {
    "adjustments": Target(
        ("gateway/adjustments.py",),
        (
            "tests/gateway/test_adjustments.py",
            "tests/gateway/answers/test_rendering.py",
            "tests/gateway/planning/test_translation.py",
            "tests/gateway/journal/test_codec.py",
        ),
    ),
    "call": Target(
        ("gateway/delivery/call.py",),
        (
            "tests/gateway/delivery/test_verdict.py",
            "tests/gateway/delivery/test_call.py",
            "tests/gateway/delivery/test_delivery.py",
            "tests/adapters/test_vouched.py",
            "tests/gateway/test_issued.py",
            "tests/gateway/test_call_at_random.py",
        ),
    ),
    "meaning": Target(("gateway/meaning.py",), ("tests/gateway/test_meaning.py",)),
    "reversible": Target(("gateway/reversible.py",), ("tests/gateway/test_reversible.py",)),
    "remainders": Target(("gateway/journal/remainders.py",), ("-k sqlite", "tests/gateway/journal/test_remainders.py")),
    "contact_points": _adapter("contact_points", "adapter", "wire", "decimals", "history", "contacts"),
    "expiring_points": _adapter("expiring_points", "adapter", "wire", "xml", "booking", "history", "tiers"),
    "fabric": _adapter("fabric", "adapter", "wire"),
    "iactionable": _adapter("iactionable", "adapter", "wire"),
}


class Session:
    """The mutants of one target, in a folder of their own."""

    def __init__(self, name: str) -> None:
        self.name, self.target = name, TARGETS[name]
        self.folder = PLACE / name
        self.tree = self.folder / "tree"

    def run(self) -> None:
        """Make the copy and its mutants where there are none, check that the tests pass without one, and go on."""
        if not (self.folder / "session.sqlite").exists():
            self._begin()
        self._cosmic_ray("exec", "../session.toml", "../session.sqlite")

    def report(self) -> str:
        """How many mutants each module has and how many were noticed, then the change of each that was not."""
        counts: Counter[tuple[str, str]] = Counter()
        survivors = []
        for item, result in map(json.loads, self._cosmic_ray("dump", "../session.sqlite").splitlines()):
            if result is None or result["worker_outcome"] == "skipped" or "\n-@dataclass" in result["diff"]:
                continue  # how a class is declared, frozen or with slots, is no judgement
            module = item["mutations"][0]["module_path"]
            outcome = "timed out" if result["output"] == "timeout" else result["test_outcome"]
            counts[module, outcome] += 1
            if outcome != "killed":
                survivors.append(f"{outcome}\n{result['diff']}")
        lines = []
        for module in self.target.modules:
            found = {outcome: counts[module, outcome] for outcome in ("killed", "survived", "timed out", "incompetent")}
            noticed, every = found["killed"] + found["timed out"], sum(found.values())
            share = f"{noticed / every:.1%}" if every else "-"
            lines.append(f"{module}: {every} mutants, {share} noticed; " + str(found))
        return "\n".join([*lines, *survivors])

    def _begin(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.tree.mkdir(parents=True)
        for name in TREE:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, self.tree / name)
        tests = " ".join(self.target.tests)
        modules = ", ".join(f'"{module}"' for module in self.target.modules)
        excluded = ", ".join(f"'{operator}'" for operator in EXCLUDED)
        (self.folder / "session.toml").write_text(
            f"[cosmic-ray]\nmodule-path = [{modules}]\nexcluded-modules = []\ntimeout = {DEADLINE}\n"
            f'test-command = "{sys.executable} -m pytest -x -p no:cacheprovider {tests}"\n'
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
        """What a program of cosmic-ray writes. The copy comes first on the path: it is what the tests import."""
        environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(self.tree)}
        command = [PLACE / "venv/bin" / program, *arguments]
        done = subprocess.run(command, cwd=self.tree, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{self.name}: {program} {arguments[0]} failed\n{done.stdout}{done.stderr}")
        return done.stdout


def main() -> None:
    """Run the targets that are named, else all, one on each core; the report goes to standard output."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET", help=", ".join(TARGETS))
    arguments.add_argument("--fresh", action="store_true", help="begin anew")
    arguments.add_argument("--report", action="store_true", help="only say what was found so far")
    chosen = arguments.parse_args()
    sessions = [Session(name) for name in chosen.targets or TARGETS]
    for session in sessions:
        if chosen.fresh:
            shutil.rmtree(session.folder, ignore_errors=True)
    if not chosen.report:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(Session.run, sessions))
    sys.stdout.write("\n".join(session.report() for session in sessions) + "\n")


if __name__ == "__main__":
    main()
