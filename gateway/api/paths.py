"""Routing of request paths; the paths of the API come before everything else."""

import re
from collections.abc import Mapping

from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send


class Paths:
    """An ASGI application that routes by templates such as `/v1/members/{member}/balance`, and to `rest` otherwise.

    A path is matched in its encoded form, so that an encoded slash stays in its segment; the endpoint decodes it.
    """

    def __init__(self, served: Mapping[str, ASGIApp], *, rest: ASGIApp) -> None:
        # Grouped by the number of segments. Sorting puts a fixed name before a parameter that would match it too.
        self._served: dict[int, list[tuple[re.Pattern[str], ASGIApp]]] = {}
        for template in sorted(served):
            pattern = compile_path(template)[0]
            self._served.setdefault(template.count("/"), []).append((pattern, served[template]))
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        if scope["type"] == "http":
            scope["path"] = path = scope["raw_path"].decode("latin-1")
            for pattern, app in self._served.get(path.count("/"), ()):
                if found := pattern.match(path):
                    scope["path_params"] = found.groupdict()
                    return await app(scope, receive, send)
        return await self._rest(scope, receive, send)
