"""Which of the unknown went to accounts that are not configured any more."""

from datetime import UTC, datetime

from gateway.journal import Whereabouts
from gateway.service.strays import Strays, strays


def hour(number: int) -> datetime:
    return datetime(2026, 1, 1, number, tzinfo=UTC)


def at(vendor: str, account: str, count: int, first: int, last: int) -> Whereabouts:
    return Whereabouts(vendor, account, count, hour(first), hour(last))


def test_accounts_that_are_gone_are_told_by_vendor() -> None:
    """What went to several accounts that are gone is summed up, from the first to the last that was created."""
    unknown = [at("club", "a", 1, 1, 1), at("crm", "b", 2, 3, 4), at("crm", "c", 3, 2, 3), at("crm", "d", 4, 0, 9)]
    assert strays(unknown, {"a", "d"}) == (Strays("crm", 5, hour(2), hour(4)),)


def test_an_account_under_another_name_is_none_that_is_gone() -> None:
    """A vendor that was renamed has its account still: it is looked for there."""
    assert strays([at("old", "a", 1, 1, 1)], {"a"}) == ()


def test_what_does_not_say_where_it_went() -> None:
    """Of what the journal's first version kept nothing is claimed."""
    assert strays([at("crm", "", 1, 1, 1)], {"a"}) == ()
