"""A vendor's own cancel takes an adjustment back once, and what is already taken back is seen."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import product
from typing import Any

from gateway.adjustments import Verdict
from gateway.conformance.bench import Bench
from gateway.conformance.breach import broken, expect
from gateway.conformance.check import check, listed
from gateway.conformance.checks import finding
from gateway.conformance.checks.statuses import provable
from gateway.conformance.senseless import BODIES, STATUSES, named, served
from gateway.delivery.outcome import Outcome
from gateway.errors import VendorError
from gateway.model import Found
from gateway.planning.translated import Translation
from gateway.port.registry import AdapterType
from gateway.simulation import Answer
from gateway.write import Write

EXPLAINED = "a-vendor-that-can-cancel"


def _cancels(kind: AdapterType) -> bool:
    return kind.reversed_by is not None and "adjust" in kind.operations


def _made(bench: Bench) -> Write:
    """An adjustment of 5 points that is applied, and the write that takes it back."""
    return _two_made(bench)[0]


def _two_made(bench: Bench) -> tuple[Write, Write]:
    """Adjustments of 5 and of 7 points that are applied, and the writes that take them back."""
    first = _booked(bench, Decimal(5), "adj_1")
    return first, _booked(bench, Decimal(7), "adj_between")  # so that it is not the newest that is taken back


def _booked(bench: Bench, points: Decimal, own_id: str) -> Write:
    outcome = bench.adjust(id=own_id, points=points)
    if outcome.applied is None:
        broken(f"{points} points to be applied", outcome.verdict)
    cancel = bench.adjustment(points=-points)
    return Write(cancel, "reverse", own_id, linked=True, transaction=outcome.applied.transaction_id)


def cancelling(bench: Bench) -> Iterator[tuple[str, Callable[[], Translation[Any]]]]:
    """From a fresh start, the calls by which an adapter cancels and looks for a cancel, each with its name."""
    if not _cancels(bench.kind):
        return
    bench.fresh()
    write = _made(bench)
    yield "reverse", lambda: bench.translator.write(write, id="adj_2")
    if bench.kind.reversal_found_by is not None and bench.translator.adapter.finds:
        yield "find_reversal", lambda: bench.translator.find(write, id="adj_2")


def _reversed(bench: Bench, write: Write, identifier: str) -> Outcome:
    bench.passed.clear()
    return bench.written(bench.translator.write(write, id=identifier))


@check(EXPLAINED, applies=_cancels)
def a_cancel_takes_back_once(bench: Bench) -> None:
    """It has one effect, which its request says, the opposite of the adjustment; a second one takes back nothing."""
    write = _made(bench)
    outcome = _reversed(bench, write, "adj_2")
    expect(outcome.verdict is Verdict.APPLIED, "the cancel to be applied", outcome.verdict)
    marked = [each.request for each in bench.passed if each.request.effect]
    expect(len(marked) == 1, "one request with an effect", marked)
    unmarked = [each.request for each in bench.passed if each.effects and not each.request.effect]
    expect(not unmarked, "`effect=True` at the request that changes points", unmarked)
    points = [effect.points for effect in bench.simulator.effects]
    expect(points == [5, 7, -5], "the effects 5, 7 and -5", points)
    again = _reversed(bench, write, "adj_3")
    expect(again.verdict is not Verdict.APPLIED, "no success of a second cancel", again.verdict)
    expect(len(bench.simulator.effects) == 3, "no further effect of a second cancel", bench.simulator.effects[3:])


@check("refusals", applies=_cancels)
def a_status_alone_proves_nothing_of_a_cancel(bench: Bench) -> None:
    """A cancel is refused with the vendor's own body alone, and applied where it is or where the vendor says so."""
    with bench.direct():
        write = _made(bench)
        _reversed(bench, write, "adj_2")
        number = bench.effect_passed("a-cancel-takes-back-once")
        response = bench.passed[number].response
        assert response is not None  # noqa: S101 (the simulator has answered)
        success = Answer(response.status, response.body, response.headers["content-type"])
        bodies: list[Answer | str] = [success, *(each for each in BODIES if each != success.body.decode())]
        for status, answer, apply in product(STATUSES, bodies, (False, True)):
            allowed = provable(bench, status, answer, refused=False, success=answer is success)
            bench.fresh()
            write = _made(bench)
            before = len(bench.simulator.effects)
            fault = served(answer, status, apply=apply)
            bench.simulator.faults.add(*[{"kind": "delay", "seconds": 0}] * number, fault)
            outcome = _reversed(bench, write, "adj_2")
            if "refused_before" in outcome.evidence:
                continue  # after a judged 401 the request may leave once more, with other credentials
            true = {Verdict.APPLIED} if len(bench.simulator.effects) > before else set()
            held = outcome.verdict in allowed | true | {Verdict.UNKNOWN}
            expected = " or ".join(sorted(allowed | true | {Verdict.UNKNOWN}))
            expect(held, expected, f"it is {outcome.verdict}", named(fault))


@check(EXPLAINED, applies=lambda kind: _cancels(kind) and kind.reversal_found_by is not None)
def a_cancel_is_found_where_it_was_made(bench: Bench) -> None:
    """`find_reversal` gives nothing before the cancel, nor for that of another adjustment, and one match after it.

    It raises for what does not say it.
    """
    if not bench.translator.adapter.finds:
        return
    write, other = _two_made(bench)

    def found() -> Found:
        return bench.wait(bench.delivery.read(bench.translator.find(write, id="adj_2"))).result

    expect(found().matches == (), "no match before the cancel", found())
    _reversed(bench, other, "adj_3")
    expect(found().matches == (), "no match where another adjustment was cancelled", found())
    _reversed(bench, write, "adj_2")
    expect(len(found().matches) == 1, "one match after the cancel", found())
    for status, body in product((200, *finding.STATUSES), finding.BODIES):
        bench.simulator.faults.add({"kind": "status", "status": status, "body": body, "times": 9})
        try:
            result = found()
        except VendorError:
            continue
        finally:
            bench.simulator.faults.clear()
        broken("an error: this does not say whether it was cancelled", f"it gave {result}", f"status {status}: {body}")


CHECKS = listed(vars())
