"""What is told to Prometheus: what was counted, and what the journal holds at the moment."""

from collections.abc import Collection

import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import StoreUnavailable
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.planning.planning import Planner
from gateway.service.allowances import Allowances
from gateway.service.strays import Strays, strays

log = structlog.get_logger(__name__)


class Exposition:
    """Answers `GET /metrics`; `vendors` are the names of all that are configured."""

    def __init__(
        self, journal: Journal, metrics: Metrics, allowances: Allowances, planner: Planner, vendors: Collection[str]
    ) -> None:
        self._journal = journal
        self._metrics = metrics
        self._allowances = allowances
        self._planner = planner
        self._vendors = tuple(vendors)

    async def metrics(self, request: Request) -> Response:
        """Everything, in Prometheus' text format; what the journal cannot say now is as it was."""
        try:
            counts = await self._journal.counts()
            self._metrics.standing.update(counts.by_status, counts.oldest_unknown, counts.at)
            # For each configured vendor there is a number, so that an alarm sees it rise.
            none = dict.fromkeys(self._vendors, 0)
            self._metrics.standing.strays = none | {each.vendor: each.count for each in await self._strays()}
            await self._allowances.count()
        except StoreUnavailable as error:
            log.error("the journal cannot be counted", error=error.detail)
        except Exception:  # all else that is counted is told all the same
            log.exception("the journal cannot be counted")
        return Response(self._metrics.exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})

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
        return strays(await self._journal.whereabouts(), self._planner.accounts())
