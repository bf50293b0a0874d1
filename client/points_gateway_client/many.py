"""Many adjustments in one call: what is asked, what came of each, and what is next, without I/O."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from points_gateway_client.exceptions import NotSent, PointsError
from points_gateway_client.exchange import Call, Pause, Reply, Steps
from points_gateway_client.fields import AdjustmentFields
from points_gateway_client.operations import adjust_call
from points_gateway_client.problems import ClientPaused, Forbidden, Problem, TenantRequired, Unauthenticated
from points_gateway_client.request import Points
from points_gateway_client.results import Adjustment

T = TypeVar("T")

CONCURRENCY = 16
"""Adjustments that are under way at once, unless the caller says otherwise."""
_ENDS_ALL = (Unauthenticated, Forbidden, TenantRequired, ClientPaused, NotSent)
"""Errors that would meet every further adjustment as well."""


@dataclass(frozen=True, slots=True)
class AdjustmentRequest:
    """One of many adjustments: the arguments of `adjust`; `fields` has the optional ones by name."""

    member: str
    points: Points
    idempotency_key: str
    fields: AdjustmentFields = field(default_factory=AdjustmentFields)

    def check(self) -> None:
        """Raises `TypeError` or `ValueError` where it could not be sent; the gateway checks the rest."""
        self._call()

    def _call(self) -> Call[Adjustment]:
        return adjust_call(self.member, self.points, key=self.idempotency_key, **self.fields)


@dataclass(frozen=True, slots=True)
class AdjustmentResult:
    """What came of one of many adjustments: the `adjustment` that was applied, or the `error` that `adjust` raises."""

    request: AdjustmentRequest
    adjustment: Adjustment | None = None
    error: PointsError | None = None

    @property
    def outcome(self) -> Literal["succeeded", "failed", "refused", "open"]:
        """What to do next.

        `succeeded`: applied, once. `failed`: certainly not applied, and final; another key may be taken. `refused`:
        the request has to be corrected, and sent under the same key. `open`: it may have been applied, or may be
        later: repeat it as it is, under the same key.
        """
        if self.error is None:
            return "succeeded"
        if self.error.new_key_allowed:
            return "failed"
        # Of an adjustment that has a key, the key stays: without a new key it is never done with.
        if isinstance(self.error, Problem) and not (self.error.retryable or self.error.unanswered):
            return "refused"
        return "open"


class Many:
    """The adjustments of one call. Raises `TypeError` or `ValueError`, which names the request, before any is sent."""

    def __init__(
        self, requests: Iterable[AdjustmentRequest], progress: Callable[[AdjustmentResult], object] | None
    ) -> None:
        self._requests = list(requests)
        self._calls: list[Call[Adjustment]] = []
        self._results: dict[int, AdjustmentResult] = {}
        self._progress = progress
        self._ended_by: PointsError | None = None
        self._stopped = False
        numbers: dict[str, int] = {}
        for number, each in enumerate(self._requests):
            first = numbers.setdefault(each.idempotency_key, number)
            if first != number:
                raise ValueError(f"requests[{number}] has the idempotency_key of requests[{first}]")
            try:
                self._calls.append(each._call())
            except (TypeError, ValueError) as error:
                raise type(error)(f"requests[{number}]: {error}") from None

    def calls(self) -> Iterator[tuple[int, Call[Adjustment]]]:
        """What is to be sent, with its number; the rest is not begun once one error would meet all of it."""
        for number, call in enumerate(self._calls):
            if self._ended_by is None:
                yield number, call
            else:
                cause = self._ended_by.code or "the gateway was not reached"
                error = NotSent(f"Not begun: {cause}", retryable=True, idempotency_key=call.key)
                self._note(number, AdjustmentResult(self._requests[number], error=error))

    def applied(self, number: int, adjustment: Adjustment) -> None:
        """Keep that one was applied."""
        self._note(number, AdjustmentResult(self._requests[number], adjustment))

    def raised(self, number: int, error: PointsError) -> None:
        """Keep what one raised."""
        if isinstance(error, _ENDS_ALL):
            self._ended_by = self._ended_by or error
        self._note(number, AdjustmentResult(self._requests[number], error=error))

    def stop(self) -> None:
        """Have calls in other threads end at their next pause: nobody waits for their results any more."""
        self._stopped = True

    def stoppable(self, steps: Steps[T]) -> Steps[T]:
        """The steps of one call. Raises `CancelledError` in place of a pause once all has been stopped."""
        reply: Reply = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as done:
                result: T = done.value
                return result
            if self._stopped and isinstance(step, Pause):
                steps.close()
                raise CancelledError
            reply = yield step

    def results(self) -> list[AdjustmentResult]:
        """What came of each, in the order of the requests."""
        return [self._results[number] for number in range(len(self._requests))]

    def _note(self, number: int, result: AdjustmentResult) -> None:
        self._results[number] = result
        if self._progress is not None:
            self._progress(result)
