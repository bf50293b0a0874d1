"""A real account as a trial has it: its reads and writes, each of which is bounded, and none of which is repeated."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from gateway import exact
from gateway.conformance.allowance import Allowance, Metered
from gateway.delivery.channels import alone
from gateway.delivery.delivery import Delivery
from gateway.delivery.outcome import Outcome
from gateway.delivery.tokens import AllTokens, address
from gateway.metrics import Metrics
from gateway.model import Adjustment, Applied, Balance, Expiring, Member, Operation, Period, Transactions
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.reads import BalanceRead, ExpiringRead, R, Read, TransactionsRead
from gateway.transport import Withheld, boottime
from gateway.write import Write

T = TypeVar("T")
DESCRIPTION = "points-gateway: a trial, taken back at once"
PAGES = 20
"""Pages of one search."""
ROWS = 20
"""Rows of the one page of a history that is read."""
AHEAD = timedelta(days=30)
"""The period whose expiring points are asked for, from now on."""


@dataclass(frozen=True, slots=True)
class Trying:
    """What is tried: whose points, how many, of which type and for which reason; `requests`: no more than so many."""

    member: Member
    points: Decimal = Decimal(1)
    point_type: str | None = None
    reason: str | None = None
    requests: int = 40

    def adjustment(self, points: Decimal, described: bool) -> Adjustment:
        """The adjustment of so many points."""
        description = DESCRIPTION if described else None
        return Adjustment(self.member, points, self.point_type, description, self.reason)


class Account:
    """One real account, by its translator; a context manager. `allowance` counts all that is sent, tokens as well."""

    def __init__(self, translator: Translator, trying: Trying) -> None:
        self.translator = translator
        self.trying = trying
        self.allowance = Allowance(trying.requests)

    async def __aenter__(self) -> "Account":
        metrics, settings = Metrics(), self.translator.settings
        self._transports = [Metered(settings, self.allowance)]
        tokens = None
        if self.translator.fetches:
            issuing = settings.at(address(self.translator))
            self._transports.append(Metered(issuing, self.allowance))
            channel = alone("vendor", issuing, self._transports[1], outages=0, clock=boottime, metrics=metrics)
            tokens = AllTokens(clock=boottime, metrics=metrics).of(self.translator, channel)
        self._delivery = Delivery(
            self.translator.name,
            settings,
            self._transports[0],
            metrics=metrics,
            clock=lambda: datetime.now(UTC),
            boottime=boottime,
            tokens=tokens,
        )
        return self

    async def __aexit__(self, *raised: object) -> None:
        for transport in self._transports:
            transport.close()

    def can(self, operation: Operation) -> bool:
        """Whether the account has an operation."""
        return operation in self.translator.kind.operations

    def writing(self, points: Decimal, own_id: str, *, masked: bool = False) -> Translation[Applied]:
        """The adjustment as the vendor is told it; `masked`: without secrets, to be shown. Raises `GatewayError`."""
        translator = self.translator.masked() if masked else self.translator
        return translator.adjust(self._adjustment(points), id=own_id)

    async def written(self, points: Decimal, own_id: str) -> Outcome:
        """Make an adjustment, by one request with an effect at most."""
        left = False

        async def leave(digest: str) -> bool:
            nonlocal left
            if left:
                raise Withheld("A trial sends one request with an effect for a write, and this is another one")
            left = True
            return False

        return await self._delivery.write(self.writing(points, own_id), leave=leave)

    async def balance(self) -> Balance:
        """The member's balance. Raises `GatewayError`, as all that follows does."""
        return await self._read(BalanceRead(self.trying.member, self._type("balance")))

    async def expiring(self) -> Expiring:
        """What expires within the next days, or as the vendor schedules it."""
        now = datetime.now(UTC).replace(microsecond=0)
        period = Period(now, now + AHEAD) if self._takes("expiring", "period") else None
        return await self._read(ExpiringRead(self.trying.member, self._type("expiring"), period))

    async def history(self) -> Transactions:
        """One page of the member's history."""
        return await self._read(TransactionsRead(self.trying.member, limit=ROWS, point_type=self._type("transactions")))

    async def found(self, points: Decimal, own_id: str) -> list[Applied]:
        """All that a search for an adjustment finds."""
        write, cursor = Write(self._adjustment(points)), None
        matches: list[Applied] = []
        for _ in range(PAGES):
            question = self.translator.find(write, id=own_id, cursor=cursor)
            found = (await self._delivery.read(question)).result
            matches += found.matches
            if (cursor := found.next_cursor) is None:
                break
        return matches

    def _adjustment(self, points: Decimal) -> Adjustment:
        return self.trying.adjustment(points, described=self._takes("adjust", "description"))

    def _takes(self, operation: Operation, parameter: str) -> bool:
        return parameter in self.translator.kind.operations[operation]

    def _type(self, operation: Operation) -> str | None:
        return self.trying.point_type if self._takes(operation, "point_type") else None

    async def _read(self, read: Read[R]) -> R:
        return (await self._delivery.read(self.translator.read(read))).result


async def until(
    ask: Callable[[], Awaitable[T]],
    holds: Callable[[T], bool],
    *,
    pauses: tuple[float, ...],
    sleep: Callable[[float], Awaitable[None]],
) -> T:
    """What `ask` gives, asked again after each pause until it holds; the last answer where none does."""
    for pause in pauses:
        if holds(answer := await ask()):
            return answer
        await sleep(pause)
    return await ask()


def shown(points: Decimal | None) -> str:
    """Points for people."""
    return "no number" if points is None else exact.text(points)
