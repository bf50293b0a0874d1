"""The pages of a history together are the history, each row once."""

from decimal import Decimal

from gateway.conformance.bench import Bench
from gateway.conformance.broken import broken, expect
from gateway.conformance.check import check, listed
from gateway.errors import FieldNotSupported, VendorError
from gateway.model import Transactions, VendorTransaction
from gateway.port.registry import AdapterType

MOST = 100
"""Pages of one history."""


def _pages(kind: AdapterType) -> bool:
    return {"adjust", "transactions"} <= kind.operations.keys()


def _page(bench: Bench, limit: int, cursor: str | None) -> Transactions:
    page = bench.read("transactions", limit=limit, cursor=cursor).result
    assert isinstance(page, Transactions)  # noqa: S101 (by the operation)
    expect(len(page.items) <= limit, f"at most {limit} rows", len(page.items))
    return page


@check("a-vendor-that-has-a-history", applies=_pages)
def pages_are_the_history(bench: Bench) -> None:
    """Page after page gives every row once, in the order of one long page, and ends."""
    with bench.direct():
        for number in range(5):
            bench.adjust(id=f"adj_{number}", points=Decimal(number + 1))
        whole = _page(bench, 100, None)
        expect(len(whole.items) >= 5, "the five adjustments that were made", f"{len(whole.items)} rows")
        if "cursor" not in bench.kind.operations["transactions"] or whole.next_cursor is not None:
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


@check("a-vendor-that-has-a-history", applies=lambda kind: "cursor" in kind.operations.get("transactions", ()))
def a_made_up_cursor_is_refused(bench: Bench) -> None:
    """A cursor that nobody gave out is refused, or answered by the vendor; it leads to no other path."""
    for cursor in ("../../x", "a b&c=d", "\u00e9?#"):
        try:
            bench.read("transactions", cursor=cursor)
        except (FieldNotSupported, VendorError):
            continue
        except Exception as error:
            broken("FieldNotSupported, or the vendor's answer", repr(error), cursor)


CHECKS = listed(vars())
