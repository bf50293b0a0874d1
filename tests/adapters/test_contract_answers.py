"""An answer that lost a part of itself is never made up for: not by a zero, and not by a success."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gateway.adjustments import Verdict
from gateway.errors import VendorError
from gateway.model import AMOUNTS, Balance, Expiring, Operation, Profile, Transactions
from gateway.simulation.jsontext import read, write
from tests.adapters.bench import Bench, says_nothing

EMPTIED = re.compile(r'"(data|entries)": \[\]')
"""The list of rows, emptied, in the vendors whose answer names it."""
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


def places(value: Any) -> Iterator[tuple[str | int, ...]]:
    """The path of each name, also of those in lists."""
    for name, item in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        if isinstance(name, str):
            yield (name,)
        yield from ((name, *rest) for rest in places(item))


def value_at(value: Any, path: tuple[str | int, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


def changed(value: Any, path: tuple[str | int, ...], other: Any) -> Any:
    name, *rest = path
    if isinstance(value, list):
        return [changed(item, tuple(rest), other) if at == name else item for at, item in enumerate(value)]
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
    if "adjust" in bench.kind.operations:
        bench.adjust()  # a member without points may have no number to lose
    before = len(bench.simulator.requests)
    true = bench.read(operation).result
    requests = bench.simulator.requests[before:]
    last, number = bench.simulator.handle(requests[-1]), len(requests) - 1
    assert not says_nothing(true)
    for body in mutilated(last.body):
        bench.spoil(number, {"kind": "body", "body": body})
        try:
            told = bench.read(operation).result
        except VendorError:
            continue
        if isinstance(true, Profile):
            assert isinstance(told, Profile)
            assert told.member == true.member, body  # a look-up gives the member that was asked, or nobody
            continue
        whole, rest = points(true), points(told)
        if len(rest) < len(whole):
            assert EMPTIED.search(body), body  # only an empty list is a schedule or a page without rows
            continue
        assert rest == whole or (operation == "transactions" and all(each in (None, *whole) for each in rest)), body
        if isinstance(told, Balance):
            assert all(getattr(told, name) in (None, getattr(true, name)) for name in AMOUNTS), body


def points(result: Balance | Expiring | Transactions | Profile) -> list[Decimal | None]:
    """The points of a read: of a page, those of its rows; of a schedule, those of its buckets."""
    if isinstance(result, Transactions):
        return [row.points for row in result.items]
    assert not isinstance(result, Profile)
    if isinstance(result, Balance):
        return [result.available]
    return [result.points, *(bucket.points for bucket in result.buckets)]
