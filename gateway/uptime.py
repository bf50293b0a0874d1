"""How long this machine has been up: a clock that nobody sets, by which a clock that is set can be watched."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = "/proc/self/ns/time"


@dataclass(frozen=True, slots=True)
class Uptime:
    """`boot`: the name of one start of one machine; `seconds`: since a moment that is the same until its next start."""

    boot: str
    seconds: Callable[[], float]


def boot() -> str:
    """The name of this machine's last start, with the time namespace that its clocks are read in.

    Where the system gives none, it is a name that only this process has: nothing can be compared with other processes.
    """
    with suppress(OSError):
        return f"{_BOOT.read_text().strip()} {os.stat(_NAMESPACE).st_ino}"
    return uuid4().hex
