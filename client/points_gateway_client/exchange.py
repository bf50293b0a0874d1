"""One call with its retries, without I/O.

A generator yields a `Call` (to send) or a `Pause` (to sleep) and receives the response, or a `Lost`. Both clients
drive it and contain no other logic.
"""

import logging
import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx

from points_gateway_client.arguments import seconds, whole
from points_gateway_client.exceptions import NoAnswer, NotSent, OutcomeUnknown, PointsError, UnexpectedAnswer
from points_gateway_client.json_object import Document
from points_gateway_client.problems import IdempotencyInProgress, LimitExceeded, Problem, RateLimited, problem

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_LOG = logging.getLogger("points_gateway_client")
PROXY_OUTAGE = frozenset({502, 503, 504})  # a proxy's answers while it cannot reach the gateway


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a status that the call expects; `retry_after` is in seconds."""

    status: int
    document: Document
    replayed: bool
    retry_after: float | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """One request of the API, and the function that reads its answer.

    `route` is the path with names in place of what it is about, for log lines; `target` is the encoded path and query,
    which may name a member. `echoes` are fields that the answer must repeat, so that a proxy's
    mixed-up answer to another call is not accepted. `repeatable`: the call may be sent again if its answer was lost.
    """

    method: str
    route: str
    target: str
    read: Callable[[Answer], T_co]
    body: bytes | None = None
    key: str | None = None
    expects: tuple[int, ...] = (200,)
    echoes: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True

    def headers(self) -> dict[str, str]:
        """The headers of this call; the client adds the ones that are the same in all calls."""
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
    """An attempt without an answer: its error, and whether a byte of the request may have left."""

    error: httpx.RequestError
    sent: bool


Reply = httpx.Response | Lost | None
Steps = Generator[Call[Any] | Pause, Reply, T]


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call is retried, and the pauses before that, in seconds.

    `Retry-After` is honoured up to `longest`; without it the pause is random, up to `first` doubled at each retry. A
    refusal for the rest of the day is not retried. Polling for a write in progress does not count as a retry, nor does
    keeping to the gateway's rate: both continue until their pauses add up to `longest`.
    """

    count: int = 3
    longest: float = 30.0
    first: float = 0.25
    random: Callable[[], float] = random.random

    @classmethod
    def checked(cls, count: int, longest: float, random: Callable[[], float]) -> "Retries":
        """As a caller passes them. Raises `TypeError` or `ValueError`."""
        whole(count, "retries", least=0)
        return cls(count, seconds(longest, "max_wait", zero=True), random=random)

    def allows(self, retry_after: float | None, waited: float) -> bool:
        """Whether to ask once more, which is no retry, after `waited` seconds of such pauses so far."""
        if not retry_after:  # pauses of zero would never add up to the bound
            return False
        return self.count > 0 and waited + retry_after <= self.longest

    def pause(self, number: int, retry_after: float | None) -> Pause:
        """The pause before retry `number`, counted from 0."""
        if retry_after is not None:
            return Pause(min(retry_after, self.longest))
        return Pause(self.random() * min(self.first * 2.0 ** min(number, 32), self.longest))


def exchange(call: Call[T], retries: Retries) -> Steps[T]:
    """Make a call, and repeat it with the same body and key while that is safe and can help.

    Raises the `PointsError` of the last attempt; `NotSent` only if no attempt was sent.
    """
    sent = unanswered = False
    number, waited = 0, 0.0
    while True:
        try:
            return (yield from attempt(call, sent=sent))
        except PointsError as error:
            error.unanswered = unanswered
            polls = isinstance(error, IdempotencyInProgress | RateLimited) and retries.allows(error.retry_after, waited)
            # The day's budget is used up until tomorrow: its Retry-After is hours, so a retry would only wait in vain.
            tomorrow = isinstance(error, LimitExceeded) and (error.retry_after or 0.0) > retries.longest
            if not _worth_repeating(call, error) or tomorrow or (number >= retries.count and not polls):
                raise
            # Both cover all attempts so far: one that was lost may still act, whatever the later ones report.
            sent = sent or not isinstance(error, NotSent)
            unanswered = unanswered or not isinstance(error, Problem | NotSent)
            pause = retries.pause(number, error.retry_after)
            _log_retry(call, error, pause, number, retries.count)
        yield pause
        if polls:
            waited += pause.seconds
        else:
            number += 1


def attempt(call: Call[T], *, sent: bool = False) -> Steps[T]:
    """Make a call once. Raises `PointsError` if its answer is not one that the call expects.

    `sent`: an earlier attempt of the same call may have left; then a lost attempt is never reported as `NotSent`.
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
    raise TypeError("a driver must answer a Call with a Response or a Lost")


def _log_retry(call: Call[Any], error: PointsError, pause: Pause, number: int, count: int) -> None:
    # Neither the path, which may name a member, nor the error's text, which may quote anything.
    cause = error.code or (f"status {error.status}" if error.status else type(error.__cause__ or error).__name__)
    if isinstance(error, IdempotencyInProgress | RateLimited):
        _LOG.info("%s %s: asked again in %.2f s after %s", call.method, call.route, pause.seconds, cause)
        return
    line = "%s %s: retry %d of %d in %.2f s after %s (request %s)"
    _LOG.info(line, call.method, call.route, number + 1, count, pause.seconds, cause, error.request_id)


def _worth_repeating(call: Call[Any], error: PointsError) -> bool:
    if isinstance(error, Problem):
        return error.retryable
    return error.retryable and call.repeatable and not isinstance(error, OutcomeUnknown)


def _judge(call: Call[T], response: httpx.Response) -> T:
    status = response.status_code
    request_id = response.headers.get("Request-Id")
    retry_after = _seconds(response.headers.get("Retry-After"))
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    reason = f"its media type is {media_type[:100]!r}"
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
        reason = str(error)
    raise UnexpectedAnswer(
        f"Status {status} with an answer that is not this API's: {reason}{_advice(call)}",
        status=status,
        retryable=call.repeatable and status in PROXY_OUTAGE,
        request_id=request_id,
        retry_after=retry_after,
        idempotency_key=call.key,
    )


def _advice(call: Call[Any]) -> str:
    if call.key is not None:
        return "; it may have been applied: repeat the call with the same idempotency key, never with a new one"
    return "" if call.repeatable else "; it may have been done: look at the adjustment before repeating it"


def _seconds(value: str | None) -> float | None:
    # A date, which RFC 9110 allows too, is ignored.
    value = (value or "").strip()
    # Cut to 12 digits, because a longer number could become infinity.
    return float(value[:12]) if value.isascii() and value.isdigit() else None
