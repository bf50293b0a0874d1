"""A vendor's token: fetched once for all who need it, renewed in time or after a judged 401, and shown nowhere."""

import asyncio
import gc
import json
from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.adjustments import Verdict
from gateway.answers.plans import preview
from gateway.delivery.circuit import FIRST_PAUSE
from gateway.delivery.gate import Held
from gateway.delivery.no_token import NoToken, TokenRefused
from gateway.delivery.outcome import Outcome
from gateway.delivery.tokens import LONGEST, LONGEST_MARGIN, MARGIN, Token
from gateway.errors import AUTH_PAUSE, InternalError, VendorAuthFailed, VendorError, VendorUnavailable
from gateway.model import Adjustment, Applied, Balance, Member
from gateway.planning.planning import Planner
from gateway.planning.routing import Route, Router, Tenant
from gateway.port import Exchange, Issued, VendorRequest
from gateway.port.secrets import MASK
from gateway.transport import boottime
from gateway.write import Write
from tests.deadlines import scaled
from tests.gateway.delivery.office import MEMBER, SECRET, Office, Town, play

OK = {"kind": "delay", "seconds": 0}
FIRST, SECOND = "the-token-number-0", "the-token-number-1"


async def told(town: Town, result: str, count: int) -> None:
    """Return once so many requests for a token have come to this."""
    line = f'points_tokens_total{{result="{result}",vendor="office"}} {count}.0'
    while line not in town.metrics.exposition().decode():  # noqa: ASYNC110 (done in the background, and counted there)
        await asyncio.sleep(0)


def test_a_hundred_calls_at_once_fetch_one_token() -> None:
    """All of them wait for it, and each carries it; it is fetched at the address of its own."""

    async def body(town: Town) -> None:
        outcomes = await asyncio.gather(*(town.write() for _ in range(50)), *(town.read() for _ in range(50)))
        assert {each.verdict for each in outcomes[:50] if isinstance(each, Outcome)} == {Verdict.APPLIED}
        assert set(town.office.tokens("/entries")) == set(town.office.tokens("/balance")) == {FIRST}
        assert town.fetches() == 1
        assert 'points_tokens_total{result="issued",vendor="office"} 1.0' in town.metrics.exposition().decode()

    play(body)


@pytest.mark.parametrize(
    ("now", "carried", "fetched"),
    [(539.9, FIRST, 1), (540.0, FIRST, 2), (569.9, FIRST, 2), (570.0, SECOND, 2), (601.0, SECOND, 2)],
)
def test_a_token_is_renewed_before_its_life_is_over(now: float, carried: str, fetched: int) -> None:
    """In the first half of the last tenth while it serves; from the second half on calls wait for the next one."""

    async def body(town: Town) -> None:
        await town.read()
        town.now = now
        await town.read()
        assert town.office.tokens("/balance") == [FIRST, carried]
        await told(town, "issued", fetched)
        await town.read()
        assert town.office.tokens("/balance")[-1] == town.issuer.issued[-1]
        assert town.fetches() == fetched

    play(body)


@given(life=st.floats(0.001, 1e12), since=st.floats(0, 1e9))
def test_the_margin_is_at_most_a_tenth_of_a_life(life: float, since: float) -> None:
    """Whatever the life is: renewed before it serves no more, and that before it ends; a long life loses a minute."""
    token = Token.of(Issued("x", life), since)
    end = since + life
    assert since <= token.renewed_at <= token.ends_at <= end
    assert end - token.renewed_at <= min(life * MARGIN, LONGEST_MARGIN) + end * 1e-9


def test_a_token_without_an_end_serves_until_it_is_refused() -> None:
    """`expires_in` may be absent."""

    async def body(town: Town) -> None:
        town.issuer.life = None
        await town.read()
        town.now = 1e9
        await town.read()
        assert town.fetches() == 1
        town.issuer.valid.clear()
        await town.read()
        assert town.office.tokens("/balance") == [FIRST, FIRST, FIRST, SECOND]

    play(body)


def test_a_token_that_cannot_be_renewed_serves_to_its_end() -> None:
    """The next one is not asked for by each call, but again after half of what is left."""

    async def body(town: Town) -> None:
        await town.read()
        town.issuer.faults.add({"kind": "status", "status": 503, "times": 9})
        for now, fetched in ((540, 2), (541, 2), (554.9, 2), (555, 3), (556, 3)):
            town.now = now
            await town.read()
            await told(town, "failed", fetched - 1)
            assert town.fetches() == fetched
        assert set(town.office.tokens("/balance")) == {FIRST}

    play(body)


def test_a_revoked_token_is_renewed_once_for_all_calls_that_had_it() -> None:
    """Each call begins again with the new one: nothing was applied before, so each entry is written once."""

    async def body(town: Town) -> None:
        await town.read()
        town.issuer.valid.clear()
        outcomes = await asyncio.gather(*(town.write() for _ in range(30)))
        assert {each.verdict for each in outcomes} == {Verdict.APPLIED}
        assert (town.fetches(), len(town.office.effects)) == (2, 30)

    play(body)


def test_a_late_refusal_of_an_old_token_leaves_the_new_one() -> None:
    """A call whose token was renewed meanwhile goes on with that one, without another request for it."""

    async def body(town: Town) -> None:
        await town.read()
        town.office.faults.add({"kind": "hang", "when": "before"})
        late = asyncio.create_task(town.write())
        await town.office.arrived(2)
        town.issuer.valid.clear()
        await town.read()
        town.office.release()
        assert (await late).verdict is Verdict.APPLIED
        assert (town.fetches(), town.office.tokens("/look")) == (2, [FIRST, SECOND])

    play(body)


def test_the_request_with_the_effect_is_made_again_after_its_judged_401() -> None:
    """The whole exchange begins again; the evidence has the answer that decided, and the refusal before it.

    Both tokens are masked.
    """

    async def body(town: Town) -> None:
        echo = {"kind": "body", "body": json.dumps({"entry": "e-1", "echo": f"{FIRST}, {SECOND}"}), "apply": True}
        town.office.faults.add(OK, {"kind": "status", "status": 401}, OK, echo)
        outcome = await town.write()
        assert outcome.verdict is Verdict.APPLIED
        assert outcome.applied is not None
        assert outcome.applied.details == {"echo": "***, ***"}
        assert (outcome.evidence["status"], outcome.evidence["refused_before"]) == (200, 401)
        assert town.office.tokens("/look") == town.office.tokens("/entries") == [FIRST, SECOND]
        assert len(town.office.effects) == 1

    play(body)


def test_a_second_401_ends_the_attempt() -> None:
    """One renewal for a call: what the vendor refuses then is its answer, and applied nothing."""

    async def body(town: Town) -> None:
        town.office.faults.add(OK, {"kind": "status", "status": 401}, OK, {"kind": "status", "status": 401})
        outcome = await town.write()
        assert (outcome.verdict, type(outcome.error)) == (Verdict.NOT_APPLIED, VendorAuthFailed)
        assert (len(town.office.tokens("/entries")), town.fetches(), town.office.effects) == (2, 2, [])

    play(body)


def test_the_same_token_again_is_not_sent_again() -> None:
    """A vendor that issues what it just refused would refuse it once more; the evidence is that of the refusal."""

    async def body(town: Town) -> None:
        same = {"kind": "body", "body": json.dumps({"access_token": FIRST})}
        town.issuer.faults.add(OK, same)
        await town.read()
        town.office.requests.clear()
        town.issuer.valid.clear()
        town.office.faults.add(OK)
        outcome = await town.write()
        assert (outcome.verdict, type(outcome.error)) == (Verdict.NOT_APPLIED, VendorAuthFailed)
        assert town.office.tokens("/look") == [FIRST]

    play(body)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ({"kind": "status", "status": 500}, Verdict.UNKNOWN),
        ({"kind": "status", "status": 403}, Verdict.UNKNOWN),
        ({"kind": "close", "when": "after"}, Verdict.UNKNOWN),
        ({"kind": "status", "status": 422, "body": "no"}, Verdict.REFUSED),
        ({"kind": "status", "status": 429}, Verdict.NOT_APPLIED),
    ],
    ids=["500", "403", "close", "422", "429"],
)
def test_no_other_answer_begins_an_exchange_again(fault: dict[str, Any], verdict: Verdict) -> None:
    """Only a judged 401 to the effect lets a second one leave."""

    async def body(town: Town) -> None:
        town.office.faults.add(OK, fault)
        assert (await town.write()).verdict is verdict
        assert (len(town.office.tokens("/entries")), town.fetches()) == (1, 1)

    play(body)


class Unjudged(Office):
    """Takes a 401 for what it is without asking `judge`."""

    def adjust(self, *, member: Member, points: Decimal, token: str) -> Exchange[Applied]:
        """Write an entry."""
        yield VendorRequest.json("POST", "/entries", {"p": points}, headers={"Authorization": f"Bearer {token}"})
        raise VendorAuthFailed


class AsksAfterwards(Office):
    """Asks something after the entry."""

    def adjust(self, *, member: Member, points: Decimal, token: str) -> Exchange[Applied]:
        """Write an entry, then look."""
        headers = {"Authorization": f"Bearer {token}"}
        yield from self._asked(VendorRequest.json("POST", "/entries", {"p": points}, headers=headers))
        yield from self._asked(VendorRequest("GET", "/look", headers))
        return Applied()


@pytest.mark.parametrize("adapter", [Unjudged, AsksAfterwards])
def test_a_refusal_that_is_not_judged_or_not_of_the_effect_proves_nothing(adapter: type[Office]) -> None:
    """Neither what an adapter says of itself, nor a 401 to a request after the effect."""

    async def body(town: Town) -> None:
        town.office.faults.add(OK, {"kind": "status", "status": 401})
        assert (await town.write()).verdict is Verdict.UNKNOWN
        assert (len(town.office.tokens("/entries")), town.fetches()) == (1, 1)

    play(body, adapter)


FAILURES: list[tuple[dict[str, Any], type[VendorError]]] = [
    ({"kind": "status", "status": 400, "body": '{"error": "invalid_scope"}'}, TokenRefused),
    ({"kind": "status", "status": 401}, TokenRefused),
    ({"kind": "status", "status": 403}, TokenRefused),
    ({"kind": "status", "status": 404}, NoToken),
    ({"kind": "status", "status": 429, "headers": {"Retry-After": "7"}}, NoToken),
    ({"kind": "html", "status": 503}, NoToken),
    ({"kind": "reset", "when": "before"}, NoToken),
    ({"kind": "cut"}, NoToken),
    ({"kind": "html", "status": 200}, NoToken),
    *(
        ({"kind": "body", "body": json.dumps({"access_token": "a-token-that-is-new", **answer})}, NoToken)
        for answer in (
            {"access_token": None},
            {"access_token": ["a-token-that-is-new"]},
            {"access_token": "a token with\r\nlines"},
            {"access_token": "short"},
            {"access_token": "x1Y" * LONGEST},
            {"token_type": "mac"},
            {"expires_in": 0},
            {"expires_in": -1},
            {"expires_in": "soon"},
        )
    ),
]


@pytest.mark.parametrize(("fault", "kind"), FAILURES)
def test_what_a_token_endpoint_says_instead(fault: dict[str, Any], kind: type[VendorError]) -> None:
    """Nothing of a call was sent, so it may be tried again; credentials that are refused are told apart."""

    async def body(town: Town) -> None:
        town.issuer.faults.add({**fault, "times": 2})
        outcome = await town.write()
        assert (outcome.verdict, type(outcome.error), outcome.evidence["sent"]) == (Verdict.NOT_APPLIED, kind, False)
        assert outcome.error is not None
        assert outcome.error.retryable
        assert outcome.error.code == ("vendor_auth_failed" if kind is TokenRefused else "vendor_unavailable")
        assert (outcome.exchange, town.office.requests) == ((), [])
        if fault.get("status") == 400:
            assert "(status 400: invalid_scope)" in outcome.error.detail
        if fault.get("status") == 429:
            assert outcome.error.retry_after == 7
        if kind is TokenRefused:
            assert outcome.error.retry_after == AUTH_PAUSE
            with pytest.raises(TokenRefused):
                await town.read()
        town.issuer.faults.clear()
        assert (await town.write()).verdict is Verdict.APPLIED

    play(body)


def test_a_token_endpoint_that_hangs_takes_the_time_of_the_call() -> None:
    """The call ends within its own deadline, and nothing of it was sent."""

    async def body(town: Town) -> None:
        town.issuer.faults.add({"kind": "hang", "when": "before"})
        outcome = await town.write()
        assert (outcome.verdict, type(outcome.error)) == (Verdict.NOT_APPLIED, NoToken)
        assert town.office.requests == []

    play(body, timeout=scaled(0.1))


def test_a_call_waits_for_a_token_no_longer_than_it_may_take() -> None:
    """Its own deadline counts, and not that of the request for the token, which goes on for others."""

    async def body(town: Town) -> None:
        town.issuer.faults.add({"kind": "hang", "when": "before"})
        translation = town.vendor.adjust(Adjustment(MEMBER, Decimal(5)), id="adj_1")
        outcome = await town.way.write(translation, lease_until=boottime() + scaled(0.05))
        assert isinstance(outcome.error, NoToken)
        assert outcome.error.detail == "The vendor issued no token in time"

    play(body)


def test_a_token_endpoint_that_is_not_there() -> None:
    """No connection is no token."""

    async def body(town: Town) -> None:
        await town.issuer.stop()
        outcome = await town.write()
        assert (outcome.verdict, type(outcome.error)) == (Verdict.NOT_APPLIED, NoToken)

    play(body)


def test_a_failed_request_fails_all_who_wait_and_the_next_call_asks_again() -> None:
    """One request for all of them, each with an error of its own; what it logs is said once."""

    async def body(town: Town) -> None:
        town.issuer.faults.add({"kind": "status", "status": 401, "times": 2})
        with capture_logs() as logged:
            outcomes = await asyncio.gather(*(town.write() for _ in range(20)))
            assert {type(each.error) for each in outcomes} == {TokenRefused}
            assert len({id(each.error) for each in outcomes}) == 20
            assert town.fetches() == 1
            await town.write()
            assert (await town.write()).verdict is Verdict.APPLIED
        assert town.fetches() == 3
        assert [line["event"] for line in logged] == ["a vendor issues no tokens", "a vendor issues tokens again"]

    play(body)


def test_a_call_that_leaves_does_not_take_the_token_from_others() -> None:
    """The request goes on for those who still wait, and for the next."""

    async def body(town: Town) -> None:
        town.issuer.faults.add({"kind": "hang", "when": "before"})
        leaving, staying = asyncio.create_task(town.write()), asyncio.create_task(town.write())
        await town.issuer.arrived(1)
        leaving.cancel()
        assert (await leaving).verdict is Verdict.NOT_APPLIED
        town.issuer.release()
        assert (await staying).verdict is Verdict.APPLIED
        assert town.fetches() == 1

    play(body)


def test_an_issuer_that_is_away_is_left_alone() -> None:
    """Its circuit is its own: calls are held without a request, and the vendor's circuit stays closed."""

    async def body(town: Town) -> None:
        town.issuer.faults.add({"kind": "status", "status": 500, "times": 2})
        for _ in range(2):
            assert type((await town.write()).error) is NoToken
        held = await town.write()
        assert (type(held.error), held.verdict, town.fetches()) == (Held, Verdict.NOT_APPLIED, 2)
        assert not town.way.standing.wait
        town.now += FIRST_PAUSE
        assert (await town.write()).verdict is Verdict.APPLIED

    play(body, outages=2)


@pytest.mark.parametrize(("status", "kind"), [(401, TokenRefused), (500, VendorUnavailable)])
def test_an_attempt_whose_token_cannot_be_renewed_applied_nothing(status: int, kind: type[VendorError]) -> None:
    """The vendor refused the effect, and could not be asked again."""

    async def body(town: Town) -> None:
        town.office.faults.add(OK, {"kind": "status", "status": 401})
        town.issuer.faults.add(OK, {"kind": "status", "status": status})
        outcome = await town.write()
        assert (outcome.verdict, type(outcome.error)) == (Verdict.NOT_APPLIED, kind)
        assert outcome.evidence["refused_before"] == 401

    play(body)


def test_a_vendor_that_answers_is_not_held_for_its_issuer() -> None:
    """A token that cannot be renewed says nothing about the vendor, which refused the old one."""

    async def body(town: Town) -> None:
        town.office.faults.add({"kind": "status", "status": 401})
        town.issuer.faults.add(OK, {"kind": "status", "status": 500})
        assert (await town.write()).verdict is Verdict.NOT_APPLIED
        assert not town.way.standing.wait

    play(body, outages=1)


def test_a_call_that_is_cancelled_while_its_token_is_renewed_applied_nothing() -> None:
    """The effect was refused before."""

    async def body(town: Town) -> None:
        town.office.faults.add(OK, {"kind": "status", "status": 401})
        town.issuer.faults.add(OK, {"kind": "hang", "when": "before"})
        writing = asyncio.create_task(town.write())
        await town.issuer.arrived(2)
        writing.cancel()
        assert (await writing).verdict is Verdict.NOT_APPLIED

    play(body)


SPELLINGS: list[Callable[[str], str]] = [
    str,
    str.upper,
    lambda text: quote(quote(text.replace("-", "%2D"))),
    lambda text: text.encode().hex(),
    lambda text: b64encode(b"Bearer " + text.encode()).decode(),
    lambda text: "".join(f"&#{ord(each)};" for each in text),
]


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_no_token_and_no_secret_is_kept_or_shown(spelled: Callable[[str], str]) -> None:
    """Also where the vendor says them back, to a success and to a refusal, in whichever form."""

    async def body(town: Town) -> None:
        echo = f"you sent {spelled(FIRST)} for {spelled(SECRET)}"
        town.office.faults.add(OK, {"kind": "body", "body": json.dumps({"entry": "e-1", "echo": echo})})
        applied = await town.write()
        town.office.faults.add(OK, {"kind": "status", "status": 422, "body": json.dumps({"error": echo})})
        with capture_logs() as logged:
            refused = await town.write()
        assert (applied.verdict, refused.verdict) == (Verdict.APPLIED, Verdict.REFUSED)
        error = refused.error
        assert isinstance(error, VendorError)
        kept = json.dumps([applied.exchange, applied.evidence, refused.exchange, refused.evidence, logged], default=str)
        shown = f"{kept} {applied.applied} {error.detail} {error.vendor_message}"
        for secret in (FIRST, SECRET):
            assert secret not in shown
            assert spelled(secret) not in shown
        assert "you sent" in shown

    play(body)


def test_a_preview_shows_no_token_and_fetches_none() -> None:
    """`***` stands in its place."""

    async def body(town: Town) -> None:
        router = Router({"acme": Tenant("acme", {"adjust": (Route("rule", "office"),)})})
        planner = Planner(router, {"office": town.vendor}).masked()
        shown = preview(planner.write("acme", Write(Adjustment(MEMBER, Decimal(5))), id="adj_preview"))
        assert shown.request.headers == {"Authorization": f"Bearer {MASK}"}
        assert town.fetches() == 0

    play(body)


@pytest.mark.parametrize(
    ("change", "kept"),
    [({}, True), ({"client_secret": "another-secret-of-it"}, False), ({"scope": "s2s"}, False)],
    ids=["same", "secret", "scope"],
)
def test_a_token_outlives_a_configuration_with_the_same_settings(change: dict[str, Any], kept: bool) -> None:
    """Settings by which another token would be fetched make it do without."""

    async def body(town: Town) -> None:
        await town.read()
        old, vendor = town.opened_ways, town.translator(**change)
        town.vendor, town.opened_ways = vendor, town.ways(vendor)
        town.channels.release(old.channels)
        del old
        gc.collect()
        await town.read()
        assert town.fetches() == (1 if kept else 2)
        await town.read()

    play(body)


def test_a_probe_carries_the_token() -> None:
    """After an outage the vendor is probed with the token of its calls."""

    async def body(town: Town) -> None:
        town.office.faults.add(OK, {"kind": "status", "status": 500})
        assert (await town.write()).verdict is Verdict.UNKNOWN
        town.now += FIRST_PAUSE
        assert (await town.write()).verdict is Verdict.APPLIED
        assert town.office.tokens("/look") == [FIRST] * 3
        assert town.fetches() == 1

    play(body, outages=1)


class LogsIn(Office):
    """Has the vendor's own login call, at its own address."""

    def token(self, *, nonce: str) -> Exchange[Issued]:
        """Log in."""
        secret = self.settings.client_credentials.client_secret.reveal()
        login = VendorRequest.json("POST", "/login", {"secret": secret, "nonce": nonce}, effect=False)
        answer = yield from self._asked(login)
        return Issued(answer["access_token"], 600)


@pytest.mark.parametrize("status", [None, 401, 403, 500])
def test_a_login_call_of_the_vendors_own(status: int | None) -> None:
    """Its token is kept and shared like any other, and its refusal means the same."""

    async def body(town: Town) -> None:
        if status is not None:
            town.office.faults.add({"kind": "status", "status": status})
            outcome = await town.write()
            assert type(outcome.error) is (NoToken if status == 500 else TokenRefused)
            assert [request.path for request in town.office.requests] == ["/office/login"]
        assert {(await town.write()).verdict for _ in range(2)} == {Verdict.APPLIED}
        assert town.office.tokens("/entries") == [FIRST, FIRST]

    play(body, LogsIn)


class Wandering(Office):
    """Sends a call where only tokens are issued."""

    def balance(self, *, member: Member, token: str) -> Exchange[Balance]:
        """Ask the issuer."""
        yield VendorRequest("GET", "", base_url=self.settings.client_credentials.token_url)
        return Balance()


class Scattered(Office):
    """Fetches a token at one address, and then asks at another one."""

    def token(self) -> Exchange[Issued]:
        """Fetch a token twice."""
        yield from super().token()
        yield VendorRequest("GET", "/look")
        return Issued("a-token-of-nowhere")


@pytest.mark.parametrize("adapter", [Wandering, Scattered])
def test_no_request_goes_to_an_address_that_is_not_that_of_its_exchange(adapter: type[Office]) -> None:
    """A call goes to the vendor, and what is asked for a token to where tokens are issued."""

    async def body(town: Town) -> None:
        with pytest.raises(InternalError, match="another address"):
            await town.read()
        assert town.office.requests == []

    play(body, adapter)
