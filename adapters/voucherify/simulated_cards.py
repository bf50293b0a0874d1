"""The loyalty cards of the simulated vendor, and their points by the date on which they expire."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

CAMPAIGN, CAMPAIGN_NAME = "camp_7s3uXI44aKfIk5IhmeOPr6ic", "Loyalty Program"
SAMPLE, EMPTY = "MmFAzfDe", "L-CARD-3ug8G2E"


def text(at: datetime) -> str:
    """A time as the samples have it: ISO 8601 in UTC, to the millisecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


@dataclass(slots=True)
class Bucket:
    """Points that expire at the end of one date, or never."""

    id: str
    points: int
    expires: date | None
    created: datetime
    updated: datetime | None = None


@dataclass(slots=True)
class Card:
    """One loyalty card; `total` is what it was ever given, less what was removed by hand."""

    id: str
    code: str
    holder: str
    total: int
    created: datetime
    updated: datetime
    buckets: list[Bucket] = field(default_factory=list)
    redeemed: int = 0
    expired: int = 0
    subtracted: int = 0

    @property
    def balance(self) -> int:
        """The points that can be spent."""
        return sum(bucket.points for bucket in self.buckets)

    @property
    def by_expiry(self) -> list[Bucket]:
        """The buckets, those first that expire first."""
        return sorted(self.buckets, key=lambda bucket: bucket.expires or date.max)

    def add(self, points: int, expires: date | None, now: datetime, bucket: str) -> None:
        """Add points to those that expire on the same date. That they are one bucket is a guess from the samples."""
        self.total += points
        for found in self.buckets:
            if found.expires == expires:
                found.points += points
                found.updated = now
                return
        self.buckets.append(Bucket(bucket, points, expires, now))

    def remove(self, points: int, now: datetime) -> None:
        """Remove points by hand. Documented: those that expire soonest; the samples show that the total is lower."""
        self.total -= points
        self.subtracted += points
        for bucket in self.by_expiry:
            used = min(points, bucket.points)
            if used:
                bucket.points -= used
                bucket.updated = now
                points -= used

    def expire(self, today: date) -> int:
        """Drop the buckets whose date is over; returns how many points were left in them."""
        due = [bucket for bucket in self.buckets if bucket.expires is not None and bucket.expires < today]
        self.buckets = [bucket for bucket in self.buckets if bucket not in due]
        gone = sum(bucket.points for bucket in due)
        self.expired += gone
        return gone

    def row(self) -> dict[str, Any]:
        """The card as it is answered. The assets of the sample are left out."""
        # A sample shows a next expiration of no points: a bucket that was used up still counts.
        dated = [bucket for bucket in self.by_expiry if bucket.expires is not None]
        following: dict[str, Any] = {}
        if dated:  # that both are left out otherwise is a guess
            following = {"next_expiration_date": str(dated[0].expires), "next_expiration_points": dated[0].points}
        path = f"/v1/vouchers/{self.code}"
        return {
            "id": self.id,
            "code": self.code,
            "campaign": CAMPAIGN_NAME,
            "campaign_id": CAMPAIGN,
            "category": None,
            "category_id": "cat_0b6152ce12414820de",
            "categories": [],
            "type": "LOYALTY_CARD",
            "discount": None,
            "gift": None,
            "loyalty_card": {
                "points": self.total,
                "balance": self.balance,
                **following,
                "pending_points": 0,
                "expired_points": self.expired,
                "subtracted_points": self.subtracted,
            },
            "start_date": None,
            "expiration_date": None,
            "validity_timeframe": None,
            "validity_day_of_week": None,
            "active": True,
            "additional_info": None,
            "metadata": {},
            "is_referral_code": False,
            "created_at": text(self.created),
            "updated_at": text(self.updated),
            "holder_id": self.holder,
            "redemption": {
                "quantity": None,
                "redeemed_quantity": 1 if self.redeemed else 0,
                "redeemed_points": self.redeemed,
                "object": "list",
                "url": f"{path}/redemptions?page=1&limit=10",
            },
            "publish": {"object": "list", "count": 1, "url": f"{path}/publications?page=1&limit=10"},
            "object": "voucher",
        }

    def expiring(self) -> list[dict[str, Any]]:
        """The buckets as they are answered. Documented: without a date where they never expire."""
        return [
            {
                "id": bucket.id,
                "voucher_id": self.id,
                "campaign_id": CAMPAIGN,
                "bucket": {"total_points": bucket.points},
                "status": "ACTIVE",
                **({} if bucket.expires is None else {"expires_at": str(bucket.expires)}),
                "created_at": text(bucket.created),
                **({} if bucket.updated is None else {"updated_at": text(bucket.updated)}),
                "object": "loyalty_points_bucket",
            }
            for bucket in self.by_expiry
        ]


def samples(now: datetime) -> list[Card]:
    """The card of the samples, whose points expire as many days from now as they did there, and one without points."""
    made = datetime(2022, 2, 18, 14, 3, 59, 954_000, UTC)
    used = datetime(2022, 11, 21, 13, 49, 54, 949_000, UTC)
    soon, later = now.date() + timedelta(days=9), now.date() + timedelta(days=190)
    buckets = [
        Bucket("lopb_zdeIBq3EsnPnRSDa7Tyyb6X2", 12, soon, used),
        Bucket("lopb_Mg80vhZtqHFItWlJFYZ2rJAS", 0, later, datetime(2022, 6, 9, 11, 7, 7, 344_000, UTC), used),
        Bucket("lopb_dQE1TwyTkHAJDlVCPlqSC0nu", 13123, None, datetime(2022, 2, 28, 12, 13, 57, 749_000, UTC), used),
    ]
    holder = "cust_sehkNIi8Uq2qQuRqSr7xn4Zi"
    return [
        Card("v_0aMj6Mdp0i3zuXrd9NnBKboc7746mlgF", SAMPLE, holder, 13435, made, used, buckets, redeemed=300),
        Card("v_lWRrcwNm0vqxBaU5nsSMzRRHusCsS4Vl", EMPTY, "cust_PiguvGHitud7xXJ6vHxTCONi", 0, made, made),
    ]
