"""A vendor that issues tokens at another address, its adapter, and the ways to it; the clock is set by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from gateway.delivery.channels import Channels
from gateway.delivery.delivery import Delivery
from gateway.delivery.outcome import Outcome
from gateway.delivery.tokens import AllTokens
from gateway.delivery.ways import Ways, ways
from gateway.errors import VendorRejected
from gateway.metrics import Metrics
from gateway.model import Adjustment, Applied, Balance, Member
from gateway.planning.translation import Translator
from gateway.port import (
    Adapter,
    ClientCredentials,
    Exchange,
    Issued,
    VendorRequest,
    VendorResponse,
    VendorSettings,
    client_credentials,
)
from gateway.port.registry import AdapterType
from gateway.reads import BalanceRead
from gateway.simulation import Answer, Effect, Example, Request, Simulator, jsontext
from tests.deadlines import DEADLINE, scaled

SECRET = "the-secret-of-the-client"
MEMBER = Member("card", "1")


class Settings(VendorSettings):
    """What an account of the office has."""

    client_credentials: ClientCredentials


class Office(Adapter[Settings]):
    """The adapter: every request carries a token."""

    schemes = ("card",)
    refusals = {422: VendorRejected}  # noqa: RUF012 (a ClassVar)

    def token(self) -> Exchange[Issued]:
        """Fetch a token."""
        return (yield from client_credentials(self.settings.client_credentials))

    def adjust(self, *, member: Member, points: Decimal, token: str) -> Exchange[Applied]:
        """Look, then write an entry."""
        yield from self._asked(VendorRequest("GET", "/look", _bearer(token)))
        answer = yield from self._asked(VendorRequest.json("POST", "/entries", {"p": points}, headers=_bearer(token)))
        return Applied(str(answer["entry"]), details={"echo": answer.get("echo")})

    def balance(self, *, member: Member, token: str) -> Exchange[Balance]:
        """Read what there is."""
        answer = yield from self._asked(VendorRequest("GET", "/balance", _bearer(token)))
        return Balance(Decimal(answer["left"]))

    def probe(self, *, token: str) -> Exchange[None]:
        """Look."""
        yield from self._asked(VendorRequest("GET", "/look", _bearer(token)))

    def _asked(self, request: VendorRequest) -> Exchange[dict[str, Any]]:
        response: VendorResponse = yield request
        self.judge(response, listed=response.status == 422, message=response.rough_text())
        return response.json_object()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Issuer(Simulator):
    """Issues tokens; `life` is what it says of them, None for nothing."""

    name = "issuer"
    example = Example(settings={}, base_path="/token", member="card:1")

    def seed(self) -> None:
        """No token issued."""
        self.life: float | None = 600
        self.issued: list[str] = []
        self.valid: set[str] = set()

    def handle(self, request: Request) -> Answer:
        """Issue a token to whoever asks."""
        self.issued.append(f"the-token-number-{len(self.issued)}")
        self.valid.add(self.issued[-1])
        life = {} if self.life is None else {"expires_in": self.life}
        return Answer.json(200, {"token_type": "Bearer", "access_token": self.issued[-1], **life})


class Counter(Simulator):
    """Takes entries from whoever has a token that is valid."""

    name = "office"
    example = Example(settings={"adapter": "office"}, base_path="/office", member="card:1")
    issuer: Issuer

    def seed(self) -> None:
        """One holder."""
        self.ledger.open("card:1", {"points": Decimal(0)})

    def handle(self, request: Request) -> Answer:
        """Look, read, or write an entry; or issue a token to whoever logs in."""
        if request.path == "/office/login":
            return self.issuer.handle(request)
        if (request.header("Authorization") or "").removeprefix("Bearer ") not in self.issuer.valid:
            return Answer.json(401, {"error": "not valid"})
        if request.method == "POST":
            points = Decimal(jsontext.read(request.body)["p"])
            self.ledger.post(Effect(self.now(), "card:1", points, "points", "e-1", {}), ["points"])
        return Answer.json(200, {"entry": "e-1", "left": self.ledger.balance("card:1", "points")})

    def tokens(self, path: str) -> list[str]:
        """The tokens of the requests at a path, in their order."""
        asked = [request for request in self.requests if request.path == f"/office{path}"]
        return [(request.header("Authorization") or "").removeprefix("Bearer ") for request in asked]


class Town:
    """An office, its issuer, and the ways to it; `now` is the clock of tokens and circuits."""

    def __init__(self, adapter: type[Office], timeout: float, outages: int) -> None:
        self.now = 0.0
        self.issuer, self.office = Issuer(), Counter()
        self.office.issuer = self.issuer
        self.kind = AdapterType.of("office", adapter)
        self.metrics = Metrics()
        self.channels = Channels(metrics=self.metrics, clock=lambda: self.now)
        self.tokens = AllTokens(metrics=self.metrics, clock=lambda: self.now)
        self.outages = outages
        self._timeout = timeout

    def translator(self, **credentials: Any) -> Translator:
        """The vendor as it is configured."""
        whole = {"token_url": self.issuer.base_url, "client_id": "brand", "client_secret": SECRET, **credentials}
        fields = {**self.office.settings, "timeout": self._timeout, "client_credentials": whole}
        return Translator("office", self.kind, Settings.model_validate(fields))

    def ways(self, vendor: Translator) -> Ways:
        """The ways of one configuration."""
        return ways(
            [vendor],
            self.channels,
            self.tokens,
            outages=self.outages,
            metrics=self.metrics,
            clock=lambda: datetime.now(UTC),
        )

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Town"]:
        """Simulators that run, and a way to them."""
        async with self.issuer, self.office:
            self.vendor = self.translator()
            self.opened_ways = self.ways(self.vendor)
            try:
                yield self
            finally:
                self.channels.close()

    @property
    def way(self) -> Delivery:
        """The way for calls."""
        return self.opened_ways.calls["office"]

    async def write(self) -> Outcome:
        """Write an entry of 5 points."""
        return await self.way.write(self.vendor.adjust(Adjustment(MEMBER, Decimal(5)), id="adj_1"), vouching=True)

    async def read(self) -> Balance:
        """Read the balance."""
        return (await self.way.read(self.vendor.read(BalanceRead(MEMBER, None)))).result

    def fetches(self) -> int:
        """How many requests for a token have arrived."""
        return len(self.issuer.requests)


def play(
    body: Callable[[Town], Coroutine[Any, Any, None]],
    adapter: type[Office] = Office,
    *,
    timeout: float = scaled(10),
    outages: int = 0,
) -> None:
    """Run a test's body in a town of its own, within the deadline."""

    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE), Town(adapter, timeout, outages).opened() as town:
            await body(town)

    asyncio.run(bounded())
