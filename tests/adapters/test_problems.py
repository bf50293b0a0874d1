"""One meaning, one code: what a vendor's refusal is called, by its documents or else by the configuration."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from gateway.adjustments import Verdict
from gateway.conformance.pair import installed
from gateway.errors import InsufficientPoints, MemberNotFound, VendorBadResponse, VendorError, VendorRejected
from gateway.model import Member, Operation
from gateway.port import registry
from tests.adapters.bench import Bench, Pair

UNKNOWN: dict[str, tuple[Operation, str]] = {
    **{
        pair.kind.name: (next(iter(pair.kind.operations)), pair.simulator.example.unknown_member)
        for pair in installed()
        if pair.simulator is not None and pair.simulator.example.unknown_member is not None
    },
    "iactionable": ("balance", "email:nobody@example.com"),  # it writes to whom nobody knows
}
"""An operation of each adapter that its vendor refuses for a member that it does not know."""
NO_CODES = "expiring-points"
"""The vendor that publishes no codes of its own for its writes."""
SAID = {"fabric": "404", "iactionable": "There is no such profile", "expiring-points": "404"}
"""How the vendors say so of which no document tells it, as a configuration has to name it."""


@contextmanager
def bench(adapter: str, **settings: Any) -> Iterator[Bench]:
    pair = Pair(registry.adapters()[adapter], registry.simulators()[adapter])
    with Bench(pair, **settings) as opened:
        yield opened


def error(made: Bench, operation: Operation, member: str) -> VendorError:
    """What a call about a member fails with."""
    if operation == "adjust":
        outcome = made.adjust(member=Member.parse(member))
        assert outcome.verdict is Verdict.REFUSED
        assert outcome.error is not None
        return outcome.error
    with pytest.raises(VendorError) as raised:
        made.read(operation, member=Member.parse(member))
    return raised.value


@pytest.mark.parametrize("adapter", UNKNOWN)
def test_an_unknown_member_has_one_code(adapter: str) -> None:
    """`member_not_found`, by the vendor's document or by the configuration; its status is 404."""
    problems = {SAID[adapter]: "member_not_found"} if adapter in SAID else {}
    with bench(adapter, problems=problems) as made:
        found = error(made, *UNKNOWN[adapter])
        assert (type(found), found.code, found.status) == (MemberNotFound, "member_not_found", 404)


@pytest.mark.parametrize("adapter", SAID)
def test_what_nobody_tells_is_rejected(adapter: str) -> None:
    """Where no document tells the form and no setting either, the vendor said no, in its own words."""
    operation, member = UNKNOWN[adapter]
    with bench(adapter, problems={}) as made:
        found = error(made, "balance" if adapter == NO_CODES else operation, member)
        assert type(found) is VendorRejected
        assert found.vendor_message


def test_a_vendor_without_codes_refuses_no_write_until_they_are_named() -> None:
    """What its documents do not list stays unknown; whoever names a code says that it applied nothing."""
    _, member = UNKNOWN[NO_CODES]
    with bench(NO_CODES, problems={}) as made:
        outcome = made.adjust(member=Member.parse(member))
        assert (outcome.verdict, made.simulator.effects) == (Verdict.UNKNOWN, [])
    with bench(NO_CODES, problems={"422": "insufficient_points"}) as made:
        outcome = made.adjust(points=Decimal(-1_000_000))
        assert (outcome.verdict, type(outcome.error)) == (Verdict.REFUSED, InsufficientPoints)
        assert made.adjust(member=Member.parse(member)).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("problems", "kind"),
    [
        ({"There is no such profile": "insufficient_points"}, InsufficientPoints),
        ({"400": "member_not_found"}, MemberNotFound),
        ({"400/There is no such profile": "member_not_found", "400": "insufficient_points"}, MemberNotFound),
        ({"There is no such profile": "member_not_found", "400": "insufficient_points"}, MemberNotFound),
        (
            {"There is no such": "member_not_found", "404": "member_not_found", "400/": "member_not_found"},
            VendorRejected,
        ),
    ],
)
def test_the_most_exact_name_counts(problems: dict[str, str], kind: type[VendorError]) -> None:
    """Status and code before code before status; a part of a message is not the message."""
    with bench("iactionable", problems=problems) as made:
        assert type(error(made, *UNKNOWN["iactionable"])) is kind


@pytest.mark.parametrize("status", [401, 404, 409, 429, 500, 503])
def test_a_name_makes_nothing_a_refusal(status: int) -> None:
    """What the adapter does not take for a final refusal stays unknown, or worth another try, whatever it is called."""
    body = '{"Message": "There is no such profile"}'
    problems = dict.fromkeys(("There is no such profile", str(status)), "member_not_found")
    verdicts = []
    for names in ({}, problems):
        with bench("iactionable", problems=names) as made:
            made.spoil(0, {"kind": "status", "status": status, "body": body})
            outcome = made.adjust()
            verdicts.append((outcome.verdict, type(outcome.error)))
    assert verdicts[0] == verdicts[1]
    assert verdicts[0][0] is (Verdict.NOT_APPLIED if status in (401, 429) else Verdict.UNKNOWN)


def test_a_page_of_somebody_else_is_nobodys_refusal() -> None:
    """A 404 without the vendor's own words stays what cannot be understood, of a read too."""
    with bench("expiring-points", problems={"404": "member_not_found"}) as made:
        made.spoil(0, {"kind": "html", "status": 404})
        with pytest.raises(VendorBadResponse):
            made.read("expiring")
