"""Who takes a turn of their own where requests have to wait."""

from dataclasses import dataclass
from typing import Any

import pytest
from starlette.types import ASGIApp

from gateway.api.access import Access
from gateway.api.door import Door
from gateway.api.peer import Peers
from gateway.api.strangers import Budget, Strangers
from gateway.metrics import Metrics
from gateway.service.usage import Usage
from tests.gateway.api.test_access import ACCESS, KEY

BUDGET = Budget.of("1/second")
STRANGERS = Strangers(anonymous=BUDGET, wrong_keys=BUDGET, clock=lambda: 0.0, metrics=Metrics())


async def nothing(*_: Any) -> None:
    """An application that is not asked."""


@dataclass
class Inside:
    access: Access
    peers: Peers
    app: ASGIApp
    usage: Usage


DOOR = Door(Inside(ACCESS, Peers(), nothing, Usage()), STRANGERS, rest=nothing)


@pytest.mark.parametrize(
    ("path", "key", "who"),
    [
        (b"/livez", KEY, "app"),
        (b"/v1/limits", KEY, "app"),
        (b"/v1/limits", "a-wrong-key", "a stranger"),
        (b"/livez", "a-wrong-key", "a probe"),
        (b"/readyz", "", "a probe"),
        (b"/docs", "", "a stranger"),
    ],
)
def test_strangers_share_one_turn(path: bytes, key: str, who: str) -> None:
    """A client has its own, however many addresses strangers come from; their probes have one beside it."""
    heads = [(b"authorization", f"Bearer {key}".encode())] if key else []
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1"):
        scope = {"type": "http", "raw_path": path, "headers": heads, "client": (address, 1)}
        assert DOOR.who(scope) == who
