"""Who comes in: the client of a valid key, or a stranger at an address, who may not ask too often.

The key is looked up first: whoever has a valid one passes, whatever others do behind the same address.
"""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api.access import Access
from gateway.api.edge import problem_response
from gateway.api.peer import Peers
from gateway.api.strangers import Strangers
from gateway.api.visitor import Visitor
from gateway.errors import RateLimited, Unauthenticated

REST = "points.rest"
"""In the scope of a request whose connection is to rest for a moment before the next one."""
PROBES = (b"/livez", b"/readyz")
"""Paths that are answered however often, if later: a refusal would have a balancer take the gateway away."""


class Door:
    """The ASGI application in front of all others that callers reach."""

    def __init__(self, app: ASGIApp, access: Access, peers: Peers, strangers: Strangers) -> None:
        self._app = app
        self._access = access
        self._peers = peers
        self._strangers = strangers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        if scope["type"] == "http":
            peer = self._peer(scope)
            headers = Headers(scope=scope)
            try:
                Visitor(peer, self._access.client(headers)).enter(scope)
            except Unauthenticated as error:
                if scope["raw_path"] in PROBES:
                    if self._strangers.too_many(peer):
                        scope[REST] = True
                else:
                    try:
                        self._strangers.count(peer, wrong_key="authorization" in headers)
                    except RateLimited as too_many:
                        scope[REST] = True
                        return await problem_response(too_many, Request(scope))(scope, receive, send)
                Visitor(peer, error).enter(scope)
        return await self._app(scope, receive, send)

    def who(self, scope: Scope) -> str:
        """What tells a request's client from others: its name; strangers are one client together, their probes another.

        Whoever has many addresses would else have as many turns, and clients would be refused for that.
        """
        try:
            return self._access.client(Headers(scope=scope)).name
        except Unauthenticated:
            return "a probe" if scope["raw_path"] in PROBES else "a stranger"  # no client's name has a blank in it

    def _peer(self, scope: Scope) -> str:
        host = scope["client"][0] if scope.get("client") else ""
        return self._peers.of(host, scope["headers"])
