"""The token of one vendor: in memory only, shared by all calls, one request for however many wait for it.

none    -> issued    a call needs one
issued  -> issued    renewed while it still serves, towards the end of its life
issued  -> none      its life is over, or a vendor refused it to a call by a judged 401
"""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from math import inf
from typing import TypeVar, get_args
from weakref import WeakValueDictionary

import structlog

from gateway.adjustments import Verdict
from gateway.delivery.alarms import Faults
from gateway.delivery.asking import ask
from gateway.delivery.call import Call
from gateway.delivery.channels import Channel
from gateway.delivery.gate import Gate, Held
from gateway.delivery.no_token import Failure, NoToken, Result, failed
from gateway.errors import InternalError, VendorBadResponse
from gateway.metrics import Metrics
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.port import Exchange, Issued, VendorRequest, VendorSettings
from gateway.port.echoes import ordinary

log = structlog.get_logger(__name__)
MARGIN = 0.1
LONGEST_MARGIN = 60.0
"""The last part of a token's life, and at most so many seconds of it: in its first half the token is renewed while it
serves, in its second half it serves no more, since a request may take its time to arrive."""
LONGEST = 16_384
"""Characters of a token."""

T = TypeVar("T")
Begun = tuple[Exchange[T], VendorRequest, str | None]
"""An exchange that has made its first request, that request, and the token that it has, where it needs one."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and the moments on the clock of `Tokens` from which it is renewed, and from which it does not serve."""

    value: str = field(repr=False)
    renewed_at: float
    ends_at: float

    @classmethod
    def of(cls, issued: Issued, since: float) -> "Token":
        """A token that was asked for at this moment."""
        if issued.expires_in is None:
            return cls(issued.value, inf, inf)
        margin = min(issued.expires_in * MARGIN, LONGEST_MARGIN)
        end = since + issued.expires_in
        return cls(issued.value, end - margin, end - margin / 2)


class Tokens:
    """The tokens of one configured vendor.

    `channel` leads to where they are issued. `clock`: seconds, on a clock that goes on while the process is stopped.
    """

    def __init__(self, vendor: Translator, channel: Channel, *, clock: Callable[[], float], metrics: Metrics) -> None:
        self._vendor = vendor
        self._at = vendor.token().request.base_url
        self._transport = channel.transport
        self._gate = Gate(channel, metrics=metrics)
        self._clock = clock
        self._metrics = metrics
        self._faults = Faults(vendor.name, vendor.kind.name, metrics)
        self._failing = False
        for result in get_args(Result):
            metrics.asked_for_token(vendor.name, result, 0)  # there from the start, so that the first failure is a rise
        self._token: Token | None = None
        self._fetch: asyncio.Task[Token | Failure] | None = None

    async def current(self, deadline: float) -> str:
        """A token that serves now; `deadline` is on the event loop's clock.

        Raises `TokenRefused` or `NoToken` where the vendor issues none, `Held` where it is left alone, and
        `InternalError` where that is our doing.
        """
        token, now = self._token, self._clock()
        if token is None or now >= token.ends_at:
            return await self._fetched(deadline)
        if now >= token.renewed_at and self._fetch is None:
            # Should that fail, the next one is not asked for before half of what is left has passed.
            self._token = replace(token, renewed_at=now + (token.ends_at - now) / 2)
            self._begin()
        return token.value

    async def after(self, refused: str, deadline: float) -> str:
        """The token after one that the vendor refused; all calls to which it refused the same get the same.

        Raises as `current` does.
        """
        if self._token is not None and self._token.value == refused:
            self._token = None
        return await self.current(deadline)

    async def _fetched(self, deadline: float) -> str:
        fetch = self._fetch or self._begin()
        try:
            async with asyncio.timeout_at(deadline):
                result = await asyncio.shield(fetch)  # one caller may leave while others wait
        except TimeoutError:
            raise NoToken("The vendor issued no token in time") from None
        if isinstance(result, Token):
            return result.value
        raise result()

    def _begin(self) -> "asyncio.Task[Token | Failure]":
        self._fetch = asyncio.get_running_loop().create_task(self._result())
        return self._fetch

    async def _result(self) -> Token | Failure:
        """A token, which is the current one from then on, or what is raised to all who wait for it."""
        call = Call(writing=False, deciding=True, at=self._at)
        try:
            self._token = token = await self._issued(call)
        except Held as held:
            return partial(Held, held.detail, retry_after=held.retry_after)
        except Exception as error:
            self._faults.note(error, Verdict.NOT_APPLIED, None)
            result, failure = failed(error, call, timeout=self._vendor.settings.timeout)
            self._tell(result, call)
            return failure
        else:
            self._tell("issued", call)
            return token
        finally:
            self._fetch = None

    async def _issued(self, call: Call) -> Token:
        since, deadline = self._clock(), asyncio.get_running_loop().time() + self._vendor.settings.timeout
        entered = await self._gate.enter(deadline)
        error: BaseException | None = None
        try:
            begun = self._vendor.token().begin()
            issued = call.end(await ask(*begun, call, self._transport, deadline=deadline), Issued)
            if lack := ordinary(issued.value):
                raise VendorBadResponse(f"The token could not be masked where it is shown: expected {lack}")
            if len(issued.value) > LONGEST:
                raise VendorBadResponse(f"The token has more than {LONGEST} characters")
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._gate.leave(entered, call.last, call.response.status if call.response else None, error)
            del error  # its traceback holds this call: all of it would wait for the garbage collector
        return Token.of(issued, since)

    def _tell(self, result: Result, call: Call) -> None:
        """Count a request for a token, and log where it comes to something else than the one before."""
        self._metrics.asked_for_token(self._vendor.name, result)
        failing = result != "issued"
        if failing and not self._failing:
            log.error("a vendor issues no tokens", vendor=self._vendor.name, result=result, status=call.last.status)
        elif self._failing and not failing:
            log.warning("a vendor issues tokens again", vendor=self._vendor.name)
        self._failing = failing


class AllTokens:
    """The tokens of one process. Those of a vendor outlive a configuration where the next one has the same settings."""

    def __init__(self, *, clock: Callable[[], float], metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._tokens: WeakValueDictionary[Hashable, Tokens] = WeakValueDictionary()

    def of(self, vendor: Translator, channel: Channel) -> Tokens:
        """The tokens of a vendor, of which `channel` leads to where they are issued."""
        key = vendor.name, _basis(vendor.settings), channel.transport, channel.circuit
        tokens = self._tokens.get(key)
        if tokens is None:
            tokens = self._tokens[key] = Tokens(vendor, channel, clock=self._clock, metrics=self._metrics)
        return tokens


def address(vendor: Translator) -> str:
    """Where a vendor issues tokens: the address of its adapter's first request for one."""
    return vendor.token().request.base_url or vendor.settings.base_url


async def begin(translation: Translation[T], tokens: Tokens | None, deadline: float) -> Begun[T]:
    """An exchange that has made its first request. Raises what the adapter raises, and as `Tokens.current` does."""
    if not translation.takes_token:
        return *translation.begin(), None
    if tokens is None:
        raise InternalError("There is no way to fetch a token")
    token = await tokens.current(deadline)
    return *translation.begin(token), token


def _basis(settings: VendorSettings) -> bytes:
    """A digest of all that a token is fetched with."""
    return sha256(repr((settings, settings.secrets())).encode()).digest()
