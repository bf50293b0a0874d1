"""What is done to adjustments, many at a time: a few statements for all of a batch, whatever its size."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway import adjustments as life
from gateway.adjustments import Answer, Draft, Record, Settlement, State, Status, Transition, Verdict
from gateway.journal import codec
from gateway.journal.operations import Claim, Expire, Resolve, Retry, Settle, Step, Touch
from gateway.journal.schema import adjustments, transitions

Render = Callable[[Record], Answer | None]
Key = tuple[str, str, str]
"""What an idempotency key belongs to, and its name: client, tenant, key."""

_STATE = (adjustments.c.id, adjustments.c.status, adjustments.c.retryable, adjustments.c.attempt)
_CHANGE = update(adjustments).where(adjustments.c.id == bindparam("changed_id"))
_EXPIRE = _CHANGE.values(status=Status.UNKNOWN.value)
_CLAIM = insert(adjustments)
_KEEP = insert(transitions)


@dataclass(slots=True)
class _Changes:
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    transitions: list[dict[str, Any]] = field(default_factory=list)

    def add(self, record: Record, transition: Transition) -> None:
        self.rows[record.draft.id] = {"changed_id": record.draft.id, **codec.changes_of(record)}
        self.keep(record.draft.id, transition)

    def keep(self, adjustment: str, transition: Transition) -> None:
        self.transitions.append(codec.transition_row(adjustment, transition))


class Writes:
    """Operations on one batch's connection and at one moment, `now`; `render` makes the answers that are kept."""

    def __init__(self, connection: Connection, now: datetime, render: Render) -> None:
        self._connection = connection
        self._now = now
        self._render = render

    def run(self, operations: Sequence[Any]) -> list[Any]:
        """Do every operation; gives their results in the same order."""
        results: list[Any] = [None] * len(operations)
        claims = [(place, one.draft) for place, one in enumerate(operations) if isinstance(one, Claim)]
        steps = [(place, one) for place, one in enumerate(operations) if isinstance(one, Step)]
        for kind in (self._claims(claims), self._steps(steps)):
            for place, result in kind:
                results[place] = result
        for place, one in enumerate(operations):
            if isinstance(one, Expire):
                results[place] = self._expire(one)
            if isinstance(one, Touch):
                self._connection.execute(select(1))
        return results

    def _claims(self, claims: list[tuple[int, Draft]]) -> Iterable[tuple[int, tuple[Record, bool]]]:
        if not claims:
            return
        records = self._under({_key(draft) for _, draft in claims})
        winners: dict[int, Record] = {}
        for place, draft in claims:
            if _key(draft) not in records:
                lease_until = self._now + timedelta(seconds=draft.lease)
                records[_key(draft)] = winners[place] = Record(draft, State(), self._now, lease_until)
        if winners:
            # Should another process have taken one of these keys since, the constraint refuses the batch, and its
            # operations are done one by one.
            self._connection.execute(_CLAIM, [codec.row_of(record) for record in winners.values()])
            begun = Transition(self._now, None, Status.IN_PROGRESS, 1, "gateway", {})
            self._connection.execute(_KEEP, [codec.transition_row(one.draft.id, begun) for one in winners.values()])
        for place, draft in claims:
            yield place, (records[_key(draft)], place in winners)

    def _under(self, keys: set[Key]) -> dict[Key, Record]:
        # By name alone, by which the constraint's index is sorted: a list for each of its columns would be multiplied
        # out. What has the same name and is another's is left behind before whole rows are read.
        table = adjustments.c
        named = select(table.id, table.client, table.tenant, table.key).where(
            table.key.in_({key for _, _, key in keys})
        )
        ids = [row.id for row in self._connection.execute(named) if (row.client, row.tenant, row.key) in keys]
        if not ids:
            return {}
        found = select(adjustments).where(table.id.in_(ids))
        records = (codec.record_of(row) for row in self._connection.execute(found))
        return {_key(record.draft): record for record in records}

    def _steps(self, steps: list[tuple[int, Step]]) -> Iterable[tuple[int, Record | None]]:
        if not steps:
            return
        states = self._locked(_record_of(step).draft.id for _, step in steps)
        changes = _Changes()
        for place, step in steps:
            record = _record_of(step)
            changed = self._stepped(step, states[record.draft.id], changes)
            if changed is not None:
                states[record.draft.id] = changed.state
            yield place, changed
        if changes.rows:
            self._connection.execute(_CHANGE, list(changes.rows.values()))
        if changes.transitions:
            self._connection.execute(_KEEP, changes.transitions)

    def _locked(self, ids: Iterable[str]) -> dict[str, State]:
        # In the order of their ids, so that two writers cannot wait for each other.
        found = select(*_STATE).where(adjustments.c.id.in_(set(ids))).order_by(adjustments.c.id).with_for_update()
        return {row.id: codec.state_of(row) for row in self._connection.execute(found)}

    def _stepped(self, step: Step, state: State, changes: _Changes) -> Record | None:
        match step:
            case Retry(record, lease):
                return self._retry(record, lease, state, changes)
            case Settle(settlement):
                return self._settle(settlement, state, changes)
            case Resolve():
                return self._resolve(step, state, changes)

    def _retry(self, record: Record, lease: float, state: State, changes: _Changes) -> Record | None:
        begun = life.retry(state) if state == record.state else None
        if begun is None:
            return None
        changed = Record(record.draft, begun, record.created_at, self._now + timedelta(seconds=lease))
        changes.add(changed, self._transition(state, begun, "gateway", {}))
        return changed

    def _settle(self, settlement: Settlement, state: State, changes: _Changes) -> Record | None:
        record, attempt = settlement.record, settlement.record.state.attempt
        settled = life.settle(state, attempt=attempt, verdict=settlement.verdict)
        if settled is None:
            evidence = {
                **settlement.evidence,
                "late": settlement.verdict.value,
                "conflict": _conflict(settlement, state),
            }
            late = Transition(self._now, state.status, state.status, attempt, "gateway", evidence, settlement.exchange)
            changes.keep(record.draft.id, late)
            return None
        changed = self._answered(
            replace(record, state=settled, applied=settlement.applied, problem=settlement.problem, resolution=None)
        )
        transition = self._transition(state, settled, "gateway", settlement.evidence)
        changes.add(changed, replace(transition, exchange=settlement.exchange))
        return changed

    def _resolve(self, step: Resolve, state: State, changes: _Changes) -> Record | None:
        resolved = life.resolve(state, applied=step.resolution.applied)
        if resolved is None or state != step.record.state:
            return None
        changed = self._answered(
            replace(
                step.record,
                state=resolved,
                resolution=step.resolution,
                problem=step.record.problem if step.problem is None else step.problem,
            )
        )
        changes.add(changed, self._transition(state, resolved, step.resolution.by, step.evidence))
        return changed

    def _answered(self, record: Record) -> Record:
        """The record with its time of completion, if it is complete, and the answer that is kept for its key."""
        completed_at = None if record.state.status is Status.UNKNOWN else self._now
        record = replace(record, completed_at=completed_at, answer=None)
        return replace(record, answer=self._render(record))

    def _transition(self, before: State, after: State, by: str, evidence: Mapping[str, Any]) -> Transition:
        return Transition(self._now, before.status, after.status, after.attempt, by, evidence)

    def _expire(self, operation: Expire) -> int:
        found = select(*_STATE).where(adjustments.c.status == Status.IN_PROGRESS.value)
        if not operation.whatever_lease:
            found = found.where(adjustments.c.lease_until <= codec.to_micros(self._now))
        rows = self._connection.execute(found.order_by(adjustments.c.id).with_for_update()).all()
        kept = []
        for row in rows:
            state = codec.state_of(row)
            if (expired := life.expire(state)) is not None:
                transition = self._transition(state, expired, "recovery", operation.evidence)
                kept.append(codec.transition_row(row.id, transition))
        if kept:
            self._connection.execute(_EXPIRE, [{"changed_id": row["adjustment"]} for row in kept])
            self._connection.execute(_KEEP, kept)
        return len(kept)


def _key(draft: Draft) -> Key:
    return draft.client, draft.tenant, draft.key


def _record_of(step: Step) -> Record:
    return step.settlement.record if isinstance(step, Settle) else step.record


def _conflict(settlement: Settlement, state: State) -> bool:
    """Whether a late word contradicts what the journal says; then points may be wrong at the vendor."""
    if settlement.verdict is Verdict.UNKNOWN:
        return False
    believed_applied = state.status is Status.SUCCEEDED and state.attempt == settlement.record.state.attempt
    return (settlement.verdict is Verdict.APPLIED) != believed_applied
