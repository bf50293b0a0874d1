"""The composition root: settings in, ASGI application out.

What lives as long as the process is built, begun and ended here. What one configuration makes is a generation, of which
one serves new calls at any moment.
"""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.types import ASGIApp

from gateway.admin.admin_listener import AdminListener
from gateway.answers.rendering import final_answer
from gateway.api.admission import Admission
from gateway.api.bodies import Bodies
from gateway.api.client_concurrency import Concurrency
from gateway.api.door import Door
from gateway.api.strangers import Budget, Strangers
from gateway.api.unreadable import Unreadable
from gateway.delivery.channels import Channels
from gateway.delivery.outcome import Reading
from gateway.delivery.tokens import AllTokens
from gateway.events.publishing import EVERY as PUBLISHED_EVERY
from gateway.events.publishing import Publisher
from gateway.events.sending import EVERY as SENT_EVERY
from gateway.events.sending import Sender, check_authorities
from gateway.events.telling import Telling
from gateway.generation import Generation, Process, generation, shared_counts
from gateway.journal import Journal
from gateway.journal.commands import Action
from gateway.metrics import Metrics
from gateway.model import Balance
from gateway.operators.desk import Desk
from gateway.operators.recorder import Recorder
from gateway.operators.signing_in import SigningIn
from gateway.own_id import RANDOM, new_id
from gateway.port.registry import AdapterType
from gateway.randomness import Randomness
from gateway.service.background import Background
from gateway.service.cache import MemberCache
from gateway.service.exposition import Exposition
from gateway.service.leaving import Leaving
from gateway.service.readiness import Readiness
from gateway.service.repeating import Repeating
from gateway.service.replies import Reply
from gateway.service.settling import Settling
from gateway.service.sweeping import EVERY, erase_due, expire
from gateway.service.waiting import Waiting
from gateway.service.work import Work
from gateway.settings import Settings, SettingsError, Unchangeable, names_of, unchangeable
from gateway.transport import boottime
from gateway.uptime import Uptime, boot

log = structlog.get_logger(__name__)


class Gateway:
    """A gateway on one journal; `asgi` is the application. Raises `JournalError` where the journal cannot be opened.

    `prepare` and `swap` are called in the event loop that serves.
    """

    def __init__(
        self,
        settings: Settings,
        kinds: Mapping[str, AdapterType],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        metrics: Metrics | None = None,
        uptime: Uptime | None = None,
    ) -> None:
        self._started = False
        self._numbers, self._rounds = count(1), count(1)
        self._work = Work()
        self.metrics = self._metrics = metrics or Metrics()
        self._background = Background(metrics=self._metrics, clock=clock, monotonic=time.monotonic)
        self._channels = Channels(metrics=self._metrics, clock=time.monotonic)
        self._tokens = AllTokens(clock=boottime, metrics=self._metrics)
        uptime = uptime or Uptime(boot(), boottime)
        owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._journal = Journal.open(
            settings.store, owner=owner, clock=clock, render=final_answer, watch=self._metrics.writer, uptime=uptime
        )
        self._balances: MemberCache[Reading[Balance]] = MemberCache(clock=time.monotonic, begin=self._work.begin)
        self._waiting: Waiting[Reply] = Waiting(
            seconds=settings.server.repeat_wait,
            look=lambda record: self._journal.get(None, record.draft.id),
            clock=time.monotonic,
            sleep=asyncio.sleep,
        )
        self.leaving = Leaving(
            self._work,
            self._metrics,
            seconds=lambda: self.current.settings.server.drain,
            release=self._waiting.release,
        )
        self._background.loop("sweep", partial(expire, self._journal), every=EVERY)
        self._background.loop("erase", partial(erase_due, self._journal), every=EVERY)
        self._background.include("journal", self._written)
        self.repeating = Repeating(
            vendors=lambda: self.current.vendors,
            journal=self._journal,
            metrics=self._metrics,
            work=self._work,
            background=self._background,
            drop=self._balances.drop,
            clock=clock,
            boottime=boottime,
        )
        self.settling = Settling(
            vendors=lambda: self.current.vendors,
            journal=self._journal,
            metrics=self._metrics,
            drop=self._balances.drop,
            background=self._background,
        )
        self._publisher = Publisher(
            self._journal, self._metrics, owner=owner, wanted=lambda: self._sender.wanted, clock=time.monotonic
        )
        telling = Telling(self._journal, owner=lambda: f"{owner}/{next(self._rounds)}", clock=boottime)
        self._sender = Sender(
            self._journal,
            telling,
            self._metrics,
            published=lambda: self._publisher.published,
            begin=self._background.begin,
            clock=time.monotonic,
        )
        self._background.loop("events", self._publisher.loop, every=PUBLISHED_EVERY)
        self._background.loop("webhooks", self._sender.loop, every=SENT_EVERY)
        readiness = Readiness(self._journal.ready, clock=time.monotonic)
        self._exposition = Exposition(
            self._journal,
            self._metrics,
            readiness,
            vendors=lambda: self.current.vendors,
            allowances=lambda: self.current.allowances,
            webhooks=lambda: self.current.settings.webhooks,
        )
        self._shared = shared_counts(settings, self._metrics)
        recorder = Recorder(self._metrics, clock=clock, monotonic=time.monotonic)
        self._process = Process(
            kinds=kinds,
            journal=self._journal,
            metrics=self._metrics,
            work=self._work,
            background=self._background,
            channels=self._channels,
            tokens=self._tokens,
            balances=self._balances,
            waiting=self._waiting,
            readiness=readiness,
            concurrency=Concurrency(self._metrics),
            hits={},
            shared=self._shared,
            repeat=self.repeating.asked,
            bodies=Bodies(),
            publish=self._publisher.asked,
            seen=recorder.answered,
            draining=lambda: self.leaving.begun,
            new_id=partial(new_id, Randomness(RANDOM)),
            clock=clock,
        )
        self._strangers = Strangers(
            anonymous=Budget.of(settings.server.anonymous_rate),
            wrong_keys=Budget.of(settings.server.wrong_key_rate),
            clock=time.monotonic,
            metrics=self._metrics,
            shown=self._shown,
        )
        self._door = Door(self.prepare(settings), self._strangers, rest=Starlette(lifespan=self._lifespan))
        self._desk = Desk(
            journal=self._journal,
            metrics=self._metrics,
            recorder=recorder,
            current=lambda: self.current,
            tasks=lambda: self._background.tasks,
            drop=self._balances.drop,
            clock=clock,
        )
        signing_in = SigningIn(settings, clock=clock, metrics=self._metrics, shown=self._shown)
        self.admin = AdminListener(self._desk, signing_in, self._exposition)
        self._take_over(self.current)
        self.asgi: ASGIApp = self._door
        self.admission = Admission(who=self._door.who, metrics=self._metrics, clock=time.perf_counter)
        self.unreadable = Unreadable(metrics=self._metrics, clock=time.monotonic, shown=self._shown)

    @property
    def current(self) -> Generation:
        """The generation on which calls begin."""
        return self._door.current

    def prepare(self, settings: Settings) -> Generation:
        """A generation of this configuration; it changes nothing until it is swapped in, and is else to be discarded.

        Raises `OSError` where the certificate of a vendor, or an authority of a webhook, cannot be read.
        """
        check_authorities(settings.webhooks.values())
        return generation(settings, self._process, number=next(self._numbers))

    def swap(self, new: Generation) -> None:
        """Have calls begin on this generation from now on; those under way end on their own.

        Raises `Unchangeable`, and discards it, where it has settings that take a new process; `ValueError` where it was
        in use before.
        """
        old = self.current
        if new is old or new.usage.retired:
            raise ValueError("a generation is swapped in once")
        if names := unchangeable(old.settings, new.settings):
            self.discard(new)
            raise Unchangeable(names)
        self._door.current = new
        old.rereading.stop()
        self._take_over(new)
        self._desk.reload(old.settings, new)
        self.discard(old)
        self._metrics.reloaded(done=True)
        if self._started:
            self._announce(new)

    async def adopt(self, settings: Settings) -> None:
        """Have the journal keep the names of a configuration that comes into force now.

        Raises `SettingsError` where a client or a tenant has another name than before and does not say so.
        """
        if renamed := await self._journal.adopt(names_of(settings), settings.resolution):
            raise SettingsError(settings.problem(each.where, each.detail) for each in renamed)

    async def note(self, by: str, action: Action, detail: Mapping[str, Any]) -> None:
        """Keep in the audit log what an operator did, as of `Journal.note`."""
        await self._journal.note(by, action, detail)

    def discard(self, unused: Generation) -> None:
        """Let go of a generation on which no call begins any more: at once, or with the last one that is under way."""
        unused.usage.retire(partial(self._channels.release, unused.vendors.ways.channels))

    def look_again(self) -> None:
        """Have the files of the configuration looked at again."""
        self.current.rereading.recheck()

    def _take_over(self, new: Generation) -> None:
        """Have what lives as long as the process follow a generation's settings."""
        server = new.settings.server
        new.rereading.start()
        self._metrics.serves(new.settings.digest, new.loaded_at)
        self._channels.put_in_force(new.vendors.ways.channels)
        self._metrics.begin(vendors=new.settings.vendors, routes=new.routes)
        self._balances.clear()
        self._waiting.seconds = server.repeat_wait
        for gone in self._process.hits.keys() - new.settings.clients.keys():
            del self._process.hits[gone]
        self._strangers.allow(anonymous=Budget.of(server.anonymous_rate), wrong_keys=Budget.of(server.wrong_key_rate))
        self.repeating.watch()
        self._sender.follow(new.settings.webhooks)
        self.admin.follow(new.body)

    def _announce(self, new: Generation) -> None:
        """Say what has changed since the last configuration, as far as the journal knows."""
        self._background.begin(self._exposition.tell_strays())
        self._background.begin(new.allowances.note())

    def _shown(self, peer: str) -> str | None:
        return peer if self.current.settings.server.log_peer else None

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self._background.start()
        self._started = True
        self._announce(self.current)
        try:
            yield
        finally:
            self.leaving.drain()
            await self._background.stop()
            await self.leaving.drained()
            await self.close()

    async def close(self) -> None:
        """Let go of the vendors and of the journal; `asgi`'s lifespan does it at its end."""
        self._channels.close()
        self._sender.close()
        if self._shared is not None:
            await self._shared.close()
        await self._journal.close()

    def _written(self) -> tuple[datetime | None, int]:
        progress = self._journal.progress
        return progress.last_ok, progress.failures
