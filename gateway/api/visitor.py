"""Who sends a request, as far as the door can tell."""

from dataclasses import dataclass

from starlette.types import Scope

from gateway.errors import Unauthenticated
from gateway.settings import Client

_NAME = "points.visitor"


@dataclass(frozen=True, slots=True)
class Visitor:
    """The client of the request's key, or why it has none; `peer`: the address that it comes from."""

    peer: str
    client: Client | Unauthenticated

    def known(self) -> Client:
        """The client. Raises `Unauthenticated`."""
        if isinstance(self.client, Unauthenticated):
            raise self.client
        return self.client

    def enter(self, scope: Scope) -> None:
        """Stand in the scope of a request from now on."""
        scope[_NAME] = self

    @staticmethod
    def of(scope: Scope) -> "Visitor":
        """Who sends the request of this scope."""
        visitor: Visitor = scope[_NAME]
        return visitor
