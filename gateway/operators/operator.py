"""A person who operates the gateway, as he is known after signing in."""

from dataclasses import dataclass
from typing import Literal

from gateway.errors import Forbidden
from gateway.settings import OperatorScope

SignedIn = Literal["key", "proxy"]
"""How the gateway knows who it is: by an operator's key, or by the word of a trusted proxy."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A configured operator. The same person with another key, or by a proxy, is the same operator."""

    name: str
    scopes: frozenset[OperatorScope]
    signed_in: SignedIn

    @property
    def subject(self) -> str:
        """Who it is, in histories and in the audit log; no client has a name with a blank."""
        return f"operator {self.name}"

    def permit(self, scope: OperatorScope) -> None:
        """Raises `Forbidden` if the operator lacks the scope."""
        if scope not in self.scopes:
            raise Forbidden(f"The operator {self.name!r} has not the scope {scope}")
