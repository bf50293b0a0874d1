"""A forked process is as a fresh one: what it finds at its beginning, and how it ends."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from tests.deadlines import DEADLINE
from tests.nursery import CLOSED, Nursery, nursery

PROBE = """
import gc, json, os, resource, signal, sys, threading
streams = sys.stdin, sys.stdout, sys.stderr
# Where coverage is measured, a fresh interpreter has a handler of its tool.
measured = [signal.SIGTERM] if any(name.startswith("COVERAGE") for name in os.environ) else []
looks = lambda each: each and [
    each.encoding, each.errors, each.line_buffering, each.write_through, each.mode, each.name, each.isatty(),
    each.newlines,
]
found = {
    "name": __name__,
    "arguments": sys.argv,
    "path": sys.path,
    "folder": os.getcwd(),
    "environment": dict(os.environ),
    "streams": [looks(each) for each in streams],
    "as it was": [each is other for each, other in zip(streams, (sys.__stdin__, sys.__stdout__, sys.__stderr__))],
    "descriptors": sorted(os.listdir("/proc/self/fd")),
    "threads": [len(os.listdir("/proc/self/task")), threading.current_thread() is threading.main_thread()],
    "signals": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals()) if number not in measured],
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "wakes": signal.set_wakeup_fd(-1),
    "umask": os.umask(0),
    "user": [os.getuid(), os.getgid()],
    "own session": os.getsid(0) == os.getpid(),
    "limits": [resource.getrlimit(each) for each in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS)],
    "garbage": [gc.isenabled(), gc.get_threshold()],
}
with open(sys.argv[1], "w") as file:
    json.dump(found, file)
"""
ENDINGS = {
    "the end": "print('done')",
    "exit code": "sys.exit(3)",
    "words": "sys.exit('why')",
    "an error": "raise KeyError('x')",
    "Ctrl-C": "raise KeyboardInterrupt",
    "a signal": "os.kill(os.getpid(), 9)",
    "at once": "print('lost'); os._exit(4)",
    "at exit": "import atexit; atexit.register(print, 'late')",
    "a thread": "import threading; threading.Thread(target=lambda: print('thread')).start()",
    "what cannot be written": "sys.stdout = open('/dev/full', 'w'); print('x')",
}


@pytest.fixture(scope="module")
def small() -> Nursery:
    """A nursery that has imported nothing of the program."""
    return nursery("json")


def fresh(command: list[str], folder: Path, streams: Mapping[str, int | None], **others: Any) -> int:
    """The exit code of an interpreter that is started with this command."""
    redirected = " ".join(f"{number}>&-" for number, each in enumerate(streams.values()) if each == CLOSED)
    given = {name: None if each == CLOSED else each for name, each in streams.items()}
    shell = ["sh", "-c", f'exec "$@" {redirected}', "sh", sys.executable, *command]
    return subprocess.run(shell, cwd=folder, check=False, timeout=DEADLINE, **given, **others).returncode


@pytest.mark.parametrize("closed", [(), ("stdin",), ("stdin", "stdout", "stderr")], ids=len)
@pytest.mark.parametrize("by", ["path", "name"])
def test_it_begins_as_a_fresh_one(
    small: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: tuple[str, ...], by: str
) -> None:
    """Whatever a program can ask of its own process has the same answer."""
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "probe.py").write_text(PROBE)
    environ = {**os.environ, "PYTHONPATH": str(packages), "ONE_MORE": "1"}
    program = str(packages / "probe.py") if by == "path" else "probe"
    found = []
    with TemporaryFile() as out:
        streams = {name: CLOSED if name in closed else out.fileno() for name in ("stdin", "stdout", "stderr")}
        for forked in (True, False):
            file = tmp_path / f"{forked}.json"
            others: dict[str, Any] = {"umask": 0o027}
            if forked:
                born = small.begin(
                    program, file, environ=environ, folder=tmp_path, own_session=True, **streams, **others
                )
                assert born.wait() == 0
            else:
                command = [program] if by == "path" else ["-m", program]
                others |= {"env": environ, "start_new_session": True}
                assert fresh([*command, str(file)], tmp_path, streams, **others) == 0
            found.append(json.loads(file.read_text().replace(file.name, "FILE")))
    forked_one, fresh_one = found
    # A shell adds these to what it starts.
    for name in ("_", "PWD", "OLDPWD", "SHLVL"):
        forked_one["environment"].pop(name, None)
        fresh_one["environment"].pop(name, None)
    assert forked_one == fresh_one


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_it_ends_as_a_fresh_one(small: Nursery, tmp_path: Path, ending: str) -> None:
    """Exit code and output are those of an interpreter, whatever ends it."""
    program = tmp_path / "program.py"
    program.write_text(f"import os, sys\nprint('begun')\n{ending}\n")
    done = subprocess.run([sys.executable, program], capture_output=True, check=False, timeout=DEADLINE)
    forked = small.run(program)
    assert (forked.code, forked.out) == (done.returncode, done.stdout)
    assert forked.err.splitlines()[-1:] == done.stderr.splitlines()[-1:]


def test_no_two_have_the_same_random_numbers(small: Nursery, tmp_path: Path) -> None:
    """Each begins with a seed of its own."""
    program = tmp_path / "program.py"
    program.write_text("import random; print(random.random())")
    assert len({small.run(program).out for _ in range(3)}) == 3


def test_what_it_reads_of_installed_packages_is_its_own(small: Nursery, tmp_path: Path) -> None:
    """One finds the packages of its own path, and the next does not."""
    about = tmp_path / "found-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: found\nVersion: 1.0\n")
    program = tmp_path / "elsewhere" / "program.py"
    program.parent.mkdir()
    program.write_text(
        "from importlib import metadata\nprint('found' in {each.name for each in metadata.distributions()})"
    )
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    assert [small.run(program, environ=each).out for each in (environ, None)] == [b"True\n", b"False\n"]


def test_what_a_fork_cannot_have_is_refused(small: Nursery) -> None:
    """A process that needs an interpreter of its own is not started without one, unnoticed."""
    with pytest.raises(ValueError, match="only a fresh process can have"):
        small.begin("json", environ={**os.environ, "PYTHONOPTIMIZE": "1"})


def test_nobody_is_left(tmp_path: Path) -> None:
    """With the nursery end those that it started."""
    program = tmp_path / "program.py"
    program.write_text("import os, signal; os.write(1, b'.'); signal.pause()")
    reading, writing = os.pipe()
    begun = Nursery()
    born = begun.begin(program, stdout=writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as out:
        assert out.read(1) == b"."
        assert born.poll() is None
        begun.close()
        assert select.select([out], [], [], DEADLINE)[0]
        assert out.read(1) == b""  # it has ended
    with pytest.raises(EOFError):
        born.wait()
