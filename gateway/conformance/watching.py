"""Watches an adapter's generator while it runs.

It may reach no network, file, clock, output, log, environment or source of randomness.
"""

import _random
import _socket
import gc
import os
import sys
from collections.abc import Callable
from datetime import date
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")
_CLOCKS = {
    *("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"),
    *("process_time_ns", "thread_time", "clock_gettime"),
}
_LOGS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
_OF_THE_GATEWAY = ("gateway.", "importlib.")
"""Modules that may do for an adapter what it may not do itself, such as to read a date or to import a module."""


class Watch:
    """What an adapter reached for while `during` ran it; each as a phrase for people."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def during(self, call: Callable[..., T], *arguments: Any) -> T:
        """Run one step of an exchange, and note what it reaches for."""
        before, collecting = sys.getprofile(), gc.isenabled()
        gc.disable()  # what others have done at a collection, such as to read a clock, is no deed of the adapter
        sys.setprofile(self._called)
        try:
            return call(*arguments)
        finally:
            sys.setprofile(before)
            if collecting:
                gc.enable()

    def _called(self, frame: FrameType, event: str, function: Any) -> None:
        what = _reach(function) if event == "c_call" else _entered(frame) if event == "call" else None
        if what is None:
            return
        inner: FrameType | None = frame
        while inner is not None and inner.f_globals.get("__name__") != __name__:
            if str(inner.f_globals.get("__name__")).startswith(_OF_THE_GATEWAY) and not _is_driver(inner):
                return
            inner = inner.f_back
        where = f"{frame.f_globals.get('__name__')}, line {frame.f_lineno}"
        self.seen.append(f"{what} ({where})")


def _is_driver(frame: FrameType) -> bool:
    """Whether a frame is that of the gateway's which runs the adapter, and not one that the adapter has called."""
    return str(frame.f_globals.get("__name__")).startswith(("gateway.planning.", "gateway.conformance."))


def _reach(function: Any) -> str | None:
    """What a function of the interpreter reaches for; None for nothing that matters."""
    name, module = getattr(function, "__name__", ""), getattr(function, "__module__", None)
    owner = getattr(function, "__self__", None)
    if module == "time" and name == "sleep":
        return "it sleeps: time.sleep"
    if module == "time" and name in _CLOCKS:
        return f"it reads a clock: time.{name}"
    if name in ("now", "utcnow", "today") and isinstance(owner, type) and issubclass(owner, date):
        return f"it reads a clock: {owner.__name__}.{name}"
    if module == "_socket" or isinstance(owner, _socket.socket):
        return f"it reaches for the network: {name}"
    if name == "urandom" or isinstance(owner, _random.Random):
        return f"it makes something random: {name}"
    if name == "open" and module in ("_io", "io", "posix", "nt"):
        return "it opens a file"
    if name in ("fork_exec", "posix_spawn", "system"):
        return f"it starts a process: {name}"
    if (name == "print" and module == "builtins") or (name == "write" and owner in (sys.stdout, sys.stderr)):
        return f"it writes to the output, where nothing is masked: {name}"
    return None


def _entered(frame: FrameType) -> str | None:
    """What a function in Python that was entered reaches for; None for nothing that matters."""
    if frame.f_globals.get("__name__") == "logging" and frame.f_code.co_name in _LOGS:
        return f"it writes to a log, where nothing is masked: logging.{frame.f_code.co_name}"
    if frame.f_code is type(os.environ).__getitem__.__code__:
        return "it reads the environment"
    return None
