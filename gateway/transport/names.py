"""The addresses of one host: one look-up at a time for all callers, and a short cache."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Protocol

import structlog

from gateway.transport.evidence import AddressRefused

log = structlog.get_logger(__name__)
REMEMBERED = 10.0
"""Seconds for which addresses are cached."""

STALE = 300.0
"""Further seconds for which expired addresses are used during a new look-up, so that a DNS outage stops no call."""

_FORBIDDEN = (
    "The address is link-local, a cloud's for metadata or private, and allow_link_local or allow_private is not set"
)

Address = tuple[int, int, int, str, tuple[Any, ...]]
"""One address as `socket.getaddrinfo` returns it."""


class Resolver(Protocol):
    """Looks up the addresses of a name."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> Sequence[Mapping[str, Any]]:
        """The addresses, each with `host` (an IP address) and `port`; raises `OSError` if there are none."""


class Names:
    """The addresses of one host and port, from `resolver` or the system; those that `refused` matches are left out."""

    def __init__(self, host: str, port: int, resolver: Resolver | None, *, refused: Callable[[str], bool]) -> None:
        self._host = host
        self._port = port
        self._resolver = resolver
        self._refused = refused
        self._found: list[Address] = [_address(host, port)] if _is_ip(host) else []
        self._fixed = bool(self._found)
        self._forbidden = self._fixed and refused(host)
        self._until = 0.0
        self._lookup: asyncio.Task[list[Address]] | None = None
        self._failing = False

    async def addresses(self) -> list[Address]:
        """At least one address. Raises `OSError`, or the resolver's error, if there are none.

        Raises `AddressRefused` if all are refused.
        """
        now = asyncio.get_running_loop().time()
        if self._forbidden:
            raise AddressRefused(_FORBIDDEN)
        if self._fixed or now < self._until:
            return self._found
        if self._lookup is None:
            self._lookup = asyncio.get_running_loop().create_task(self._look_up())
            self._lookup.add_done_callback(self._store_result)
        if self._found and now < self._until + STALE:
            return self._found
        # Shielded, because other callers wait for the same task; and a system look-up's thread cannot be cancelled.
        return await asyncio.shield(self._lookup)

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
            raise AddressRefused(_FORBIDDEN)
        return reachable

    def _store_result(self, lookup: asyncio.Task[list[Address]]) -> None:
        self._lookup = None
        error = asyncio.CancelledError() if lookup.cancelled() else lookup.exception()
        if error is None:
            self._found = lookup.result()
            self._until = asyncio.get_running_loop().time() + REMEMBERED
        elif self._found and not self._failing:  # logged once per outage, long before the old addresses run out
            log.warning("a name cannot be looked up; its old addresses serve", error=type(error).__name__)
        self._failing = error is not None


def _address(host: str, port: int) -> Address:
    family, rest = (socket.AF_INET6, (0, 0)) if ":" in host else (socket.AF_INET, ())
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port, *rest)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
