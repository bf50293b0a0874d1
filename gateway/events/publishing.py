"""Publishes the feed of events: at once while webhooks are configured or somebody reads it, else now and then.

Now and then, so that who begins to read finds a feed that has its end, and the first turn has little to go through.
"""

import asyncio
from collections.abc import Callable

from gateway.journal import Journal, Publish
from gateway.journal.event_commands import Horizon
from gateway.metrics import Metrics

EVERY = 0.25
"""Seconds between two turns."""
LEASE = 5.0
"""Seconds after which another process takes over from one that ended."""
SELDOM = 30.0
"""Seconds between two turns while nobody wants the feed."""
READ_LATELY = 60.0
"""Seconds for which the feed is published at once after somebody has read it."""


class Publisher:
    """Publishes for one process; of several on a journal, one at a time does.

    `owner` is this process, unlike any other. `wanted`: whether some webhook is to be told. `clock` gives seconds.
    """

    def __init__(
        self, journal: Journal, metrics: Metrics, *, owner: str, wanted: Callable[[], bool], clock: Callable[[], float]
    ) -> None:
        self._journal = journal
        self._owner = owner
        self._wanted = wanted
        self._clock = clock
        self._read = self._looked = float("-inf")
        self._seen: Horizon | None = None
        self._more = False
        self._turn = asyncio.Lock()
        self.published = 0
        # The oldest look that found a step which is not published yet: when that was, and the step's number.
        self._waits: tuple[float, int] | None = None
        metrics.sampled(lambda: metrics.events_behind.set(self.behind))

    async def loop(self) -> None:
        """Take a turn, if somebody wants the feed, or the last one was long ago, or left something."""
        now = self._clock()
        if self._more or self._wanted() or now - self._read < READ_LATELY or now - self._looked >= SELDOM:
            await self._publish()

    async def asked(self) -> None:
        """Somebody reads the feed: publish now what is durable, unless that was done a moment ago."""
        self._read = self._clock()
        if self._read - self._looked >= EVERY:
            await self._publish()

    @property
    def behind(self) -> float:
        """Seconds for which something has not been published; 0 where all is."""
        return 0.0 if self._waits is None else self._clock() - self._waits[0]

    async def _publish(self) -> None:
        async with self._turn:
            begun = self._clock()
            backlog = await self._journal.backlog()
            self.published = backlog.published
            others = backlog.publisher not in ("", self._owner)
            if backlog.highest > backlog.published and not others:
                done = await self._journal.hand_on(Publish(self._owner, LEASE, self._seen))
                self.published, self._seen, self._more = done.published, done.seen, done.more
            else:
                self._seen, self._more = None, False
            self._looked = self._clock()
            # Under load there is always a step that is newer than the feed: each is waited for by itself.
            if self._waits is not None and self.published >= self._waits[1]:
                self._waits = None
            if self._waits is None and self.published < backlog.highest:
                self._waits = begun, backlog.highest
