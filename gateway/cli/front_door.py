"""What a browser finds at the root of the demo's API: it is led to the console. No other gateway has anything there."""

from collections.abc import Callable

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class FrontDoor:
    """An application whose `/` leads elsewhere; `console` is where, once all is begun."""

    def __init__(self, app: ASGIApp, console: Callable[[], str]) -> None:
        self._app = app
        self._console = console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        if scope["type"] == "http" and scope["raw_path"] == b"/" and scope["method"] == "GET":
            return await RedirectResponse(self._console(), 307)(scope, receive, send)
        return await self._app(scope, receive, send)
