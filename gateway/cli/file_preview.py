"""`adjustments resolve --from` without `--yes`: what a file would settle, with counts and sums for each outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.cli import selection, terminal
from gateway.cli.instructions import OUTCOMES, Instruction
from gateway.journal.unknown_sets import Amount


@dataclass(frozen=True, slots=True)
class Previewed:
    """An adjustment of a file as it stands now: its line of text, its amount, and whether it can be settled still."""

    line: str
    amount: Amount
    is_open: bool


def show(found: Sequence[tuple[Instruction, Previewed | None]]) -> None:
    """Show what each instruction is about, and what the open ones come to; None where there is no such adjustment."""
    for instruction, previewed in found:
        if previewed is None:
            terminal.note(f"points-gateway: {instruction.id} is not in this journal")
    for outcome, applied in OUTCOMES.items():
        rows = [row for instruction, row in found if instruction.applied is applied and row is not None]
        for row in rows:
            terminal.show(f"{outcome:11}  {row.line}")
        unsettled = [row.amount for row in rows if row.is_open]
        terminal.show(f"{len(unsettled)} to be settled as {outcome}")
        for text in selection.summary(unsettled):
            terminal.show(text)
    others = sum(row is None or not row.is_open for _, row in found)
    left = f"; {others} of {len(found)} are not open" if others else ""
    terminal.show(f"nothing is settled yet{left}; add --yes to settle what can be")
