"""One adapter and its simulator, with all of the gateway that lies between them below the HTTP edge."""

import asyncio
import re
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self, TypeVar

from gateway.delivery.delivery import Delivery
from gateway.delivery.outcome import Outcome, Reading
from gateway.errors import VendorError
from gateway.metrics import Metrics
from gateway.model import Adjustment, Balance, Expiring, Member, Operation, Period, Profile, Transactions
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.port import VendorRequest, VendorResponse, VendorSettings
from gateway.port.registry import AdapterType
from gateway.reads import BalanceRead, ExpiringRead, LookupRead, TransactionsRead
from gateway.simulation import Answer, Request, Simulator
from gateway.transport import Evidence, Transport, boottime
from tests.deadlines import DEADLINE, scaled

T = TypeVar("T")
EMPTY = {("contact-points", "balance")}
"""The reads to which an empty list is an answer: the vendor has nothing of it, and names no number."""
PERIOD = Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def says_nothing(result: object) -> bool:
    """Whether a result has no number at all."""
    return isinstance(result, Balance) and result == Balance(details=result.details)


@dataclass(frozen=True, slots=True)
class Pair:
    """An adapter and the simulator that plays its vendor, where there is one."""

    kind: AdapterType
    simulator: type[Simulator] | None


class Recorder(Transport):
    """The real way out, which also keeps what it was given to send."""

    def __init__(self, settings: VendorSettings) -> None:
        super().__init__(settings, boottime)
        self.given: list[VendorRequest] = []

    async def send(
        self, request: VendorRequest, evidence: Evidence, *, deadline: float, expires: float | None = None
    ) -> VendorResponse:
        self.given.append(request)
        return await super().send(request, evidence, deadline=deadline, expires=expires)


class Bench:
    """A running simulator and the adapter configured for it; `changes` are made to the example's settings."""

    def __init__(self, pair: Pair, **changes: Any) -> None:
        assert pair.simulator is not None, f"the adapter {pair.kind.name} has no simulator"
        self.kind = pair.kind
        self.simulator = pair.simulator()
        self.example = self.simulator.example
        self._changes = changes
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self.wait(self.simulator.start())
        # As text would come from a configuration, so that the settings' own reading is part of it.
        self.settings = self.kind.settings.model_validate(
            {**self.simulator.settings, "timeout": scaled(10), **self._changes}
        )
        self.translator = Translator("vendor", self.kind, self.settings)
        self.transport = Recorder(self.settings)
        self.metrics = Metrics()
        self.delivery = Delivery(
            "vendor",
            self.settings,
            self.transport,
            metrics=self.metrics,
            clock=lambda: datetime.now(UTC),
            boottime=boottime,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if hasattr(self, "delivery"):
                self.delivery.close()
            self.wait(self.simulator.stop())
        finally:
            self._runner.close()

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something to its end on the bench's own loop, within the deadline."""

        async def bounded() -> T:
            async with asyncio.timeout(DEADLINE):
                return await coroutine

        return self._runner.run(bounded())

    @property
    def member(self) -> Member:
        """The example's member."""
        return Member.parse(self.example.member)

    def adjustment(self, **fields: Any) -> Adjustment:
        """An adjustment of 5 points for the example's member, with fields changed."""
        return Adjustment(**{"member": self.member, "points": Decimal(5), **fields})

    def translation(self, operation: Operation, *, masked: bool = False, **fields: Any) -> Translation[Any]:
        """The translation of a call on the example, with fields changed, or without secrets; nothing is sent."""
        translator = self.translator.masked() if masked else self.translator
        if operation == "adjust":
            identifier = fields.pop("id", "adj_1")
            return translator.adjust(self.adjustment(**fields), id=identifier)
        asked = {"member": self.member, "point_type": None, **fields}
        if operation == "balance":
            return translator.read(BalanceRead(**asked))
        if operation == "transactions":
            return translator.read(TransactionsRead(**asked))
        if operation == "lookup":
            return translator.read(LookupRead(**asked))
        period = PERIOD if "period" in self.kind.operations.get(operation, ()) else None
        return translator.read(ExpiringRead(**{"period": period, **asked}))

    def adjust(self, **fields: Any) -> Outcome:
        """Make an adjustment and give its outcome."""
        return self.wait(self.delivery.write(self.translation("adjust", **fields), vouching=True))

    def read(self, operation: Operation, **fields: Any) -> Reading[Balance | Expiring | Transactions | Profile]:
        """Make a read and give what it came to."""
        return self.wait(self.delivery.read(self.translation(operation, **fields)))

    def abandoned(self, arrivals: int) -> Outcome:
        """Make an adjustment that is cancelled once so many requests have arrived, and give its outcome."""

        async def cancelled() -> Outcome:
            writing = asyncio.create_task(self.delivery.write(self.translation("adjust")))
            await self.simulator.arrived(arrivals)
            writing.cancel()
            return await writing

        return self.wait(cancelled())

    def call(self, operation: Operation, **fields: Any) -> list[Request]:
        """Make a call, whatever the vendor says to it, and give the requests that arrived there."""
        before = len(self.simulator.requests)
        if operation == "adjust":
            self.adjust(**fields)
        else:
            with suppress(VendorError):
                self.read(operation, **fields)
        return self.simulator.requests[before:]

    def fresh_call(self, operation: Operation, **fields: Any) -> list[Request]:
        """The same from a fresh start."""
        self.fresh()
        return self.call(operation, **fields)

    def answers(self, operation: Operation) -> list[Answer]:
        """What the vendor answers to each request of a call that goes well; nothing of it stays."""
        requests = self.call(operation)
        self.fresh()
        answers = [self.simulator.handle(request) for request in requests]
        self.fresh()
        return answers

    def refusals(self, operation: Operation) -> list[Answer]:
        """What the vendor answers to a call's last request without credentials, and about an unknown member."""
        last = self.call(operation)[-1]
        refused = [Request(last.method, last.target, (), last.body)]
        if self.example.unknown_member is not None:
            refused.append(self.fresh_call(operation, member=Member.parse(self.example.unknown_member))[-1])
        answers = [self.simulator.handle(request) for request in refused]
        # One that needs no credentials is answered all the same.
        return [answer for answer in answers if answer not in self.answers(operation)]

    def alarms(self, why: str) -> int:
        """How many alarms of a kind were counted so far."""
        counted = re.search(
            rf'^points_alarms_total{{why="{why}"}} (\d+)', self.metrics.exposition().decode(), re.MULTILINE
        )
        return int(counted[1]) if counted else 0

    def fresh(self) -> None:
        """Forget everything that happened."""
        self.simulator.reset()
        self.transport.given.clear()

    def spoil(self, number: int, fault: dict[str, Any]) -> None:
        """From a fresh start, let the request with this number, counted from 0, meet a fault."""
        self.fresh()
        self.simulator.faults.add(*[{"kind": "delay", "seconds": 0}] * number, fault)

    def effect_number(self) -> int:
        """How many requests an adjustment makes before the one with the effect."""
        self.call("adjust")
        number = [request.effect for request in self.transport.given].index(True)
        self.fresh()
        return number
