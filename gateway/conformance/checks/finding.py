"""A search gives what was sent, all of it, and nothing else; what it does not understand is never an absence."""

from decimal import Decimal
from typing import Any

from gateway.adjustments import Verdict
from gateway.conformance.bench import Bench
from gateway.conformance.breach import broken, expect
from gateway.conformance.check import check, listed
from gateway.conformance.damage import Damaged, damaged, value_at
from gateway.conformance.senseless import HTML
from gateway.errors import VendorError
from gateway.model import Applied
from gateway.port.registry import AdapterType
from gateway.simulation import Answer
from gateway.simulation.jsontext import read

EXPLAINED = "a-vendor-that-can-be-searched"
MOST = 60
"""Pages of one search."""
MANY = 120
"""Adjustments after which what was sent first is on no first page."""
STATUSES = (204, 301, 400, 403, 404, 405, 410, 422, 500, 503)
BODIES = ("", "{}", "null", "0", '"words"', '{"message": "no"}', "{", HTML)


def _finds(kind: AdapterType) -> bool:
    return kind.found_by is not None and "adjust" in kind.operations


def _sought(bench: Bench, **fields: Any) -> tuple[Applied, ...]:
    """All that a search finds, page by page. Raises `VendorError`."""
    matches: tuple[Applied, ...] = ()
    cursor = None
    for _ in range(MOST):
        found = bench.find(cursor=cursor, **fields)
        expect(not found.rejected, "no rejection of what the vendor has not rejected", found, fields)
        matches, cursor = matches + found.matches, found.next_cursor
        if cursor is None:
            break
    expect(cursor is None, "a search that comes to its end", f"it goes on after {MOST} pages")
    return matches


def _is_found(bench: Bench, expected: Applied | None, **fields: Any) -> None:
    matches = _sought(bench, **fields)
    expect(len(matches) == 1, "one match", matches, fields)
    ids = [each and each.transaction_id for each in (expected, matches[0])]
    expect(None in ids or ids[0] == ids[1], f"the transaction {ids[0]}, which the answer to the write named", ids[1])


@check(EXPLAINED, applies=_finds)
def what_was_applied_is_found(bench: Bench) -> None:
    """Each adjustment is found under its own id, once, also behind many others; a search changes nothing."""
    if not bench.translator.adapter.finds:
        return
    with bench.direct():
        sent = {name: Decimal(points) for name, points in (("adj_1", 5), ("adj_2", 7), ("adj_3", -1))}
        # All of them are looked for, since a vendor may list them in any order.
        paged = "cursor" in (bench.kind.found_by or ())
        sent |= {f"adj_other_{number}": Decimal(5) for number in range(MANY if paged else 2)}
        outcomes = {name: bench.adjust(id=name, points=points) for name, points in sent.items()}
        before = len(bench.simulator.effects)
        for name, outcome in outcomes.items():
            if outcome.verdict in (Verdict.APPLIED, Verdict.ACCEPTED):
                _is_found(bench, outcome.applied, id=name, points=sent[name])
        changes = bench.simulator.effects[before:]
        expect(changes == [], "a search that changes nothing", changes)


@check(EXPLAINED, applies=_finds)
def what_was_never_sent_is_not_found(bench: Bench) -> None:
    """An id that the vendor has never seen gives no match, no rejection, and no error."""
    if not bench.translator.adapter.finds:
        return
    with bench.direct():
        bench.adjust(id="adj_1")
        for name in ("adj_never", "adj_", "adj_11"):
            matches = _sought(bench, id=name)
            expect(matches == (), "no match", matches, name)


@check(EXPLAINED, applies=_finds)
def what_was_applied_twice_is_found_twice(bench: Bench) -> None:
    """Two effects under one id are two matches, or an error: a person has to see them."""
    if not bench.translator.adapter.finds:
        return
    with bench.direct():
        bench.adjust(id="adj_1")
        between = MANY if "cursor" in (bench.kind.found_by or ()) else 0  # so that they are not on the same page
        for number in range(between):
            bench.adjust(id=f"adj_other_{number}")
        bench.adjust(id="adj_1")
        if len(bench.simulator.effects) != between + 2:
            return
        try:
            matches = _sought(bench, id="adj_1")
        except VendorError:
            return
        expect(len(matches) == 2, "two matches", matches)


@check(EXPLAINED, applies=_finds)
def what_is_otherwise_is_not_found(bench: Bench) -> None:
    """An entry with our id and other points than were sent raises: it is neither a match nor an absence."""
    if not bench.translator.adapter.finds:
        return
    with bench.direct():
        bench.adjust(id="adj_1")
        for points in (Decimal(6), Decimal(-5)):
            try:
                matches = _sought(bench, id="adj_1", points=points)
            except VendorError:
                continue
            broken("VendorBadResponse for an entry of 5 points under this id", f"it found {matches}", points)


@check(EXPLAINED, applies=_finds)
def an_absence_is_the_vendors_own(bench: Bench) -> None:
    """At a wrong address, and wherever the answer is not the vendor's list, a search raises; it finds nothing only
    where the vendor says so.
    """
    if not bench.translator.adapter.finds:
        return
    with bench.direct():
        bench.adjust(id="adj_1")
        before = len(bench.passed)
        _sought(bench, id="adj_never")
        own = [(each.response.status, each.response.body.decode()) for each in bench.passed[before:] if each.response]
        for status in (200, *STATUSES):
            for body in BODIES:
                if _same((status, body), own[-1]):
                    continue
                bench.spoil(0, {"kind": "status", "status": status, "body": body, "times": 9})
                _raises(bench, f"status {status}, body {body[:30]!r}")
    with bench.another(base_url=f"{bench.settings.base_url}/elsewhere") as lost, lost.direct():
        _raises(lost, "base_url with a path that the vendor does not have")


def _same(one: tuple[int, str], other: tuple[int, str]) -> bool:
    def plain(body: str) -> Any:
        try:
            return read(body.encode())
        except ValueError:
            return body

    return (one[0] < 300) == (other[0] < 300) and plain(one[1]) == plain(other[1])


def _raises(bench: Bench, case: str) -> None:
    try:
        found = bench.find()
    except VendorError:
        return
    broken("an error: this is no list of the vendor's", f"it gave {found}", case)


@check(EXPLAINED, applies=_finds)
def a_damaged_find_hides_nothing(bench: Bench) -> None:
    """Whatever is lost of an answer that has the entry, it is found as it is, or the search raises."""
    if not bench.translator.adapter.finds:
        return
    with bench.direct():
        bench.adjust(id="adj_1")
        before = len(bench.passed)
        true = bench.find()
        expect(len(true.matches) == 1, "one match", true.matches)
        responses = [each.response for each in bench.passed[before:] if each.response]
        for each in damaged(Answer(responses[-1].status, responses[-1].body)):
            if each.emptied or _is_another_id(each, responses[-1].body):
                continue
            bench.simulator.faults.add(
                *[{"kind": "delay", "seconds": 0}] * (len(responses) - 1), {"kind": "body", "body": each.body}
            )
            try:
                found = bench.find()
            except VendorError:
                continue
            finally:
                bench.simulator.faults.clear()
            expect(found.matches or found.next_cursor, "the entry, or an error", "nothing was found", each)
            own = true.matches[0].transaction_id
            same = _was(each, responses[-1].body) == own or all(
                match.transaction_id in (None, own) for match in found.matches
            )
            expect(same, "the entry as it is", found.matches, each)


def _is_another_id(each: Damaged, body: bytes) -> bool:
    """Whether the damage makes of our entry one of somebody else: with another text, or none, as its id."""
    if each.name is None or _was(each, body) != "adj_1":
        return False
    return each.now in ("left out", "null", '""') or each.now.startswith('"words') or each.now.startswith('"0x')


def _was(each: Damaged, body: bytes) -> str | None:
    """What stood in the damaged place, as text; None in XML."""
    try:
        return str(value_at(read(body), each.place))
    except (TypeError, ValueError):
        return None


CHECKS = listed(vars())
