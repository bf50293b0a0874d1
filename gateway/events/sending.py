"""Sends events to the webhooks of the current configuration: which of them have something, and their rounds.

Each webhook has a round of its own, with connections of its own: one that hangs holds up no other. Events wait in the
journal, so that a webhook which is slow or gone costs a row at most.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import cache
from typing import Any

import structlog

from gateway.errors import StoreUnavailable
from gateway.events.endpoint_call import EndpointCall
from gateway.events.telling import Round, Telling
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.transport import trust
from gateway.webhook import Webhook

log = structlog.get_logger(__name__)
EVERY = 0.25
"""Seconds between two looks."""
ALL_AFTER = 30.0
"""Seconds after which each webhook is looked at, whatever is known of it: another process may have left something."""
Name = tuple[str, str]
"""A webhook: the tenant, as the journal names it, and its own name."""


def check_authorities(hooks: Iterable[Webhook]) -> None:
    """Raises `OSError` where the `ca_file` of a webhook cannot be read."""
    for ca_file in {hook.ca_file for hook in hooks if hook.ca_file is not None}:
        trust(ca_file)


class Sender:
    """The sender of one process. `published` gives how far the feed is; `begin` starts a round as a task.

    `clock` gives seconds.
    """

    def __init__(
        self,
        journal: Journal,
        telling: Telling,
        metrics: Metrics,
        *,
        published: Callable[[], int],
        begin: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        clock: Callable[[], float],
    ) -> None:
        self._journal = journal
        self._telling = telling
        self._published = published
        self._begin = begin
        self._clock = clock
        self._calls: dict[Name, EndpointCall] = {}
        self._under_way: dict[Name, EndpointCall] = {}
        self._failures: dict[Name, int] = {}
        self._waiting: set[Name] = set()
        self._seen = 0
        self._all_at = float("-inf")
        self._told = metrics.counter(
            "points_webhook_requests_total",
            "Events sent to a webhook, by whether it took them; parked are those that are not tried any more.",
            ("tenant", "webhook", "outcome"),
        )

    @property
    def wanted(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self._calls)

    def follow(self, hooks: Mapping[Name, Webhook]) -> None:
        """Go on with the webhooks of another configuration; rounds under way end with the one that they began with.

        Raises `OSError`, and stays as it was, where a `ca_file` cannot be read.
        """
        trusting = cache(trust)
        made = {
            name: known
            if (known := self._calls.get(name)) and known.serves(hook)
            else EndpointCall(hook, trusting=trusting)
            for name, hook in hooks.items()
        }
        before, self._calls = self._calls, made
        self._all_at = float("-inf")
        for each in made:
            for outcome in ("delivered", "failed", "parked"):
                self._told.labels(*each, outcome)
        for name, call in before.items():
            if made.get(name) is not call and self._under_way.get(name) is not call:
                call.close()

    async def loop(self) -> None:
        """Begin a round of each webhook that has something to hear, and none under way. Raises `StoreUnavailable`."""
        if not self._calls:
            return
        until, everybody = self._published(), self._clock() >= self._all_at
        news = await self._journal.told(self._seen, until) if until > self._seen and not everybody else frozenset()
        again = await self._journal.to_tell()
        self._seen = until
        if everybody:
            self._all_at = self._clock() + ALL_AFTER
        for name, call in self._calls.items():
            if everybody or name in again or (name[0] in news and not self._failures.get(name)):
                self._waiting.add(name)
            if name in self._waiting and name not in self._under_way and not call.webhook.paused:
                self._waiting.discard(name)
                self._under_way[name] = call
                self._begin(self._rounds(name, call))

    def close(self) -> None:
        """Close all connections."""
        for call in {*self._calls.values(), *self._under_way.values()}:
            call.close()

    async def _rounds(self, name: Name, call: EndpointCall) -> None:
        """Rounds of one webhook for as long as it takes something and there is more."""
        try:
            more = True
            while more:
                done = await self._telling.round(name[0], call)
                more = done is not None and done.more and self._calls.get(name) is call
                if done is not None:
                    self._count(name, done)
        except StoreUnavailable as error:
            log.error("a webhook cannot be told", tenant=name[0], webhook=name[1], error=error.detail)
        finally:
            del self._under_way[name]
            if self._calls.get(name) is not call:
                call.close()

    def _count(self, name: Name, done: Round) -> None:
        for outcome, number in (("delivered", done.delivered), ("failed", done.failed), ("parked", done.parked)):
            if number:
                self._told.labels(*name, outcome).inc(number)
        if done.delivered:
            if self._failures.pop(name, 0):
                log.warning("a webhook takes events again", tenant=name[0], webhook=name[1])
        elif done.failed:
            failures = self._failures[name] = self._failures.get(name, 0) + 1
            if failures == 1:
                log.warning("a webhook does not take events", tenant=name[0], webhook=name[1])
        if done.parked:
            log.error(
                "events are parked: a webhook did not take them", tenant=name[0], webhook=name[1], count=done.parked
            )
