"""The headers of one request by name: parsed once, when its head has come, for all who look at one."""

from collections.abc import Sequence

from starlette.types import Scope

_NAME = "points.headers"
Raw = Sequence[tuple[bytes, bytes]]


class RequestHeaders:
    """Headers by name, in lower case; `raw` has them as they came, in their order."""

    __slots__ = ("_by_name", "_repeats", "raw")

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self._by_name = dict(raw)
        self._repeats = len(self._by_name) < len(raw)

    def all(self, name: bytes) -> list[bytes]:
        """Every value of a header; its callers decide what a repeated one means."""
        if self._repeats:
            return [value for each, value in self.raw if each == name]
        value = self._by_name.get(name)
        return [] if value is None else [value]

    def texts(self, name: bytes) -> list[str]:
        """Every value of a header, as text."""
        return [value.decode("latin-1") for value in self.all(name)]

    def __contains__(self, name: bytes) -> bool:
        return name in self._by_name

    def enter(self, scope: Scope) -> None:
        """Store these headers in the scope of their request."""
        scope[_NAME] = self

    @classmethod
    def of(cls, scope: Scope) -> "RequestHeaders":
        """The headers of the request with this scope, which any server may have made."""
        headers = scope.get(_NAME)
        if headers is None:
            headers = scope[_NAME] = cls(scope["headers"])
        return headers
