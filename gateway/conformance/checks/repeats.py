"""What an adapter says of repeats is true of its vendor, and no repeat is taken for a refusal."""

from decimal import Decimal
from typing import get_args

from gateway.adjustments import Verdict
from gateway.conformance.bench import Bench
from gateway.conformance.breach import expect
from gateway.conformance.check import check, listed, writes
from gateway.conformance.checks.parameters import needed
from gateway.model import RepeatSafety
from gateway.port.registry import AdapterType
from gateway.simulation import Request

OWN_IDS = tuple(
    f"adj_{time}{random}"
    for time, random in (
        ("0198f0c0a7e2", "3c1d5e7f90a1b2c3d4e5"),
        ("0198f0c0a7e2", "3c1d5e7f90a1b2c3d4e6"),
        ("0198f0c0a7e2", "4c1d5e7f90a1b2c3d4e5"),
        ("0198f0c0a7e3", "3c1d5e7f90a1b2c3d4e5"),
        ("0298f0c0a7e2", "3c1d5e7f90a1b2c3d4e5"),
    )
)
"""Ids as the gateway makes them: a time and a random number, each of which may be all that differs."""
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
    effects = [request for request in bench.transport.requests if request.effect]
    expect(same, "the very same request, but for declared nonces", effects)


@check("a-vendor-that-enforces-idempotency", applies=_by_id)
def each_id_is_a_key_of_its_own(bench: Bench) -> None:
    """Two ids of the gateway's own make two requests, wherever they differ: what is cut may be the difference."""
    if ("adjust", "id") in bench.examples.elsewhere:
        return
    arrived: dict[str, list[Request]] = {}
    with bench.direct():
        for own_id in OWN_IDS:
            requests = bench.fresh_call("adjust", **needed(bench, "id", own_id), id=own_id)
            same = [other for other, others in arrived.items() if others == requests]
            expect(not same, "another request than for another id", f"the same as for {same}", own_id)
            arrived[own_id] = requests


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
        instead = f"it is {outcome.verdict}, and the first request under this id was applied"
        expect(
            not (known and outcome.verdict in NEGATIVE), "AlreadyBooked, BookedOtherwise, or unknown", instead, points
        )
        answer = bench.passed[-1].response
        denied = known and points != 5 and answer is not None and not answer.ok
        booked = denied and outcome.verdict in (Verdict.APPLIED, Verdict.ACCEPTED)
        expect(not booked, "BookedOtherwise, or unknown", f"it is {outcome.verdict}, and nothing was applied", points)


CHECKS = listed(vars())
