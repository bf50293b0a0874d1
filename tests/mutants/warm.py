"""Runs the tests on mutants in turn, each in a fork of this process, which has imported all that no mutant changes.

    python -m tests.mutants.warm TARGET LISTENER

LISTENER is the descriptor of a listening Unix socket. Each connection to it stands for one mutant, whose change is in
the files by then; it gets what pytest writes and `ended: CODE` as a last line (`ask.py` is the other side).
"""

import gc
import importlib
import json
import os
import resource
import shlex
import signal
import socket
import sys
import threading
from contextlib import suppress
from tempfile import TemporaryFile

import pytest
from hypothesis import Phase, settings

from tests.deadlines import DEADLINE
from tests.mutants.targets import TARGETS, Target

NOT_IMPORTED = 70
"""The exit code where a changed module cannot be imported, which every test would notice."""
LONGEST = 5 * DEADLINE
"""Seconds until the tests of a mutant are ended; of its own work it may have one deadline."""
OPTIONS = ("-x", "--tb=line", "-p", "no:cacheprovider")


class Profile:
    """Hypothesis as in all tests, but that one example which fails is enough, and none is kept for the next mutant."""

    @staticmethod
    def pytest_sessionstart() -> None:
        """Have it for what is collected from now on, after tests/conftest.py has chosen its own."""
        settings.register_profile("mutants", settings(), phases=(Phase.explicit, Phase.generate), database=None)
        settings.load_profile("mutants")


def main(name: str, descriptor: str) -> None:
    """Import, then serve until this process is ended."""
    target = TARGETS[name]
    _import_all_but(target.names, _imported_by_tests(target))
    sys.dont_write_bytecode = True  # a mutant of the same size and second would be taken for the one before
    with socket.socket(fileno=int(descriptor)) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                code = _forked(target, connection)
                with suppress(OSError):  # nobody waits for it any more
                    connection.sendall(f"\nended: {code}\n".encode())


def _forked(target: Target, connection: socket.socket) -> int:
    """The exit code of the tests, negative for a signal, in a process of their own which writes to a connection."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (int(DEADLINE), resource.RLIM_INFINITY))
        signal.alarm(int(LONGEST))
        for stream in (1, 2):
            os.dup2(connection.fileno(), stream)
        os._exit(_tried(target))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _tried(target: Target) -> int:
    """The exit code of the first tests that fail, or 0."""
    try:
        for name in target.names:
            importlib.import_module(name)
    except Exception as error:  # whatever a change does to an import
        sys.stdout.write(f"{error!r}\n")
        sys.stdout.flush()
        return NOT_IMPORTED
    for tests in target.tests:
        if code := pytest.main([*OPTIONS, *shlex.split(tests)], plugins=[Profile()]):
            break
    sys.stdout.flush()
    return int(code)


def _imported_by_tests(target: Target) -> list[str]:
    """All modules that the tests import, those that they import late included, as a run of them in a fork shows."""
    with TemporaryFile("w+") as found:
        child = os.fork()
        if child == 0:
            code = _tried(target)
            json.dump([*sys.modules], found)
            found.flush()
            os._exit(code)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            raise SystemExit("the tests fail without a mutant")
        found.seek(0)
        names: list[str] = json.load(found)
    return names


def _import_all_but(changed: tuple[str, ...], names: list[str]) -> None:
    """Import these modules without those that are changed, those that import one of them, and what pytest rewrites."""
    for name in changed:
        sys.modules[name] = None  # type: ignore[assignment]  # so importing it, or what imports it, fails
    for name in names:
        last = name.rpartition(".")[2]
        if not last.startswith("test_") and last not in ("conftest", "plugin"):
            with suppress(ImportError):
                importlib.import_module(name)
    for name in changed:
        del sys.modules[name]
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()  # the memory of what is imported stays shared


if __name__ == "__main__":
    main(*sys.argv[1:])
