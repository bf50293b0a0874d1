"""The blocking client."""

import random as randomness
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self, Unpack

import httpx

from points_gateway_client.arguments import whole
from points_gateway_client.events import Event, EventPage
from points_gateway_client.exceptions import PointsError
from points_gateway_client.exchange import Call, Retries
from points_gateway_client.fields import AdjustmentFields
from points_gateway_client.in_flight import MAX_CONNECTIONS
from points_gateway_client.many import CONCURRENCY, AdjustmentRequest, AdjustmentResult, Many
from points_gateway_client.network import Network, Verify
from points_gateway_client.operations import Operations, Outcome
from points_gateway_client.request import LARGEST_PAGE, Filters, Points, base_address, caller_headers
from points_gateway_client.results import Adjustment, Capabilities, Limits, Page, Preview
from points_gateway_client.sync_driver import SyncDriver
from points_gateway_client.sync_members import SyncMembers


class PointsClient(SyncMembers):
    """A client of the gateway for one app with one API key; safe to share between threads.

    `timeout` is in seconds, for each of connecting, sending and reading; every method takes one of its own. A call is
    sent up to 1 + `retries` times, always unchanged: after a retryable problem, after no answer, and after a proxy's
    502, 503 or 504. `Retry-After` is honoured up to `max_wait` seconds; during that time it is no retry to poll for a
    write in progress, or to keep to the gateway's rate. Retries are logged as `points_gateway_client`, without members.

    At most `max_connections` requests run at once; further calls wait for a place, first come first served. That
    wait does not count towards `timeout`; with `queue_timeout` it ends in `NotSent` after that many seconds.

    `proxy` is the address of an HTTP proxy, in place of those that the environment names. `verify` says whose
    certificates are trusted: a file of authorities, an `ssl.SSLContext`, or False for anybody's (in tests alone).
    `transport` replaces the network, `sleep`, `clock` and `random` replace time and randomness.

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
        proxy: str | None = None,
        verify: Verify = True,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        self._base = base_address(base_url)
        self._operations = Operations(Retries.checked(retries, max_wait, random), clock)
        self._driver = SyncDriver(
            self._base,
            caller_headers(key, tenant),
            Network(transport, proxy=proxy, verify=verify),
            timeout=timeout,
            places=max_connections,
            queue_timeout=queue_timeout,
            sleep=sleep,
        )

    def adjust(
        self,
        member: str,
        points: Points,
        *,
        idempotency_key: str,
        wait: float | None = None,
        timeout: float | None = None,
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
        steps = self._operations.adjust(member, points, key=idempotency_key, wait=wait, **fields)
        return self._driver.run(steps, timeout)

    def adjust_many(
        self,
        requests: Iterable[AdjustmentRequest],
        *,
        concurrency: int = CONCURRENCY,
        progress: Callable[[AdjustmentResult], object] | None = None,
        wait: float | None = None,
        timeout: float | None = None,
    ) -> list[AdjustmentResult]:
        """Make many adjustments, so many at once, and give what came of each, in the order of the requests.

        Nothing that the gateway answers is raised: see `AdjustmentResult`. `progress` is called with each result as it
        comes, in this thread. After a run that was stopped, or has left something open, make the same requests again:
        what was applied is not applied twice. After an error that would meet all the rest (the API key is refused, the
        gateway is not reached), no further one begins.

        Raises `TypeError` or `ValueError` before anything is sent if one of them is invalid, or two have one key.
        """
        many = Many(requests, progress)
        running: dict[Future[Adjustment], int] = {}
        with ThreadPoolExecutor(whole(concurrency, "concurrency", least=1)) as threads:
            try:
                for number, call in many.calls():
                    running[threads.submit(self._write, many, call, wait, timeout)] = number
                    if len(running) >= concurrency:
                        self._collect(many, running)
                while running:
                    self._collect(many, running)
            except BaseException:  # those that wait for a thread do not begin, and those that run try no more
                many.stop()
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        return many.results()

    def reverse(
        self,
        adjustment_id: str,
        points: Points | None = None,
        *,
        idempotency_key: str,
        linked: bool | None = None,
        description: str | None = None,
        wait: float | None = None,
        timeout: float | None = None,
    ) -> Adjustment:
        """Take back an adjustment that has succeeded: all that is left of it, or so many points, without a sign.

        `linked`: True for the vendor's own cancel, False for an adjustment of the opposite sign, None for either. The
        key and `wait` are as for `adjust`, and so is what it raises; `NotReversible` where too little is left.
        """
        steps = self._operations.reverse(
            adjustment_id, points, key=idempotency_key, linked=linked, description=description, wait=wait
        )
        return self._driver.run(steps, timeout)

    def wait_until_settled(
        self, adjustment: Adjustment | str, *, seconds: float, timeout: float | None = None
    ) -> Adjustment:
        """Poll an adjustment, or that of an id, until it has succeeded, at the interval of the gateway's `Retry-After`.

        Raises the adjustment's `Problem` if it failed; `OutcomeUnknown` if it is not settled after `seconds` (a
        running poll is finished first) or cannot be read, with the reason as the exception's cause.
        """
        return self._driver.run(self._operations.settling.wait(adjustment, longest=seconds), timeout)

    def preview(
        self,
        member: str,
        points: Points,
        *,
        resolve: bool = False,
        timeout: float | None = None,
        **fields: Unpack[AdjustmentFields],
    ) -> Preview:
        """The vendor request for an adjustment; nothing is sent to the vendor, and nothing is stored.

        A member that has to be looked up first is looked up only with `resolve`.
        """
        return self._driver.run(self._operations.preview(member, points, resolve=resolve, **fields), timeout)

    def adjustment(self, adjustment_id: str, *, history: bool = False, timeout: float | None = None) -> Adjustment:
        """One adjustment, whatever its status; with `history`, all its transitions."""
        return self._driver.run(self._operations.adjustment(adjustment_id, history=history), timeout)

    def adjustments(self, *, timeout: float | None = None, **filters: Unpack[Filters]) -> Iterator[Page]:
        """The adjustments that match the filters, newest first, in pages; each page is fetched when it is needed.

        `cursor` continues after a page that was read before; the filters must be the same.
        """
        while True:
            page = self._driver.run(self._operations.page(filters), timeout)
            yield page
            if page.next_cursor is None:
                return
            filters["cursor"] = page.next_cursor

    def iter_adjustments(self, *, timeout: float | None = None, **filters: Unpack[Filters]) -> Iterator[Adjustment]:
        """The adjustments that match the filters, newest first, one by one, read in pages of `limit` (100 if None)."""
        if filters.get("limit") is None:
            filters["limit"] = LARGEST_PAGE
        for page in self.adjustments(timeout=timeout, **filters):
            yield from page.data

    def events(
        self, after: str | None = None, *, limit: int | None = None, timeout: float | None = None
    ) -> Iterator[EventPage]:
        """What became of the tenant's adjustments after a place in the feed, oldest first, in pages, as far as by now.

        `after` is `last` of a page, the id of an event, `"latest"` for the end of the feed without an event, or None
        for the oldest event that there is. Keep `last` once the events of its page are dealt with, and go on there
        next time. `limit` is the page size: 1 to 100, 50 by default. Raises `EventsGone` where events after that
        place were purged: compare what you have with `adjustments`, and begin anew.
        """
        while True:
            page = self._driver.run(self._operations.events(after, limit), timeout)
            yield page
            if not page.more:
                return
            after = page.last

    def iter_events(self, after: str | None = None, *, timeout: float | None = None) -> Iterator[Event]:
        """The same events one by one, read in pages of 100.

        Once events were purged, only `last` of a page goes on through what is left, and the id of an event may not.
        """
        for page in self.events(after, limit=LARGEST_PAGE, timeout=timeout):
            yield from page.data

    def resolve(
        self,
        adjustment_id: str,
        outcome: Outcome,
        reason: str,
        *,
        actor: str | None = None,
        timeout: float | None = None,
    ) -> Adjustment:
        """Resolve an adjustment of unknown outcome, on proof; requires the scope `points:resolve`.

        Returns the settled adjustment. Where the gateway requires two people (`resolution.approvals: 2`), the first
        decision settles nothing: the adjustment is returned as it stands, with a `proposal`. Another client, or an
        operator, has to decide the same before `proposal.until`; to call again by this client only renews the proposal.

        `actor` is the person who decided, 1 to 200 characters; the history stores it beside the client, unverified.
        Raises `NotResolvable` if the adjustment is not unknown or may still settle by itself. The call is not
        repeated after a lost answer: read the adjustment first.
        """
        return self._driver.run(self._operations.resolve(adjustment_id, outcome, reason, actor=actor), timeout)

    def withdraw_proposal(self, adjustment_id: str, *, timeout: float | None = None) -> Adjustment:
        """Withdraw what this client has proposed by `resolve`, before another person confirms it.

        Returns the adjustment as it stands. Raises `NotResolvable` if this client has proposed nothing that counts now:
        it was confirmed, has lapsed, or is another's. The call is not repeated after a lost answer.
        """
        return self._driver.run(self._operations.withdraw_proposal(adjustment_id), timeout)

    def capabilities(self, *, timeout: float | None = None) -> Capabilities:
        """What the tenant's routes support, by operation."""
        return self._driver.run(self._operations.capabilities(), timeout)

    def limits(self, *, timeout: float | None = None) -> Limits:
        """What the client may still adjust for the tenant: at once, and today."""
        return self._driver.run(self._operations.limits(), timeout)

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._driver.close()

    def _write(self, many: Many, call: Call[Adjustment], seconds: float | None, timeout: float | None) -> Adjustment:
        return self._driver.run(many.stoppable(self._operations.settling.written(call, seconds)), timeout)

    @staticmethod
    def _collect(many: Many, running: dict[Future[Adjustment], int]) -> None:
        """Wait until one or more of those that run have ended."""
        for ended in wait(running, return_when=FIRST_COMPLETED).done:
            number = running.pop(ended)
            try:
                adjustment = ended.result()
            except PointsError as error:
                many.raised(number, error)
            else:
                many.applied(number, adjustment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base!r})"
