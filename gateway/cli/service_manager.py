"""What systemd is told of a gateway, by the protocol of sd_notify(3); without systemd nothing is sent."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

_SHARE = 0.5
"""When the watchdog is told, as a share of its time: half of it, as sd_watchdog_enabled(3) recommends."""


class ServiceManager:
    """The service manager that started this process, where one did: `environ` names its socket and its watchdog."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        name = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + name[1:] if name.startswith("@") else name
        microseconds = environ.get("WATCHDOG_USEC", "")
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._watchdog = int(microseconds) / 1e6 if ours and microseconds.isdecimal() else 0.0

    def ready(self) -> None:
        """The gateway serves, after its start or after a reload."""
        self._tell("READY=1")

    def reloading(self) -> None:
        """The gateway takes a new configuration; `ready` follows, whether it is used or refused."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The gateway is on its way to its end."""
        self._tell("STOPPING=1")

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Tell the watchdog that the event loop runs, for as long as this is entered."""
        telling = asyncio.create_task(self._tell_watchdog()) if self._watchdog else None
        try:
            yield
        finally:
            if telling is not None:
                telling.cancel()

    async def _tell_watchdog(self) -> None:
        while True:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self._watchdog * _SHARE)

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.setblocking(False)  # a manager that does not read must not hold up calls
            manager.sendto(state.encode(), self._address)
