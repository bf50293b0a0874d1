"""An answer that lost a part of itself is never made up for: not by a zero, and not by a success."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gateway.adjustments import Verdict
from gateway.errors import VendorError
from gateway.model import Balance, Expiring, Operation
from gateway.simulation.jsontext import read, write
from tests.adapters.bench import Bench

NONSENSE = ("null", "true", '""', '"words"', '"0x10"', "[]", "{}", "1e999", "9" * 40)
"""JSON that is no number that anybody means."""
UNTOLD = ("NaN", "undefined", '"raw\nline"', '"\ufffd"', r'"\x"', "007")
"""What is no JSON, or cannot be told."""


def mutilated(body: bytes) -> Iterator[str]:
    """A JSON body, each time with one value left out, given twice with another beside it, or replaced by nonsense."""
    whole = read(body)
    for path in places(whole):
        yield write(changed(whole, path, ...))
        marked = write(changed(whole, path, "MARK"))
        yield from (marked.replace('"MARK"', nonsense) for nonsense in (*NONSENSE, *UNTOLD))
        twice = f'"{path[-1]}": {write(value_at(whole, path))}'
        yield marked.replace(f'"{path[-1]}": "MARK"', f'{twice}, "{path[-1]}": 987654321')
        yield marked.replace(f'"{path[-1]}": "MARK"', f'"{path[-1]}": 987654321, {twice}')


def places(value: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield (name,)
            yield from ((name, *rest) for rest in places(item))


def value_at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


def changed(value: Any, path: tuple[str, ...], other: Any) -> Any:
    name, *rest = path
    if rest:
        return {**value, name: changed(value[name], tuple(rest), other)}
    kept = {key: item for key, item in value.items() if key != name}
    return kept if other is ... else {**value, name: other}


def test_a_write_tells_no_balance_that_the_vendor_did_not(writing: Bench) -> None:
    """Whatever is lost of a success, it is applied with what is left of it, or unknown; nothing in it is made up."""
    effect = writing.effect_number()
    whole = writing.adjust()
    success = writing.answers("adjust")[effect]
    assert whole.applied is not None
    true = whole.applied.balance or Balance()
    for body in mutilated(success.body):
        writing.spoil(effect, {"kind": "body", "body": body, "apply": True})
        outcome = writing.adjust()
        assert outcome.verdict in (Verdict.APPLIED, Verdict.UNKNOWN), body
        told = (outcome.applied and outcome.applied.balance) or Balance()
        assert told.available in (None, true.available), body
        assert told.lifetime in (None, true.lifetime), body


def test_a_read_is_never_a_zero_that_the_vendor_did_not_say(reading: tuple[Bench, Operation]) -> None:
    """Whatever is lost of an answer, a read gives the points that were said, or raises."""
    bench, operation = reading
    true = points(bench.read(operation).result)
    last = bench.answers(operation)[-1]
    number = len(bench.answers(operation)) - 1
    for body in mutilated(last.body):
        bench.spoil(number, {"kind": "body", "body": body})
        try:
            told = points(bench.read(operation).result)
        except VendorError:
            continue
        assert told == true, body


def points(result: Balance | Expiring) -> Decimal | None:
    return result.available if isinstance(result, Balance) else result.points
