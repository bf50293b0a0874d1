"""The operations of the API as exchanges without I/O, for either client to drive."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar, Unpack

from gateway import exact
from gateway.client.answers import Adjustment, Balance, Capabilities, Expiring, Page, Preview
from gateway.client.document import Document
from gateway.client.errors import OutcomeUnknown, PointsError
from gateway.client.exchange import Answer, Call, Pause, Retries, Steps, attempt, exchange
from gateway.client.problems import Problem, ServerProblem, problem
from gateway.client.request import (
    AdjustmentFields,
    Filters,
    Points,
    adjustment_body,
    idempotency_key,
    query,
    segment,
)

T = TypeVar("T")

LEAST = 0.25
"""Seconds between two looks at an adjustment, whoever asks for less."""
Outcome = Literal["applied", "not_applied"]


@dataclass(frozen=True, slots=True)
class Operations:
    """What an app can ask; `clock` counts seconds and never goes back. What each raises is said in `PointsClient`."""

    retries: Retries
    clock: Callable[[], float]

    def adjust(
        self, member: str, points: Points, *, key: str, wait: float | None, **fields: Unpack[AdjustmentFields]
    ) -> Steps[Adjustment]:
        """Change a member's points, and wait up to `wait` seconds where the outcome is unknown."""
        call = Call(
            "POST",
            "/v1/adjustments",
            _written,
            body=adjustment_body(member, points, **fields),
            key=idempotency_key(key),
            expects=(201, 202),
            echoes={"idempotency_key": key, "member": member},
        )
        try:
            return (yield from exchange(call, self.retries))
        except OutcomeUnknown as unknown:
            if wait is None:
                raise
            adjustment, first = unknown.adjustment, unknown.retry_after
        return (yield from self.wait(adjustment, seconds=wait, first=first))

    def wait(self, adjustment: Adjustment, *, seconds: float, first: float | None = 0.0) -> Steps[Adjustment]:
        """Look at an adjustment until it is settled; `first` is the pause before the first look."""
        deadline = self.clock() + seconds
        pause, looks, state = min(1.0 if first is None else first, self.retries.longest), 0, adjustment
        while True:
            yield Pause(max(0.0, min(pause, deadline - self.clock())))
            cause: PointsError | None = None
            retry_after: float | None = None
            try:
                state, retry_after = yield from attempt(
                    _get(adjustment.id, lambda answer: (_adjustment(answer), answer.retry_after))
                )
            except PointsError as error:  # about the look, not about the adjustment
                cause, retry_after = error, error.retry_after
            else:
                if state.status == "succeeded":
                    return state
                if state.status == "failed":
                    raise _failure(state)
            if (cause is not None and not cause.retryable) or self.clock() >= deadline:
                raise OutcomeUnknown(state, retry_after=retry_after) from cause
            looks += 1
            pause = self._pause(looks, retry_after)

    def preview(self, member: str, points: Points, **fields: Unpack[AdjustmentFields]) -> Steps[Preview]:
        """The request that an adjustment would become."""
        body = adjustment_body(member, points, **fields)
        return exchange(Call("POST", "/v1/adjustments/preview", _plain(Preview.read), body=body), self.retries)

    def adjustment(self, adjustment_id: str, *, history: bool) -> Steps[Adjustment]:
        """One adjustment, whatever its status."""
        return exchange(_get(adjustment_id, _adjustment, "history" if history else None), self.retries)

    def page(self, filters: Filters) -> Steps[Page]:
        """One page of adjustments, newest first."""
        return exchange(Call("GET", f"/v1/adjustments{query(**filters)}", _plain(Page.read)), self.retries)

    def resolve(self, adjustment_id: str, outcome: Outcome, reason: str, *, actor: str | None) -> Steps[Adjustment]:
        """Settle an adjustment of unknown outcome."""
        named = {} if actor is None else {"actor": actor}
        call = Call(
            "POST",
            f"/v1/adjustments/{segment(adjustment_id, 'the id')}/resolution",
            _adjustment,
            body=exact.dumps({"outcome": outcome, "reason": reason, **named}),
            echoes={"id": adjustment_id},
            repeatable=False,  # once done, a repetition is told that there is nothing to resolve
        )
        return exchange(call, self.retries)

    def balance(self, member: str, *, point_type: str | None, include_vendor_response: bool) -> Steps[Balance]:
        """What a member has."""
        parameters = query(point_type=point_type, include=_include(include_vendor_response))
        path = f"/v1/members/{segment(member, 'the member')}/balance"
        return exchange(Call("GET", path + parameters, _plain(Balance.read), echoes={"member": member}), self.retries)

    def expiring(
        self, member: str, start: datetime, end: datetime, *, point_type: str | None, include_vendor_response: bool
    ) -> Steps[Expiring]:
        """The points of a member that expire within a period."""
        include = _include(include_vendor_response)
        parameters = query(**{"from": start, "to": end, "point_type": point_type, "include": include})
        path = f"/v1/members/{segment(member, 'the member')}/expiring"
        return exchange(Call("GET", path + parameters, _plain(Expiring.read), echoes={"member": member}), self.retries)

    def capabilities(self) -> Steps[Capabilities]:
        """What the tenant's routes can do."""
        return exchange(Call("GET", "/v1/capabilities", _plain(Capabilities.read)), self.retries)

    def _pause(self, looks: int, retry_after: float | None) -> float:
        """Seconds before another look: what the gateway asks for, else a second, doubled each time; never nothing."""
        asked = 2.0 ** min(looks, 32) if retry_after is None else retry_after
        return max(LEAST, min(asked, self.retries.longest))


def _get(adjustment_id: str, read: Callable[[Answer], T], include: str | None = None) -> Call[T]:
    target = f"/v1/adjustments/{segment(adjustment_id, 'the id')}{query(include=include)}"
    return Call("GET", target, read, echoes={"id": adjustment_id})


def _plain(read: Callable[[Document], T]) -> Callable[[Answer], T]:
    return lambda answer: read(answer.document)


def _include(vendor_response: bool) -> str | None:
    return "vendor_response" if vendor_response else None


def _adjustment(answer: Answer) -> Adjustment:
    return Adjustment.read(answer.document, replayed=answer.replayed)


def _written(answer: Answer) -> Adjustment:
    """The adjustment, where it was applied. Raises `OutcomeUnknown` for 202, whatever its body says."""
    adjustment = _adjustment(answer)
    if answer.status == 202:
        raise OutcomeUnknown(adjustment, retry_after=answer.retry_after, request_id=answer.request_id)
    if adjustment.status != "succeeded":
        raise ValueError("status is not succeeded")
    return adjustment


def _failure(adjustment: Adjustment) -> Problem:
    """Why an adjustment failed, as the exception that the write itself would have raised."""
    document = Document(adjustment.problem or {})
    key = adjustment.idempotency_key
    try:
        made = problem(document, status=document.whole("status"), idempotency_key=key)
    except ValueError:
        detail = f"Adjustment {adjustment.id} failed, and the gateway does not say why"
        made = ServerProblem(detail, retryable=adjustment.retryable, idempotency_key=key)
    made.adjustment = adjustment.id
    return made
