"""The simulated vendors beside a gateway: what they saw, what they did, and what they are told to do wrong."""

from collections.abc import Callable
from decimal import Decimal
from threading import Condition
from typing import Any, TypeVar

import httpx

from gateway.port import registry
from gateway.simulation import Effect, Request, Simulator
from tests.deadlines import DEADLINE

T = TypeVar("T")


class Noted(list[T]):
    """A list that wakes whoever waits for it to grow."""

    def __init__(self) -> None:
        super().__init__()
        self._grown = Condition()

    def append(self, item: T) -> None:
        """Add an item, and say so."""
        with self._grown:
            super().append(item)
            self._grown.notify_all()

    def wait_for(self, count: int) -> None:
        """Return once there are `count` items. Raises `AssertionError` after a deadline."""
        with self._grown:
            assert self._grown.wait_for(lambda: len(self) >= count, DEADLINE), f"{len(self)} of {count} came"


class Vendor:
    """One simulator, seen from the thread of the tests."""

    def __init__(self, simulator: Simulator, control: httpx.Client) -> None:
        self.simulator = simulator
        self._http = control
        self.requests: Noted[Request] = Noted()
        self.effects: Noted[Effect] = Noted()
        simulator.requests = self.requests
        simulator.ledger.effects = self.effects

    @property
    def points(self) -> list[Decimal]:
        """The points of every effect, oldest first."""
        return [effect.points for effect in self.effects]

    @property
    def secret(self) -> str:
        """The key or token that this vendor's configuration holds."""
        settings = self.simulator.example.settings
        return str(settings.get("api_key") or settings["token"])

    def fault(self, kind: str, **fields: Any) -> None:
        """Misbehave at the next request."""
        self.simulator.faults.add({"kind": kind, **fields})

    def release(self) -> None:
        """Let the requests that hang now go on."""
        self._control("release")

    def reset(self) -> None:
        """Forget everything, and go back to the seeds."""
        self._control("reset")

    def _control(self, order: str) -> None:
        self._http.post(f"{self.simulator.origin}/_simulator/{order}").raise_for_status()


class Vendors:
    """Every installed simulator, by the names that the configurations here use; `control` speaks to them."""

    def __init__(self, control: httpx.Client) -> None:
        made: dict[str, Callable[[], Simulator]] = dict(registry.simulators())
        self.arcade = Vendor(made["iactionable"](), control)
        self.club = Vendor(made["fabric"](), control)
        self.perks = Vendor(made["expiring-points"](), control)
        self.crm = Vendor(made["contact-points"](), control)
        self.all = (self.arcade, self.club, self.perks, self.crm)

    def reset(self) -> None:
        """Take every vendor back to its seeds."""
        for vendor in self.all:
            vendor.reset()

    @property
    def requests(self) -> int:
        """How many requests all of them saw."""
        return sum(len(vendor.requests) for vendor in self.all)
