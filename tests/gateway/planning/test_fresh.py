"""A token, the time and a nonce are new in each exchange, and do not count where a vendor compares requests."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from gateway.delivery.digest import digest
from gateway.delivery.redaction import Redactor
from gateway.errors import OperationNotSupported
from gateway.model import Adjustment, Applied, Balance, Member
from gateway.planning.fresh import NO_TOKEN, Source
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.port import Adapter, Exchange, Issued, VendorRequest, VendorSettings
from gateway.port.registry import AdapterType
from gateway.reads import BalanceRead

MEMBER = Member("card", "1")
BEGINNING = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Signed(Adapter[VendorSettings]):
    """Dates and signs each write; a read takes none of these."""

    schemes = ("card",)
    nonces: tuple[str, ...] = ("X-Time", "X-Nonce")

    def token(self, *, nonce: str) -> Exchange[Issued]:
        """Fetch a token."""
        yield VendorRequest("POST", f"/token?{nonce}", effect=False)
        return Issued("a-token-that-is-new")

    def adjust(self, *, member: Member, points: Decimal, token: str, now: datetime, nonce: str) -> Exchange[Applied]:
        """Write."""
        headers = {"Authorization": f"Bearer {token}", "X-Time": now.isoformat(), "X-Nonce": nonce}
        yield VendorRequest("POST", "/entries", headers, nonces=self.nonces)
        return Applied()

    def balance(self, *, member: Member) -> Exchange[Balance]:
        """Read."""
        yield VendorRequest("GET", "/balance")
        return Balance()


class Undeclared(Signed):
    """Signs, and does not say so."""

    nonces = ("X-Time",)


class Fixed(Signed):
    """Has a token of the configuration."""

    fetches = False

    def adjust(  # type: ignore[override]
        self, *, member: Member, points: Decimal, token: str = "of-the-settings"
    ) -> Exchange[Applied]:
        """Write."""
        yield VendorRequest("POST", "/entries", {"Authorization": f"Bearer {token}"})
        return Applied()


def translator(adapter: type[Signed] = Signed) -> Translator:
    moments: Iterator[int] = count()
    source = Source(lambda: BEGINNING + timedelta(seconds=next(moments)), lambda: f"nonce-{next(moments)}")
    settings = VendorSettings(adapter="signed", base_url="https://vendor.example")
    return Translator("desk", AdapterType.of("signed", adapter), settings, source=source)


def write(vendor: Translator) -> Translation[Applied]:
    return vendor.adjust(Adjustment(MEMBER, Decimal(5)), id="adj_1")


def test_each_exchange_has_new_ones() -> None:
    """The plan has no token; each exchange that begins has the one that it is begun with, and a time and a nonce."""
    translation = write(translator())
    assert translation.takes_token
    requests = [translation.request, *(translation.begin(token)[1] for token in ("first", "second", "second"))]
    tokens, times, nonces = zip(*(request.headers.values() for request in requests), strict=True)
    assert tokens == (f"Bearer {NO_TOKEN}", "Bearer first", "Bearer second", "Bearer second")
    assert len(set(times)) == len(set(nonces)) == 4
    assert all(datetime.fromisoformat(each).utcoffset() == timedelta(0) for each in times)


def test_a_method_that_takes_none_is_begun_once() -> None:
    """The exchange of the planning is the one that is driven."""
    translation = translator().read(BalanceRead(MEMBER, None))
    assert (translation.takes_token, translation.fresh) == (False, None)
    assert translation.begin()[1] is translation.request


def test_a_token_is_asked_for_with_a_nonce() -> None:
    """The method of the token is one like the others."""
    token = translator().token()
    assert token.begin()[1].path != token.begin()[1].path


def test_an_adapter_that_fetches_none_with_its_settings_is_passed_none() -> None:
    """It has its own token, and cannot be asked for one."""
    vendor = translator(Fixed)
    assert not vendor.fetches
    assert write(vendor).begin("other")[1].headers == {"Authorization": "Bearer of-the-settings"}
    with pytest.raises(OperationNotSupported, match="issues no tokens"):
        vendor.token()


def test_none_of_them_is_what_a_caller_can_say() -> None:
    """Capabilities and refusals go by what callers send."""
    kind = translator().kind
    assert kind.operations == {"adjust": {"member", "points"}, "balance": {"member"}}
    assert set(kind.needs["adjust"]) == set()


@pytest.mark.parametrize(("adapter", "same"), [(Signed, True), (Undeclared, False)])
def test_a_repeat_differs_in_declared_nonces_and_the_token_alone(adapter: type[Signed], same: bool) -> None:
    """The digest is that of the plan, whenever and with whichever token the request is made; else it is another."""
    translation = write(translator(adapter))

    def of(request: VendorRequest, **secrets: Any) -> str:
        return digest(request, base_url="https://vendor.example", redactor=Redactor(secrets.values()))

    plan = of(translation.request)
    digests = {of(translation.begin(token)[1], token=token) for token in ("the-first-token", "the-second-token")}
    assert (digests == {plan}) is same
