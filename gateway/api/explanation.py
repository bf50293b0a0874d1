"""A problem in words: what happened, what to do, and an example."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import GatewayError


@dataclass(frozen=True, slots=True)
class Explanation:
    """A problem in words. `detail` and `more` are members of the example, whose others follow from the error's class.

    In the texts, code stands in backquotes.
    """

    kind: type[GatewayError]
    happened: str
    advice: str
    detail: str
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def example(self) -> dict[str, Any]:
        """A whole problem document, in the order in which one is served."""
        kind = self.kind
        document = {
            "type": f"/problems/{kind.code}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "code": kind.code,
            "retryable": kind.retryable,
            "new_key_allowed": False,
            "request_id": "req_2190a04f24d8e08e36c2576f",
        }
        return {**document, **self.more}
