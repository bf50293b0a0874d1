"""Who comes in: the client of a valid key, or a stranger at an address, who may not ask too often.

The key is looked up first: whoever has a valid one passes, whatever others do behind the same address.
"""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api.access import Access
from gateway.api.edge import problem_response
from gateway.api.peer import Peers
from gateway.api.strangers import Strangers
from gateway.api.visitor import Visitor
from gateway.errors import RateLimited, Unauthenticated

PROBES = (b"/livez", b"/readyz")
"""Paths that are answered however often: a refusal would cost as much, and have a balancer take the gateway away."""


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
            request = Request(scope)
            host = scope["client"][0] if scope.get("client") else ""
            peer = self._peers.of(host, scope["headers"])
            try:
                Visitor(peer, self._access.client(request.headers)).enter(scope)
            except Unauthenticated as error:
                if scope["raw_path"] not in PROBES:
                    try:
                        self._strangers.count(peer, wrong_key="authorization" in request.headers)
                    except RateLimited as too_many:
                        return await problem_response(too_many, request)(scope, receive, send)
                Visitor(peer, error).enter(scope)
        return await self._app(scope, receive, send)
