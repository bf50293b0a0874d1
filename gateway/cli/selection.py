"""`adjustments resolve --all`: shows the unknown adjustments as a named set, and resolves exactly that set."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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

MOST = 10_000
"""Maximum number of adjustments in one set."""
_NAME = re.compile(r"(?P<mark>[0-9]{1,18})-(?P<digest>[0-9a-f]{16})")


def is_name(text: str) -> bool:
    """Whether a text has the form of a set's name."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Selection:
    """A choice of unknown adjustments, and how to resolve them."""

    tenant: str | None
    filters: Filters
    applied: bool
    reason: str

    def show(self, store: str) -> None:
        """Show the unknown adjustments and the name of this set. Ends the command if there are none."""
        found = with_journal(store, lambda journal: journal.unknown(self.tenant, self.filters, limit=MOST))
        if not found.records:
            fail("nothing is unknown that matches")
        for record in found.records:
            terminal.show(line(record))
        number = len(found.records)
        rest = found.total > number
        oldest = f"{number:,} of {found.total:,} unknown adjustment(s), the oldest"
        terminal.show(f"{oldest if rest else f'{number:,} unknown adjustment(s)'}; nothing is settled yet")
        for text in summary(found.records):
            terminal.show(text)
        terminal.show(f"To settle just these as {'applied' if self.applied else 'not applied'}, add to the command:")
        terminal.show(f"  --set {self._name(found.mark, found.records)} --yes")
        if rest:
            terminal.show("Then run it as it is again, for the rest; or narrow it, as by --vendor or --created-to.")

    def show_left(self, store: str, name: str) -> None:
        """Show the members of a set that are still unknown."""
        records = self._members(store, name)
        left = [record for record in records if record.state.status is Status.UNKNOWN]
        for record in left:
            terminal.show(line(record))
        terminal.show(f"{len(left)} of {len(records)} adjustment(s) in this set are still unknown")
        for text in summary(left):
            terminal.show(text)

    def resolve(self, store: str, name: str) -> None:
        """Resolve the members of a set."""
        records = self._members(store, name)
        resolve_cases(
            store,
            [
                Case(Instruction(record.draft.id, self.applied, self.reason), record, as_unknown=True)
                for record in records
            ],
        )

    def _members(self, store: str, name: str) -> tuple[Record, ...]:
        """The members of a set in their current state. Ends the command if the name belongs to another set."""
        mark = int(name.partition("-")[0])
        records = with_journal(store, lambda journal: journal.unknown_at(mark, self.tenant, self.filters, limit=MOST))
        if self._name(mark, records) != name:
            fail(
                "that is not what --set names: it was shown for another outcome, with other filters, of another "
                "journal, or while it changed; run this without --set and --yes, and look again"
            )
        return records

    def _name(self, mark: int, records: Iterable[Record]) -> str:
        """The name of a set: its mark in the journal, and a digest of the outcome and of every member's attempt."""
        digest = hashlib.sha256(b"applied" if self.applied else b"not applied")
        for record in records:
            digest.update(f"\n{record.draft.id} {record.state.attempt}".encode())
        return f"{mark}-{digest.hexdigest()[:16]}"


def summary(records: Sequence[Record]) -> Iterator[str]:
    """The number of adjustments per vendor, and the points per type, credits and debits separately."""
    vendors = Counter(record.draft.vendor for record in records)
    if vendors:
        yield "  vendors: " + ", ".join(f"{name} {count}" for name, count in sorted(vendors.items()))
    points: dict[str, list[Decimal]] = {}
    for record in records:
        points.setdefault(record.draft.adjustment.point_type or "", []).append(record.draft.adjustment.points)
    for point_type, values in sorted(points.items()):
        signs = [each for each in values if each > 0], [each for each in values if each < 0]
        sums = [f"{_signed(sum(each, Decimal(0)))} in {len(each)}" for each in signs if each]
        yield f"  points{point_type and f' of type {point_type}'}: {', '.join(sums)}"


def _signed(points: Decimal) -> str:
    return f"{'+' if points > 0 else ''}{exact.text(points)}"
