"""How large a request is so far, counted as it comes; the bounds are those of `gateway.api.connections`.

What is parsed at once is small (`gateway.api.unparsed`), so that it is enough to look at a head after each piece of it.
"""

from collections.abc import Sequence

from gateway.api.connections import Bounds
from gateway.api.refusal import Refused
from gateway.api.unparsed import PIECE

MOST_FIELDS = 100
_LINE = 4
"""Bytes of a field beside its name and value: a colon, a blank, and the end of the line."""
_TOO_MANY = f"A request has at most {MOST_FIELDS} header fields"
Fields = Sequence[tuple[bytes, bytes]]


class RequestSize:
    """The size of the request that is on its way; its methods raise `Refused` past a bound."""

    def __init__(self, bounds: Bounds, *, body: int = 0) -> None:
        self._bounds = bounds
        self.body_left = body
        """Bytes of the body that are still to come, where its length is known."""
        self.unheard = 0
        """Bytes since the piece in which the head began, or a part of the body: the parser holds fields back."""
        self.followed = 0
        """Bytes since the end of the head."""
        self.trailers: list[tuple[bytes, bytes]] = []

    def head(self, target: bytes, fields: Fields) -> None:
        """Look at a head that is whole; empty fields count, too."""
        if len(fields) > MOST_FIELDS or self.unheard + PIECE > self._bounds.head_bytes:
            self._check(len(target), fields)

    def trailer(self, name: bytes, value: bytes) -> None:
        """Count a field after the body."""
        self.trailers.append((name, value))
        self._check(0, self.trailers)

    def parsed(self, fields: Fields, *, in_body: bool) -> None:
        """Look at what came, once it was parsed, with the fields of a head as far as they came."""
        if len(fields) > MOST_FIELDS:
            raise Refused(_TOO_MANY)
        if self.unheard > self._bounds.head_bytes:
            raise Refused(self._too_large)
        if in_body and self.followed > self._bounds.body_bytes:
            raise Refused(f"What follows a head is at most {self._bounds.body_bytes} bytes, chunk sizes and all")

    def _check(self, size: int, fields: Fields) -> None:
        if len(fields) > MOST_FIELDS:
            raise Refused(_TOO_MANY)
        for name, value in fields:
            size += len(name) + len(value) + _LINE
        if size > self._bounds.head_bytes:
            raise Refused(self._too_large)

    @property
    def _too_large(self) -> str:
        return f"The head of a request is at most {self._bounds.head_bytes} bytes, and so are its trailers"
