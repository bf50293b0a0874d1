"""From the path of a request to what serves it; the paths of the API stand in front of everything else."""

import re
from collections.abc import Mapping

from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send


class Paths:
    """The ASGI application of some paths, by templates such as `/v1/members/{member}/balance`, and of `rest`.

    A path is matched as it came: an encoded slash stays inside its segment, and whoever serves it decodes it.
    """

    def __init__(self, served: Mapping[str, ASGIApp], *, rest: ASGIApp) -> None:
        # By the number of their segments; and in this order a name stands before the braces that would take it, too.
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
