"""Routing of request paths; the paths of the API come before everything else."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from operator import itemgetter

from starlette.types import ASGIApp, Receive, Scope, Send

_Picked = Callable[[Sequence[str]], Hashable]
_Served = tuple[tuple[tuple[str, int], ...], ASGIApp]
"""The names of parameters with the places of their segments, and the application."""


class Paths:
    """An ASGI application that routes by templates such as `/v1/members/{member}/balance`, and to `rest` otherwise.

    A path is matched in its encoded form, so that an encoded slash stays in its segment; the endpoint decodes it.
    """

    def __init__(self, served: Mapping[str, ASGIApp], *, rest: ASGIApp) -> None:
        # By the number of segments, and by which of them are fixed: what these are is one look-up.
        self._served: dict[int, list[tuple[_Picked, dict[Hashable, _Served]]]] = {}
        shapes: dict[tuple[int, tuple[int, ...]], dict[Hashable, _Served]] = {}
        # A fixed name comes before a parameter that would match it too.
        for template in sorted(served, key=lambda each: each.count("{")):
            segments = template.split("/")
            places = tuple((each[1:-1], place) for place, each in enumerate(segments) if each.startswith("{"))
            fixed = tuple(place for place, each in enumerate(segments) if not each.startswith("{"))
            picked = itemgetter(*fixed)
            if (len(segments), fixed) not in shapes:
                shape = shapes[len(segments), fixed] = {}
                self._served.setdefault(len(segments), []).append((picked, shape))
            shapes[len(segments), fixed][picked(segments)] = places, served[template]
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        if scope["type"] == "http":
            scope["path"] = path = scope["raw_path"].decode("latin-1")
            segments = path.split("/")
            for picked, shape in self._served.get(len(segments), ()):
                if (found := shape.get(picked(segments))) is not None:
                    places, app = found
                    parameters = {name: segments[place] for name, place in places}
                    if "" not in parameters.values():
                        scope["path_params"] = parameters
                        return await app(scope, receive, send)
        return await self._rest(scope, receive, send)
