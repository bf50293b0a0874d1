"""Claiming a key: exactly one caller has it, and what it claimed is durable and whole."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.adjustments import Draft, State, Status, Transition
from gateway.journal import Filters, Journal
from gateway.model import Adjustment, Member
from gateway.write import Write


def test_a_new_key_is_claimed(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """The first claim gives a record in progress, owned until its lease runs out, with one transition."""
    new_draft = draft(lease=12.5)
    record, ours = runner.run(journal.claim(new_draft))
    assert ours
    assert (record.draft, record.state) == (new_draft, State(Status.IN_PROGRESS, False, 1))
    assert (record.created_at, record.lease_until) == (clock.now, clock.now + timedelta(seconds=12.5))
    assert runner.run(journal.find("storefront", "acme", new_draft.key)) == record
    assert runner.run(journal.history(new_draft.id)) == (
        Transition(clock.now, None, Status.IN_PROGRESS, 1, "gateway", {}),
    )


def test_the_operation_of_a_write_is_kept(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Also one that this version cannot carry out, with the adjustment that it is about, in every way of reading."""
    operation: Any = "accrue"
    wanted = draft(write=Write(Adjustment(Member("contact_id", "1"), Decimal(-5)), operation, "adj_earlier"))
    runner.run(journal.claim(wanted))
    found = runner.run(journal.find("storefront", "acme", wanted.key))
    (listed,) = runner.run(journal.list(None, Filters(), limit=10)).records
    again, _ = runner.run(journal.claim(draft(key=wanted.key)))
    for record in (found, listed, again):
        assert record is not None
        assert record.draft == wanted


def test_the_member_that_was_looked_up_first_stands(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Of two claims of one key the winner's is kept, with the step that began it, whomever the other one found."""
    asked = Adjustment(Member("email", "a@example.com"), Decimal(5))
    first, second = (draft(key="k", write=Write(asked, resolved=Member("contact_id", each))) for each in "12")
    record, _ = runner.run(journal.claim(first))
    for found in (record, runner.run(journal.claim(second)).record, runner.run(journal.get(None, first.id))):
        assert found is not None
        assert found.draft.write == first.write
        assert (found.draft.write.member, found.draft.adjustment) == (Member("contact_id", "1"), asked)
    (begun,) = runner.run(journal.history(first.id))
    assert begun.evidence == {"resolved": "contact_id:1"}


def test_a_claimed_key_gives_its_record(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """A second claim of a key is not ours and gives the first one's record, even for the very same draft."""
    first = draft()
    record, _ = runner.run(journal.claim(first))
    assert runner.run(journal.claim(draft(key=first.key))) == (record, False)
    assert runner.run(journal.claim(first)) == (record, False)


@pytest.mark.parametrize("same_id", [True, False])
def test_one_of_many_claims_at_once_wins(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner, same_id: bool
) -> None:
    """Of 50 claims of one key at the same time exactly one is ours, and all hear of the same record."""
    drafts = [draft(key="k", id="adj_one") if same_id else draft(key="k") for _ in range(50)]

    async def claim_all() -> list[tuple[Any, bool]]:
        return await asyncio.gather(*map(journal.claim, drafts))

    claimed = runner.run(claim_all())
    assert [ours for _, ours in claimed].count(True) == 1
    assert len({record.draft.id for record, _ in claimed}) == 1
    assert len(runner.run(journal.list(None, Filters(), limit=100)).records) == 1


def test_a_key_belongs_to_a_client_within_a_tenant(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """The same key is free for another client, and for the same client in another tenant."""
    owners = [("storefront", "acme"), ("storefront", "outlet"), ("kiosk", "acme"), ("kiosk", "outlet")]

    async def claim_all() -> list[tuple[Any, bool]]:
        first = await journal.claim(draft(key="k", client="kiosk", tenant="outlet"))
        return [first, *await asyncio.gather(*(journal.claim(draft(key="k", client=c, tenant=t)) for c, t in owners))]

    assert [ours for _, ours in runner.run(claim_all())] == [True, True, True, True, False]
    assert runner.run(journal.find("kiosk", "nobody", "k")) is None


def test_a_key_is_found_whatever_it_is(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """A key of any visible characters, one that looks like a quoted text too, is claimed once, found and listed."""
    for key in ('"', '"a"', '"a', "\\u0061", "'; --", "a", "~" * 255):
        record, ours = runner.run(journal.claim(draft(key=key)))
        assert (ours, record.draft.key) == (True, key)
        assert runner.run(journal.claim(draft(key=key))) == (record, False)
        assert runner.run(journal.find("storefront", "acme", key)) == record
        assert runner.run(journal.list("acme", Filters(key=key), limit=9)).records == (record,)


def test_more_claims_than_a_batch_holds(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """Claims beyond the size of one batch are done in the next ones."""

    async def claim_all() -> list[tuple[Any, bool]]:
        return await asyncio.gather(*(journal.claim(draft()) for _ in range(1000)))

    assert all(ours for _, ours in runner.run(claim_all()))
    assert runner.run(journal.counts()).by_status[Status.IN_PROGRESS] == 1000


FULL = Adjustment(
    member=Member("custom.user_id", "ünï-コ:\U0001f3c6"),
    points=Decimal("-123456789012.000001"),
    point_type="base",
    description='a\0b \ud800 \u2028 ☕ \\ "q"',
    reason="goodwill",
    reference='"quoted" \0 \udfff',
    store="12",
    pending=True,
    options={
        "one": {
            "zero": Decimal(0),
            "whole": Decimal(5),
            "scale": Decimal("2.50"),
            "exponent": Decimal("1E+2"),
            "small": Decimal("1E-30"),
            "integer": 5,
            "past_64_bits": 2**70,
            "none": None,
            "nested": [{"deep": [True, False, "x"]}],
            "text": "é \ud83d 漢",
            "": "an empty name",
        },
        "two": {},
    },
)


@pytest.mark.parametrize("adjustment", [FULL, Adjustment(Member("contact_id", "1"), Decimal("0.5"))])
def test_a_draft_survives_whole(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner, adjustment: Adjustment
) -> None:
    """Every field of a draft comes back as it was, texts, nulls and decimals digit for digit."""
    new_draft = draft(adjustment, not_sent=("reason", "store"), lease=0.1 + 0.2, fingerprint="ab" * 32, account="crm#7")
    record, _ = runner.run(journal.claim(new_draft))
    stored = runner.run(journal.get("acme", new_draft.id))
    assert stored == record
    assert repr(stored.draft) == repr(new_draft)


def test_times_are_kept_to_the_microsecond(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """A clock in any zone gives records in UTC, to the microsecond, far from today too."""
    moments = [
        datetime(1971, 2, 3, 4, 5, 6, 999999, tzinfo=UTC),
        datetime.fromisoformat("2399-12-31T23:59:59.000001+05:45"),
    ]
    for moment in moments:
        clock.set(moment)
        record, _ = runner.run(journal.claim(draft()))
        stored = runner.run(journal.get(None, record.draft.id))
        assert stored == record
        assert (stored.created_at, stored.created_at.tzinfo) == (moment, UTC)


def test_what_was_claimed_is_there_after_reopening(
    opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """A journal that is closed and opened again holds what it held."""
    first = opener()
    record, _ = runner.run(first.claim(draft()))
    runner.run(first.close())
    second = opener()
    assert runner.run(second.claim(replace(record.draft, id="adj_other"))) == (record, False)
