"""What a gateway loads: every worker carries it for as long as it runs."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.cli.main import COMMANDS, imported
from gateway.journal import Journal, JournalLocked
from gateway.journal.lock import FileLock
from tests.gateway.cli.conftest import Left

PROGRAM = """
import sys
from datetime import UTC, datetime
import gateway.logs
from gateway.cli.migrating import prepare_apart
from gateway.journal import Journal, JournalError

prepare_apart(sys.argv[1])
try:
    Journal.open(sys.argv[1], owner="x", clock=lambda: datetime.now(UTC), render=lambda record: None)
except JournalError as error:
    sys.exit(str(error))
print(*{"aiohttp", "alembic", "limits", "openapi_pydantic", "psycopg", "rich"} & set(sys.modules))
"""

RAN = """
import sys
from gateway.cli import main

sys.argv = ["points-gateway", *sys.argv[1:]]
try:
    main()
finally:
    print(*sorted(name for name in sys.modules), file=sys.stderr)
"""
ON_DATABASES = {"sqlalchemy", "gateway.journal"}
ON_HTTP = {"starlette", "uvicorn", "aiohttp", "httpx", "gateway.app", "gateway.generation", "gateway.transport"}
ON_ANSWERS = {"prometheus_client", "gateway.answers", "gateway.delivery", *ON_HTTP}
CONFIGURED = ("-c", "CONFIG")
EXPLAINED = ("adjust", *CONFIGURED, "--tenant=acme", "--member=contact_id:1", "--points=5")


@pytest.mark.parametrize(
    ("words", "unused"),
    [
        (("--help",), {"structlog", "pydantic", "yaml", "gateway.settings", *ON_DATABASES, *ON_HTTP}),
        (("--version",), {"structlog", "pydantic", "yaml", "gateway.settings", *ON_DATABASES, *ON_HTTP}),
        (("health", *CONFIGURED), {"gateway.planning.planning", *ON_DATABASES, *ON_ANSWERS}),
        (("reload", *CONFIGURED), {"gateway.planning.planning", *ON_DATABASES, *ON_ANSWERS}),
        (("schema",), {"gateway.planning.planning", *ON_DATABASES, *ON_ANSWERS}),
        (("check", "--offline", *CONFIGURED), {*ON_DATABASES, *ON_ANSWERS}),
        (("check", *CONFIGURED), ON_ANSWERS),
        (("diff", "CONFIG", "CONFIG"), {*ON_DATABASES, *ON_ANSWERS}),
        (("explain", *EXPLAINED), {"prometheus_client", *ON_DATABASES, *ON_HTTP}),
        (("adjustments", "list", *CONFIGURED), {"adapters", "gateway.planning.planning", *ON_ANSWERS}),
        (("journal", "verify", *CONFIGURED), {"adapters", "gateway.planning.planning", *ON_ANSWERS}),
        (("journal", "audit", *CONFIGURED), {"adapters", "gateway.planning.planning", *ON_ANSWERS}),
        (("pause", *CONFIGURED), {"gateway.planning.planning", *ON_ANSWERS}),
        (("import", "--help"), {"adapters", "yaml", "gateway.settings", *ON_DATABASES, *ON_ANSWERS} - {"httpx"}),
        (("export", "--help"), {"adapters", "yaml", "gateway.settings", *ON_DATABASES, *ON_ANSWERS} - {"httpx"}),
        (("simulate", "--help"), ON_ANSWERS - {"aiohttp", "gateway.transport"}),
        (("serve", "--help"), {"gateway.conformance", "gateway.simulation", "aiohttp", "hypothesis", "pytest"}),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_a_command_imports_what_it_needs(words: tuple[str, ...], unused: set[str], left: Left) -> None:
    """Most of a short command's time is imports: the help needs none of what commands do, and a list serves nobody."""
    named = [str(left.config) if word == "CONFIG" else word for word in words]
    done = subprocess.run([sys.executable, "-c", RAN, *named], capture_output=True, text=True, check=False)
    *said, modules = done.stderr.splitlines()
    assert "Traceback" not in done.stderr, said
    assert "gateway.cli.main" in modules.split()
    assert set(modules.split()) & unused == set()


def test_imports_are_not_searched_for_garbage() -> None:
    """A command looks for cycles rarely, and its end not at all: that is a third of a short run."""
    program = RAN.replace(
        "finally:", "finally:\n    import atexit, gc; atexit._run_exitfuncs(); frozen = gc.get_freeze_count()"
    )
    program = program.replace("print(*", "print(gc.get_stats()[2]['collections'], frozen > 10_000, *")
    done = subprocess.run([sys.executable, "-c", program, "schema"], capture_output=True, text=True, check=False)
    assert done.stderr.split()[:2] == ["0", "True"]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_of_a_command_is_its_own(name: str) -> None:
    """The help of the whole says of a command, without importing it, what the command's own help begins with."""
    command = imported(name)
    assert command.name == name
    first, *_ = (command.help or "").split("\n\n")
    assert " ".join(first.split()) == COMMANDS[name][1]


def opened(url: str) -> subprocess.CompletedProcess[str]:
    """What a process says that opens a journal as `serve` does, and which heavy libraries it has loaded then."""
    return subprocess.run([sys.executable, "-c", PROGRAM, url], capture_output=True, text=True, check=False)


def test_what_is_not_needed_is_not_loaded(tmp_path: Path) -> None:
    """Neither what makes tables, counts rates or draws tracebacks is, nor another database's driver."""
    done = opened(f"sqlite:///{tmp_path}/journal.db")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_what_could_not_be_prepared_is_told_once(tmp_path: Path) -> None:
    """Whoever prepares the journal ahead says nothing of what is wrong with it; whoever opens it does."""
    (tmp_path / "journal.db").write_bytes(b"no database" * 100)
    done = opened(f"sqlite:///{tmp_path}/journal.db")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_a_journal_that_somebody_has_alone_is_let_be(tmp_path: Path) -> None:
    """Whoever takes a journal's file away does not find a new one in its place, prepared meanwhile."""
    file = tmp_path / "journal.db"
    alone = FileLock.acquire(file, shared=False)
    with pytest.raises(JournalLocked):
        Journal.prepare(f"sqlite:///{file}", clock=lambda: datetime.now(UTC))
    assert not file.exists()
    alone.release()
    Journal.prepare(f"sqlite:///{file}", clock=lambda: datetime.now(UTC))
    assert file.exists()
