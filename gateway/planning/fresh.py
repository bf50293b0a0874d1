"""What an adapter's method is passed anew for each exchange: a token, the time, a nonce."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.port.secrets import MASK

NO_TOKEN = MASK
"""In place of a token where nothing is sent: in a plan, and in a preview."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the time and nonces come from: a clock in UTC, and texts that are never the same twice."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    nonce: Callable[[], str] = lambda: secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Fresh:
    """Which of `token`, `now` and `nonce` one method takes."""

    names: frozenset[str]
    source: Source

    def arguments(self, token: str) -> dict[str, Any]:
        """The arguments of an exchange that begins now."""
        made: dict[str, Callable[[], Any]] = {
            "token": lambda: token,
            "now": self.source.clock,
            "nonce": self.source.nonce,
        }
        return {name: made[name]() for name in self.names}
