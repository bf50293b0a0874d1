"""One exchange under way: what was sent, which of it had an effect, and what all of it proves.

Of a write only two things prove that nothing was applied: that no byte of a request with an effect left, and an answer
to that request that `Adapter.judge` knows. Everything else is unknown, whatever an exception is called.
"""

from dataclasses import dataclass, field
from typing import TypeVar

from gateway.adjustments import Verdict
from gateway.errors import (
    InsufficientPoints,
    MemberNotFound,
    VendorAuthFailed,
    VendorError,
    VendorRateLimited,
    VendorRejected,
)
from gateway.port import VendorRequest, VendorResponse
from gateway.transport import Evidence

T = TypeVar("T")
MOST = 20
"""Requests of one exchange: an adapter that goes round in circles is stopped there."""
_FINAL = (MemberNotFound, InsufficientPoints, VendorRejected)
_NOT_APPLIED = (VendorAuthFailed, VendorRateLimited)


class AdapterFault(Exception):
    """Raised when an adapter does what no adapter may; its words are ours, and hold nothing of a vendor's."""


class UnprovenSuccess(AdapterFault):
    """Raised when an adapter reports a success and nothing that it sent can have had an effect."""


@dataclass(slots=True)
class Call:
    """One exchange with one vendor; `writing` says that it may change points there.

    `effect`: the evidence of the request with an effect, once there is one. `last`: that of the last request.
    """

    writing: bool
    effect: Evidence | None = None
    last: Evidence = field(default_factory=Evidence)
    steps: list[tuple[VendorRequest, VendorResponse | None]] = field(default_factory=list)

    @property
    def sent(self) -> bool:
        """Whether a request with an effect may have left."""
        return self.effect is not None and self.effect.sent

    @property
    def response(self) -> VendorResponse | None:
        """The last answer that came whole."""
        return next((response for _, response in reversed(self.steps) if response is not None), None)

    def begin(self, request: VendorRequest) -> VendorRequest:
        """Take in the next request, and give it as it is sent: it says whether it has an effect.

        Raises `AdapterFault` for one that must not leave.
        """
        if not isinstance(request, VendorRequest):
            raise AdapterFault("The adapter yielded what is no request")
        if len(self.steps) == MOST:
            raise AdapterFault(f"The adapter asked for more than {MOST} requests in one exchange")
        request = request.resolved(writing=self.writing)
        if request.effect and not self.writing:
            raise AdapterFault("The adapter asked for a request with an effect in a read")
        if request.effect and self.effect is not None:
            raise AdapterFault("The adapter asked for a second request with an effect in one attempt")
        self.last = Evidence()
        if request.effect:
            self.effect = self.last
        self.steps.append((request, None))
        return request

    def answered(self, response: VendorResponse) -> None:
        """Take in the complete answer to the last request."""
        self.steps[-1] = self.steps[-1][0], response

    def end(self, result: object, expected: type[T]) -> T:
        """What the adapter returned. Raises `AdapterFault` where that cannot be believed."""
        if self.writing and not self.sent:
            raise UnprovenSuccess("The adapter reported a success, and no request of it had an effect")
        if not isinstance(result, expected):
            raise AdapterFault(f"The adapter returned what is no {expected.__name__}")
        return result

    def verdict(self, error: BaseException | None) -> Verdict:
        """What an attempt proves: the table of docs/api.md, row by row."""
        judged = isinstance(error, VendorError) and error.judged and self._judged_on_effect
        if judged and isinstance(error, _FINAL):
            return Verdict.REFUSED
        if judged and isinstance(error, _NOT_APPLIED):
            return Verdict.NOT_APPLIED
        if isinstance(error, UnprovenSuccess):
            return Verdict.UNKNOWN  # something made the adapter say so, and what that was nobody knows
        if not self.sent:
            return Verdict.NOT_APPLIED
        return Verdict.APPLIED if error is None else Verdict.UNKNOWN

    @property
    def _judged_on_effect(self) -> bool:
        """Whether the last answer is one to the request with the effect (or that was never sent)."""
        return not self.sent or self.last is self.effect
