"""What a test has the next writes come to."""

from collections import deque
from typing import Literal, get_args

from points_gateway_client.arguments import one_of

NextWrite = Literal[
    "unknown", "unknown_unapplied", "accepted", "unavailable", "rejected", "overloaded", "lost", "unreached"
]
"""What a write can be made to come to.

- `unknown`: 202; the vendor has applied it, which nobody knows before it is settled
- `unknown_unapplied`: 202; the vendor has not applied it
- `accepted`: 202; the vendor has taken it, and decides later
- `unavailable`: 503 `vendor_unavailable`; the same key makes the next attempt
- `rejected`: 422 `vendor_rejected`, final
- `overloaded`: 503 before anything was claimed
- `lost`: it is carried out, and the connection breaks before the answer
- `unreached`: the gateway cannot be reached, and nothing is sent
"""


class Script:
    """The outcomes of the next writes, first come first served."""

    def __init__(self) -> None:
        self._next: deque[NextWrite] = deque()

    def add(self, *outcomes: NextWrite) -> None:
        """Have the next writes come to these. Raises `ValueError` for an outcome that there is not."""
        self._next.extend(one_of(each, get_args(NextWrite), "outcome") for each in outcomes)

    def next(self) -> NextWrite | None:
        """What the next write comes to; None where it goes well."""
        return self._next.popleft() if self._next else None

    def peek(self) -> NextWrite | None:
        """The same, which stays the next."""
        return self._next[0] if self._next else None
