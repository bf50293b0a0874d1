"""The addresses of one host: looked up by one look-up at a time, however many ask, and remembered for a short while."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Protocol

import structlog

from gateway.transport.evidence import AddressRefused

log = structlog.get_logger(__name__)
REMEMBERED = 10.0
"""Seconds for which addresses that were found are used again."""

OUTLIVED = 300.0
"""Further seconds for which they are used while new ones are looked up: names that cannot be asked for stop nobody."""

_BARRED = "The address is link-local or a cloud's for metadata, and allow_link_local is not set"

Address = tuple[int, int, int, str, tuple[Any, ...]]
"""One address as `socket.getaddrinfo` gives it."""


class Resolver(Protocol):
    """What finds the addresses of a name."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> Sequence[Mapping[str, Any]]:
        """The addresses, each with `host` (an IP address) and `port`; raises `OSError` where there are none."""


class Names:
    """The addresses of one host and port; `resolver` finds them, by default the system's. None is `refused`."""

    def __init__(self, host: str, port: int, resolver: Resolver | None, *, refused: Callable[[str], bool]) -> None:
        self._host = host
        self._port = port
        self._resolver = resolver
        self._refused = refused
        self._found: list[Address] = [_address(host, port)] if _is_ip(host) else []
        self._fixed = bool(self._found)
        self._barred = self._fixed and refused(host)
        self._until = 0.0
        self._looking: asyncio.Task[list[Address]] | None = None
        self._lost = False

    async def addresses(self) -> list[Address]:
        """At least one address. Raises `OSError`, or what the resolver raises, where there are none.

        Raises `AddressRefused` where all are refused.
        """
        now = asyncio.get_running_loop().time()
        if self._barred:
            raise AddressRefused(_BARRED)
        if self._fixed or now < self._until:
            return self._found
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look_up())
            self._looking.add_done_callback(self._looked)
        if self._found and now < self._until + OUTLIVED:
            return self._found
        # Nobody's cancellation ends it for the others; the system's own look-up holds a thread and cannot be ended.
        return await asyncio.shield(self._looking)

    async def _look_up(self) -> list[Address]:
        if self._resolver is None:
            loop = asyncio.get_running_loop()
            flags = socket.AI_ADDRCONFIG
            found: list[Any] = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM, flags=flags)
        else:
            resolved = await self._resolver.resolve(self._host, self._port, family=socket.AF_UNSPEC)
            found = [_address(each["host"], each["port"]) for each in resolved]
        if not found:
            raise OSError("no address")
        return self._reachable(found)

    def _reachable(self, found: list[Address]) -> list[Address]:
        reachable = [each for each in found if not self._refused(each[4][0])]
        if not reachable:
            raise AddressRefused(_BARRED)
        return reachable

    def _looked(self, looking: asyncio.Task[list[Address]]) -> None:
        self._looking = None
        error = asyncio.CancelledError() if looking.cancelled() else looking.exception()
        if error is None:
            self._found = looking.result()
            self._until = asyncio.get_running_loop().time() + REMEMBERED
        elif self._found and not self._lost:  # else nobody would hear of it before the old ones are outlived
            log.warning("a name cannot be looked up; its old addresses serve", error=type(error).__name__)
        self._lost = error is not None


def _address(host: str, port: int) -> Address:
    family, rest = (socket.AF_INET6, (0, 0)) if ":" in host else (socket.AF_INET, ())
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port, *rest)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
