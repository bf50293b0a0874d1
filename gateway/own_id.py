"""The gateway's own ids of adjustments, and what is made of them: the same for every request about one adjustment."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_hex

_PREFIX = "adj_"
_TIME = 12
"""Hexadecimal digits of milliseconds since 1970, after which the random ones follow."""
RANDOM = 10
"""Random bytes of an id."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ELSE = datetime(2020, 1, 1, tzinfo=UTC)


def new_id(random: Callable[[], str] = lambda: token_hex(RANDOM)) -> str:
    """A new adjustment's id: in order of time, and not to be guessed. `random` gives `RANDOM` bytes as text."""
    return f"{_PREFIX}{time.time_ns() // 1_000_000:0{_TIME}x}{random()}"


def moment(own_id: str) -> datetime:
    """When an adjustment was made, to the millisecond, in UTC.

    Of an id of another form, as previews have, it is a moment in 2020 that is always the same for that id.
    """
    digits = own_id.removeprefix(_PREFIX)[:_TIME]
    if own_id.startswith(_PREFIX) and len(own_id) > len(_PREFIX) + _TIME and _is_hex(digits):
        return _EPOCH + timedelta(milliseconds=int(digits, 16))
    return _ELSE + timedelta(milliseconds=int(sha256(own_id.encode("utf-8", "surrogatepass")).hexdigest()[:8], 16))


def frozen_nonce(own_id: str) -> str:
    """A text of 32 hexadecimal digits that no other adjustment has."""
    return sha256(b"nonce\0" + own_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdef" for character in text)
