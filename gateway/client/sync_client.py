"""The blocking client: runs the shared operations on `httpx.Client`."""

import random as randomness
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx

from gateway.client.evidence import Evidence
from gateway.client.exchange import Lost, Pause, Reply, Retries, Steps
from gateway.client.fields import AdjustmentFields
from gateway.client.in_flight import MAX_CONNECTIONS, NoPlace, Places, unqueued
from gateway.client.operations import Operations, Outcome
from gateway.client.readings import Balance, Expiring, Profile
from gateway.client.request import Filters, Points, base_address, caller_headers
from gateway.client.results import Adjustment, Capabilities, Page, Preview
from gateway.client.transactions import Transactions
from gateway.client.wallet import Wallet

T = TypeVar("T")


class PointsClient:
    """A client of the gateway for one app with one API key; safe to share between threads.

    `timeout` is in seconds, for each of connecting, sending and reading. A call is sent up to 1 + `retries` times,
    always unchanged: after a retryable problem, after no answer, and after a proxy's 502, 503 or 504. `Retry-After`
    is honoured up to `max_wait` seconds; polling for a write in progress is no retry during that time.
    `transport` replaces the network in tests, `sleep`, `clock` and `random` replace time and randomness.

    At most `max_connections` requests run at once; further calls wait for a place, first come first served. That
    wait does not count towards `timeout`; with `queue_timeout` it ends in `NotSent` after that many seconds.

    Every method raises a `PointsError`: a `Problem` (one class per code), `NoAnswer` (`NotSent` if certainly nothing
    left) or `UnexpectedAnswer`. Invalid arguments raise `TypeError` or `ValueError` before anything is sent.
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
        """Change a member's points once: positive credits, negative debits. Returns only if they were applied.

        `idempotency_key` identifies this change in the app's own records. Store it before the call, and use it for
        every repetition, also after a crash. Points are never a float.

        Raises `OutcomeUnknown` if the points may have been applied (a 202); with `wait`, only if that is still so
        after that many seconds, which requires the scope `points:read` too. After `OutcomeUnknown`, `NoAnswer` or
        `UnexpectedAnswer`, repeat the call with the same key: a new key can apply the points twice. A new key is
        safe only if the exception's `new_key_allowed` is true.
        """
        return self._run(self._operations.adjust(member, points, key=idempotency_key, wait=wait, **fields))

    def reverse(
        self,
        adjustment_id: str,
        points: Points | None = None,
        *,
        idempotency_key: str,
        linked: bool | None = None,
        description: str | None = None,
        wait: float | None = None,
    ) -> Adjustment:
        """Take back an adjustment that has succeeded: all that is left of it, or so many points, without a sign.

        `linked`: True for the vendor's own cancel, False for an adjustment of the opposite sign, None for either. The
        key and `wait` are as for `adjust`, and so is what it raises; `NotReversible` where too little is left.
        """
        return self._run(
            self._operations.reverse(
                adjustment_id, points, key=idempotency_key, linked=linked, description=description, wait=wait
            )
        )

    def wait(self, adjustment: Adjustment, *, seconds: float) -> Adjustment:
        """Poll an adjustment until it has succeeded, at the interval of the gateway's `Retry-After`.

        Raises the adjustment's `Problem` if it failed; `OutcomeUnknown` if it is not settled after `seconds` (a
        running poll is finished first) or cannot be read, with the reason as the exception's cause.
        """
        return self._run(self._operations.wait(adjustment, seconds=seconds))

    def preview(
        self, member: str, points: Points, *, resolve: bool = False, **fields: Unpack[AdjustmentFields]
    ) -> Preview:
        """The vendor request for an adjustment; nothing is sent to the vendor, and nothing is stored.

        A member that has to be looked up first is looked up only with `resolve`.
        """
        return self._run(self._operations.preview(member, points, resolve=resolve, **fields))

    def adjustment(self, adjustment_id: str, *, history: bool = False) -> Adjustment:
        """One adjustment, whatever its status; with `history`, all its transitions."""
        return self._run(self._operations.adjustment(adjustment_id, history=history))

    def adjustments(self, **filters: Unpack[Filters]) -> Iterator[Page]:
        """The adjustments that match the filters, newest first, in pages; each page is fetched when it is needed.

        `cursor` continues after a page that was read before; the filters must be the same.
        """
        while True:
            page = self._run(self._operations.page(filters))
            yield page
            if page.next_cursor is None:
                return
            filters["cursor"] = page.next_cursor

    def resolve(self, adjustment_id: str, outcome: Outcome, reason: str, *, actor: str | None = None) -> Adjustment:
        """Resolve an adjustment of unknown outcome, on proof; requires the scope `points:resolve`.

        `actor` is the person who decided, 1 to 200 characters; the history stores it beside the client, unverified.
        Raises `NotResolvable` if the adjustment is not unknown or may still settle by itself. The call is not
        repeated after a lost answer: read the adjustment first.
        """
        return self._run(self._operations.resolve(adjustment_id, outcome, reason, actor=actor))

    def balance(self, member: str, *, point_type: str | None = None, include_vendor_response: bool = False) -> Balance:
        """A member's balance; with `include_vendor_response`, `vendor.response` is the vendor's raw answer."""
        return self._run(
            self._operations.balance(member, point_type=point_type, include_vendor_response=include_vendor_response)
        )

    def expiring(
        self,
        member: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        point_type: str | None = None,
        include_vendor_response: bool = False,
    ) -> Expiring:
        """The points of a member that expire.

        `start` and `end` (aware datetimes, both included) go together. Some vendors require them, others have a
        schedule of their own and refuse them; `precision` of the result says which it is.
        """
        return self._run(
            self._operations.expiring(
                member, start, end, point_type=point_type, include_vendor_response=include_vendor_response
            )
        )

    def transactions(
        self,
        member: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        point_type: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        include_vendor_response: bool = False,
    ) -> Transactions:
        """A page of a member's history at the vendor, of at most `limit` rows (1 to 100; 20 if None).

        `start` and `end` (aware datetimes, both included) may come alone; not every vendor takes them. `cursor` is
        `next_cursor` of the page before; everything else but `limit` must be the same.
        """
        return self._run(
            self._operations.transactions(
                member,
                start,
                end,
                point_type=point_type,
                limit=limit,
                cursor=cursor,
                include_vendor_response=include_vendor_response,
            )
        )

    def lookup(self, member: str, *, include_vendor_response: bool = False) -> Profile:
        """A member as the vendor knows it: its names there, its status and tier.

        Raises `MemberNotFound` where the vendor has nobody of this name, and `MemberAmbiguous` where it has several.
        """
        return self._run(self._operations.lookup(member, include_vendor_response=include_vendor_response))

    def wallet(self, *members: str) -> Wallet:
        """All that a member has: every balance that the tenant's routes reach, with its worth where there are rates.

        `members` are names of one member, as its email and its id at a vendor. What goes wrong at a vendor is the
        `problem` of its balance, and raises nothing.
        """
        return self._run(self._operations.wallet(members))

    def capabilities(self) -> Capabilities:
        """What the tenant's routes support, by operation."""
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
