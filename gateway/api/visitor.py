"""The sender of a request, as identified by `gateway.api.door`."""

from dataclasses import dataclass

from starlette.types import Scope

from gateway.errors import Unauthenticated
from gateway.settings import Client

_NAME = "points.visitor"


@dataclass(frozen=True, slots=True)
class Visitor:
    """The client of the request's key, or the error if there is none; `peer` is the sender's address."""

    peer: str
    client: Client | Unauthenticated

    def known(self) -> Client:
        """The client. Raises `Unauthenticated`."""
        if isinstance(self.client, Unauthenticated):
            raise self.client
        return self.client

    def enter(self, scope: Scope) -> None:
        """Store this visitor in the scope of a request."""
        scope[_NAME] = self

    @staticmethod
    def of(scope: Scope) -> "Visitor":
        """The visitor in the scope of a request."""
        visitor: Visitor = scope[_NAME]
        return visitor
