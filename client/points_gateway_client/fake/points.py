"""`FakePoints`: the transport behind which the fake answers, and what tests say and ask."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx

from points_gateway_client.async_client import AsyncPointsClient
from points_gateway_client.fake.deciding import Deciding
from points_gateway_client.fake.documents import Refused, Reply, refusal
from points_gateway_client.fake.ledger import Entry, Ledger
from points_gateway_client.fake.looking import Looking
from points_gateway_client.fake.parsing import member
from points_gateway_client.fake.scripted import NextWrite, Script
from points_gateway_client.fake.writing import Writing
from points_gateway_client.json_object import Document
from points_gateway_client.operations import Outcome
from points_gateway_client.request import Points, points_text
from points_gateway_client.results import Adjustment
from points_gateway_client.sync_client import PointsClient

_STARTED = "http11.send_request_headers.started"
_BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


class FakePoints(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A gateway in the process of a test, behind the real client: exact points, keys, replays, unknowns on demand.

    `client` and `async_client` make clients of it; several of them, and several threads, may share one. Its time goes
    on only while a client pauses, so that no test waits. Every member exists, with no points, unless `forget` is
    called. There is one vendor, which takes every field and knows each member by one name. `approvals` is how many
    people a resolution takes, 1 or 2, as `resolution.approvals` of a gateway.
    """

    emits_trace = True
    """Whether a request has left is told by the events that httpx's own transport emits."""

    def __init__(self, *, key: str = "fake-key", tenant: str = "fake", approvals: int = 1) -> None:
        if approvals not in (1, 2):
            raise ValueError("approvals is 1 or 2")
        self._key, self._tenant = key, tenant
        self._seconds = 0.0
        self._requests = 0
        self._lock = threading.RLock()
        self._script = Script()
        self._ledger = Ledger(self._now)
        self._writing = Writing(self._ledger, self._script)
        self._deciding = Deciding(self._ledger, self._writing, approvals)
        self._looking = Looking(self._ledger, self._now)

    def client(self, **options: Any) -> PointsClient:
        """A blocking client; `options` are those of `PointsClient`."""
        return PointsClient(**self._options(self._pass) | options)

    def async_client(self, **options: Any) -> AsyncPointsClient:
        """An asyncio client; `options` are those of `AsyncPointsClient`."""

        async def sleep(seconds: float) -> None:
            self._pass(seconds)

        return AsyncPointsClient(**self._options(sleep) | options)

    def next_writes(self, *outcomes: NextWrite) -> None:
        """Have the next attempts of writes come to these, in this order; later ones go well again.

        - `unknown`: 202; the vendor has applied it, which nobody knows before it is settled
        - `unknown_unapplied`: 202; the vendor has not applied it
        - `accepted`: 202; the vendor has taken it, and decides later
        - `unavailable`: 503 `vendor_unavailable`; the same key makes the next attempt
        - `rejected`: 422 `vendor_rejected`, final
        - `overloaded`: 503 before anything was claimed
        - `lost`: it is carried out, and the connection breaks before the answer
        - `unreached`: the gateway cannot be reached, and nothing is sent
        """
        with self._lock:
            self._script.add(*outcomes)

    def settle(self, adjustment_id: str, *, applied: bool | None = None) -> Adjustment:
        """End what is unknown or accepted: as the vendor has it, or as said. Raises `KeyError`, `ValueError`."""
        with self._lock:
            entry = self._entry(adjustment_id)
            if entry.status not in ("unknown", "accepted"):
                raise ValueError(f"the adjustment is {entry.status}")
            self._writing.settle(entry, applied=entry.booked if applied is None else applied, by="search")
            return Adjustment.read(Document(entry.document()))

    def decide(self, adjustment_id: str, outcome: Outcome, reason: str) -> Adjustment:
        """Have another person, an operator, resolve an adjustment as a client does by `resolve`.

        With `approvals=2` that proposes the outcome, or confirms it if a client has proposed the same. Raises
        `KeyError`, and `ValueError` for what is neither unknown nor accepted.
        """
        with self._lock:
            entry = self._entry(adjustment_id)
            return Adjustment.read(Document(self._deciding.decide(entry, outcome, reason).document))

    def confirm(self, adjustment_id: str) -> Adjustment:
        """Have another person, an operator, decide what a client has proposed. Raises `KeyError`, `ValueError`."""
        with self._lock:
            entry = self._entry(adjustment_id)
            return Adjustment.read(Document(self._deciding.confirm(entry).document))

    def set_balance(self, member_name: str, points: Points, *, point_type: str | None = None, tenant: str = "") -> None:
        """Give a member so many points at the vendor."""
        with self._lock:
            place = (tenant or self._tenant, member(member_name), point_type)
            self._ledger.balances[place] = Decimal(points_text(points))

    def balance(self, member_name: str, *, point_type: str | None = None, tenant: str = "") -> Decimal:
        """The points that the vendor has of a member, with those of adjustments that are still unknown."""
        with self._lock:
            return self._ledger.balances[tenant or self._tenant, member_name, point_type]

    def forget(self, *members: str) -> None:
        """Have the vendor know no such members."""
        with self._lock:
            self._ledger.nobody.update(members)

    @property
    def adjustments(self) -> list[Adjustment]:
        """All adjustments, oldest first, as the gateway has them."""
        with self._lock:
            return [Adjustment.read(Document(each.document())) for each in self._ledger.entries()]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request of a blocking client."""
        request.read()
        self._reach(request)
        if trace := request.extensions.get("trace"):
            trace(_STARTED, {})
        return self._answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request of an asyncio client."""
        await request.aread()
        self._reach(request)
        if trace := request.extensions.get("trace"):
            await trace(_STARTED, {})
        return self._answer(request)

    def _reach(self, request: httpx.Request) -> None:
        """Raises `httpx.ConnectError` where a write is not to reach the gateway."""
        with self._lock:
            if _writes(request) and self._script.peek() == "unreached":
                self._script.next()
                raise httpx.ConnectError("the fake is not reached", request=request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self._requests += 1
            request_id = f"req_{self._requests:024x}"
            if lost := _writes(request) and self._script.peek() == "lost":
                self._script.next()
            try:
                reply = self._route(request, request_id)
            except Refused as refused:
                reply = refusal(refused, request_id)
        if lost:
            raise httpx.ReadError("the fake has lost the answer", request=request)
        return reply.response(request, request_id)

    def _route(self, request: httpx.Request, request_id: str) -> Reply:
        if request.headers.get("Authorization") != f"Bearer {self._key}":
            raise Refused("unauthenticated", "the API key is not known")
        tenant = request.headers.get("X-Tenant", self._tenant)
        key = request.headers.get("Idempotency-Key")
        path, _, raw_query = request.url.raw_path.decode().partition("?")
        query = parse_qs(raw_query, keep_blank_values=True)
        look, write = self._looking, self._writing
        match request.method, [unquote(part) for part in path.split("/")[1:]]:
            case "POST", ["v1", "adjustments"]:
                return write.adjust(tenant, key, request.content, request_id)
            case "POST", ["v1", "adjustments", "preview"]:
                return look.preview(request.content, query)
            case "POST", ["v1", "adjustments", id_, "reversal"]:
                return write.reverse(tenant, id_, key, request.content, request_id)
            case "POST", ["v1", "adjustments", id_, "resolution"]:
                return self._deciding.resolve(tenant, id_, request.content)
            case "DELETE", ["v1", "adjustments", id_, "proposal"]:
                return self._deciding.withdraw(tenant, id_)
            case "GET", ["v1", *parts]:
                return self._read(tenant, parts, query)
        raise Refused("not_found", "there is nothing here")

    def _read(self, tenant: str, parts: Sequence[str], query: dict[str, list[str]]) -> Reply:
        look = self._looking
        match parts:
            case ["adjustments"]:
                return look.adjustments(tenant, query)
            case ["adjustments", id_]:
                return look.adjustment(tenant, id_, query)
            case ["events"]:
                return look.events(tenant, query)
            case ["members", who]:
                return look.lookup(who, query)
            case ["members", who, "balance"]:
                return look.balance(tenant, who, query)
            case ["members", who, "expiring"]:
                return look.expiring(tenant, who, query)
            case ["members", who, "transactions"]:
                return look.transactions(tenant, who, query)
            case ["wallet"]:
                return look.wallet(tenant, query)
            case ["limits"]:
                return look.limits(tenant)
            case ["capabilities"]:
                return look.capabilities(tenant)
        raise Refused("not_found", "there is nothing here")

    def _entry(self, adjustment_id: str) -> Entry:
        try:
            return self._ledger.of(adjustment_id)
        except Refused as error:
            raise KeyError(adjustment_id) from error

    def _options(self, sleep: Callable[[float], Any]) -> dict[str, Any]:
        clock = lambda: self._seconds  # noqa: E731
        return {"base_url": "http://points.fake", "key": self._key, "transport": self, "sleep": sleep, "clock": clock}

    def _pass(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._seconds += seconds

    def _now(self) -> datetime:
        # A millisecond for each request, so that what comes later is later.
        return _BEGUN + timedelta(seconds=self._seconds, milliseconds=self._requests)


def _writes(request: httpx.Request) -> bool:
    path = request.url.path
    return request.method == "POST" and (path == "/v1/adjustments" or path.endswith("/reversal"))
