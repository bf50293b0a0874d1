"""An answer that lost a part of itself is never made up for: not by a zero, not by a success, not by a missing row."""

from decimal import Decimal

from gateway.adjustments import Verdict
from gateway.conformance.bench import Bench
from gateway.conformance.breach import expect
from gateway.conformance.check import READS, check, listed, writes
from gateway.conformance.damage import Damaged, damaged
from gateway.conformance.numbers import points, says_nothing
from gateway.conformance.senseless import served
from gateway.errors import VendorError
from gateway.model import AMOUNTS, Balance, Expiring, Operation, Profile, Transactions

EXPLAINED = "missing-and-unreadable-values"


@check(EXPLAINED, applies=writes)
def a_damaged_success_makes_up_nothing(bench: Bench) -> None:
    """Whatever is lost of a success, it is applied with what is left of it, or unknown; no balance is made up."""
    with bench.direct():
        effect = bench.effect_number()
        success = bench.answers("adjust")[effect]
        whole = bench.adjust()
        expect(whole.applied, "5 points to be applied", whole.verdict)
        true = (whole.applied and whole.applied.balance) or Balance()
        for each in damaged(success):
            bench.spoil(effect, {**served(each.of(success), success.status), "apply": True})
            outcome = bench.adjust()
            honest = (Verdict.APPLIED, Verdict.ACCEPTED, Verdict.UNKNOWN)
            expect(outcome.verdict in honest, "applied, or unknown", f"it is {outcome.verdict}", each)
            balance = (outcome.applied and outcome.applied.balance) or Balance()
            for name in AMOUNTS:
                number, expected = getattr(balance, name), getattr(true, name)
                expect(number in (None, expected), f"{name}: {expected}, or null", number, each)


@check(EXPLAINED, of=READS)
def a_damaged_read_makes_up_nothing(bench: Bench, operation: Operation) -> None:
    """Whatever is lost of an answer, a read gives the points that were said, or raises; no row is left out."""
    with bench.direct():
        number = len(bench.fresh_call(operation)) - 1
        bench.fresh()
        if "adjust" in bench.kind.operations:
            bench.adjust()  # a member without points may have no number to lose
        before = len(bench.simulator.requests)
        true = bench.read(operation).result
        requests = bench.simulator.requests[before:]
        last = bench.simulator.handle(requests[-1])
        expect(not says_nothing(true), "a number in the read of the example's member", true)
        for each in damaged(last):
            bench.spoil(number, served(each.of(last), last.status))
            try:
                result = bench.read(operation).result
            except VendorError:
                continue
            _is_true(bench, operation, true, result, each)


Result = Balance | Expiring | Transactions | Profile


def _is_true(bench: Bench, operation: Operation, true: Result, result: Result, each: Damaged) -> None:
    if isinstance(true, Profile):
        same = isinstance(result, Profile) and result.member == true.member
        expect(same, f"the member {true.member}, or an error", result, each)
        return
    whole, rest = points(true), points(result)
    if len(rest) < len(whole):
        left_out = operation in bench.examples.left_out and (each.now, len(each.place)) == ("left out", 1)
        expect(each.emptied or left_out, "every row, or an error", f"{len(rest)} of {len(whole)} rows", each)
        return
    if isinstance(result, Transactions):
        expect(all(one in (None, *whole) for one in rest), f"points of {_shown(whole)}, or null", _shown(rest), each)
        return
    nothing = operation in bench.examples.empty_reads and says_nothing(result)
    expect(rest == whole or nothing, f"{_shown(whole)}, or an error", _shown(rest), each)
    if isinstance(result, Balance):
        for name in AMOUNTS:
            number, expected = getattr(result, name), getattr(true, name)
            expect(number in (None, expected), f"{name}: {expected}, or null", number, each)


def _shown(numbers: list[Decimal | None]) -> str:
    return ", ".join("null" if number is None else str(number) for number in numbers)


CHECKS = listed(vars())
