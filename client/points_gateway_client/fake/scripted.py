"""What a test has the next writes come to."""

from collections import deque
from typing import Literal, get_args

from points_gateway_client.arguments import one_of

NextWrite = Literal[
    "unknown", "unknown_unapplied", "accepted", "unavailable", "rejected", "overloaded", "lost", "unreached"
]
"""What a write can be made to come to: `FakePoints.next_writes` says what each is."""


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
