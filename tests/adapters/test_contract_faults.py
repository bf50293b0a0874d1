"""Whatever a vendor or the way to it does, no adapter says of a write or a read what is not so."""

from typing import Any

import pytest

from gateway.adjustments import Verdict
from gateway.errors import VendorAuthFailed, VendorError, VendorRateLimited
from gateway.model import Operation, Transactions
from gateway.port.refusals import Refusals
from gateway.simulation import Answer
from tests.adapters.bench import EMPTY, Bench, Pair, says_nothing
from tests.deadlines import scaled

HASTY = scaled(0.5)
"""Seconds after which a hasty vendor call is given up."""
HTML = "<html><body><h1>Not here</h1></body></html>"
PLAIN_BODIES = ("", "no", "{}", "[]", "null", "0", '"words"', '{"message": "no"}', "{", "<xml/>", HTML)
STATUSES: tuple[int, ...] = (
    200,
    202,
    300,
    301,
    307,
    399,
    400,
    401,
    402,
    403,
    404,
    405,
    408,
    409,
    410,
    418,
    422,
    425,
    429,
    451,
    499,
)
STATUSES += (500, 501, 502, 503, 504, 507, 599)
BREAKS: tuple[dict[str, Any], ...] = (
    {"kind": "cut"},
    {"kind": "cut", "keep": 0},
    {"kind": "cut", "keep": 1_000_000},
    *({"kind": kind, "when": when} for kind in ("reset", "close") for when in ("before", "after")),
    *({"kind": "html", "status": status, "apply": apply} for status in (200, 502, 503) for apply in (False, True)),
    *({"kind": "body", "body": body, "apply": apply} for body in PLAIN_BODIES for apply in (False, True)),
    *({"kind": "status", "status": status, "apply": apply} for status in (204, 304) for apply in (False, True)),
)
"""Faults that leave no answer that could be understood."""
SLOW: tuple[dict[str, Any], ...] = (
    {"kind": "hang", "when": "before"},
    {"kind": "hang", "when": "after"},
    {"kind": "drip", "interval": 3600},
)


def named(fault: dict[str, Any]) -> str:
    return " ".join(str(value) for value in fault.values())


def served(answer: Answer | str, status: int, *, apply: bool = False) -> dict[str, Any]:
    """A fault that gives a body under a status, with what should mislead nobody."""
    body, content_type = (
        (answer, "application/json") if isinstance(answer, str) else (answer.body.decode(), answer.content_type)
    )
    headers = {"Location": "/elsewhere", "Retry-After": "7"} if status >= 300 else {}
    return {
        "kind": "status",
        "status": status,
        "body": body,
        "content_type": content_type,
        "headers": headers,
        "apply": apply,
    }


def provable(bench: Bench, status: int, *, refused: bool, success: bool) -> set[Verdict]:
    """What an answer to the request with the effect may prove, by the table of docs/api.md.

    `refused` and `success` say that the body is the vendor's own of that kind.
    """
    if 200 <= status < 300:
        if success:
            return {Verdict.APPLIED}
        return {Verdict.REFUSED, Verdict.NOT_APPLIED, Verdict.UNKNOWN} if refused else {Verdict.UNKNOWN}
    if status in (401, 429):
        # With the body of a success the answer contradicts itself.
        return {Verdict.NOT_APPLIED, Verdict.UNKNOWN} if success else {Verdict.NOT_APPLIED}
    if status in listed(bench):
        return {Verdict.REFUSED, Verdict.NOT_APPLIED} if refused else {Verdict.REFUSED, Verdict.UNKNOWN}
    return {Verdict.UNKNOWN}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("apply", [False, True], ids=["not applied", "applied"])
def test_a_status_proves_of_a_write_what_the_contract_says(writing: Bench, status: int, apply: bool) -> None:
    """Under every status, with every kind of body: the verdict is one that the table allows, and the ledger agrees."""
    effect = writing.effect_number()
    success = writing.answers("adjust")[effect]
    refusals = writing.refusals("adjust")
    bodies: list[Answer | str] = [success, *refusals, *PLAIN_BODIES]
    for answer in bodies:
        writing.spoil(effect, served(answer, status, apply=apply))
        outcome = writing.adjust()
        assert outcome.verdict in provable(writing, status, refused=answer in refusals, success=answer is success)
        assert len(writing.simulator.effects) == apply
        assert len(writing.simulator.requests) == effect + 1, "the answer led to another request"
        # What the ledger contradicts is only ever a lie of the vendor in so many words, which nobody can see through.
        if outcome.verdict is Verdict.APPLIED:
            assert apply or answer is success
        elif outcome.verdict is not Verdict.UNKNOWN:
            assert not apply or is_listed(writing, status, answer, refusals)


def is_listed(bench: Bench, status: int, answer: Answer | str, refusals: list[Answer]) -> bool:
    """Whether an answer may be read as a refusal that applied nothing."""
    return status in {401, 429, *listed(bench)} or answer in refusals


def listed(bench: Bench) -> set[int]:
    """The statuses that can be a refusal: those of the adapter, and those that the configuration names."""
    named = (int(name) for name in bench.settings.problems if name.isdigit())
    return {*Refusals(bench.translator.adapter.refusals).statuses(), *named}


@pytest.mark.parametrize("fault", BREAKS, ids=named)
def test_no_answer_or_a_senseless_one_proves_nothing_of_a_write(writing: Bench, fault: dict[str, Any]) -> None:
    """A connection that breaks or an answer that says nothing leaves a write unknown, applied or not."""
    writing.spoil(writing.effect_number(), fault)
    outcome = writing.adjust()
    assert outcome.verdict is Verdict.UNKNOWN
    assert (outcome.applied, outcome.error) == (None, None)
    assert outcome.evidence["sent"] is True


@pytest.mark.parametrize("fault", SLOW, ids=named)
def test_a_deadline_proves_nothing_of_a_write_that_left(writer: Pair, fault: dict[str, Any]) -> None:
    """A write that ran out of time is unknown as soon as it may have left."""
    with Bench(writer, timeout=HASTY) as bench:
        bench.spoil(bench.effect_number(), fault)
        outcome = bench.adjust()
        assert outcome.verdict is (Verdict.UNKNOWN if outcome.evidence["sent"] else Verdict.NOT_APPLIED)
        assert outcome.evidence["sent"] or bench.simulator.effects == []


@pytest.mark.parametrize("fault", SLOW, ids=named)
def test_a_cancelled_write_that_left_is_unknown(writing: Bench, fault: dict[str, Any]) -> None:
    """A cancellation after the request with the effect arrived proves nothing."""
    effect = writing.effect_number()
    writing.spoil(effect, fault)
    outcome = writing.abandoned(effect + 1)
    assert outcome.verdict is Verdict.UNKNOWN
    assert len(writing.simulator.effects) == (fault != {"kind": "hang", "when": "before"})


@pytest.mark.parametrize("fault", [{"kind": "delay", "seconds": 0}, {"kind": "drip", "interval": 0}], ids=named)
def test_a_slow_answer_is_an_answer(writing: Bench, fault: dict[str, Any]) -> None:
    """An answer that comes late or in pieces, but whole and in time, is read as any other."""
    writing.spoil(writing.effect_number(), fault)
    assert writing.adjust().verdict is Verdict.APPLIED
    assert len(writing.simulator.effects) == 1


def test_a_spare_answer_is_credited_to_nobody(writing: Bench) -> None:
    """An answer that comes twice is read once: the next write gets its own."""
    writing.spoil(writing.effect_number(), {"kind": "duplicate"})
    outcomes = [writing.adjust(id=identifier) for identifier in ("adj_1", "adj_2")]
    assert [outcome.verdict for outcome in outcomes] == [Verdict.APPLIED] * 2
    assert len(writing.simulator.effects) == 2
    transactions = [outcome.applied.transaction_id for outcome in outcomes if outcome.applied is not None]
    assert transactions == [effect.transaction_id for effect in writing.simulator.effects]


def test_what_fails_before_the_effect_applied_nothing(writing: Bench) -> None:
    """Where a request before the one with the effect fails, that one is never sent, and trying again is safe."""
    effect = writing.effect_number()
    faults = [*BREAKS, *(served(body, status) for status in STATUSES if status >= 300 for body in PLAIN_BODIES)]
    for number in range(effect):
        for fault in faults:
            writing.spoil(number, fault)
            outcome = writing.adjust()
            assert outcome.verdict is Verdict.NOT_APPLIED, fault
            assert outcome.error is not None
            assert outcome.error.retryable
            assert outcome.evidence["sent"] is False
            assert (writing.simulator.effects, len(writing.simulator.requests)) == ([], number + 1)


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_never_a_result_of_a_read(reading: tuple[Bench, Operation], status: int) -> None:
    """Under every status, with every kind of body: a read raises, and never tells of points that nobody named."""
    bench, operation = reading
    answers, refusals = bench.answers(operation), bench.refusals(operation)
    for number, success in enumerate(answers):
        last = number == len(answers) - 1
        bodies: list[Answer | str] = [*PLAIN_BODIES, *(refusals if last else []), *([success] if status >= 300 else [])]
        for answer in bodies:
            bench.spoil(number, served(answer, status))
            error = failed(bench, operation, empty=answer == "[]" and status < 300)
            if status in (401, 429) and isinstance(answer, str):
                assert isinstance(error, VendorAuthFailed if status == 401 else VendorRateLimited)
            assert len(bench.simulator.requests) == number + 1, "the answer led to another request"


@pytest.mark.parametrize("fault", BREAKS, ids=named)
def test_no_answer_or_a_senseless_one_is_never_a_result_of_a_read(
    reading: tuple[Bench, Operation], fault: dict[str, Any]
) -> None:
    """A connection that breaks or an answer that says nothing is an error of a read, whichever request it meets."""
    bench, operation = reading
    for number in range(len(bench.answers(operation))):
        bench.spoil(number, fault)
        failed(bench, operation, empty=fault.get("body") == "[]")


def failed(bench: Bench, operation: Operation, *, empty: bool) -> VendorError | None:
    """The error of a read; None where the answer was an `empty` list, and the result has no rows or no number."""
    try:
        result = bench.read(operation).result
    except VendorError as error:
        return error
    assert empty
    if (bench.kind.name, operation) in EMPTY:
        assert says_nothing(result)
    else:
        assert isinstance(result, Transactions)
        assert result.items == ()
    return None


def test_a_read_that_runs_out_of_time_is_an_error(reader: tuple[Pair, Operation]) -> None:
    """A vendor that does not answer in time gives no result."""
    pair, operation = reader
    with Bench(pair, timeout=HASTY) as bench:
        for fault in SLOW:
            bench.spoil(0, fault)
            with pytest.raises(VendorError) as caught:
                bench.read(operation)
            assert caught.value.retryable
