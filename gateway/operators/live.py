"""What happens now: the last requests, and rates and latencies of the last hour by vendor and tenant."""

from datetime import UTC, datetime

from pydantic import Field

from gateway.answers.answer_model import AnswerModel, Time, WhereItApplies
from gateway.model import time_text
from gateway.operators.desk import Desk
from gateway.operators.operator import Operator
from gateway.operators.recorder import LATEST, Of, Seen

MOST = 50
"""Vendors or tenants whose rates are shown: those with most requests."""


class RequestSeen(AnswerModel):
    """One request that was answered: what its log line says; its member is not in it."""

    number: int = Field(description="Counts up in one process.")
    at: Time
    method: str
    route: str
    status: int
    client: str | None
    tenant: str | None
    vendor: WhereItApplies[str] = None
    adjustment: WhereItApplies[str] = None
    request_id: str
    ms: float


class Point(AnswerModel):
    """One minute up to `at`: how many, how many failed, and milliseconds of the average and of 95 in 100."""

    at: Time
    count: int
    failures: int
    mean_ms: float | None
    p95_ms: float | None


class Rates(AnswerModel):
    """The minutes of the last hour of one vendor's exchanges, or of one tenant's requests, oldest first."""

    name: str
    points: list[Point]


class LiveSummary(AnswerModel):
    """What happens now.

    `requests` are of this `process` alone, newest first, and `number` is that of the newest; rates are of all processes
    that share its listeners, since it was started. Both are without the polls of the feed of events that succeeded.
    """

    process: str
    number: int
    requests: list[RequestSeen]
    vendors: list[Rates]
    tenants: list[Rates]
    now: Time


def summary(desk: Desk, operator: Operator, *, after: int = 0, limit: int = LATEST) -> LiveSummary:
    """What happens now, with the requests that are newer than number `after`. Raises `Forbidden`."""
    operator.permit("operator:read")
    return LiveSummary(
        process=desk.process,
        number=desk.recorder.number,
        requests=[request_seen(each) for each in desk.recorder.requests(after=after, limit=limit)],
        vendors=rates(desk, "vendor"),
        tenants=rates(desk, "tenant"),
        now=time_text(desk.clock()),
    )


def rates(desk: Desk, of: Of) -> list[Rates]:
    """The minutes of the last hour by vendor or tenant, those with most first."""
    minutes = desk.recorder.minutes(of)
    counts: dict[str, int] = {}
    for minute in minutes:
        for name, each in minute.by_name.items():
            counts[name] = counts.get(name, 0) + each.count
    busiest = sorted(counts, key=lambda name: (-counts[name], name))[:MOST]
    shown = []
    for name in busiest:
        points = []
        for minute in minutes:
            found = minute.by_name.get(name)
            points.append(
                Point(
                    at=time_text(minute.at),
                    count=found.count if found else 0,
                    failures=round(found.failures) if found else 0,
                    mean_ms=found.mean_ms if found else None,
                    p95_ms=found.p95_ms if found else None,
                )
            )
        shown.append(Rates(name=name, points=points))
    return shown


def request_seen(seen: Seen) -> RequestSeen:
    """A request as it is shown."""
    line = seen.line
    return RequestSeen(
        number=seen.number,
        at=time_text(datetime.fromtimestamp(seen.at, UTC)),
        method=line["method"],
        route=line["route"],
        status=line["status"],
        client=line.get("client"),
        tenant=line.get("tenant"),
        vendor=line.get("vendor"),
        adjustment=line.get("adjustment"),
        request_id=line["request_id"],
        ms=line["ms"],
    )
