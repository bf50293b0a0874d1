"""The pages of a history together are the history, each row once."""

from decimal import Decimal

from gateway.conformance.bench import Bench
from gateway.conformance.breach import broken, expect
from gateway.conformance.check import check, listed
from gateway.errors import FieldNotSupported, VendorError
from gateway.model import Operation, Transactions, VendorTransaction

MOST = 100
"""Pages of one history."""


def _page(bench: Bench, limit: int, cursor: str | None) -> Transactions:
    page = bench.read("transactions", limit=limit, cursor=cursor).result
    assert isinstance(page, Transactions)  # noqa: S101 (by the operation)
    expect(len(page.items) <= limit, f"at most {limit} rows", len(page.items))
    return page


@check("a-vendor-that-has-a-history", of=("transactions",))
def pages_are_the_history(bench: Bench, operation: Operation) -> None:
    """Page after page gives every row once, in the order of one long page, and ends; points have their sign."""
    if "adjust" not in bench.kind.operations:
        return
    with bench.direct():
        made = {}
        for number, points in enumerate((5, 4, -1, 3, 2)):
            outcome = bench.adjust(id=f"adj_{number}", points=Decimal(points))
            if outcome.applied is not None and outcome.applied.transaction_id is not None:
                made[outcome.applied.transaction_id] = Decimal(points)
        whole = _page(bench, 100, None)
        effects = len(bench.simulator.effects)
        expect(len(whole.items) >= effects, f"the {effects} adjustments that were made", f"{len(whole.items)} rows")
        for row in whole.items:
            if row.id in made:
                expect(
                    row.points in (None, made[row.id]), f"{made[row.id]} points", row.points, f"transaction {row.id}"
                )
        if "cursor" not in bench.kind.operations[operation] or whole.next_cursor is not None:
            return
        rows: list[VendorTransaction] = []
        cursor = None
        for _ in range(MOST):
            page = _page(bench, 2, cursor)
            rows += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        expect(cursor is None, "a last page", f"it goes on after {MOST} pages")
        same = [row.id for row in rows] == [row.id for row in whole.items]
        expect(same, "the rows of one long page", [row.id for row in rows])


@check("a-vendor-that-has-a-history", of=("transactions",))
def a_made_up_cursor_is_refused(bench: Bench, operation: Operation) -> None:
    """A cursor that nobody gave out is refused, or answered by the vendor; it leads to no other path."""
    if "cursor" not in bench.kind.operations[operation]:
        return
    for cursor in ("../../x", "a b&c=d", "\u00e9?#"):
        try:
            bench.read("transactions", cursor=cursor)
        except (FieldNotSupported, VendorError):
            continue
        except Exception as error:
            broken("FieldNotSupported, or the vendor's answer", repr(error), cursor)


CHECKS = listed(vars())
