"""What an adapter says of repeats is true of its vendor, and no repeat is taken for a refusal."""

from decimal import Decimal
from typing import get_args

from gateway.adjustments import Verdict
from gateway.conformance.bench import Bench
from gateway.conformance.breach import expect
from gateway.conformance.check import check, listed, writes
from gateway.model import RepeatSafety
from gateway.port.registry import AdapterType

NEGATIVE = (Verdict.REFUSED, Verdict.NOT_APPLIED)


def _by_id(kind: AdapterType) -> bool:
    return "id" in kind.operations.get("adjust", ())


@check("a-vendor-that-enforces-idempotency", applies=writes)
def repeat_safety_is_true(bench: Bench) -> None:
    """Where an adapter says `enforced`, the same id twice is applied once, by the same request but for its nonces."""
    safety = bench.translator.adapter.repeat_safety
    expect(safety in get_args(RepeatSafety), f"one of {get_args(RepeatSafety)}", safety)
    expect(safety == "none" or _by_id(bench.kind), "adjust to take the id that it is searched or known by", safety)
    if safety != "enforced":
        return
    digests: list[str] = []

    async def leave(digest: str) -> bool:
        digests.append(digest)
        return False

    for _ in range(2):
        again = bench.wait(bench.delivery.write(bench.translation("adjust"), leave=leave))
    expect(len(bench.simulator.effects) == 1, "one effect of the same id twice", len(bench.simulator.effects))
    expect(again.verdict not in NEGATIVE, "no refusal of what was applied", again.verdict)
    same = len(set(digests)) == 1
    given = [request for request in bench.transport.given if request.effect]
    expect(same, "the very same request, but for declared nonces", given)


@check("a-vendor-that-enforces-idempotency", applies=_by_id)
def a_used_key_is_no_refusal(bench: Bench) -> None:
    """What a vendor says of an id that it has already applied, with the same or other points, refuses nothing."""
    for points in (Decimal(5), Decimal(6)):
        bench.fresh()
        bench.adjust(id="adj_1")
        if len(bench.simulator.effects) != 1:
            return
        outcome = bench.adjust(id="adj_1", points=points)
        known = len(bench.simulator.effects) == 1
        said = f"it is {outcome.verdict}, and the first request under this id was applied"
        expect(not (known and outcome.verdict in NEGATIVE), "AlreadyBooked, BookedOtherwise, or unknown", said, points)


CHECKS = listed(vars())
