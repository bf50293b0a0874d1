"""Writes whose outcome is not known at first, and the wait until they are settled, without I/O."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from points_gateway_client.arguments import seconds
from points_gateway_client.exceptions import OutcomeUnknown, PointsError
from points_gateway_client.exchange import Answer, Call, Pause, Retries, Steps, attempt, exchange
from points_gateway_client.json_object import Document
from points_gateway_client.problems import Problem, ServerProblem, problem
from points_gateway_client.request import query, segment
from points_gateway_client.results import Adjustment

T = TypeVar("T")

LEAST = 0.25
"""Minimum seconds between two polls of an adjustment, even if `Retry-After` is shorter."""


@dataclass(frozen=True, slots=True)
class Settling:
    """Waits for adjustments that are neither applied nor refused; `clock` is monotonic, in seconds."""

    retries: Retries
    clock: Callable[[], float]

    def written(self, call: Call[Adjustment], wait: float | None) -> Steps[Adjustment]:
        """Make a write; if its outcome is unknown, wait up to `wait` seconds for it. Raises `OutcomeUnknown` then."""
        if wait is not None:
            seconds(wait, "wait", zero=True)
        return self._written(call, wait)

    def _written(self, call: Call[Adjustment], wait: float | None) -> Steps[Adjustment]:
        try:
            return (yield from exchange(call, self.retries))
        except OutcomeUnknown as unknown:
            if wait is None:
                raise
            adjustment, first = unknown.adjustment, unknown.retry_after
        return (yield from self._wait(adjustment, wait, first))

    def wait(self, adjustment: Adjustment | str, *, longest: float) -> Steps[Adjustment]:
        """Poll an adjustment, or that of an id, until it is settled."""
        seconds(longest, "seconds", zero=True)
        if isinstance(adjustment, Adjustment):
            return self._wait(adjustment, longest, 0.0)
        return self._read_and_wait(adjustment_call(adjustment, read_adjustment), longest)

    def _read_and_wait(self, call: Call[Adjustment], longest: float) -> Steps[Adjustment]:
        deadline = self.clock() + longest
        state = yield from exchange(call, self.retries)
        if _settled(state):
            return state
        return (yield from self._wait(state, max(0.0, deadline - self.clock()), None))

    def _wait(self, adjustment: Adjustment, longest: float, first: float | None) -> Steps[Adjustment]:
        """Poll until it is settled; `first` is the pause before the first poll."""
        deadline = self.clock() + longest
        pause, polls, state = min(1.0 if first is None else first, self.retries.longest), 0, adjustment
        while True:
            # Never beyond the deadline, so that there is always one poll at its end.
            yield Pause(max(0.0, min(pause, deadline - self.clock())))
            cause: PointsError | None = None
            retry_after: float | None = None
            try:
                state, retry_after = yield from attempt(
                    adjustment_call(adjustment.id, lambda answer: (read_adjustment(answer), answer.retry_after))
                )
            except PointsError as error:  # it concerns the poll, not the adjustment
                cause, retry_after = error, error.retry_after
            else:
                if _settled(state):
                    return state
            if (cause is not None and not cause.retryable) or self.clock() >= deadline:
                raise OutcomeUnknown(state, retry_after=retry_after) from cause
            polls += 1
            pause = self._pause(polls, retry_after)

    def _pause(self, polls: int, retry_after: float | None) -> float:
        """Seconds before the next poll: the gateway's `Retry-After`, otherwise doubling; at least `LEAST`."""
        pause = 2.0 ** min(polls, 32) if retry_after is None else retry_after
        return max(LEAST, min(pause, self.retries.longest))


def adjustment_call(adjustment_id: str, read: Callable[[Answer], T], include: str | None = None) -> Call[T]:
    """The call that reads one adjustment."""
    target = f"/v1/adjustments/{segment(adjustment_id, 'adjustment_id')}{query(include=include)}"
    return Call("GET", "/v1/adjustments/{id}", target, read, echoes={"id": adjustment_id})


def read_adjustment(answer: Answer) -> Adjustment:
    """The adjustment of an answer, whatever its status."""
    return Adjustment.read(answer.document, replayed=answer.replayed)


def applied(answer: Answer) -> Adjustment:
    """The adjustment, if it was applied. Raises `OutcomeUnknown` for every 202, whatever its body."""
    adjustment = read_adjustment(answer)
    if answer.status == 202:
        raise OutcomeUnknown(adjustment, retry_after=answer.retry_after, request_id=answer.request_id)
    if adjustment.status != "succeeded":
        raise ValueError("status is not succeeded")
    return adjustment


def _settled(adjustment: Adjustment) -> bool:
    """Whether it has succeeded. Raises its `Problem` if it has failed."""
    if adjustment.status == "failed":
        raise _failure(adjustment)
    return adjustment.status == "succeeded"


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
