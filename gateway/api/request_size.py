"""The size of a request, counted while it arrives; the bounds are those of `gateway.api.connections`.

Bytes are parsed in small pieces (`gateway.api.unparsed`), so a check of the head after each piece is enough.
"""

from collections.abc import Sequence

from gateway.api.connections import Bounds
from gateway.api.refusal import Refused
from gateway.api.unparsed import PIECE

MOST_FIELDS = 100
_LINE = 4
"""Bytes of a field in addition to its name and value: a colon, a blank, and the line end."""
_TOO_MANY = f"A request has at most {MOST_FIELDS} header fields"
Fields = Sequence[tuple[bytes, bytes]]


class RequestSize:
    """The size of the request that is being received; the methods raise `Refused` above a bound."""

    def __init__(self, bounds: Bounds, *, body: int = 0) -> None:
        self._bounds = bounds
        self.body_left = body
        """Bytes of the body that are still missing, if its length is known."""
        self.unreported = 0
        """Bytes since the last callback for a head or a body, because the parser reports a field only at its end."""
        self.followed = 0
        """Bytes since the end of the head."""
        self.trailers: list[tuple[bytes, bytes]] = []

    def head(self, target: bytes, fields: Fields) -> None:
        """Check a complete head; empty fields count too."""
        if len(fields) > MOST_FIELDS or self.unreported + PIECE > self._bounds.head_bytes:
            self._check(len(target), fields)

    def trailer(self, name: bytes, value: bytes) -> None:
        """Count a trailer field."""
        self.trailers.append((name, value))
        self._check(0, self.trailers)

    def parsed(self, fields: Fields, *, in_body: bool) -> None:
        """Check after a piece was parsed; `fields` are the fields of the head so far."""
        if len(fields) > MOST_FIELDS:
            raise Refused(_TOO_MANY)
        if self.unreported > self._bounds.head_bytes:
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
