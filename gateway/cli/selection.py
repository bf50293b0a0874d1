"""`adjustments resolve --all`: what is unknown is shown under a name, and by that name just that is settled."""

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
from gateway.cli.options import asked, fail
from gateway.cli.settle import Case, settle
from gateway.journal import Filters

MOST = 10_000
"""Adjustments in one set."""
_NAME = re.compile(r"(?P<mark>[0-9]{1,18})-(?P<digest>[0-9a-f]{16})")


def is_name(text: str) -> bool:
    """Whether a text can be the name of a set."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which unknown adjustments, and what to settle them as."""

    tenant: str | None
    filters: Filters
    applied: bool
    reason: str

    def show(self, store: str) -> None:
        """Show what is unknown now, and what names it. Ends the command where there is nothing."""
        found = asked(store, lambda journal: journal.unknown(self.tenant, self.filters, limit=MOST))
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
        """Show what is still unknown of the set of that name."""
        records = self._members(store, name)
        left = [record for record in records if record.state.status is Status.UNKNOWN]
        for record in left:
            terminal.show(line(record))
        terminal.show(f"{len(left)} of {len(records)} adjustment(s) in this set are still unknown")
        for text in summary(left):
            terminal.show(text)

    def settle(self, store: str, name: str) -> None:
        """Settle the set of that name."""
        records = self._members(store, name)
        settle(
            store,
            [Case(Instruction(record.draft.id, self.applied, self.reason), record) for record in records],
        )

    def _members(self, store: str, name: str) -> tuple[Record, ...]:
        """The set of that name, each as it stands now. Ends the command where it is another set."""
        mark = int(name.partition("-")[0])
        records = asked(store, lambda journal: journal.unknown_at(mark, self.tenant, self.filters, limit=MOST))
        if self._name(mark, records) != name:
            fail(
                "that is not what --set names: it was shown for another outcome, with other filters, of another "
                "journal, or while it changed; run this without --set and --yes, and look again"
            )
        return records

    def _name(self, mark: int, records: Iterable[Record]) -> str:
        """The name of the set with this mark: of no other set, and of none to be settled otherwise."""
        digest = hashlib.sha256(b"applied" if self.applied else b"not applied")
        for record in records:
            digest.update(f"\n{record.draft.id} {record.state.attempt}".encode())
        return f"{mark}-{digest.hexdigest()[:16]}"


def summary(records: Sequence[Record]) -> Iterator[str]:
    """How many there are at which vendor, and how many points of which type, credits and debits apart."""
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
