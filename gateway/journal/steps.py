"""What is done to adjustments that are known, each locked first: settle, retry, resolve, postpone, withdraw, repeat."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select, update

from gateway import adjustments as life
from gateway.adjustments import Record, Settlement, State, Status, Verdict
from gateway.journal import codec, repeating
from gateway.journal.budgets import Budgets
from gateway.journal.operations import (
    BeginRepeat,
    Conclusion,
    ConfirmRepeat,
    Decision,
    EndRepeat,
    Exhausted,
    MarkEffect,
    Postpone,
    PostponeRepeat,
    Refused,
    Resolve,
    Retry,
    Settle,
    Step,
    Withdraw,
    adjustment_of,
)
from gateway.journal.schema import adjustments, transitions
from gateway.journal.standing import REPEAT_COLUMNS, Standing
from gateway.journal.transaction import Transaction

_POSTPONE = (
    update(adjustments)
    .where(adjustments.c.id == bindparam("changed_id"))
    .values(look_at=bindparam("later"), looks=bindparam("counted"))
)
_REPEAT = (
    update(adjustments)
    .where(adjustments.c.id == bindparam("changed_id"))
    .values({name: bindparam(f"new_{name}") for name in ("repeats", *REPEAT_COLUMNS)})
)
_SAID = {Verdict.APPLIED: Status.SUCCEEDED, Verdict.UNKNOWN: Status.UNKNOWN}


@dataclass(slots=True)
class Steps:
    """The steps of one batch by their places in it, and what they have changed so far."""

    transaction: Transaction
    budgets: Budgets
    steps: list[tuple[int, Step]]
    standing: dict[str, Standing] = field(init=False)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    postponed: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        ids = {adjustment_of(step) for _, step in self.steps}
        found = self.transaction.statements.lock.run(self.transaction.connection, ids) if ids else ()
        self.standing = {row.id: Standing.of(row) for row in found}

    @property
    def counters(self) -> set[str]:
        """The counters that a step may take from, or give back to."""
        reservations = (each.reservation for each in self.standing.values())
        taken = {counter for each in reservations if each.taken for counter in each.counters}
        wanted = (step.budgets for _, step in self.steps if isinstance(step, Retry) and step.budgets)
        return taken.union(*map(self.budgets.counters, wanted))

    def take(self) -> list[tuple[int, Any]]:
        """Take the steps in their order, and write what they change; gives the place and the result of each."""
        results = [(place, self._taken(step)) for place, step in self.steps]
        connection = self.transaction.connection
        if self.rows:
            self.transaction.statements.change.run(connection, list(self.rows.values()))
        if self.postponed:
            connection.execute(_POSTPONE, self.postponed)
        if repeated := [each.repeat_row(id_) for id_, each in self.standing.items() if each.repeat_changed]:
            connection.execute(_REPEAT, repeated)
        return results

    def _taken(self, step: Step) -> Any:
        if isinstance(step, Withdraw):
            return self._withdraw(step)
        standing = self.standing[step.record.draft.id]
        match step:
            case Retry():
                return self._retry(step, standing)
            case Settle(settlement):
                return self.settle(settlement, standing)
            case Resolve():
                return self._resolve(step, standing)
            case Postpone():
                return self._postpone(step, standing)
            case MarkEffect():
                return repeating.mark(self, step, standing)
            case BeginRepeat():
                return repeating.begin(self, step, standing)
            case ConfirmRepeat():
                return repeating.confirm(self, step, standing)
            case EndRepeat():
                return repeating.end(self, step, standing)
            case PostponeRepeat():
                return repeating.postpone(self, step, standing)

    def _retry(self, step: Retry, standing: Standing) -> Record | Refused | None:
        record = step.record
        begun = life.retry(record.state)
        draft = replace(record.draft, account=step.account)
        if begun is None:
            return None
        if standing.state == begun and standing.owner == step.owner:
            lease_until = codec.from_micros(standing.lease_until)
            return Record(draft, begun, record.created_at, lease_until, conflict=standing.conflict)
        if standing.state != record.state:
            return None
        points = abs(draft.adjustment.points)
        if standing.reservation.held:  # a gateway of an earlier version has left it
            self.change(standing, self.current(draft.id))
        taken = self.budgets.take(step.budgets, points) if step.budgets else ()
        if isinstance(taken, Exhausted):
            return Refused(taken)
        standing.reservation = standing.reservation.begun(begun.attempt, taken)
        lease_until = self.transaction.later(step.lease)
        changed = Record(draft, begun, record.created_at, lease_until, conflict=standing.conflict)
        standing.owner = step.owner
        self.transaction.step(record.draft.id, record.state, begun, "gateway", {})
        self.change(standing, changed)
        return changed

    def settle(self, settlement: Settlement, standing: Standing) -> Conclusion:
        """Keep what an attempt came to; what changes nothing any more, in the history alone."""
        attempt = settlement.record.state.attempt
        settled = life.settle(standing.state, attempt=attempt, verdict=settlement.verdict)
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
            changed.draft.id, standing.state, settled, settlement.by, settlement.evidence, settlement.exchange
        )
        self.change(standing, changed)
        return Conclusion(changed)

    def late(self, settlement: Settlement, standing: Standing) -> Conclusion:
        """What came after the end is kept in the history; what was kept before, in whichever way, is not kept twice."""
        adjustment, attempt = settlement.record.draft.id, settlement.record.state.attempt
        exchange = codec.dumps(settlement.exchange)
        history = [row for row in self._history(adjustment) if row["attempt"] == attempt]
        said = {
            (row["after"], row["evidence"])
            for row in history
            if (row["by"], row["exchange"]) == (settlement.by, exchange)
        }
        if (_SAID.get(settlement.verdict, Status.FAILED).value, codec.dumps(settlement.evidence)) in said:
            return Conclusion(self.current(adjustment))
        # Whatever follows, a late word stays what it was: nothing leads from contradicting to agreeing, nor back.
        conflict = _conflict(settlement, standing.state) or _another(settlement, self.current(adjustment))
        if conflict and settlement.verdict is Verdict.APPLIED and not any(_applied_twice(row) for row in history):
            points = abs(settlement.record.draft.adjustment.points)
            self.budgets.add(standing.reservation.of(attempt), points)
        evidence = {**settlement.evidence, "late": settlement.verdict.value, "conflict": conflict}
        if codec.dumps(evidence) not in {text for _, text in said}:
            stays = replace(standing.state, attempt=attempt)
            self.transaction.step(adjustment, stays, stays, settlement.by, evidence, settlement.exchange)
        # The row gets it from the trigger, when the history is written at the end of the transaction.
        standing.conflict |= conflict
        return Conclusion(self.current(adjustment), late=True, conflict=conflict)

    def _resolve(self, step: Resolve, standing: Standing) -> Decision:
        now = self.transaction.micros
        resolved = life.resolve(standing.state, applied=step.resolution.applied)
        seen = replace(step.record.state, repeats=standing.state.repeats)
        if resolved is None or standing.state != seen:
            done = standing.resolution == codec.resolution_text(step.resolution)
            return Decision(self.current(step.record.draft.id), None if done else "changed")
        if (until := repeating.until_decided(self.transaction, step, standing)) > now:
            return Decision(self.current(step.record.draft.id), "repeat", codec.from_micros(until))
        if standing.lease_until > now:
            return Decision(self.current(step.record.draft.id), "lease", codec.from_micros(standing.lease_until))
        changed = self.transaction.answered(
            replace(
                step.record,
                state=resolved,
                completed_at=self.transaction.completed_at(resolved),
                resolution=step.resolution,
                answer=None,
                looks=standing.looks,
                conflict=standing.conflict,
            )
        )
        self.transaction.step(changed.draft.id, standing.state, resolved, step.resolution.by, step.evidence)
        self.change(standing, changed)
        return Decision(changed)

    def _postpone(self, step: Postpone, standing: Standing) -> None:
        # Counted from what the caller has seen: where this is done again, it is not counted again.
        if standing.state.status is Status.UNKNOWN and standing.looks == step.record.looks:
            standing.looks += step.asked
            later = codec.to_micros(self.transaction.later(step.seconds))
            self.postponed.append({"changed_id": step.record.draft.id, "later": later, "counted": standing.looks})

    def _withdraw(self, step: Withdraw) -> None:
        standing = self.standing.get(step.adjustment)
        if standing is None or standing.owner != step.owner:
            return  # it was never begun
        evidence = {"sent": False, "error": "the journal could not say that the attempt was begun"}
        record = self.current(step.adjustment)
        self.settle(Settlement(record, Verdict.NOT_APPLIED, evidence), standing)

    def current(self, adjustment: str) -> Record:
        """The adjustment as it stands, what this batch has changed so far included."""
        standing = self.standing[adjustment]
        record = standing.record or self.transaction.records([adjustment])[adjustment]
        return replace(record, conflict=standing.conflict)

    def _history(self, adjustment: str) -> list[dict[str, Any]]:
        found = select(transitions).where(transitions.c.adjustment == adjustment)
        rows = [dict(row) for row in self.transaction.connection.execute(found).mappings()]
        return rows + [row for row in self.transaction.kept if row["adjustment"] == adjustment]

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
    negative = settlement.verdict is not Verdict.APPLIED
    if settlement.verdict is Verdict.UNKNOWN or (negative and state.repeats):
        return False  # a negative answer may be about any of the requests that were sent
    believed_applied = state.status is Status.SUCCEEDED and state.attempt == settlement.record.state.attempt
    return negative is believed_applied
