"""Which accounts the configured vendors have now, each with the vendors that reach it."""

from collections.abc import Iterable

import structlog

from gateway.metrics import Alarm, Metrics
from gateway.planning.translation import Translator

log = structlog.get_logger(__name__)


class Accounts:
    """Groups vendors by account. `why`: what is alarmed where one cannot be told, as where a secret's file is gone."""

    def __init__(self, metrics: Metrics, why: Alarm) -> None:
        self._metrics = metrics
        self._why = why
        self._lost: set[str] = set()

    def of(self, vendors: Iterable[Translator]) -> dict[str, dict[str, Translator]]:
        """The vendors of each account, by name. One whose account cannot be told is left out alone."""
        accounts: dict[str, dict[str, Translator]] = {}
        for each in vendors:
            try:
                known = each.accounts
            except Exception as error:
                self._lose(each.name, error)
                continue
            self._lost.discard(each.name)
            for account in known:
                accounts.setdefault(account, {})[each.name] = each
        return accounts

    def _lose(self, vendor: str, error: Exception) -> None:
        if vendor not in self._lost:  # once, not with each look
            self._lost.add(vendor)
            self._metrics.alarmed(self._why)
            log.error("the account of a vendor cannot be told; its unknown are let be", vendor=vendor, exc_info=error)
