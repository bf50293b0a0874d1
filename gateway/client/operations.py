"""The operations of the API as exchanges without I/O; both clients drive them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar, Unpack

from gateway import exact
from gateway.client.exceptions import OutcomeUnknown, PointsError
from gateway.client.exchange import Answer, Call, Pause, Retries, Steps, attempt, exchange
from gateway.client.fields import AdjustmentFields
from gateway.client.json_object import Document
from gateway.client.problems import Problem, ServerProblem, problem
from gateway.client.readings import Balance, Expiring, Profile
from gateway.client.request import (
    Filters,
    Points,
    adjustment_body,
    idempotency_key,
    query,
    reversal_body,
    segment,
)
from gateway.client.results import Adjustment, Capabilities, Page, Preview
from gateway.client.transactions import Transactions
from gateway.client.wallet import Wallet, target

T = TypeVar("T")

LEAST = 0.25
"""Minimum seconds between two polls of an adjustment, even if `Retry-After` is shorter."""
Outcome = Literal["applied", "not_applied"]


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations; `clock` is monotonic, in seconds. `PointsClient` documents what each one raises."""

    retries: Retries
    clock: Callable[[], float]

    def adjust(
        self, member: str, points: Points, *, key: str, wait: float | None, **fields: Unpack[AdjustmentFields]
    ) -> Steps[Adjustment]:
        """Change a member's points; if the outcome is unknown, wait up to `wait` seconds for it."""
        call = Call(
            "POST",
            "/v1/adjustments",
            _applied,
            body=adjustment_body(member, points, **fields),
            key=idempotency_key(key),
            expects=(201, 202),
            echoes={"idempotency_key": key, "member": member},
        )
        return (yield from self._written(call, wait))

    def reverse(
        self,
        adjustment_id: str,
        points: Points | None,
        *,
        key: str,
        linked: bool | None,
        description: str | None,
        wait: float | None,
    ) -> Steps[Adjustment]:
        """Take an adjustment back; waits as `adjust`."""
        call = Call(
            "POST",
            f"/v1/adjustments/{segment(adjustment_id, 'the id')}/reversal",
            _applied,
            body=reversal_body(points, linked, description),
            key=idempotency_key(key),
            expects=(201, 202),
            echoes={"idempotency_key": key, "reverses": adjustment_id},
        )
        return (yield from self._written(call, wait))

    def _written(self, call: Call[Adjustment], wait: float | None) -> Steps[Adjustment]:
        try:
            return (yield from exchange(call, self.retries))
        except OutcomeUnknown as unknown:
            if wait is None:
                raise
            adjustment, first = unknown.adjustment, unknown.retry_after
        return (yield from self.wait(adjustment, seconds=wait, first=first))

    def wait(self, adjustment: Adjustment, *, seconds: float, first: float | None = 0.0) -> Steps[Adjustment]:
        """Poll an adjustment until it is settled; `first` is the pause before the first poll."""
        deadline = self.clock() + seconds
        pause, polls, state = min(1.0 if first is None else first, self.retries.longest), 0, adjustment
        while True:
            # Never beyond the deadline, so that there is always one poll at its end.
            yield Pause(max(0.0, min(pause, deadline - self.clock())))
            cause: PointsError | None = None
            retry_after: float | None = None
            try:
                state, retry_after = yield from attempt(
                    _get(adjustment.id, lambda answer: (_adjustment(answer), answer.retry_after))
                )
            except PointsError as error:  # it concerns the poll, not the adjustment
                cause, retry_after = error, error.retry_after
            else:
                if state.status == "succeeded":
                    return state
                if state.status == "failed":
                    raise _failure(state)
            if (cause is not None and not cause.retryable) or self.clock() >= deadline:
                raise OutcomeUnknown(state, retry_after=retry_after) from cause
            polls += 1
            pause = self._pause(polls, retry_after)

    def preview(
        self, member: str, points: Points, *, resolve: bool, **fields: Unpack[AdjustmentFields]
    ) -> Steps[Preview]:
        """The vendor request for an adjustment, without sending it."""
        body = adjustment_body(member, points, **fields)
        target = f"/v1/adjustments/preview{query(resolve='true' if resolve else None)}"
        return exchange(Call("POST", target, _plain(Preview.read), body=body), self.retries)

    def adjustment(self, adjustment_id: str, *, history: bool) -> Steps[Adjustment]:
        """One adjustment, whatever its status."""
        return exchange(_get(adjustment_id, _adjustment, "history" if history else None), self.retries)

    def page(self, filters: Filters) -> Steps[Page]:
        """One page of adjustments, newest first."""
        return exchange(Call("GET", f"/v1/adjustments{query(**filters)}", _plain(Page.read)), self.retries)

    def resolve(self, adjustment_id: str, outcome: Outcome, reason: str, *, actor: str | None) -> Steps[Adjustment]:
        """Resolve an adjustment of unknown outcome."""
        actor_field = {} if actor is None else {"actor": actor}
        call = Call(
            "POST",
            f"/v1/adjustments/{segment(adjustment_id, 'the id')}/resolution",
            _adjustment,
            body=exact.dumps({"outcome": outcome, "reason": reason, **actor_field}),
            echoes={"id": adjustment_id},
            repeatable=False,  # a repetition would get `not_resolvable`, although the first call succeeded
        )
        return exchange(call, self.retries)

    def balance(self, member: str, *, point_type: str | None, include_vendor_response: bool) -> Steps[Balance]:
        """A member's balance."""
        parameters = query(point_type=point_type, include=_include(include_vendor_response))
        path = f"/v1/members/{segment(member, 'the member')}/balance"
        return exchange(Call("GET", path + parameters, _plain(Balance.read), echoes={"member": member}), self.retries)

    def expiring(
        self,
        member: str,
        start: datetime | None,
        end: datetime | None,
        *,
        point_type: str | None,
        include_vendor_response: bool,
    ) -> Steps[Expiring]:
        """The points of a member that expire."""
        include = _include(include_vendor_response)
        parameters = query(**{"from": start, "to": end, "point_type": point_type, "include": include})
        path = f"/v1/members/{segment(member, 'the member')}/expiring"
        return exchange(Call("GET", path + parameters, _plain(Expiring.read), echoes={"member": member}), self.retries)

    def transactions(
        self,
        member: str,
        start: datetime | None,
        end: datetime | None,
        *,
        point_type: str | None,
        limit: int | None,
        cursor: str | None,
        include_vendor_response: bool,
    ) -> Steps[Transactions]:
        """One page of a member's history at the vendor."""
        page = query(
            **{"from": start, "to": end, "point_type": point_type, "limit": limit, "cursor": cursor},
            include=_include(include_vendor_response),
        )
        path = f"/v1/members/{segment(member, 'the member')}/transactions"
        return exchange(Call("GET", path + page, _plain(Transactions.read), echoes={"member": member}), self.retries)

    def lookup(self, member: str, *, include_vendor_response: bool) -> Steps[Profile]:
        """A member as the vendor knows it."""
        path = f"/v1/members/{segment(member, 'the member')}{query(include=_include(include_vendor_response))}"
        return exchange(Call("GET", path, _plain(Profile.read), echoes={"member": member}), self.retries)

    def wallet(self, members: tuple[str, ...]) -> Steps[Wallet]:
        """All that a member has, who has all of these names."""
        call = Call("GET", target(members), lambda answer: Wallet.read(answer.document, members))
        return exchange(call, self.retries)

    def capabilities(self) -> Steps[Capabilities]:
        """What the tenant's routes support."""
        return exchange(Call("GET", "/v1/capabilities", _plain(Capabilities.read)), self.retries)

    def _pause(self, polls: int, retry_after: float | None) -> float:
        """Seconds before the next poll: the gateway's `Retry-After`, otherwise doubling; at least `LEAST`."""
        pause = 2.0 ** min(polls, 32) if retry_after is None else retry_after
        return max(LEAST, min(pause, self.retries.longest))


def _get(adjustment_id: str, read: Callable[[Answer], T], include: str | None = None) -> Call[T]:
    target = f"/v1/adjustments/{segment(adjustment_id, 'the id')}{query(include=include)}"
    return Call("GET", target, read, echoes={"id": adjustment_id})


def _plain(read: Callable[[Document], T]) -> Callable[[Answer], T]:
    return lambda answer: read(answer.document)


def _include(vendor_response: bool) -> str | None:
    return "vendor_response" if vendor_response else None


def _adjustment(answer: Answer) -> Adjustment:
    return Adjustment.read(answer.document, replayed=answer.replayed)


def _applied(answer: Answer) -> Adjustment:
    """The adjustment, if it was applied. Raises `OutcomeUnknown` for every 202, whatever its body."""
    adjustment = _adjustment(answer)
    if answer.status == 202:
        raise OutcomeUnknown(adjustment, retry_after=answer.retry_after, request_id=answer.request_id)
    if adjustment.status != "succeeded":
        raise ValueError("status is not succeeded")
    return adjustment


def _failure(adjustment: Adjustment) -> Problem:
    """The reason of a failure, as the exception that the write itself would have raised."""
    document = Document(adjustment.problem or {})
    key = adjustment.idempotency_key
    try:
        failure = problem(document, status=document.whole("status"), idempotency_key=key)
    except ValueError:
        detail = f"Adjustment {adjustment.id} failed, and the gateway does not say why"
        failure = ServerProblem(detail, retryable=adjustment.retryable, idempotency_key=key)
    failure.adjustment = adjustment.id
    return failure
