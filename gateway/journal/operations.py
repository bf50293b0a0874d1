"""What can be asked of the journal's writer, as values that wait for the next batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.adjustments import Draft, Record, Resolution, Settlement


@dataclass(frozen=True, slots=True)
class Claim:
    """Make a key ours: gives the record, and whether it is this draft's."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Retry:
    """Begin the next attempt: gives the new record, or None where the state is not `record`'s any more."""

    record: Record
    lease: float


@dataclass(frozen=True, slots=True)
class Settle:
    """Keep what an attempt came to: gives the new record, or None where that changes nothing."""

    settlement: Settlement


@dataclass(frozen=True, slots=True)
class Resolve:
    """Keep a person's decision: gives the new record, or None where there is nothing to decide."""

    record: Record
    resolution: Resolution
    evidence: Mapping[str, Any]
    problem: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Expire:
    """Make `unknown` what is in progress and nobody's: gives how many."""

    evidence: Mapping[str, Any]
    whatever_lease: bool


@dataclass(frozen=True, slots=True)
class Touch:
    """Change nothing: it succeeds where the journal can be written."""


Step = Retry | Settle | Resolve
