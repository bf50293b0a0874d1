"""The client for apps that block: the shared operations, driven on `httpx.Client`."""

import random as randomness
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx

from gateway.client.answers import Adjustment, Balance, Capabilities, Expiring, Page, Preview
from gateway.client.evidence import Evidence
from gateway.client.exchange import Lost, Pause, Reply, Retries, Steps
from gateway.client.operations import Operations, Outcome
from gateway.client.places import MAX_CONNECTIONS, NoPlace, Places, unqueued
from gateway.client.request import AdjustmentFields, Filters, Points, base_address, caller_headers

T = TypeVar("T")


class PointsClient:
    """A points gateway, as one app with one key sees it; safe to share between threads.

    `timeout` is in seconds for each of connecting, sending and reading. A call is made up to 1 + `retries` times,
    the same each time: after a retryable problem, after no answer, and after a proxy's 502, 503 or 504.
    `Retry-After` is honoured up to `max_wait` seconds; asking again for a write that is in progress counts as no retry
    for as long. `transport` stands in for the network; `sleep`, `clock` and `random` for time and chance.

    At most `max_connections` requests are under way at once; further calls wait for a place, first come first
    served. That wait counts against no `timeout`; with `queue_timeout` it ends in `NotSent` after so many seconds.

    Every method raises a `PointsError`: a `Problem` (one class a code), `NoAnswer` (`NotSent` where it is certain that
    nothing left) or `UnexpectedAnswer`; and `TypeError` or `ValueError`, before anything is sent, for arguments that
    cannot be sent as they are.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        tenant: str | None = None,
        timeout: float = 30.0,
        retries: int = 3,
        max_wait: float = 30.0,
        max_connections: int = MAX_CONNECTIONS,
        queue_timeout: float | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        self._base = base_address(base_url)
        self._places = Places(max_connections, longest=queue_timeout)
        self._http = httpx.Client(
            headers=caller_headers(key, tenant),
            timeout=timeout,
            limits=unqueued(max_connections),
            transport=transport,
        )
        self._traced = transport is None
        self._operations = Operations(Retries(retries, max_wait, random=random), clock)
        self._sleep = sleep

    def adjust(
        self,
        member: str,
        points: Points,
        *,
        idempotency_key: str,
        wait: float | None = None,
        **fields: Unpack[AdjustmentFields],
    ) -> Adjustment:
        """Change a member's points, once: positive credits, negative debits. Returns only what was applied.

        `idempotency_key` names this change in the app's own records, kept before the call and used for every
        repetition of it, also after a crash. Points are never a float.

        Raises `OutcomeUnknown` where it may have been applied (a 202); with `wait`, only when it is still so after
        that many seconds, which takes the scope `points:read` too. After `OutcomeUnknown`, `NoAnswer` or
        `UnexpectedAnswer` a new key is wrong, as it can apply the points twice: call again with the same one. A new
        key is right only where the exception's `new_key_allowed` says so.
        """
        return self._run(self._operations.adjust(member, points, key=idempotency_key, wait=wait, **fields))

    def wait(self, adjustment: Adjustment, *, seconds: float) -> Adjustment:
        """Look at an adjustment until it has succeeded, as often as the gateway's `Retry-After` says.

        Raises the `Problem` of the adjustment where it failed; `OutcomeUnknown` where it is not settled after
        `seconds` (a look under way is finished first), or cannot be looked at: then its cause says why.
        """
        return self._run(self._operations.wait(adjustment, seconds=seconds))

    def preview(self, member: str, points: Points, **fields: Unpack[AdjustmentFields]) -> Preview:
        """The vendor request that an adjustment would become; nothing is sent to the vendor, nothing is kept."""
        return self._run(self._operations.preview(member, points, **fields))

    def adjustment(self, adjustment_id: str, *, history: bool = False) -> Adjustment:
        """One adjustment, whatever its status; with `history`, every transition of it."""
        return self._run(self._operations.adjustment(adjustment_id, history=history))

    def adjustments(self, **filters: Unpack[Filters]) -> Iterator[Page]:
        """The adjustments that fit the filters, newest first, a page at a time; each page is asked for when it is due.

        `cursor` goes on after a page that was read before, with the same filters.
        """
        while True:
            page = self._run(self._operations.page(filters))
            yield page
            if page.next_cursor is None:
                return
            filters["cursor"] = page.next_cursor

    def resolve(self, adjustment_id: str, outcome: Outcome, reason: str, *, actor: str | None = None) -> Adjustment:
        """Settle an adjustment of unknown outcome, on proof; takes the scope `points:resolve`.

        `actor`: who decided, 1 to 200 characters, kept in the history beside the client as your own word.
        Raises `NotResolvable` where it is not unknown, or may still settle by itself. It is not repeated after a
        lost answer: look at the adjustment first.
        """
        return self._run(self._operations.resolve(adjustment_id, outcome, reason, actor=actor))

    def balance(self, member: str, *, point_type: str | None = None, include_vendor_response: bool = False) -> Balance:
        """What a member has; with `include_vendor_response`, `vendor.response` is the vendor's answer as it came."""
        return self._run(
            self._operations.balance(member, point_type=point_type, include_vendor_response=include_vendor_response)
        )

    def expiring(
        self,
        member: str,
        start: datetime,
        end: datetime,
        *,
        point_type: str | None = None,
        include_vendor_response: bool = False,
    ) -> Expiring:
        """The points of a member that expire from `start` to `end`, both included; aware datetimes."""
        return self._run(
            self._operations.expiring(
                member, start, end, point_type=point_type, include_vendor_response=include_vendor_response
            )
        )

    def capabilities(self) -> Capabilities:
        """What the tenant's routes can do, by operation."""
        return self._run(self._operations.capabilities())

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._http.close()

    def _run(self, steps: Steps[T]) -> T:
        reply: Reply = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Pause):
                self._sleep(step.seconds)
                reply = None
            else:
                reply = self._send(step.method, self._base + step.target, step.headers(), step.body)

    def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Reply:
        evidence = Evidence(traced=self._traced)
        try:
            with self._places:
                trace = {"trace": evidence.note}
                return self._http.request(method, url, headers=headers, content=body, extensions=trace)
        except NoPlace as error:
            return Lost(error, sent=False)
        except httpx.RequestError as error:
            return Lost(error, sent=evidence.sent)
        except httpx.InvalidURL as error:
            raise ValueError(f"the call cannot be sent: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base!r})"
