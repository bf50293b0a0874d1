"""Adjustments whose rows are locked, what one batch changes of them, and how an outcome settles one.

Steps and repeats of the same batch change the same adjustments; each sees what those before it have changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from gateway import adjustments as life
from gateway.adjustments import Record, Settlement, State, Status, Verdict
from gateway.journal import codec, removal
from gateway.journal.budgets import Budgets
from gateway.journal.commands import Conclusion
from gateway.journal.remainders import Remainders
from gateway.journal.standing import Standing
from gateway.journal.tables import transitions
from gateway.journal.transaction import Transaction

_STATUSES = {
    Verdict.APPLIED: Status.SUCCEEDED,
    Verdict.UNKNOWN: Status.UNKNOWN,
    Verdict.ACCEPTED: Status.ACCEPTED,
}


@dataclass(slots=True)
class Changes:
    """The locked adjustments of one batch by id, and the rows to write of those that it has changed so far."""

    transaction: Transaction
    budgets: Budgets
    standing: dict[str, Standing]
    remainders: Remainders
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def current(self, adjustment: str) -> Record:
        """The adjustment as it stands, what this batch has changed so far included."""
        standing = self.standing[adjustment]
        record = standing.record or self.transaction.records([adjustment])[adjustment]
        return record._replace(conflict=standing.conflict)

    def change(self, standing: Standing, record: Record) -> None:
        """Have an adjustment become this record; its owner is that of its standing."""
        adjustment = record.draft.id
        changes = codec.changes_of(record)
        standing.state, standing.record = record.state, record
        if record.state.status is Status.FAILED:  # by proof that nothing was applied, whoever has it
            self._give_back(standing, abs(record.draft.adjustment.points))
        standing.lease_until, standing.resolution = changes["lease_until"], changes["resolution"]
        reserved = standing.reservation.column
        self.rows[adjustment] = {"id": adjustment, **changes, "owner": standing.owner, "reserved": reserved}

    def settle(self, settlement: Settlement, standing: Standing, *, becomes: State | None = None) -> Conclusion:
        """Keep what an attempt came to; what changes nothing any more, in the history alone.

        `becomes`: the state that follows, where it is not that of the verdict.
        """
        attempt = settlement.record.state.attempt
        # What the vendor showed of the original is true, whatever becomes of the reversal.
        self.remainders.settled(settlement.record.draft, settlement.evidence)
        settled = becomes or life.settle(standing.state, attempt=attempt, verdict=settlement.verdict)
        if settled is None:
            return self.late(settlement, standing)
        changed = self.transaction.answered(
            Record(
                draft=settlement.record.draft,
                state=settled,
                created_at=settlement.record.created_at,
                lease_until=settlement.record.lease_until,
                completed_at=self.transaction.completed_at(settled),
                applied=settlement.applied,
                problem=settlement.problem,
                looks=standing.looks,
                conflict=standing.conflict,
                mark=standing.repeat.mark,
            )
        )
        if settled.retryable and _nothing_left(settlement.evidence) and standing.repeat.effect_attempt == attempt:
            # Nothing of an earlier attempt had left either: the first byte of the next one is the first of all.
            standing.set_repeat(effect_digest=None, effect_at=None, effect_attempt=None)
        if settlement.evidence.get("booked"):
            standing.set_repeat(effect_digest=None)  # the vendor knows the id as something else, and will again
        self.transaction.step(
            changed.draft.id,
            standing.state,
            settled,
            settlement.by,
            settlement.evidence,
            settlement.exchange,
            tenant=changed.draft.tenant,
        )
        self.change(standing, changed)
        return Conclusion(changed)

    def late(self, settlement: Settlement, standing: Standing) -> Conclusion:
        """What came after the end is kept in the history; what was kept before, in whichever way, is not kept twice."""
        if standing.removed:
            settlement = replace(settlement, evidence=removal.evidence(settlement.evidence), exchange=())
        adjustment, attempt = settlement.record.draft.id, settlement.record.state.attempt
        exchange = codec.dumps(settlement.exchange)
        history = [row for row in self._history(adjustment) if row["attempt"] == attempt]
        recorded = {
            (row["after"], row["evidence"])
            for row in history
            if (row["by"], row["exchange"]) == (settlement.by, exchange)
        }
        if (_STATUSES.get(settlement.verdict, Status.FAILED).value, codec.dumps(settlement.evidence)) in recorded:
            return Conclusion(self.current(adjustment))
        # Whatever follows, a late word stays what it was: nothing leads from contradicting to agreeing, nor back.
        conflict = _conflict(settlement, standing.state) or _another(settlement, self.current(adjustment))
        if conflict and settlement.verdict is Verdict.APPLIED and not any(_applied_twice(row) for row in history):
            points = abs(settlement.record.draft.adjustment.points)
            self.budgets.add(standing.reservation.of(attempt), points)
        evidence = {**settlement.evidence, "late": settlement.verdict.value, "conflict": conflict}
        if codec.dumps(evidence) not in {text for _, text in recorded}:
            stays = replace(standing.state, attempt=attempt)
            by, tenant = settlement.by, settlement.record.draft.tenant
            self.transaction.step(adjustment, stays, stays, by, evidence, settlement.exchange, tenant=tenant)
        # The row gets it from the trigger, when the history is written at the end of the transaction.
        standing.conflict |= conflict
        return Conclusion(self.current(adjustment), late=True, conflict=conflict)

    def _history(self, adjustment: str) -> list[dict[str, Any]]:
        found = select(transitions).where(transitions.c.adjustment == adjustment)
        rows = [dict(row) for row in self.transaction.connection.execute(found).mappings()]
        return rows + [row for row in self.transaction.kept if row["adjustment"] == adjustment]

    def _give_back(self, standing: Standing, points: Decimal) -> None:
        """Give back what the last attempt took, to the day that it was taken from, unless that is done."""
        if standing.reservation.held:
            self.budgets.add(standing.reservation.of(standing.state.attempt), -points)
            standing.reservation = replace(standing.reservation, held=False)


def _nothing_left(evidence: Mapping[str, Any]) -> bool:
    """Whether no request with an effect left in an attempt; `refused_before` tells of a first one."""
    return evidence.get("sent") is False and "refused_before" not in evidence


def _applied_twice(row: Mapping[str, Any]) -> bool:
    """Whether a row of the history is a late success that was counted: a text inside JSON has its quotes escaped."""
    return '"late":"applied"' in row["evidence"] and '"conflict":true' in row["evidence"]


def _another(settlement: Settlement, record: Record) -> bool:
    """Whether a late success is of another transaction than the one that the journal has: then there were two."""
    if settlement.verdict is not Verdict.APPLIED or settlement.applied is None or record.applied is None:
        return False
    transactions = settlement.applied.transaction_id, record.applied.transaction_id
    return None not in transactions and transactions[0] != transactions[1]


def _conflict(settlement: Settlement, state: State) -> bool:
    """Whether a late word contradicts what the journal says; then points may be wrong at the vendor."""
    same_attempt = state.attempt == settlement.record.state.attempt
    if settlement.verdict is Verdict.ACCEPTED:
        return state.status is Status.FAILED or not same_attempt  # the vendor may still apply it
    negative = settlement.verdict is not Verdict.APPLIED
    if settlement.verdict is Verdict.UNKNOWN or (negative and state.repeats):
        return False  # a negative answer may be about any of the requests that were sent
    believed_applied = state.status is Status.SUCCEEDED and same_attempt
    return negative is believed_applied
