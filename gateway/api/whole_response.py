"""A whole answer of the API, sent in one write where the connection takes one.

uvicorn writes a head and a body apart, and looks at every header anew; each write is a call of the system.
"""

from functools import cache

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

WHOLE = "points.response.whole"
"""An extension of ASGI, and its message: `response` is a `Response` with all of its body."""


class WholeResponse(Response):
    """A response that is complete when it is made."""

    def __init__(self, body: bytes, status: int, *, media_type: str = "application/json") -> None:
        # Starlette's initializer derives the same values, from more kinds of content; it takes four times as long.
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", media_type.encode())]

    def add(self, name: str, value: str) -> None:
        """Add a header, which nothing has added yet."""
        self.raw_headers.append((_encoded(name), value.encode("latin-1")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if WHOLE in scope.get("extensions", ()):
            await send({"type": WHOLE, "response": self})
        else:
            await super().__call__(scope, receive, send)


@cache
def _encoded(name: str) -> bytes:
    """A header's name as it is sent; the names are those in this program."""
    return name.lower().encode("ascii")
