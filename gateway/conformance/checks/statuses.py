"""Under every status, with every kind of body, an adapter says of a write or a read only what that proves."""

from typing import Any

from gateway.adjustments import Verdict
from gateway.conformance.bench import Bench
from gateway.conformance.breach import broken, expect
from gateway.conformance.check import READS, check, listed, writes
from gateway.conformance.numbers import says_nothing
from gateway.conformance.senseless import BODIES, FOREIGN, HTML, PLAIN, STATUSES, named, served
from gateway.errors import VendorError
from gateway.model import Operation, Transactions
from gateway.port.refusals import Refusals
from gateway.simulation import Answer

EXPLAINED = "refusals"


def refusing(bench: Bench) -> set[int]:
    """The statuses that can be a refusal: those of the adapter, and those that the configuration names."""
    named = (int(name) for name in bench.settings.problems if name.isdigit())
    return {*Refusals(bench.translator.adapter.refusals).statuses(), *named}


def provable(bench: Bench, status: int, answer: Answer | str, *, refused: bool, success: bool) -> set[Verdict]:
    """What an answer to the request with the effect may prove, by the table of docs/api.md; always also `unknown`.

    `refused` and `success` say that the body is the vendor's own of that kind.
    """
    if 200 <= status < 300:
        if success:
            return {Verdict.APPLIED, Verdict.ACCEPTED}
        return {Verdict.REFUSED, Verdict.NOT_APPLIED} if refused else set()
    if status in (401, 429):
        return {Verdict.NOT_APPLIED}
    if status in refusing(bench) and not (isinstance(answer, str) and is_foreign(bench, status, answer)):
        return {Verdict.REFUSED, Verdict.NOT_APPLIED}
    return set()


def is_foreign(bench: Bench, status: int, body: str) -> bool:
    """Whether a body under a status is not one of the vendor's, so that it refuses nothing."""
    if body in PLAIN and bench.examples.words:
        return False
    return body in FOREIGN and (status not in bench.examples.bodiless or body == HTML)


@check(EXPLAINED, applies=writes)
def a_status_alone_proves_nothing_of_a_write(bench: Bench) -> None:
    """A listed status refuses with the vendor's own body alone, and nothing else than a success has succeeded."""
    with bench.direct():
        effect = bench.effect_number()
        success, refusals = bench.answers("adjust")[effect], bench.refusals("adjust")
        # A vendor may answer no body, or `{}`, to a success.
        bodies: list[Answer | str] = [success, *refusals, *(each for each in BODIES if each != success.body.decode())]
        for status in STATUSES:
            for answer in bodies:
                for apply in (False, True):
                    allowed = provable(bench, status, answer, refused=answer in refusals, success=answer is success)
                    _tried(bench, effect, served(answer, status, apply=apply), allowed | {Verdict.UNKNOWN})


def _tried(bench: Bench, effect: int, fault: dict[str, Any], allowed: set[Verdict]) -> None:
    bench.spoil(effect, fault)
    before = bench.alarms("adapter")
    outcome = bench.adjust()
    apply, case = fault["apply"], named(fault)
    faultless = bench.alarms("adapter") == before
    expect(faultless, "an adapter that asks for no second effect, and reports none of a refusal", "it did", case)
    if "refused_before" in outcome.evidence:
        return  # after a judged 401 the request may leave once more, with other credentials
    expect(outcome.verdict in allowed, " or ".join(sorted(allowed)), f"it is {outcome.verdict}", case)
    marked = [request for request in bench.transport.requests if request.effect]
    expect(len(marked) == 1, "no second request with an effect", f"there are {len(marked)}", case)
    expect(len(bench.simulator.effects) == apply, f"{int(apply)} effect(s)", len(bench.simulator.effects), case)


@check(EXPLAINED, of=READS)
def a_status_is_never_a_result_of_a_read(bench: Bench, operation: Operation) -> None:
    """Under every status, with every kind of body, a read raises, and never tells of points that nobody named."""
    with bench.direct():
        answers, refusals = bench.answers(operation), bench.refusals(operation)
        for number, success in enumerate(answers):
            last = number == len(answers) - 1
            for status in STATUSES:
                own = [success] if status >= 300 else []
                bodies: list[Answer | str] = [*BODIES, *(refusals if last else []), *own]
                for answer in bodies:
                    fault = served(answer, status)
                    bench.spoil(number, {**fault, "times": 9})  # also with other credentials
                    case = f"request {number + 1}: {named(fault)}"
                    fails(bench, operation, empty=is_empty(bench, operation, answer) and status < 300, case=case)


def is_empty(bench: Bench, operation: Operation, body: object) -> bool:
    """Whether a body may be an answer that there is nothing."""
    return body == "[]" or (body == "{}" and operation in bench.examples.left_out)


def fails(bench: Bench, operation: Operation, *, empty: bool, case: str) -> VendorError | None:
    """The error of a read; None where the answer was an `empty` list, and the result has no rows or no number.

    Raises `Broken` for any other result.
    """
    try:
        result = bench.read(operation).result
    except VendorError as error:
        return error
    nothing = says_nothing(result) if operation in bench.examples.empty_reads else isinstance(result, Transactions)
    if not (empty and nothing) or (isinstance(result, Transactions) and result.items):
        broken("an error", f"it gave {result}", case)
    return None


CHECKS = listed(vars())
