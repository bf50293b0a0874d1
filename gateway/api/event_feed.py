"""The endpoint of the feed of events."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import Field, StringConstraints

from gateway import errors
from gateway.answers import events
from gateway.api import problem_groups as groups
from gateway.api import schemas
from gateway.api.edge import AnyEndpoint, Call, Endpoint, answer
from gateway.api.schemas import Limit, Sent
from gateway.api.whole_response import WholeResponse
from gateway.journal import Journal

LATEST = "latest"
"""As `after`: the end of the feed, for who wants to hear of nothing before."""
EventIdText = Annotated[str, StringConstraints(pattern=r"^(evt_[0-9a-f]{32}_[1-9][0-9]{0,8}(\.[0-9]{1,9})?|latest)$")]


class EventsQuery(Sent):
    """The query of the feed of events."""

    after: EventIdText | None = Field(
        None, description="`last` of the page before, or `latest` for the end; the oldest events first without it."
    )
    limit: Limit = 50


class EventFeed:
    """The operation of the API that reads events. `publish` publishes what is durable by now, if nobody else does."""

    def __init__(self, journal: Journal, publish: Callable[[], Awaitable[object]]) -> None:
        self._journal = journal
        self._publish = publish

    def table(self) -> tuple[AnyEndpoint, ...]:
        """The endpoint, as it serves and as it is documented."""
        feed = Endpoint(
            "GET",
            "/v1/events",
            "list_events",
            "Read what became of adjustments, oldest first",
            "points:read",
            self.events,
            {200: events.EventPage},
            (*groups.ALWAYS, *groups.STORE, errors.EventsGone),
            query=EventsQuery,
            body=schemas.NoBody,
        )
        return (feed,)

    async def events(self, call: Call[EventsQuery, schemas.NoBody]) -> WholeResponse:
        """GET /v1/events."""
        tenant, after = call.caller.tenant, call.query.after
        await self._publish()
        if after == LATEST:
            return answer(events.page(await self._journal.end_of_events(tenant)))
        found = await self._journal.events(tenant, after=after, limit=call.query.limit)
        return answer(events.page(found))
