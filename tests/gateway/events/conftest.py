"""A journal, its clock, and rounds of webhooks on it."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from gateway.adjustments import Draft, Record, Settlement, Verdict
from gateway.events.endpoint_call import EndpointCall
from gateway.events.publishing import LEASE
from gateway.events.telling import Round, Telling
from gateway.journal import Journal, Publish
from gateway.model import Adjustment, Member
from gateway.port import Secret
from gateway.transport import boottime
from gateway.webhook import Webhook
from gateway.write import Write
from tests.deadlines import scaled
from tests.gateway.journal.conftest import Clock, clock, journal, opener, runner, url
from tests.receiver import SECRET, Receiver, receiving

__all__ = ["clock", "journal", "opener", "runner", "url"]  # fixtures: a journal in either database

TIMEOUT = scaled(0.5)
LONGEST = 30.0
"""Seconds that a webhook may take at most; no test lets them run out."""
ROUND = scaled(10.0)


def webhook(url: str, **fields: Any) -> Webhook:
    """A webhook of this machine."""
    usual: dict[str, Any] = {"secrets": (Secret(SECRET),), "allow_private": True, "timeout": LONGEST}
    return Webhook(**{"name": "app", "url": url, **usual, **fields})


@dataclass
class Scene:
    """A gateway's events, without the gateway: adjustments are settled, published, and told."""

    journal: Journal
    clock: Clock
    runner: asyncio.Runner
    calls: dict[str, EndpointCall] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def claimed(self, tenant: str = "acme", **fields: Any) -> Record:
        """A new adjustment, in progress."""
        number = next(self.numbers)
        write = Write(Adjustment(Member("contact_id", "1"), Decimal(5), **fields))
        draft = Draft(
            id=f"adj_{number:032x}",
            client="storefront",
            tenant=tenant,
            key=f"key-{number}",
            fingerprint="f" * 64,
            write=write,
            vendor="crm",
            adapter="example",
            rule="tenants.acme.routes.adjust[0]",
            not_sent=(),
            lease=30.0,
        )
        return self.runner.run(self.journal.claim(draft))[0]

    def settled(self, record: Record, verdict: Verdict = Verdict.APPLIED, **evidence: Any) -> Record:
        """The same, with what its attempt came to."""
        settlement = Settlement(record, verdict, {"sent": True, **evidence})
        return self.runner.run(self.journal.conclude(settlement)).record

    def happened(self, *verdicts: Verdict, tenant: str = "acme") -> str:
        """The id of a new adjustment that came to these verdicts, one after the other; all is published."""
        record = self.claimed(tenant)
        for verdict in verdicts or (Verdict.APPLIED,):
            record = self.settled(record, verdict)
        self.publish()
        return record.draft.id

    def publish(self) -> None:
        """Publish what is durable."""
        self.runner.run(self.journal.hand_on(Publish("me", LEASE)))

    def told(self, hook: Webhook, *, feed: str = "acme", journal: Journal | None = None, **fields: Any) -> Round | None:
        """One round of a webhook."""

        async def go() -> Round | None:
            call = EndpointCall(hook)
            try:
                owner = secrets.token_hex(8)
                telling = Telling(journal or self.journal, owner=lambda: owner, clock=boottime, within=ROUND, **fields)
                return await telling.round(feed, call)
            finally:
                call.close()

        return self.runner.run(go())

    def all_told(self, hook: Webhook) -> None:
        """Rounds of a webhook for as long as there is more."""
        while (done := self.told(hook)) is not None and done.more:
            pass

    def standing(self, name: str = "app", feed: str = "acme") -> Any:
        """How a webhook stands."""
        return self.runner.run(self.journal.webhook_standings())[feed, name]


@pytest.fixture
def scene(journal: Journal, clock: Clock, runner: asyncio.Runner) -> Scene:
    """A scene whose webhook `app` of the tenant `acme` has begun to listen."""
    made = Scene(journal, clock, runner)
    with receiving() as nobody:
        assert made.told(webhook(nobody.url)) is not None
    return made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An app's endpoint."""
    with receiving() as made:
        yield made
