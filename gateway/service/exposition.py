"""What is told to Prometheus: what was counted, and what the journal holds at the moment."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime

import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import StoreUnavailable
from gateway.journal import Journal, WebhookStanding
from gateway.metrics import Metrics
from gateway.service.allowances import Allowances
from gateway.service.readiness import Readiness
from gateway.service.strays import Strays, strays
from gateway.service.vendors import Vendors

log = structlog.get_logger(__name__)
PATIENCE = 3.0
"""Seconds that a page waits for the journal; Prometheus gives up after 10."""


class Exposition:
    """Answers `GET /metrics`; `vendors`, `allowances` and `webhooks` give those that are configured now."""

    def __init__(
        self,
        journal: Journal,
        metrics: Metrics,
        readiness: Readiness,
        *,
        vendors: Callable[[], Vendors],
        allowances: Callable[[], Allowances],
        webhooks: Callable[[], Collection[tuple[str, str]]],
    ) -> None:
        self._journal = journal
        self._metrics = metrics
        self._readiness = readiness
        self._allowances = allowances
        self._vendors = vendors
        self._webhooks = webhooks

    async def metrics(self, request: Request) -> Response:
        """Everything, in Prometheus' text format; what the journal cannot say now is as it was."""
        self._metrics.sample()
        self._metrics.standing.up = False
        try:
            async with asyncio.timeout(PATIENCE):
                await self._readiness.check()
                self._metrics.standing.up = True
                await self._count()
        except TimeoutError:
            log.error("the journal cannot be counted", error=f"no answer within {PATIENCE:g} seconds")
        except StoreUnavailable as error:
            log.error("the journal cannot be counted", error=error.detail)
        except Exception:  # all else that is counted is told all the same
            log.exception("the journal cannot be counted")
        page = await asyncio.to_thread(self._metrics.exposition)  # of many vendors it takes a while
        return Response(page, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _count(self) -> None:
        """Have the metrics say what the journal holds now."""
        counts = await self._journal.counts()
        self._metrics.standing.update(counts.by_status, counts.oldest_unknown, counts.at)
        # For each configured vendor there is a number, so that an alarm sees it rise.
        none = dict.fromkeys((each.name for each in self._vendors().planner.vendors()), 0)
        self._metrics.standing.strays = none | {each.vendor: each.count for each in await self._strays()}
        await self._allowances().count()
        told = await self._journal.webhook_standings() if (hooks := self._webhooks()) else {}
        self._metrics.webhooks.standings = {name: _numbers(told.get(name), counts.at) for name in hooks}

    async def tell_strays(self) -> None:
        """Say once, at the start, what a changed configuration has left behind."""
        try:
            found = await self._strays()
        except StoreUnavailable as error:
            log.error("the journal cannot be counted", error=error.detail)
            return
        if found:
            vendors = ", ".join(f"{each.vendor} {each.count}" for each in found)
            log.warning("unknown adjustments went to accounts that are not configured any more", vendors=vendors)

    async def _strays(self) -> tuple[Strays, ...]:
        return strays(await self._journal.whereabouts(), self._vendors().planner.accounts())


def _numbers(standing: WebhookStanding | None, now: datetime) -> tuple[int, int, float]:
    if standing is None:
        return 0, 0, 0.0
    failing = 0.0 if standing.failing_since is None else (now - standing.failing_since).total_seconds()
    return standing.waiting, standing.parked, failing
