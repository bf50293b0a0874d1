"""One adapter and its simulator, with all of the gateway that lies between them below the HTTP edge."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from gateway.conformance import fitting
from gateway.conformance.breach import Unplaced
from gateway.conformance.line import Line, Log, Passed
from gateway.conformance.pair import Pair
from gateway.delivery.channels import alone
from gateway.delivery.delivery import Delivery
from gateway.delivery.outcome import Outcome, Reading
from gateway.delivery.tokens import AllTokens, address
from gateway.errors import VendorError
from gateway.metrics import Metrics
from gateway.model import Adjustment, Balance, Expiring, Found, Member, Operation, Period, Profile, Transactions
from gateway.planning.fresh import NO_TOKEN, Source
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.reads import BalanceRead, ExpiringRead, LookupRead, TransactionsRead
from gateway.simulation import Answer, Request
from gateway.transport import boottime
from gateway.write import Write

T = TypeVar("T")
PERIOD = Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
Step = Callable[..., Any]
"""Calls what it is given with the arguments that follow."""
DEADLINE, TIMEOUT = 60.0, 10.0
"""Seconds of patience for one step, and of the vendor's time-out, on a machine that is not busy."""


def called(call: Callable[..., T], *arguments: Any) -> T:
    """Call it."""
    return call(*arguments)


class Bench:
    """A running simulator and the adapter configured for it; `changes` are made to the example's settings.

    `patience`: a factor for every deadline, on a machine that is busy. `example`: the simulator's, with its members as
    the adapter names them. Raises `Unfit` for an adapter that the example does not fit.
    """

    def __init__(self, pair: Pair, *, patience: float = 1.0, **changes: Any) -> None:
        self.example = fitting.example(pair)
        assert pair.simulator is not None  # noqa: S101 (it has an example)
        self.pair = pair
        self.kind = pair.kind
        self.examples = pair.examples
        self.patience = patience
        self.simulator = pair.simulator()
        self.simulator.new_id = lambda: UUID(int=next(self._ids), version=4)
        self.metrics = Metrics()
        self._changes = changes
        self._runner = asyncio.Runner()
        self._log = Log()
        self._began = datetime.now(UTC)
        self._anew()

    def __enter__(self) -> Self:
        try:
            self.wait(self.simulator.start())
            # As text would come from a configuration, so that the settings' own reading is part of it.
            changes = {"timeout": TIMEOUT * self.patience, **self._changes}
            self.settings = fitting.settings(self.pair, self.simulator.settings, **changes)
            source = Source(clock=self._moment, nonce=lambda: f"{next(self._nonces):032x}")
            self.translator = Translator("vendor", self.kind, self.settings, source=source)
            fitting.known(self.pair, self.translator.adapter)
            self.transport = Line(self.settings, self.simulator, self._log)
            self._open()
        except BaseException:
            self.__exit__(None, None, None)
            raise
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

    def another(self, **changes: Any) -> "Bench":
        """A bench of the same adapter, with these changes in place of its own."""
        return type(self)(self.pair, patience=self.patience, **changes)

    @contextmanager
    def direct(self) -> Iterator[None]:
        """Hand requests to the simulator within the block, over no socket: only faults that answer can be played."""
        self._log.direct, before = True, self._log.direct
        try:
            yield
        finally:
            self._log.direct = before

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something to its end on the bench's own loop, within the deadline."""

        async def bounded() -> T:
            async with asyncio.timeout(DEADLINE * self.patience):
                return await coroutine

        return self._runner.run(bounded())

    @property
    def member(self) -> Member:
        """The example's member."""
        return Member.parse(self.example.member)

    @property
    def passed(self) -> list[Passed]:
        """The requests since the last fresh start, with what came of them."""
        return self._log.passed

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
        return self.written(self.translation("adjust", **fields))

    def written(self, translation: Translation[Any]) -> Outcome:
        """Have a write and give its outcome."""
        return self.wait(self.delivery.write(translation, vouching=True))

    def read(self, operation: Operation, **fields: Any) -> Reading[Balance | Expiring | Transactions | Profile]:
        """Make a read and give what it came to."""
        return self.wait(self.delivery.read(self.translation(operation, **fields)))

    def find(self, *, id: str = "adj_1", cursor: str | None = None, **fields: Any) -> Found:  # noqa: A002 (the port's)
        """Look for an adjustment, a page at a time where the vendor is searched so."""
        write = Write(self.adjustment(**fields))
        return self.wait(self.delivery.read(self.translator.find(write, id=id, cursor=cursor))).result

    def driven(self, make: Callable[[], Translation[T]], step: Step = called) -> T:
        """What the adapter itself returns or raises in a call that `make` translates, as it is before it is masked.

        Its requests are handed to the simulator. `step` runs each part of the adapter's own work.
        """
        translation = step(make)
        token = self.driven(self.translator.token).value if translation.takes_token else NO_TOKEN
        exchange, request = step(translation.begin, token)
        while True:
            response = self.transport.hand(request.resolved(writing=translation.writes))
            try:
                request = step(exchange.send, response)
            except StopIteration as done:
                result: T = done.value
                return result

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
        """What the vendor answers to each request of a call that goes well, from a fresh start; nothing of it stays."""
        requests = self.fresh_call(operation)
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
        return self.metrics.shown.alarms().get(why, 0)

    def fresh(self) -> None:
        """Forget everything that happened."""
        self._anew()
        self.simulator.reset()
        self._log.passed.clear()
        if self.translator.fetches:
            self._open()  # with no token yet

    def spoil(self, number: int, fault: dict[str, Any]) -> None:
        """From a fresh start, let the request with this number, counted from 0, meet a fault."""
        self.fresh()
        self.simulator.faults.add(*[{"kind": "delay", "seconds": 0}] * number, fault)

    def effect_number(self) -> int:
        """How many requests an adjustment makes before the one with the effect. Raises `Unplaced` if none has one."""
        self.call("adjust")
        number = self.effect_passed("one-request-of-a-write-has-the-effect")
        self.fresh()
        return number

    def effect_passed(self, check: str) -> int:
        """Which of the `passed` requests has the effect. Raises `Unplaced` if none has, which `check` is about."""
        effects = [each.request.effect for each in self.passed]
        if True not in effects:
            raise Unplaced(check)
        return effects.index(True)

    def _anew(self) -> None:
        """Have moments, nonces and the vendor's ids be those of every fresh start: equal calls are equal requests."""
        self._nonces, self._seconds, self._ids = count(), count(), count(1)

    def _moment(self) -> datetime:
        """The time, a second later at each look."""
        return self._began + timedelta(seconds=next(self._seconds))

    def _open(self) -> None:
        """Open the way to the vendor."""
        tokens = None
        if self.translator.fetches:
            issuing = self.settings.at(address(self.translator))
            line = Line(issuing, self.simulator, self._log)
            channel = alone("vendor", issuing, line, outages=0, clock=boottime, metrics=self.metrics)
            tokens = AllTokens(clock=boottime, metrics=self.metrics).of(self.translator, channel)
        self.delivery = Delivery(
            "vendor",
            self.settings,
            self.transport,
            metrics=self.metrics,
            clock=lambda: datetime.now(UTC),
            boottime=boottime,
            tokens=tokens,
        )
