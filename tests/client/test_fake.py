"""What a test can have the fake do. That it means the same as a gateway is held by tests/end_to_end/test_client.py."""

import asyncio
import threading
from decimal import Decimal
from typing import Any

import pytest

from points_gateway_client import (
    FakePoints,
    InsufficientPoints,
    NoAnswer,
    NotApplied,
    NotSent,
    OutcomeUnknown,
    Overloaded,
    PointsError,
    VendorRejected,
    VendorUnavailable,
)

MEMBER = "email:jason@example.com"


@pytest.fixture
def fake() -> FakePoints:
    return FakePoints()


@pytest.fixture(params=["sync", "async"])
def adjust(request: pytest.FixtureRequest, fake: FakePoints) -> Any:
    """Makes an adjustment by either client."""

    def call(points: Any, key: str = "order-1", *, retries: int = 3, wait: float | None = None) -> Any:
        if request.param == "sync":
            with fake.client(retries=retries) as client:
                return client.adjust(MEMBER, points, idempotency_key=key, wait=wait)

        async def run() -> Any:
            async with fake.async_client(retries=retries) as client:
                return await client.adjust(MEMBER, points, idempotency_key=key, wait=wait)

        return asyncio.run(run())

    return call


@pytest.mark.parametrize(
    ("outcome", "raised", "balance"),
    [
        ("unknown", OutcomeUnknown, 5),
        ("unknown_unapplied", OutcomeUnknown, 0),
        ("accepted", OutcomeUnknown, 0),
        ("unavailable", VendorUnavailable, 0),
        ("rejected", VendorRejected, 0),
        ("overloaded", Overloaded, 0),
        ("lost", NoAnswer, 5),
        ("unreached", NotSent, 0),
    ],
)
def test_the_next_write_comes_to_what_is_said(
    fake: FakePoints, adjust: Any, outcome: Any, raised: type[PointsError], balance: int
) -> None:
    """Once; and the vendor has booked it where that is so."""
    fake.next_writes(outcome)
    with pytest.raises(PointsError) as caught:
        adjust(5, retries=0)
    assert type(caught.value) is raised
    assert caught.value.new_key_allowed is (outcome == "rejected")
    assert fake.balance(MEMBER) == balance
    assert adjust(7, "order-2").status == "succeeded"


@pytest.mark.parametrize("outcome", ["unavailable", "overloaded", "lost", "unreached"])
def test_the_client_gets_over_what_passes(fake: FakePoints, adjust: Any, outcome: Any) -> None:
    """Its retries end in one effect, and no test waits for them."""
    fake.next_writes(outcome, outcome)
    assert adjust(5).points == 5
    assert fake.balance(MEMBER) == 5
    assert len(fake.adjustments) == 1


def test_a_debit_takes_no_more_than_there_is(fake: FakePoints, adjust: Any) -> None:
    """A final problem, and the balance stays."""
    fake.set_balance(MEMBER, "4.5")
    with pytest.raises(InsufficientPoints) as caught:
        adjust(-5)
    assert caught.value.new_key_allowed
    assert adjust("-4.5", "order-2").balance.available == 0


def test_an_unknown_is_settled_as_the_vendor_has_it(fake: FakePoints, adjust: Any) -> None:
    """Applied where it was, and not where it was not."""
    fake.next_writes("unknown", "unknown_unapplied")
    for key in ("order-1", "order-2"):
        with pytest.raises(OutcomeUnknown):
            adjust(5, key)
    assert [fake.settle(each.id).status for each in fake.adjustments] == ["succeeded", "failed"]
    assert adjust(5).replayed
    with pytest.raises(NotApplied):
        adjust(5, "order-2")
    assert fake.balance(MEMBER) == 5


def test_an_accepted_one_is_settled_as_is_said(fake: FakePoints, adjust: Any) -> None:
    """The vendor books it then."""
    fake.next_writes("accepted")
    with pytest.raises(OutcomeUnknown) as caught:
        adjust(5)
    assert caught.value.adjustment.status == "accepted"
    assert fake.settle(caught.value.id, applied=True).status == "succeeded"
    assert fake.balance(MEMBER) == 5
    with pytest.raises(ValueError, match="is succeeded"):
        fake.settle(caught.value.id)
    with pytest.raises(KeyError):
        fake.settle("adj_nowhere")


@pytest.fixture
def proposed() -> tuple[FakePoints, str]:
    """A fake where a resolution takes two people, and the adjustment of which one has proposed something."""
    fake = FakePoints(approvals=2)
    fake.next_writes("unknown")
    with fake.client() as client:
        with pytest.raises(OutcomeUnknown) as caught:
            client.adjust(MEMBER, 5, idempotency_key="order-1")
        assert client.resolve(caught.value.id, "applied", "seen").proposal
    return fake, caught.value.id


def test_another_person_confirms_a_proposal_once(proposed: tuple[FakePoints, str]) -> None:
    """Then nothing is proposed any more."""
    fake, id_ = proposed
    assert fake.confirm(id_).status == "succeeded"
    with pytest.raises(ValueError, match="nothing is proposed"):
        fake.confirm(id_)
    with pytest.raises(KeyError):
        fake.confirm("adj_nowhere")
    with pytest.raises(ValueError, match="1 or 2"):
        FakePoints(approvals=3)


def test_another_person_decides_first(proposed: tuple[FakePoints, str]) -> None:
    """Of the other outcome that takes the place of the client's; of the same outcome it confirms."""
    fake, id_ = proposed
    theirs = fake.decide(id_, "not_applied", "not there").proposal
    assert theirs is not None
    assert (theirs.outcome, theirs.by) == ("not_applied", "operator fake")
    with pytest.raises(ValueError, match="nothing is proposed"):
        fake.confirm(id_)
    with fake.client() as client:
        assert client.resolve(id_, "applied", "seen").proposal
    assert fake.decide(id_, "applied", "seen").status == "succeeded"
    with pytest.raises(ValueError, match="is succeeded"):
        fake.decide(id_, "applied", "seen")
    with pytest.raises(ValueError, match="required"):
        fake.decide(id_, "applied", "")
    with pytest.raises(KeyError):
        fake.decide("adj_nowhere", "applied", "seen")


def test_what_is_withdrawn_is_not_confirmed(proposed: tuple[FakePoints, str]) -> None:
    """It is as if it had not been proposed."""
    fake, id_ = proposed
    with fake.client() as client:
        assert client.withdraw_proposal(id_).status == "unknown"
    with pytest.raises(ValueError, match="nothing is proposed"):
        fake.confirm(id_)


def test_a_proposal_lapses(proposed: tuple[FakePoints, str]) -> None:
    """After a day of the fake's time, or once the adjustment was settled in another way."""
    fake, id_ = proposed
    with fake.client() as client:
        with pytest.raises(OutcomeUnknown):
            client.wait_until_settled(id_, seconds=90_000)
        with pytest.raises(ValueError, match="nothing is proposed"):
            fake.confirm(id_)
        client.resolve(id_, "applied", "seen")
        fake.settle(id_)
        with pytest.raises(ValueError, match="nothing is proposed"):
            fake.confirm(id_)


def test_a_wait_ends_without_waiting(fake: FakePoints, adjust: Any) -> None:
    """The fake's time goes on while a client pauses, by as much as it pauses."""
    fake.next_writes("unknown")
    with pytest.raises(OutcomeUnknown):
        adjust(5, wait=3600.0)
    adjust(5, "order-2")
    first, second = fake.adjustments
    assert second.created_at.timestamp() - first.created_at.timestamp() == pytest.approx(3600, abs=1)


def test_an_outcome_that_there_is_not_is_refused(fake: FakePoints) -> None:
    """A test that says nonsense hears so."""
    with pytest.raises(ValueError, match="outcome is one of 'unknown', "):
        fake.next_writes("explode")  # type: ignore[arg-type]


def test_tenants_are_apart(fake: FakePoints) -> None:
    """A key belongs to its tenant, and so do points."""
    for tenant in ("acme", "outlet"):
        with fake.client(tenant=tenant) as client:
            assert not client.adjust(MEMBER, 5, idempotency_key="order-1").replayed
    assert (fake.balance(MEMBER, tenant="acme"), fake.balance(MEMBER)) == (Decimal(5), Decimal(0))


def test_threads_share_it(fake: FakePoints) -> None:
    """Each of many calls at once under one key gets the one adjustment."""
    ids: list[str] = []

    def call() -> None:
        with fake.client() as client:
            ids.append(client.adjust(MEMBER, 5, idempotency_key="order-1").id)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(ids), len(set(ids)), fake.balance(MEMBER)) == (8, 1, Decimal(5))
