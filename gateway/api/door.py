"""Identifies the caller: the client of a valid key, or an anonymous address, whose requests are limited.

The key is checked first, so that a valid key passes whatever others behind the same address do.
"""

from typing import Generic, Protocol, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api.access import Access
from gateway.api.edge import problem_response
from gateway.api.peer import Peers
from gateway.api.request_headers import RequestHeaders
from gateway.api.strangers import Strangers
from gateway.api.visitor import Visitor
from gateway.errors import RateLimited, Unauthenticated
from gateway.service.usage import Usage

REST = "points.rest"
"""Key in the scope of a request whose connection must pause before it is read again."""
PROBES = (b"/livez", b"/readyz")
"""Paths that are never refused, only slowed down: after a refusal, a load balancer would remove the gateway."""


class Inside(Protocol):
    """The part of one configuration behind the door; each request under way is counted in `usage`."""

    @property
    def access(self) -> Access:
        """Authentication and authorization."""

    @property
    def peers(self) -> Peers:
        """The finder of a request's sender."""

    @property
    def app(self) -> ASGIApp:
        """The application that answers."""

    @property
    def usage(self) -> Usage:
        """The count of requests under way."""


T = TypeVar("T", bound=Inside)


class Door(Generic[T]):
    """The ASGI application in front of all others that callers reach; `rest` has what is no HTTP request.

    A request is answered by what is `current` when it comes, from its beginning to its end.
    """

    def __init__(self, current: T, strangers: Strangers, *, rest: ASGIApp) -> None:
        self.current = current
        self._strangers = strangers
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        if scope["type"] != "http":
            return await self._rest(scope, receive, send)
        current = self.current
        usage = current.usage
        usage.count += 1
        try:
            host = scope["client"][0] if scope.get("client") else ""
            headers = RequestHeaders.of(scope)
            peer = current.peers.of(host, headers.raw)
            try:
                Visitor(peer, current.access.client(headers)).enter(scope)
            except Unauthenticated as error:
                if scope["raw_path"] in PROBES:
                    if self._strangers.too_many(peer):
                        scope[REST] = True
                else:
                    try:
                        self._strangers.count(peer, wrong_key=b"authorization" in headers)
                    except RateLimited as too_many:
                        scope[REST] = True
                        return await problem_response(too_many, scope)(scope, receive, send)
                Visitor(peer, error).enter(scope)
            return await current.app(scope, receive, send)
        finally:
            usage.leave()

    def who(self, scope: Scope) -> str:
        """The client of a request for turns in the queue: its name; all strangers share one, their probes another.

        With one turn per address, a stranger with many addresses would displace the clients.
        """
        try:
            return self.current.access.client(RequestHeaders.of(scope)).name
        except Unauthenticated:
            # A client's name has no blank, so these cannot be the name of one.
            return "a probe" if scope["raw_path"] in PROBES else "a stranger"
