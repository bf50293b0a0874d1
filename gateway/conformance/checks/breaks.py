"""Whatever happens on the way to a vendor, an adapter says of a write or a read no more than that proves."""

from typing import Any

from gateway.adjustments import Verdict
from gateway.conformance.bench import Bench
from gateway.conformance.breach import broken, expect
from gateway.conformance.check import READS, check, listed, writes
from gateway.conformance.checks.statuses import fails, is_empty
from gateway.conformance.senseless import BODIES, BREAKS, SLOW, STATUSES, is_own, named, served
from gateway.errors import VendorError
from gateway.model import Operation

EXPLAINED = "a-method-can-run-more-than-once-for-one-call"
HASTY = 0.2
"""Seconds after which a hasty vendor call is given up, on a machine that is not busy. Each fault waits for all of them.

A call that gets no further in them proves as little, and is judged by the evidence of whether it was sent.
"""
LATE: tuple[dict[str, Any], ...] = ({"kind": "delay", "seconds": 0}, {"kind": "drip", "interval": 0})


@check(EXPLAINED, applies=writes)
def a_broken_answer_proves_nothing_of_a_write(bench: Bench) -> None:
    """A connection that breaks, or an answer that says nothing, leaves a write unknown, applied or not."""
    effect = bench.effect_number()
    success = bench.answers("adjust")[effect]
    for fault in BREAKS:
        if is_own(fault, success):
            continue
        bench.spoil(effect, fault)
        outcome = bench.adjust()
        case = named(fault)
        expect(outcome.verdict is Verdict.UNKNOWN, "unknown", f"it is {outcome.verdict}", case)
        expect(outcome.evidence["sent"] is True, "evidence that the request has left", outcome.evidence, case)


@check(EXPLAINED, applies=writes)
def a_deadline_proves_nothing_of_a_write(bench: Bench) -> None:
    """A write that ran out of time, or was cancelled, is unknown as soon as it may have left."""
    effect = bench.effect_number()
    with bench.another(timeout=HASTY * bench.patience) as hasty:
        for fault in SLOW:
            hasty.spoil(effect, fault)
            outcome = hasty.adjust()
            sent = outcome.evidence["sent"]
            expected = Verdict.UNKNOWN if sent else Verdict.NOT_APPLIED
            expect(outcome.verdict is expected, expected, f"it is {outcome.verdict}", named(fault))
            expect(sent or hasty.simulator.effects == [], "no effect", hasty.simulator.effects, named(fault))
    for fault in SLOW:
        bench.spoil(effect, fault)
        outcome = bench.abandoned(effect + 1)
        expect(outcome.verdict is Verdict.UNKNOWN, "unknown", f"it is {outcome.verdict}", f"cancelled, {named(fault)}")
        applied = len(bench.simulator.effects)
        expect(applied == (fault != SLOW[0]), "the effect that the vendor had", applied, f"cancelled, {named(fault)}")


@check(EXPLAINED, applies=writes)
def a_slow_answer_is_an_answer(bench: Bench) -> None:
    """An answer that comes late or in pieces is read as any other; one that comes twice is read once."""
    effect = bench.effect_number()
    for fault in LATE:
        bench.spoil(effect, fault)
        outcome = bench.adjust()
        expect(outcome.verdict in (Verdict.APPLIED, Verdict.ACCEPTED), "applied", outcome.verdict, named(fault))
        expect(len(bench.simulator.effects) == 1, "one effect", len(bench.simulator.effects), named(fault))
    bench.spoil(effect, {"kind": "duplicate"})
    outcomes = [bench.adjust(id=identifier) for identifier in ("adj_1", "adj_2")]
    ids = [outcome.applied and outcome.applied.transaction_id for outcome in outcomes]
    true = [each.transaction_id for each in bench.simulator.effects]
    expect(len(true) == 2, "two effects", len(true), "an answer that comes twice")
    right = all(one in (None, other) for one, other in zip(ids, true, strict=True))
    expect(right, f"the transactions {true}", ids, "an answer that comes twice")


@check("refusals", applies=writes)
def what_fails_before_the_effect_applied_nothing(bench: Bench) -> None:
    """Where a request before the one with the effect fails, that one is never sent; no proxy's page refuses."""
    effect = bench.effect_number()
    faults = [*BREAKS, *(served(body, status) for status in STATUSES if status >= 300 for body in BODIES)]
    for number in range(effect):
        success = bench.answers("adjust")[number]
        for fault in faults:
            if is_own(fault, success):
                continue
            bench.spoil(number, fault)
            outcome = bench.adjust()
            case = f"request {number + 1}: {named(fault)}"
            final = outcome.verdict is Verdict.REFUSED and not _says_nothing(fault)
            expect(final or outcome.verdict is Verdict.NOT_APPLIED, "not applied", f"it is {outcome.verdict}", case)
            retryable = outcome.error is not None and outcome.error.retryable
            expect(final or retryable, "an error that is worth another try", repr(outcome.error), case)
            expect(outcome.evidence["sent"] is False, "evidence that nothing has left", outcome.evidence, case)
            expect(bench.simulator.effects == [], "no effect", bench.simulator.effects, case)
            marked = [request for request in bench.transport.requests if request.effect]
            expect(not marked, "no request with an effect", marked, case)


def _says_nothing(fault: dict[str, Any]) -> bool:
    """Whether a fault gives no JSON, which is no refusal of any vendor's."""
    body = fault.get("body", "")
    return fault["kind"] not in ("body", "status") or body in ("", "no", "{", "<xml/>") or body.startswith("<html>")


@check("missing-and-unreadable-values", of=READS)
def a_broken_answer_is_never_a_result_of_a_read(bench: Bench, operation: Operation) -> None:
    """A connection that breaks, or an answer that says nothing, is an error of a read, whichever request it meets."""
    answers = bench.answers(operation)
    for number, success in enumerate(answers):
        for fault in BREAKS:
            if is_own(fault, success):
                continue
            bench.spoil(number, fault)
            empty = is_empty(bench, operation, fault.get("body"))
            fails(bench, operation, empty=empty, case=f"request {number + 1}: {named(fault)}")


@check("missing-and-unreadable-values", of=READS)
def a_read_that_runs_out_of_time_is_an_error(bench: Bench, operation: Operation) -> None:
    """A vendor that does not answer in time gives no result."""
    with bench.another(timeout=HASTY * bench.patience) as hasty:
        for fault in SLOW:
            hasty.spoil(0, fault)
            try:
                result = hasty.read(operation).result
            except VendorError as error:
                expect(error.retryable, "an error that is worth another try", repr(error), named(fault))
                continue
            broken("an error", f"it gave {result}", named(fault))


CHECKS = listed(vars())
