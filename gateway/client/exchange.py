"""One call, from its first attempt to its last, without I/O.

A generator yields a `Call` (send it) or a `Pause` (sleep), and receives the response, or what came instead. The two
clients drive it, each in its own way, and hold no other logic.
"""

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx

from gateway.client.document import Document
from gateway.client.errors import NoAnswer, NotSent, OutcomeUnknown, PointsError, UnexpectedAnswer
from gateway.client.problems import IdempotencyInProgress, LimitExceeded, Problem, problem

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

PASSING = frozenset({502, 503, 504})  # what a proxy says while the gateway behind it cannot be reached


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a status that the call expects; `retry_after` in seconds."""

    status: int
    document: Document
    replayed: bool
    retry_after: float | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """One request of the API and how its answer is read.

    `target` is path and query, encoded. `echoes` are fields that the answer repeats: an answer to another call,
    mixed up on the way, is not taken for this one's. `repeatable` says that a call whose answer was lost may be
    sent again as it is.
    """

    method: str
    target: str
    read: Callable[[Answer], T_co]
    body: bytes | None = None
    key: str | None = None
    expects: tuple[int, ...] = (200,)
    echoes: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True

    def headers(self) -> dict[str, str]:
        """The headers of this call alone; the client adds who is calling."""
        headers = {"Accept": "application/json, application/problem+json"}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        if self.key is not None:
            headers["Idempotency-Key"] = self.key
        return headers


@dataclass(frozen=True, slots=True)
class Pause:
    """A sleep, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Lost:
    """An attempt without an answer: why, and whether any of the request may have left."""

    error: httpx.RequestError
    sent: bool


Reply = httpx.Response | Lost | None
Steps = Generator[Call[Any] | Pause, Reply, T]


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call is made again, and how long the pauses before that are, in seconds.

    `Retry-After` is honoured up to `longest`; without one the pause is random, up to `first` doubled each time. What is
    refused for the rest of a day is not asked again. Asking again for what the gateway has in progress is no retry:
    that goes on for pauses of `longest` in all.
    """

    count: int = 3
    longest: float = 30.0
    first: float = 0.25
    random: Callable[[], float] = random.random

    def allows(self, retry_after: float | None, waited: float) -> bool:
        """Whether what is in progress may be asked for after so long, where that took `waited` seconds so far."""
        if not retry_after:  # a pause of nothing would never add up
            return False
        return self.count > 0 and waited + retry_after <= self.longest

    def pause(self, number: int, retry_after: float | None) -> Pause:
        """The pause before retry `number`, counted from 0."""
        if retry_after is not None:
            return Pause(min(retry_after, self.longest))
        return Pause(self.random() * min(self.first * 2.0 ** min(number, 32), self.longest))


def exchange(call: Call[T], retries: Retries) -> Steps[T]:
    """Make a call, and make it again, body and key unchanged, while that is safe and can help.

    Raises `PointsError`: that of the last attempt; `NotSent` only where no attempt was sent at all.
    """
    sent = unanswered = False
    number, waited = 0, 0.0
    while True:
        try:
            return (yield from attempt(call, sent=sent))
        except PointsError as error:
            error.unanswered = unanswered
            waits = isinstance(error, IdempotencyInProgress) and retries.allows(error.retry_after, waited)
            tomorrow = isinstance(error, LimitExceeded) and (error.retry_after or 0.0) > retries.longest
            if not _worth_repeating(call, error) or tomorrow or (number >= retries.count and not waits):
                raise
            sent = sent or not isinstance(error, NotSent)
            unanswered = unanswered or not isinstance(error, Problem | NotSent)
            pause = retries.pause(number, error.retry_after)
        yield pause
        if waits:
            waited += pause.seconds
        else:
            number += 1


def attempt(call: Call[T], *, sent: bool = False) -> Steps[T]:
    """Make a call once. Raises `PointsError` where its answer is not one that the call expects.

    `sent`: whether an earlier attempt of the same call left; then this one's loss never says that nothing did.
    """
    match (yield call):
        case httpx.Response() as response:
            return _judge(call, response)
        case Lost(error, sent=False) if not sent:
            raise NotSent(
                f"The gateway was not reached, and nothing was sent ({type(error).__name__})",
                retryable=True,
                idempotency_key=call.key,
            ) from error
        case Lost(error):
            raise NoAnswer(
                f"No answer from the gateway ({type(error).__name__}){_advice(call)}",
                retryable=call.repeatable,
                idempotency_key=call.key,
            ) from error
    raise TypeError("a call is answered with a response, or with how it was lost")


def _worth_repeating(call: Call[Any], error: PointsError) -> bool:
    if isinstance(error, Problem):
        return error.retryable
    return error.retryable and call.repeatable and not isinstance(error, OutcomeUnknown)


def _judge(call: Call[T], response: httpx.Response) -> T:
    status = response.status_code
    request_id = response.headers.get("Request-Id")
    retry_after = _seconds(response.headers.get("Retry-After"))
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    why = f"its media type is {media_type[:100]!r}"
    try:
        if status in call.expects:
            document = Document.parse(response.content)
            for name, value in call.echoes.items():
                if document.text(name) != value:
                    raise ValueError(f"{name} is not that of this call")
            replayed = response.headers.get("Idempotent-Replayed") == "true"
            return call.read(Answer(status, document, replayed, retry_after, request_id))
        if media_type == "application/problem+json" and status >= 400:
            raise problem(
                Document.parse(response.content),
                status=status,
                request_id=request_id,
                retry_after=retry_after,
                idempotency_key=call.key,
            )
    except ValueError as error:
        why = str(error)
    raise UnexpectedAnswer(
        f"Status {status} with an answer that is not this API's: {why}{_advice(call)}",
        status=status,
        retryable=call.repeatable and status in PASSING,
        request_id=request_id,
        retry_after=retry_after,
        idempotency_key=call.key,
    )


def _advice(call: Call[Any]) -> str:
    if call.key is not None:
        return "; it may have been applied: repeat the call with the same idempotency key, never with a new one"
    return "" if call.repeatable else "; it may have been done: look at the adjustment before repeating it"


def _seconds(value: str | None) -> float | None:
    value = (value or "").strip()
    return float(value[:12]) if value.isascii() and value.isdigit() else None
