"""Numbers that operators are shown: by vendor from what Prometheus is told, and by tenant and client beside that.

No metric names a client or a tenant, so these are kept apart; they too are of all processes that share the listeners.
"""

from collections.abc import Iterable, Sequence

from gateway.series import AnyFamily, Area, Cells, Counter, Gauge, Histogram, Page, Spreads

_FAILURES = ("unavailable", "timeout", "unreadable")
"""The outcomes of an exchange that are a vendor's failures, as of `metrics.Asked`."""


class ShownNumbers:
    """Counts by tenant and client, and reads what is counted by vendor; `bounds`: of the seconds of requests."""

    def __init__(
        self,
        cells: Cells,
        areas: Sequence[Area],
        page: Page,
        *,
        exchanges: Histogram,
        in_flight: Gauge,
        alarms: Counter,
        bounds: Sequence[float],
    ) -> None:
        self._public = page
        self._exchanges = exchanges
        self._in_flight = in_flight
        self._alarms = alarms
        self._served = Histogram(cells, "tenant_seconds", "", ("tenant", "result"), bounds=bounds)
        self._used = Gauge(cells, "client_used", "", ("client",), merged="max")
        families: dict[str, AnyFamily] = {each.name: each for each in (self._served, self._used)}
        self._own = Page(families, areas)

    def served(self, tenant: str, seconds: float, *, failed: bool) -> None:
        """Count a request of a tenant."""
        self._served.labels(tenant, "failed" if failed else "done").observe(seconds)

    def used(self, client: str, at: float) -> None:
        """Keep when a client was last answered, in seconds since 1970."""
        self._used.labels(client).set(at)

    def last_used(self) -> dict[str, float]:
        """When each client was last answered by a process that runs."""
        return {labels[0]: numbers[0] for labels, numbers in self._own.numbers(self._used.name).items()}

    def by_tenant(self) -> dict[str, Spreads]:
        """The requests of each tenant that had any."""
        found = self._own.numbers(self._served.name).items()
        bounds = self._served.bounds
        return _merged((tenant, Spreads.of(bounds, each, failed=how == "failed")) for (tenant, how), each in found)

    def by_vendor(self) -> dict[str, Spreads]:
        """The exchanges with each vendor that had any; what was held back here is none."""
        found = self._public.numbers(self._exchanges.name).items()
        bounds = self._exchanges.bounds
        return _merged(
            (vendor, Spreads.of(bounds, each, failed=outcome in _FAILURES))
            for (vendor, _, outcome), each in found
            if outcome != "held"
        )

    def in_flight(self) -> dict[str, int]:
        """The exchanges with each vendor that are under way for callers."""
        found = self._public.numbers(self._in_flight.name).items()
        return {vendor: round(numbers[0]) for (vendor,), numbers in found}

    def alarms(self) -> dict[str, int]:
        """How often each alarm was raised."""
        return {why: round(numbers[0]) for (why,), numbers in self._public.numbers(self._alarms.name).items()}


def _merged(named: Iterable[tuple[str, Spreads]]) -> dict[str, Spreads]:
    found: dict[str, Spreads] = {}
    for name, each in named:
        found[name] = found[name] + each if name in found else each
    return found
