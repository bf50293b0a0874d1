"""The loyalty accounts of the simulated vendor, and when their points expire."""

import calendar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

PROGRAM = "d619f755-2d17-41f3-990d-c04ecedd64dd"
# The account of the sample of an account, and that of the sample of events.
SAMPLE, WITH_EVENTS = "79b807d2-d786-46a9-933b-918028d7a8c5", "5adcb100-07f1-4ee7-b8c6-6bb9ebc474bd"


def text(moment: datetime) -> str:
    """A time as the samples have it: RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def later(moment: datetime, months: int) -> datetime:
    """The same moment some months later, or the last day of that month where it is shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


@dataclass(slots=True)
class Account:
    """One account: its fields but for the points, and the points that expire, with their moments."""

    id: str
    customer: str
    phone: str
    mapping: str
    created: datetime
    updated: datetime
    enrolled: datetime | None = None
    deadlines: list[tuple[datetime, int]] = field(default_factory=list)

    def row(self, balance: int, lifetime: int) -> dict[str, Any]:
        """The account as it is answered."""
        deadlines = [{"expires_at": text(at), "points": points} for at, points in self.deadlines]
        return {
            "id": self.id,
            "program_id": PROGRAM,
            "balance": balance,
            "lifetime_points": lifetime,
            "customer_id": self.customer,
            **({} if self.enrolled is None else {"enrolled_at": text(self.enrolled)}),
            "created_at": text(self.created),
            "updated_at": text(self.updated),
            "mapping": {"id": self.mapping, "phone_number": self.phone, "created_at": text(self.created)},
            # Documented: the field is there only where points are scheduled to expire.
            **({"expiring_point_deadlines": deadlines} if deadlines else {}),
        }

    def added(self, points: int, balance: int, expires: datetime | None) -> None:
        """Points were added, which made this balance; what only made good for a negative balance does not expire."""
        rest = min(points, balance)
        if expires is not None and rest > 0:
            self.deadlines = sorted([*self.deadlines, (expires, rest)])

    def taken(self, points: int) -> None:
        """Points were taken: those that expire first, which is a guess."""
        kept = []
        for at, there in self.deadlines:
            used = min(points, there)
            points -= used
            if there > used:
                kept.append((at, there - used))
        self.deadlines = kept

    def due(self, now: datetime) -> int:
        """The points that have expired by now, which are then deadlines no more."""
        due = sum(points for at, points in self.deadlines if at <= now)
        self.deadlines = [(at, points) for at, points in self.deadlines if at > now]
        return due


def samples() -> list[Account]:
    """The accounts of the samples; the second one's customer, phone and times are made up."""
    created = datetime(2020, 5, 8, 21, 44, 32, tzinfo=UTC)
    earlier = datetime(2020, 5, 8, 21, 40, 0, tzinfo=UTC)
    return [
        Account(
            WITH_EVENTS,
            "QPTXM8PQNX3Q726ZYHPMNP46XC",
            "+14155559876",
            "39a9e9a4-5ef5-4f5c-a3b7-4a2bd0c4d7a4",
            earlier,
            datetime(2020, 5, 8, 22, 1, 30, tzinfo=UTC),
            earlier,
        ),
        Account(
            SAMPLE,
            "Q8002FAM9V1EZ0ADB2T5609X6NET1H0",
            "+14155551234",
            "66aaab3f-da99-49ed-8b19-b87f851c844f",
            created,
            created,
        ),
    ]
