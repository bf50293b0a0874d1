"""What became of adjustments, as the feed tells it and as webhooks are sent it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from points_gateway_client.json_object import Document


@dataclass(frozen=True, slots=True)
class Event:
    """One event, from the feed or from a webhook. `id` is the same however often it comes.

    `type` is `adjustment.` and `succeeded`, `failed`, `unknown`, `accepted` or `conflict`. `data` has what it is about;
    among it are `adjustment`, the id, `number`, by which the events of one adjustment follow each other,
    `idempotency_key`, `retryable` and `new_key_allowed`.
    """

    id: str
    type: str
    timestamp: datetime
    data: Mapping[str, Any]

    @property
    def over(self) -> bool:
        """Whether the adjustment has succeeded, or failed for good so that another key may be used."""
        return self.type == "adjustment.succeeded" or self.data.get("new_key_allowed") is True

    @classmethod
    def read(cls, document: Document) -> "Event":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            document.text("id"), document.text("type"), document.moment("timestamp"), document.inner("data").fields
        )


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, oldest first. `last`: what to give as `after` next time; None where there was no event yet.

    `more`: whether there are more by now.
    """

    data: tuple[Event, ...]
    last: str | None
    more: bool

    @classmethod
    def read(cls, document: Document) -> "EventPage":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        data = tuple(map(Event.read, document.several("data")))
        last, more = document.text_or_none("last"), document.flag("more")
        if more and last is None:
            raise ValueError("last: expected a str where there are more events")
        return cls(data, last, more)
