"""`adjustments resolve --all` by the operator API: the same sets, by the same names, without the journal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.cli import remote_adjustments
from gateway.cli.listing import answer_line
from gateway.cli.operator_api import OperatorApi
from gateway.cli.selection import show_left, show_set, summary_lines
from gateway.journal import Filters
from gateway.journal.unknown_sets import PointsSum
from gateway.model import time_text


@dataclass(frozen=True, slots=True)
class RemoteSelection:
    """A choice of unknown adjustments, and how to resolve them by this operator API."""

    api: OperatorApi
    tenant: str | None
    filters: Filters
    applied: bool
    reason: str

    def show(self) -> None:
        """Show the unknown adjustments and the name of this set. Ends the command if there are none."""
        found = self._found()
        lines = [answer_line(each["adjustment"]) for each in found["data"]]
        show_set(lines, found["total"], _summary(found), found["set"], applied=self.applied)

    def show_left(self, name: str) -> None:
        """Show the members of a set that are still unknown."""
        found = self._found(name)
        answers = [each["adjustment"] for each in found["data"]]
        left = [answer_line(each) for each in answers if each["status"] == "unknown"]
        show_left(left, len(answers), _summary(found))

    def resolve(self, name: str) -> None:
        """Resolve the members of a set, each as it was shown: as unknown, in this attempt."""
        seen = [
            {
                "id": each["adjustment"]["id"],
                "attempt": each["attempt"],
                "repeats": each["repeats"],
                "status": "unknown",
            }
            for each in self._found(name)["data"]
        ]
        remote_adjustments.settle(self.api, seen, applied=self.applied, reason=self.reason)

    def _found(self, name: str | None = None) -> dict[str, Any]:
        since, until = self.filters.created_from, self.filters.created_to
        return self.api.get(
            "unknown",
            outcome="applied" if self.applied else "not_applied",
            set=name,
            tenant=self.tenant,
            vendor=self.filters.vendor,
            client=self.filters.client,
            member=self.filters.member,
            reference=self.filters.reference,
            created_from=since and time_text(since),
            created_to=until and time_text(until),
        )


def _summary(found: Mapping[str, Any]) -> Iterator[str]:
    points = [
        PointsSum(
            each["point_type"],
            Decimal(each["credits"]),
            each["credit_count"],
            Decimal(each["debits"]),
            each["debit_count"],
        )
        for each in found["points"]
    ]
    return summary_lines(found["vendors"], points)
