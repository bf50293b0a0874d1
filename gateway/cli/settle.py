"""Settling by hand: each decision is kept by itself, compare-and-set, and told as soon as it is kept."""

import asyncio
import os
import pwd
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.adjustments import Record, Resolution, Status
from gateway.cli import terminal
from gateway.cli.instructions import Instruction
from gateway.cli.listing import line
from gateway.cli.options import asked, fail
from gateway.journal import Decision, Journal
from gateway.model import time_text

_UID = re.compile(r"[0-9]{1,9}")
_AT_ONCE = 200
"""Decisions that the journal may keep in one commit."""


@dataclass(frozen=True, slots=True)
class Case:
    """One instruction, and the adjustment as it was read for it; None where there is none."""

    instruction: Instruction
    record: Record | None

    @property
    def is_open(self) -> bool:
        """Whether it is still unknown."""
        return self.record is not None and self.record.state.status is Status.UNKNOWN


def settle(store: str, cases: Sequence[Case]) -> None:
    """Settle what can be settled, and report each; ends the command where any does not stand as instructed then."""
    undone = asked(store, lambda journal: _settled(journal, cases), writes=f"cli-{secrets.token_hex(8)}")
    if undone:
        fail(f"{undone} of {len(cases)} could not be settled")


async def _settled(journal: Journal, cases: Sequence[Case]) -> int:
    by = f"command line, {_who()}"
    undone = 0
    for first in range(0, len(cases), _AT_ONCE):
        part = cases[first : first + _AT_ONCE]
        decisions = await asyncio.gather(*(_decided(journal, case, by) for case in part))
        for case, decision in zip(part, decisions, strict=True):
            undone += not _reported(case, decision)
    return undone


async def _decided(journal: Journal, case: Case, by: str) -> Decision | None:
    if case.record is None:
        return None
    instruction = case.instruction
    resolution = Resolution(applied=instruction.applied, reason=instruction.reason, by=by, at=datetime.now(UTC))
    return await journal.decide(await journal.present(case.record), resolution, {})


def _reported(case: Case, decision: Decision | None) -> bool:
    """Report one; returns whether it stands as its instruction says."""
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
        why = f"is {state.status}, and only what is unknown can be settled"
    else:
        until = "" if decision.until is None else f" until {time_text(decision.until)}"
        if decision.refused == "repeat":
            why = f"may still arrive at its vendor again{until}, and not later; look again then"
        else:
            why = f"may still change by itself{until}; try again then"
    terminal.note(f"points-gateway: {case.instruction.id} {why}")
    return False


def _who() -> str:
    """The user who runs the command, as the system knows it, for the environment says what anybody wants.

    Whom sudo says that it runs for is told as what it is: a variable.
    """
    sudo = os.environ.get("SUDO_UID", "")
    behind = f", SUDO_UID {_user(int(sudo))}" if _UID.fullmatch(sudo) else ""
    return f"uid {_user(os.getuid())}{behind}"


def _user(uid: int) -> str:
    """A user's number and name; in a container, there may be no name."""
    try:
        return f"{uid} ({pwd.getpwuid(uid).pw_name})"
    except KeyError:
        return str(uid)
