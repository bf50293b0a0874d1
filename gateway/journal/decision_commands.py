"""What people decide of open adjustments, as values that wait for the journal's next batch, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from gateway.adjustments import Record, Resolution
from gateway.approvals import Objection, Proposal

Refusal = Literal["lease", "repeat", "changed", "own", "none", "nobody"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The adjustment as it stands after a person's decision, and why that was refused, where it was.

    `lease`: an attempt may still be under way; `repeat`: a repeat of its request may still be, or was possible since
    the person looked, and from now on none begins; `changed`: it is not what the person has seen. `until`: when the
    same decision is taken, from who has looked again. `own`, `none`, `nobody`: as of `approvals.judged`.

    `proposal`: it is not taken yet, since another person has to confirm it.
    """

    record: Record
    refused: Refusal | None = None
    until: datetime | None = None
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The adjustment as it stands, and why what was proposed of it was not withdrawn, where it was not."""

    record: Record
    refused: Objection | None = None


@dataclass(frozen=True, slots=True)
class Resolve:
    """Keep a person's decision: gives a `Decision`.

    `subject`: who it is, as the gateway has found out by itself; None where it has not. `confirms`: it is only to
    confirm what another has proposed.
    """

    record: Record
    resolution: Resolution
    evidence: Mapping[str, Any]
    subject: str | None = None
    confirms: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawProposal:
    """Take back what this person has proposed of an adjustment: gives a `Withdrawal`.

    `subject`: as of `Resolve`. `by`: who it is, as in a resolution. `id`: unique, as of `Note`.
    """

    record: Record
    by: str
    evidence: Mapping[str, Any]
    subject: str | None
    id: str
