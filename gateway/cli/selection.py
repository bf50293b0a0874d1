"""`adjustments resolve --all`: shows the unknown adjustments as a named set, and resolves exactly that set."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gateway import exact
from gateway.adjustments import Record, Status
from gateway.cli import terminal
from gateway.cli.instructions import Instruction
from gateway.cli.listing import line
from gateway.cli.options import fail, with_journal
from gateway.cli.settle import Case, resolve_cases
from gateway.journal import Filters
from gateway.journal.unknown_sets import Amount, PointsSum, amounts, by_vendor, mark_of, name_of, sums

MOST = 10_000
"""Maximum number of adjustments in one set."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A choice of unknown adjustments in the journal at `store`, and how to resolve them."""

    store: str
    tenant: str | None
    filters: Filters
    applied: bool
    reason: str

    def show(self) -> None:
        """Show the unknown adjustments and the name of this set. Ends the command if there are none."""
        found = with_journal(self.store, lambda journal: journal.unknown(self.tenant, self.filters, limit=MOST))
        name = name_of(found.mark, found.records, applied=self.applied)
        show_set(
            [line(each) for each in found.records],
            found.total,
            summary(amounts(found.records)),
            name,
            applied=self.applied,
        )

    def show_left(self, name: str) -> None:
        """Show the members of a set that are still unknown."""
        records = self._members(name)
        left = [record for record in records if record.state.status is Status.UNKNOWN]
        show_left([line(each) for each in left], len(records), summary(amounts(left)))

    def resolve(self, name: str) -> None:
        """Resolve the members of a set."""
        resolve_cases(
            self.store,
            [
                Case(Instruction(record.draft.id, self.applied, self.reason), record, as_unknown=True)
                for record in self._members(name)
            ],
        )

    def _members(self, name: str) -> tuple[Record, ...]:
        """The members of a set in their current state. Ends the command if the name belongs to another set."""
        mark = mark_of(name)
        records: tuple[Record, ...] = ()
        if mark is not None:
            records = with_journal(
                self.store, lambda journal: journal.unknown_at(mark, self.tenant, self.filters, limit=MOST)
            )
        if name_of(mark or 0, records, applied=self.applied) != name:
            fail(
                "that is not what --set names: it was shown for another outcome, with other filters, of another "
                "journal, or while it changed; run this without --set and --yes, and look again"
            )
        return records


def show_set(lines: Sequence[str], total: int, summed: Iterator[str], name: str, *, applied: bool) -> None:
    """Show a set of the unknown, and its name. Ends the command if it is empty."""
    if not lines:
        fail("nothing is unknown that matches")
    terminal.show_lines(lines)
    number = len(lines)
    rest = total > number
    oldest = f"{number:,} of {total:,} unknown adjustment(s), the oldest"
    terminal.show(f"{oldest if rest else f'{number:,} unknown adjustment(s)'}; nothing is settled yet")
    for text in summed:
        terminal.show(text)
    terminal.show(f"To settle just these as {'applied' if applied else 'not applied'}, add to the command:")
    terminal.show(f"  --set {name} --yes")
    if rest:
        terminal.show("Then run it as it is again, for the rest; or narrow it, as by --vendor or --created-to.")


def show_left(lines: Sequence[str], number: int, summed: Iterator[str]) -> None:
    """Show what of a set of so many is still unknown."""
    for text in lines:
        terminal.show(text)
    terminal.show(f"{len(lines)} of {number} adjustment(s) in this set are still unknown")
    for text in summed:
        terminal.show(text)


def summary(counted: Collection[Amount]) -> Iterator[str]:
    """The number of adjustments per vendor, and the points per type, credits and debits separately."""
    return summary_lines(by_vendor(counted), sums(counted))


def summary_lines(vendors: Mapping[str, int], points: Sequence[PointsSum]) -> Iterator[str]:
    """The same of numbers that are counted already."""
    if vendors:
        yield "  vendors: " + ", ".join(f"{name} {count}" for name, count in vendors.items())
    for each in points:
        signs = (each.credits, each.credit_count), (each.debits, each.debit_count)
        texts = [f"{_signed(value)} in {count}" for value, count in signs if count]
        of_type = f" of type {each.point_type}" if each.point_type else ""
        yield f"  points{of_type}: {', '.join(texts)}"


def _signed(points: Decimal) -> str:
    return f"{'+' if points > 0 else ''}{exact.text(points)}"
