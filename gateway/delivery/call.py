"""One exchange under way: what was sent, which of it had an effect, and what all of it proves.

Of a write only two things prove that nothing was applied: that no byte of a request with an effect left, and an answer
to that request that `Adapter.judge` knows. Everything else is unknown, whatever an exception is called.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TypeVar

from gateway import lenient
from gateway.adjustments import Verdict
from gateway.delivery.redaction import Steps
from gateway.errors import AlreadyBooked, VendorAuthFailed, VendorBadResponse, VendorError
from gateway.model import Applied
from gateway.planning.translated import Translation
from gateway.port import VendorRequest, VendorResponse
from gateway.port.refusals import BOOKED, FINAL, NOT_APPLIED
from gateway.transport import Evidence

T = TypeVar("T")
MOST = 20
"""Requests of one exchange: an adapter that goes round in circles is stopped there."""
EFFECTS = 2
"""Requests with an effect in one attempt: the second only after a judged 401 to the first."""


class AdapterFault(Exception):
    """Raised when an adapter does what no adapter may; its words are ours, and hold nothing of a vendor's."""


class UnprovenSuccess(AdapterFault):
    """Raised when an adapter reports a success and nothing that it sent can have had an effect."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One exchange with one vendor.

    `writing`: it may change points there. `deciding`: its answers can decide about a write, as those of a search and
    of a look-up do. `at`: the address to which its requests go, None for the vendor's own. `first`: no earlier request
    can have made the same change.
    `effect`: the evidence of the request with an effect, once there is one. `last`: that of the last request.
    `refused`: the status of the answer by which the vendor refused the credentials of a first request with an effect,
    once the adapter has gone on from there; that request counts no more.
    `response`: the last answer that came whole. `issued`: what vendors issued of all that was sent so far.
    """

    writing: bool
    deciding: bool = False
    at: str | None = None
    first: bool = True
    effect: Evidence | None = None
    last: Evidence = field(default_factory=Evidence)
    steps: list[tuple[VendorRequest, VendorResponse | None]] = field(default_factory=list)
    refused: int | None = None
    response: VendorResponse | None = None
    issued: tuple[str, ...] = ()
    _answer: VendorResponse | None = None
    """The answer to the request with an effect, of which `effect` is the evidence."""
    _effects: int = 0
    _final: bool = True
    """Whether the vendor has decided, where the adapter reported a success."""

    @property
    def sent(self) -> bool:
        """Whether a request with an effect may have left."""
        return self.effect is not None and self.effect.sent

    @property
    def came(self) -> Steps:
        """The requests, each with its answer, or with what came of an answer that broke off or cannot be read."""
        if not self.steps:
            return ()
        *before, (request, response) = self.steps
        return *before, (request, response or self.last.partial)

    def is_confidential(self, error: BaseException) -> bool:
        """Whether an error may quote an answer that is confidential: it is about one, or followed one."""
        last = next((request.confidential for request, _ in self.steps[-1:]), False)
        about = error.answer if isinstance(error, VendorError) else None
        return last or any(request.confidential and about is response for request, response in self.steps if response)

    def begin(self, request: VendorRequest) -> VendorRequest:
        """Take in the next request, and give it as it is sent: it says whether it has an effect.

        Raises `AdapterFault` for one that must not leave.
        """
        if not isinstance(request, VendorRequest):
            raise AdapterFault("The adapter yielded what is no request")
        if request.base_url != self.at:
            raise AdapterFault("The adapter asked for a request to another address than that of this exchange")
        if len(self.steps) == MOST:
            raise AdapterFault(f"The adapter asked for more than {MOST} requests in one exchange")
        effect = request.has_effect(writing=self.writing)
        if effect and not self.writing:
            raise AdapterFault("The adapter asked for a request with an effect in a read")
        decides = request.decides or self.writing or self.deciding
        if (effect, decides) != (request.effect, request.decides):
            request = replace(request, effect=effect, decides=decides)
        self.go_on()
        if effect and (self.effect is not None or self._effects == EFFECTS):
            raise AdapterFault(
                "The adapter asked for one more request with an effect, and not after a first judged 401; "
                "a request that changes no points, such as a draft, says effect=False"
            )
        self.last = Evidence()
        if effect:
            self.effect = self.last
            self._effects += 1
        self.steps.append((request, None))
        if request.issued:
            self.issued += tuple(request.issued)
        return request

    def mask(self, token: str) -> None:
        """Have a token that its requests carry masked, wherever they are shown."""
        self.issued += (token,)

    def answered(self, response: VendorResponse) -> None:
        """Take in the complete answer to the last request."""
        request, _ = self.steps[-1]
        self.steps[-1] = request, response
        self.response = response
        if request.effect:
            self._answer = response

    def end(self, result: object, expected: type[T]) -> T:
        """What the adapter returned. Raises `AdapterFault` where that cannot be believed."""
        if self.writing and not self.sent:
            raise UnprovenSuccess("The adapter reported a success, and no request of it had an effect")
        if not isinstance(result, expected):
            raise AdapterFault(f"The adapter returned what is no {expected.__name__}")
        if self._answer is not None and self._answer.judgements:
            raise AdapterFault("The adapter reported a success where the vendor refused")
        self._final = not isinstance(result, Applied) or result.final
        return result

    def verdict(self, error: BaseException | None) -> Verdict:
        """What an attempt proves: the table of docs/api.md, row by row."""
        if isinstance(error, VendorError) and self.proves(error):
            return Verdict.REFUSED if isinstance(error, FINAL) else Verdict.NOT_APPLIED
        if isinstance(error, BOOKED):
            # Booked under this very id: by an earlier exchange, where there was one, and else by nobody knows whom.
            return Verdict.APPLIED if self._settles(error) else Verdict.UNKNOWN
        if isinstance(error, UnprovenSuccess):
            return Verdict.UNKNOWN  # something made the adapter say so, and what that was nobody knows
        if not self.sent:
            return Verdict.NOT_APPLIED
        if error is not None:
            return Verdict.UNKNOWN
        return Verdict.APPLIED if self._final else Verdict.ACCEPTED

    def vouched_for(self, error: BaseException | None, statuses: Collection[int]) -> VendorResponse | None:
        """The answer to the effect, where its status is one of which somebody vouches that nothing was applied.

        Only a complete answer that came last, and of which the adapter said no more than what its status means:
        whatever else it found there may hint at a success.
        """
        answer = self._answer
        if answer is None or answer.status not in statuses or self.last is not self.effect:
            return None
        if not isinstance(error, VendorError) or isinstance(error, BOOKED):
            return None
        return answer if error.answer is answer else None

    def proves(self, error: VendorError) -> bool:
        """Whether an error is a judged one about the right answer: the last, to the request with an effect that left.

        Where none left, about any: what the vendor refused in a first request, it refused.
        """
        if not error.judged or not isinstance(error, (*FINAL, *NOT_APPLIED)):
            return False
        if not self.sent:
            return any(response is error.answer for _, response in self.steps if response is not None)
        return self._is_about_the_effect(error)

    def _settles(self, error: VendorError) -> bool:
        return isinstance(error, AlreadyBooked) and not self.first and self.sent and self._is_about_the_effect(error)

    def _is_about_the_effect(self, error: VendorError) -> bool:
        """Whether an error is a judgement of the last answer, that to the request with the effect."""
        judgements = self._answer.judgements if self._answer is not None else []
        return self.last is self.effect and error.answer is self._answer and type(error) in judgements

    def go_on(self) -> None:
        """Let go of a request with an effect whose answer was judged a refusal of the credentials, and as nothing else.

        It applied nothing, so that they may be renewed and the vendor be asked once more.
        """
        if self._answer is None or not self._answer.judgements:
            return
        if all(kind is VendorAuthFailed for kind in self._answer.judgements):
            self.refused = self._answer.status
            self.effect = self._answer = None


def speaks_of_success(call: Call, answer: VendorResponse, translation: Translation[T]) -> bool:
    """Whether an adapter would take an answer to its effect for a success, for what it says, were only the status one.

    `translation`: that of `call`. It begins another exchange, which is handed what the vendor said; nothing is sent.
    Where it takes another way, or where something in the answer cannot be told, the answer may speak of a success.
    """
    if not _is_told(answer):
        return True
    for status in (200, 201, 202, 204):
        heard = _would_succeed(call, replace(answer, status=status), translation)
        if heard is None or (heard and not _would_succeed(call, VendorResponse(status), translation)):
            return True
    return False


def _is_told(answer: VendorResponse) -> bool:
    """Whether all of an answer can be told, unless it is no JSON, which speaks of nothing."""
    try:
        return lenient.is_told(answer.json())
    except VendorBadResponse as error:
        return not isinstance(error.__cause__, lenient.NotRead)


def _would_succeed(call: Call, answer: VendorResponse, translation: Translation[T]) -> bool | None:
    """Whether an exchange would end in a success with this answer to its effect; None where it cannot be told."""
    answers = {(asked.method, asked.path): response for asked, response in call.steps if response and not asked.effect}
    try:
        exchange, request = translation.begin()
        for _ in range(MOST):
            if request.has_effect(writing=translation.writes):
                break
            request = exchange.send(answers[request.method, request.path])
    except Exception:
        return None
    try:
        exchange.send(answer)
    except StopIteration:
        return True
    except Exception:
        return False
    return None
