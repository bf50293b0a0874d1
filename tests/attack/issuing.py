"""The tokens that a vendor issues: each lives for a short time, every second one shorter than the vendor says."""

import json
from itertools import count

PATH = "/oauth/token"


class Tokens:
    """All tokens of a vendor. `life`: seconds for which it says that one serves; any may be revoked before."""

    def __init__(self, life: float) -> None:
        self._life = life
        self._numbers = count(1)
        self._ends: dict[str, float] = {}

    def issue(self, now: float) -> bytes:
        """A new token, as an answer shows it."""
        number = next(self._numbers)
        token = f"token-{number}-of-the-attack"
        self._ends[token] = now + (self._life if number % 2 else self._life / 2)
        return json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": self._life}).encode()

    def serves(self, authorization: str, now: float) -> bool:
        """Whether the header has a token that serves now."""
        return now < self._ends.get(authorization.removeprefix("Bearer "), 0.0)

    def revoke(self, authorization: str) -> None:
        """Let a token serve no more."""
        self._ends.pop(authorization.removeprefix("Bearer "), None)
