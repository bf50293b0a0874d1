"""Tokens of fabric that expire: fetched for the client's credentials as the public documents show."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.fabric.adapter import Settings
from adapters.fabric.simulated_tokens import CLIENT_ID, CLIENT_SECRET, V2_PATH, V3_PATH, V3_SCOPE
from adapters.fabric.simulator import FabricSimulator
from gateway.adjustments import Verdict
from gateway.delivery.channels import Channels
from gateway.delivery.delivery import Delivery
from gateway.delivery.tokens import AllTokens
from gateway.delivery.ways import ways
from gateway.errors import VendorAuthFailed
from gateway.metrics import Metrics
from gateway.model import Adjustment, Balance, Expiring, Member
from gateway.planning.translation import Translator
from gateway.port.registry import adapters
from gateway.reads import BalanceRead, ExpiringRead
from tests.deadlines import DEADLINE, scaled

MEMBER = Member.parse(FabricSimulator.example.member)
CREDENTIALS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "scope": V3_SCOPE}
TOKEN = "token-of-the-club"


class Club:
    """A simulator whose clock is set by hand, and the way to it with a client's credentials."""

    def __init__(self, vendor: FabricSimulator, settings: dict[str, Any], channels: Channels, metrics: Metrics) -> None:
        self.vendor = vendor
        kind = adapters()["fabric"]
        self.translator = Translator("club", kind, kind.settings.model_validate(settings))
        tokens = AllTokens(clock=lambda: 0.0, metrics=metrics)  # only the vendor knows that time passes
        opened = ways([self.translator], channels, tokens, outages=0, metrics=metrics, clock=lambda: datetime.now(UTC))
        self.way: Delivery = opened.calls["club"]

    async def write(self) -> Verdict:
        translation = self.translator.adjust(Adjustment(MEMBER, Decimal(5)), id="adj_1")
        return (await self.way.write(translation)).verdict

    async def balance(self) -> Balance:
        return (await self.way.read(self.translator.read(BalanceRead(MEMBER, None)))).result

    async def expiring(self) -> Expiring:
        return (await self.way.read(self.translator.read(ExpiringRead(MEMBER, None, None)))).result

    def fetches(self) -> int:
        return len([request for request in self.vendor.requests if request.path in (V2_PATH, V3_PATH)])


class Clock:
    """The vendor's clock."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 26, tzinfo=UTC)


def play(body: Any, path: str = V3_PATH, **changes: Any) -> None:
    """Run a test's body, with these changes of the credentials or, as `token`, with a token instead of them."""

    async def bounded() -> None:
        clock, metrics = Clock(), Metrics()
        channels = Channels(metrics=metrics, clock=lambda: 0.0)
        async with asyncio.timeout(DEADLINE), FabricSimulator(now=lambda: clock.now) as vendor:
            settings = {**vendor.settings, "timeout": scaled(10)}
            if "token" not in changes:
                del settings["token"]
                address = {"token_url": vendor.origin + path}
                settings["client_credentials"] = {**CREDENTIALS, **address, **changes}
            try:
                running: Coroutine[Any, Any, None] = body(Club(vendor, settings, channels, metrics), clock)
                await running
            finally:
                channels.close()

    asyncio.run(bounded())


@pytest.mark.parametrize(("path", "scope"), [(V3_PATH, V3_SCOPE), (V2_PATH, V3_SCOPE), (V2_PATH, None)])
def test_every_call_carries_the_token_that_was_issued(path: str, scope: str | None) -> None:
    """At the address of the v3 pages and at that of the v2 pages, where a scope may be absent; one for all calls."""

    async def body(club: Club, clock: Clock) -> None:
        assert await club.write() is Verdict.APPLIED
        assert (await club.balance()).available == 5
        await club.expiring()
        assert club.fetches() == 1
        issued = {request.header("Authorization") for request in club.vendor.requests if "/api/" in request.path}
        assert len(issued) == 1
        assert "Bearer simulated-issued-token-" in min(map(str, issued))

    play(body, path, scope=scope)


def test_a_token_that_has_expired_for_the_vendor_is_renewed() -> None:
    """After a clock that goes otherwise than ours, a write is made once more, and books once."""

    async def body(club: Club, clock: Clock) -> None:
        await club.balance()
        clock.now += timedelta(seconds=club.vendor.tokens.life)
        assert await club.write() is Verdict.APPLIED
        club.vendor.tokens.revoke()
        assert (await club.balance()).available == 5
        assert (club.fetches(), len(club.vendor.effects)) == (3, 1)

    play(body)


@pytest.mark.parametrize("changes", [{"client_secret": "another-secret"}, {"scope": "other"}, {"style": "form"}])
def test_credentials_that_the_vendor_refuses(changes: dict[str, Any]) -> None:
    """No call leaves without a token. That only the header is taken is how the documents show it."""

    async def body(club: Club, clock: Clock) -> None:
        with pytest.raises(VendorAuthFailed):
            await club.balance()
        assert await club.write() is Verdict.NOT_APPLIED
        assert {request.path for request in club.vendor.requests} == {V3_PATH}

    play(body, **changes)


def test_a_token_of_the_settings_is_sent_as_it_is() -> None:
    """Nothing is fetched then."""

    async def body(club: Club, clock: Clock) -> None:
        assert not club.translator.fetches
        assert await club.write() is Verdict.APPLIED
        assert club.fetches() == 0

    play(body, token=None)


@pytest.mark.parametrize(
    "fields", [{}, {"token": TOKEN, "client_credentials": {**CREDENTIALS, "token_url": "https://club.example/token"}}]
)
def test_there_is_one_way_to_a_token(fields: dict[str, Any]) -> None:
    """A token, or credentials for which one is issued."""
    with pytest.raises(ValidationError, match="token or client_credentials is required, and only one of them"):
        Settings.model_validate({"adapter": "fabric", "base_url": "https://club.example/api", **fields})
