"""The client library against a gateway that runs: what it gives and raises is what the gateway means."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.client import AsyncPointsClient, OutcomeUnknown, PointsClient, Problem
from tests.deadlines import DEADLINE
from tests.end_to_end.caller import Caller
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.vendors import Vendors

MEMBER = "contact_id:1"
FROM, TO = datetime(2023, 9, 1, tzinfo=UTC), datetime(2023, 9, 30, 23, 59, 59, tzinfo=UTC)


@pytest.fixture
def points(api: Caller) -> Iterator[PointsClient]:
    """A client of the running gateway."""
    with PointsClient(str(api.http.base_url), KEYS["anywhere"], tenant="acme", timeout=DEADLINE) as client:
        yield client


def test_an_adjustment_and_its_replay(points: PointsClient, api: Caller, vendors: Vendors) -> None:
    """A write is applied once, and its repeat gives the same, marked as a replay."""
    key = api.new_key()
    first = points.adjust(MEMBER, Decimal("2.5"), idempotency_key=key, description="Thanks", store="12")
    repeated = points.adjust(MEMBER, "2.50", idempotency_key=key, description="Thanks", store="12")
    assert (first.replayed, repeated.replayed) == (False, True)
    assert (repeated.id, repeated.points, repeated.status) == (first.id, Decimal("2.5"), "succeeded")
    assert points.adjustment(first.id).points == Decimal("2.5")
    assert [each.id for page in points.adjustments(idempotency_key=key) for each in page.data] == [first.id]
    assert vendors.crm.points == [Decimal("2.5")]


def test_what_is_refused_is_a_problem_of_its_code(points: PointsClient, api: Caller) -> None:
    """The gateway's problem arrives with its code, and says whether a new key may be taken."""
    with pytest.raises(Problem) as raised:
        points.adjust("contact_id:404", 5, idempotency_key=api.new_key())
    assert (raised.value.code, raised.value.retryable, raised.value.new_key_allowed) == (
        "member_not_found",
        False,
        True,
    )


def test_what_may_be_applied_is_no_success(points: PointsClient, api: Caller, vendors: Vendors) -> None:
    """A 202 is raised, with the adjustment that it is about; the same key hears the same again."""
    key = api.new_key()
    vendors.crm.fault("close", when="after")
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as raised:
            points.adjust(MEMBER, 5, idempotency_key=key)
        assert (raised.value.adjustment.status, raised.value.idempotency_key) == ("unknown", key)
    assert vendors.crm.points == [Decimal(5)]


def test_a_retryable_problem_is_repeated_under_the_same_key(
    points: PointsClient, api: Caller, vendors: Vendors
) -> None:
    """The vendor's 429 is a second attempt of the same adjustment, and one effect."""
    vendors.crm.fault("status", status=429, headers={"Retry-After": "1"})
    done = points.adjust(MEMBER, 5, idempotency_key=api.new_key())
    assert (done.status, done.attempts, len(vendors.crm.requests)) == ("succeeded", 2, 2)
    assert vendors.crm.points == [Decimal(5)]


def test_reads(points: PointsClient) -> None:
    """Balances and expiring points come as decimals."""
    assert isinstance(points.balance("email:Jason@example.com").available, Decimal)
    assert points.expiring("email:user@example.com", FROM, TO).points == Decimal("150.24")


def test_the_asynchronous_client(api: Caller, vendors: Vendors) -> None:
    """The same with `await`."""

    async def scene() -> None:
        url, key = str(api.http.base_url), api.new_key()
        async with AsyncPointsClient(url, KEYS["anywhere"], tenant="acme", timeout=DEADLINE) as points:
            calls = (points.adjust(MEMBER, 5, idempotency_key=key, wait=DEADLINE) for _ in range(5))
            done = await asyncio.gather(*calls)
            assert {each.id for each in done} == {done[0].id}

    asyncio.run(scene())
    assert vendors.crm.points == [Decimal(5)]
