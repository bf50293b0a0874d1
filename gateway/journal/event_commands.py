"""What the journal's writer can be asked about events and webhooks, as values that wait for the next batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Horizon:
    """The highest step that was seen, and the transactions that may still commit a lower one."""

    highest: int
    writers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish what is durable: gives a `Publication`. `owner` publishes for `lease` seconds, and nobody else.

    `seen`: the horizon of the turn before, if that is still waited for.
    """

    owner: str
    lease: float
    seen: Horizon | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """How far the feed is published, and whether it is the asker who publishes.

    `seen`: what is waited for. `more`: whether the next turn has more to publish already.
    """

    published: int
    mine: bool
    seen: Horizon | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class TakeWebhook:
    """Own a webhook for `lease` seconds: gives `Taken`, or None where it is another's, or rests after a failure.

    One that is new begins at the end of the feed.
    """

    feed: str
    name: str
    owner: str
    lease: float


@dataclass(frozen=True, slots=True)
class Taken:
    """A webhook that is owned: its position in the feed, and in how many rounds in a row it took nothing."""

    position: int
    failures: int = 0


Told = Literal["delivered", "failed", "behind"]
"""What came of telling a webhook of an event; `behind`: an earlier one of its adjustment has to come first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one event; `event` is its number in the feed.

    `retry_after`: seconds for which the endpoint asks to be left alone; 0 where it does not.
    """

    event: int
    adjustment: str
    told: Told
    error: str = ""
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class KeepRound:
    """Keep what came of a round and give the webhook back: gives how many were parked, or None for a lost lease.

    `position`: up to which the webhook was told, or has a delivery. `pauses`: seconds before each further try;
    `park_after`: seconds after the first try. `rest`: seconds before the next round.
    """

    feed: str
    name: str
    owner: str
    position: int
    outcomes: Sequence[Outcome]
    pauses: Sequence[float]
    park_after: float
    rest: float


@dataclass(frozen=True, slots=True)
class Replay:
    """Have a webhook told again, at once and in no order, of these events or of all that are parked: gives how many."""

    feed: str
    name: str
    events: Sequence[int] | None


EventCommand = Publish | TakeWebhook | KeepRound | Replay
"""What is done about events."""
