"""Resolving by hand: each decision is a compare-and-set of its own in the journal, reported as soon as it is stored."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.adjustments import Record, Resolution, Status
from gateway.cli import terminal
from gateway.cli.instructions import Instruction
from gateway.cli.listing import line
from gateway.cli.operator_name import operator
from gateway.cli.options import fail, with_journal
from gateway.journal import Decision, Journal
from gateway.model import time_text

_AT_ONCE = 200
"""Decisions that run concurrently, so that the journal can store them in one commit."""


@dataclass(frozen=True, slots=True)
class Case:
    """One instruction, and its adjustment as read before; None if the journal has none.

    `as_unknown`: it was shown as unknown, and what the vendor has accepted since then is not what was decided about.
    """

    instruction: Instruction
    record: Record | None
    as_unknown: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it can still be settled."""
        return self.record is not None and self.record.state.open


def resolve_cases(store: str, cases: Sequence[Case]) -> None:
    """Resolve every case that can be, and report each. Ends the command if one has not the instructed outcome then."""
    failures = with_journal(store, lambda journal: _resolve(journal, cases), owner=f"cli-{secrets.token_hex(8)}")
    if failures:
        fail(f"{failures} of {len(cases)} could not be settled")


async def _resolve(journal: Journal, cases: Sequence[Case]) -> int:
    """Resolve the cases; returns how many failed."""
    by = operator()
    failures = 0
    for first in range(0, len(cases), _AT_ONCE):
        part = cases[first : first + _AT_ONCE]
        decisions = await asyncio.gather(*(_decide(journal, case, by) for case in part))
        for case, decision in zip(part, decisions, strict=True):
            failures += not _report(case, decision)
    return failures


async def _decide(journal: Journal, case: Case, by: str) -> Decision | None:
    if case.record is None:
        return None
    instruction = case.instruction
    resolution = Resolution(applied=instruction.applied, reason=instruction.reason, by=by, at=datetime.now(UTC))
    present = await journal.present(case.record)
    if case.as_unknown and present.state.status is Status.ACCEPTED:
        return Decision(present, "changed")
    return await journal.decide(present, resolution, {})


def _report(case: Case, decision: Decision | None) -> bool:
    """Report one decision; returns whether the adjustment now has the instructed outcome."""
    if decision is None:
        why = "is not in this journal"
    elif decision.refused is None:
        terminal.report(line(decision.record))
        return True
    elif decision.refused == "changed":
        state = decision.record.state
        if state.final and (state.status is Status.SUCCEEDED) is case.instruction.applied:
            terminal.report(f"{line(decision.record)}  (settled before)")
            return True
        why = f"is {state.status}, and only what is unknown or accepted can be settled"
        if state.open:
            why = f"is {state.status} now, and was another when it was read; look again"
    elif decision.refused in ("own", "none", "nobody"):
        why = "takes two people whom the gateway knows, and nobody knows you here: decide by --admin URL"
    else:
        until = "" if decision.until is None else f" until {time_text(decision.until)}"
        if decision.refused == "repeat":
            why = f"may still arrive at its vendor again{until}, and not later; look again then"
        else:
            why = f"may still change by itself{until}; try again then"
    terminal.note(f"points-gateway: {case.instruction.id} {why}")
    return False
