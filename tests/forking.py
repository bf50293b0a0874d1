"""The process behind `tests.nursery`: imports some modules, forks as often as asked, and reports who has ended."""

import gc
import io
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any, cast

LONGEST = 100_000
"""Bytes of a message at most."""
CLOSED = -1
"""In place of the descriptor of a standard stream: the process begins without it."""
OWN_VARIABLES = ("PYTHONPATH", "PYTHONIOENCODING")
"""Variables of the interpreter that a forked process follows, too."""


_INTERPRETERS = cast("tuple[io.TextIOWrapper, ...]", (sys.__stdin__, sys.__stdout__, sys.__stderr__))


def of_the_interpreter(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that an interpreter reads at its start alone, so that a forked process cannot have others."""
    names = [name for name in environ if name.startswith(("PYTHON", "LC_")) or name in ("LANG", "LANGUAGE")]
    return {name: environ[name] for name in sorted(names) if name not in OWN_VARIABLES}


class Forking:
    """Forks until the other side of its socket is closed."""

    def __init__(self, tests: socket.socket) -> None:
        self._tests = tests
        self._woken, self._wakes = socket.socketpair()
        self._wakes.setblocking(False)
        self._children: dict[int, socket.socket] = {}

    def until_born(self) -> "Newborn":
        """Serve; returns in each forked process. Ends the process when the other side is closed."""
        # The tests end their processes themselves.
        self._ignores_interrupts = signal.signal(signal.SIGINT, signal.SIG_IGN) is signal.SIG_IGN
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakes.fileno())
        while True:
            ready, _, _ = select.select([self._tests, self._woken], [], [])
            if self._tests in ready:
                data, descriptors, _, _ = socket.recv_fds(self._tests, LONGEST, 4)
                if not data:
                    self._end_all()
                if (newborn := self._fork(json.loads(data), descriptors)) is not None:
                    return newborn
            if self._woken in ready:
                self._woken.recv(LONGEST)
            self._report()

    def _fork(self, message: dict[str, Any], descriptors: Sequence[int]) -> "Newborn | None":
        child = os.fork()
        status = socket.socket(fileno=descriptors[0])
        if child == 0:
            status.close()
            self._forget()
            return Newborn(message, descriptors[1:])
        for each in descriptors[1:]:
            os.close(each)
        self._children[child] = status
        _tell(status, id=child)
        return None

    def _report(self) -> None:
        while self._children:
            ended, result = os.waitpid(-1, os.WNOHANG)
            if not ended:
                break
            with self._children.pop(ended) as status:
                _tell(status, exit=os.waitstatus_to_exitcode(result))

    def _forget(self) -> None:
        """Be no parent any more, but a process that has just begun."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if not self._ignores_interrupts:  # as where all of this runs in the background
            signal.signal(signal.SIGINT, signal.default_int_handler)
        for each in (self._tests, self._woken, self._wakes, *self._children.values()):
            each.close()
        self._children.clear()

    def _end_all(self) -> None:
        for child in self._children:
            os.kill(child, signal.SIGKILL)
        sys.exit()


class Newborn:
    """A process that has just been forked, and what it is to be."""

    def __init__(self, message: dict[str, Any], descriptors: Sequence[int]) -> None:
        self._message = message
        self._descriptors = descriptors

    def live(self) -> None:
        """Run the program. As in an interpreter, what ends it is raised."""
        message, environ = self._message, self._message["environ"]
        program: str = message["program"]
        _import_path(program, message["folder"], environ)
        os.environ.clear()
        os.environ.update(environ)
        os.chdir(message["folder"])
        if message["umask"] >= 0:
            os.umask(message["umask"])
        if message["own_session"]:
            os.setsid()
        time.tzset()
        _streams(self._descriptors, message["closed"], environ.get("PYTHONIOENCODING", ""))
        sys.argv = [program, *message["arguments"]]
        if "/" in program:
            runpy.run_path(program, run_name="__main__")
            return
        if not hasattr(sys.modules.get(program), "__path__"):
            sys.modules.pop(program, None)  # its own names are made anew
        runpy.run_module(program, run_name="__main__", alter_sys=True)


def _tell(status: socket.socket, **values: int) -> None:
    try:
        status.send(json.dumps(values).encode())
    except OSError:  # nobody asks any more
        return


def _import_path(program: str, folder: str, environ: Mapping[str, str]) -> None:
    """Have the import path of an interpreter that is started with a program."""
    own = [str(Path.cwd()), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    rest = sys.path[len(own) :]
    first = str(Path(program).resolve().parent) if "/" in program else folder
    sys.path[:] = [first, *filter(None, environ.get("PYTHONPATH", "").split(os.pathsep)), *rest]


def _streams(descriptors: Sequence[int], closed: Sequence[int], encoding: str) -> None:
    """Have standard streams on these descriptors, which are in the order of the streams that are not closed."""
    opened = dict(zip([number for number in range(3) if number not in closed], descriptors, strict=True))
    for number in range(3):
        if number in opened:
            os.dup2(opened[number], number)
        else:
            os.close(number)
    for each in descriptors:
        os.close(each)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _stream(number, name, encoding) if number in opened else None
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _stream(number: int, name: str, encoding: str) -> IO[str]:
    """What an interpreter makes of a descriptor, in `ENCODING:ERRORS` or else as it is here."""
    named, _, errors = encoding.partition(":")
    like = _INTERPRETERS[number]
    raw = io.FileIO(number, "w" if number else "r", closefd=False)
    raw.name = f"<{name}>"
    unbuffered = like.write_through
    buffered = raw if unbuffered else io.BufferedWriter(raw) if number else io.BufferedReader(raw)
    stream = io.TextIOWrapper(
        cast("IO[bytes]", buffered),
        named or like.encoding,
        like.errors if number == 2 or not named else errors or "strict",
        newline="\n" if number else None,
        line_buffering=not unbuffered and (raw.isatty() or number == 2),
        write_through=unbuffered,
    )
    stream.mode = "w" if number else "r"  # type: ignore[misc]  # as the interpreter does
    return stream


def main(descriptor: str, *modules: str) -> "Newborn":
    """Import the modules and every adapter and simulator, and fork; returns in each forked process."""
    for module in modules:
        import_module(module)
    if "gateway.port" in sys.modules:
        registry = import_module("gateway.port.registry")
        for each in (registry.adapters(), registry.simulators()):
            dict(each)  # each is loaded when it is asked for
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()  # the memory of what is imported stays shared
    return Forking(socket.socket(fileno=int(descriptor))).until_born()


if __name__ == "__main__":
    main(*sys.argv[1:]).live()
