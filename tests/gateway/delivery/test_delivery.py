"""What a delivery says of an exchange rests on what was sent, whatever the adapter says of it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.adjustments import Verdict
from gateway.delivery.call import MOST
from gateway.delivery.delivery import Delivery
from gateway.delivery.retries import Retries
from gateway.errors import InternalError, MemberNotFound
from gateway.model import Adjustment, Applied, Found, Member
from gateway.port import Adapter, Exchange, VendorRequest, VendorResponse
from gateway.port.registry import AdapterType
from gateway.port.secrets import Expanded
from gateway.transport import boottime
from gateway.write import Write
from tests.adapters.bench import Bench, Pair
from tests.adapters.fifth_vendor import broken
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator

PAPER = Pair(AdapterType.of("paper", Paper), PaperSimulator)
BROKEN_CONTRACTS = (
    (broken.ClaimsWithoutASign, 0, "no request of it had an effect"),
    (broken.DeniesItsEffect, 1, "no request of it had an effect"),
    (broken.ReturnsNothing, 1, "what is no Applied"),
    (broken.YieldsNoRequest, 1, "what is no request"),
    (broken.GoesInCirclesAfter, 1, f"more than {MOST} requests"),
    (broken.WritesTwice, 1, "one more request with an effect"),
)


@contextmanager
def bench(adapter: type[Adapter]) -> Iterator[Bench]:  # type: ignore[type-arg]  # whatever its settings
    with Bench(Pair(AdapterType.of("paper", adapter), PaperSimulator)) as opened:
        yield opened


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_a_write_has_its_effect_by_a_post_that_says_nothing_of_it(kind: str) -> None:
    """The adapter does not mark the request that writes: once it has left, a broken connection leaves it unknown."""
    with bench(Paper) as paper:
        assert paper.adjust(id="adj_1").verdict is Verdict.APPLIED
        paper.spoil(1, {"kind": kind, "when": "after"})
        outcome = paper.adjust(id="adj_2")
        assert (outcome.verdict, outcome.evidence["sent"]) == (Verdict.UNKNOWN, True)
        assert [request.effect for request in paper.transport.requests] == [False, True]
        assert len(paper.simulator.effects) == 1


@pytest.mark.parametrize(
    ("adapter", "effects", "why"), BROKEN_CONTRACTS, ids=lambda part: getattr(part, "__name__", "")
)
def test_an_adapter_that_breaks_its_contract_proves_nothing_and_alarms(
    adapter: type[Paper], effects: int, why: str
) -> None:
    """Its write is unknown, whatever it returned; the evidence and an error in the log say why, and it is counted."""
    with bench(adapter) as paper, capture_logs() as logged:
        outcome = paper.adjust(id="adj_1")
        assert (outcome.verdict, outcome.applied, outcome.error) == (Verdict.UNKNOWN, None, None)
        assert why in outcome.evidence["error"]
        assert paper.alarms("adapter") == 1
        [line] = [line for line in logged if line["event"] == "an adapter broke its contract"]
        assert (line["log_level"], line["adjustment"], line["vendor"]) == ("error", "adj_1", "vendor")
        assert why in line["why"]
        assert len(paper.simulator.effects) == effects


@pytest.mark.parametrize("operation", ["balance", "find"])
def test_a_read_with_an_effect_is_stopped_before_it_leaves(operation: str) -> None:
    """A request that may change points is not sent in a read or a search; that is our fault, and alarmed."""
    with bench(broken.WritesWhenAsked) as paper, capture_logs() as logged:
        if operation == "find":
            paper.translator.adapter.finds = True
            translation = paper.translator.find(Write(Adjustment(paper.member, Decimal(5))), id="adj_1")
            with pytest.raises(InternalError, match="effect in a read"):
                paper.wait(paper.delivery.read(translation))
        else:
            with pytest.raises(InternalError, match="effect in a read"):
                paper.read("balance")
        assert [request.path for request in paper.simulator.requests if "entries" in request.path] == []
        assert paper.alarms("adapter") == 1
        assert [line["event"] for line in logged] == ["an adapter broke its contract"]


def test_what_decides_about_a_write_has_connections_to_itself() -> None:
    """Every request of a write and of a search, whatever the adapter says of it; those of a read may share."""

    class Searchable(Paper):
        def find(self, *, id: str, member: Member, points: Decimal) -> Exchange[Found]:  # noqa: A002 (the port's name)
            yield VendorRequest("GET", "/entries")
            return Found(())

    with bench(Searchable) as paper:
        paper.translator.adapter.finds = True
        paper.adjust()
        paper.wait(paper.delivery.read(paper.translator.find(Write(Adjustment(paper.member, Decimal(5))), id="adj_1")))
        assert [request.decides for request in paper.transport.requests] == [True, True, True]
        paper.fresh()
        paper.read("balance")
        assert [request.decides for request in paper.transport.requests] == [False, False]


def retrying(paper: Bench, between: Callable[[], object] = lambda: None) -> Delivery:
    """A way to the vendor of a bench whose reads are tried again; `between` is called before each further try."""

    async def sleep(seconds: float) -> None:
        between()

    return Delivery(
        "vendor",
        paper.settings,
        paper.transport,
        metrics=paper.metrics,
        clock=paper.delivery._clock,
        boottime=boottime,
        retries=Retries(sleep=sleep, random=lambda: 0.0),
    )


def test_a_read_that_is_tried_again_has_the_credentials_of_that_try() -> None:
    """A secret that is renewed between two tries is in the second one, which is a whole exchange of its own."""
    secrets = ["an-old-secret"]
    renew = partial(secrets.append, PaperSimulator.example.settings["client_secret"])
    with Bench(PAPER, client_secret=Expanded(secrets[0], lambda: secrets[-1])) as paper:
        paper.simulator.faults.add({"kind": "close", "when": "before"})
        reading = paper.wait(retrying(paper, renew).read(paper.translation("balance")))
        assert reading.result.available == 100
        tokens = [json.loads(request.body) for request in paper.transport.requests if request.path == "/token"]
        assert [token["secret"] for token in tokens] == secrets


def test_an_adapter_that_fails_when_it_begins_again_ends_that_read_alone() -> None:
    """Its error says nothing about the vendor: the caller hears of a fault of ours, and no place is lost."""

    class Stumbling(Paper):
        runs = 0

        def _access(self) -> Exchange[str]:
            self.runs += 1
            if self.runs == 2:
                raise KeyError("lost")
            return (yield from super()._access())

    with Bench(Pair(AdapterType.of("paper", Stumbling), PaperSimulator), max_concurrency=1) as paper:
        paper.simulator.faults.add({"kind": "close", "when": "before"})
        delivery = retrying(paper)
        with pytest.raises(KeyError, match="lost"):
            paper.wait(delivery.read(paper.translation("balance")))
        assert len(paper.transport.requests) == 1
        assert paper.wait(delivery.read(paper.translation("balance"))).result.available == 100


@pytest.mark.parametrize("code", [7, {"a": 1}, None])
def test_words_that_are_no_text_change_no_verdict(code: object) -> None:
    """A vendor's code and message are handed on as they come, and a refusal with such is one all the same."""

    class Wordy(Paper):
        def _success(self, response: VendorResponse) -> dict[str, Any]:
            self.judge(response, listed=True, code=code, message=code)  # type: ignore[arg-type]
            return super()._success(response)

    with bench(Wordy) as paper:
        outcome = paper.adjust(member=Member.parse("card:404"))
        assert (outcome.verdict, type(outcome.error)) == (Verdict.REFUSED, MemberNotFound)
        assert outcome.error is not None
        assert outcome.error.vendor_message == (None if code is None else str(code))


def test_details_that_are_no_json_are_kept_as_text() -> None:
    """An adapter that hands on what the journal cannot hold as it is loses nothing of a success."""

    class Detailed(Paper):
        def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
            applied = yield from super().adjust(member=member, points=points, id=id)
            return replace(applied, details={1: {"a"}, "n": Decimal("NaN"), "b": b"x"})

    with bench(Detailed) as paper:
        outcome = paper.adjust()
        assert outcome.verdict is Verdict.APPLIED
        assert outcome.applied is not None
        assert outcome.applied.details == {"1": "{'a'}", "n": None, "b": "b'x'"}


@pytest.mark.parametrize(("code", "fields"), [("KEY-{}-1", ["transaction_id"]), ("{:.12}", [])])
def test_a_secret_in_what_an_answer_says_is_masked_and_alarmed(code: str, fields: list[str]) -> None:
    """What is kept is then not what the vendor said: who looks for that id there has to know."""

    class Echoing(Paper):
        def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
            applied = yield from super().adjust(member=member, points=points, id=id)
            return replace(applied, transaction_id=code.format(self.settings.client_secret.reveal().encode().hex()))

    with bench(Echoing) as paper, capture_logs() as logged:
        outcome = paper.adjust()
        assert outcome.verdict is Verdict.APPLIED
        assert outcome.applied is not None
        assert (outcome.applied.transaction_id == "KEY-***-1") is bool(fields)
        messages = [line["fields"] for line in logged if line["event"] == "a vendor's answer held a secret"]
        assert messages == ([fields] if fields else [])
        assert paper.alarms("masked") == len(messages)


def test_an_exchange_is_bounded() -> None:
    """An adapter that never comes to an end is stopped after so many requests, in a write and in a read."""
    with bench(broken.GoesInCircles) as paper:
        outcome = paper.adjust()
        assert (outcome.verdict, len(paper.simulator.requests)) == (Verdict.NOT_APPLIED, MOST)
        paper.fresh()
        with pytest.raises(InternalError, match="more than"):
            paper.read("balance")
        assert len(paper.simulator.requests) == MOST


def test_an_adapter_that_asks_nothing_is_no_exchange() -> None:
    """It is refused before anything is claimed or sent, and not taken for a success."""

    class Silent(Paper):
        def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
            return Applied()
            yield

    with bench(Silent) as paper, pytest.raises(TypeError, match="asked the vendor anything"):
        paper.translation("adjust")
