"""A later version, whose requests have more fields, beside this one on one journal: keys mean what they meant."""

from collections.abc import Callable

import pytest

from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.nursery import MODULES

LATER = ("tests.end_to_end.grown", *MODULES)
FIVE = {"member": "contact_id:1", "points": "5", "description": "Thanks"}
WEB = {"options": {"contact-points": {"sub_type": "web"}}}
SAYING_NOTHING_NEW = {"campaign": None, "options": {"contact-points": {"sub_type": "web", "channels": ["shop"]}}}
Calling = Callable[[GatewayProcess], Caller]


@pytest.fixture
def versions(start: Starts, calling: Calling) -> tuple[Caller, Caller]:
    """Callers of this version and of a later one, which share a journal."""
    return calling(start()), calling(start(modules=LATER))


@pytest.mark.parametrize("later_first", [False, True])
def test_a_repeat_at_another_version_is_a_replay(
    versions: tuple[Caller, Caller], vendors: Vendors, later_first: bool
) -> None:
    """The same body has the same meaning at both, whichever had it first; spelled-out defaults add nothing."""
    today, later = versions
    first, second = (later, today) if later_first else (today, later)
    told = first.adjust({**FIVE, **WEB}, key="key-1")
    for replay in (
        second.adjust({**FIVE, **WEB}, key="key-1"),
        later.adjust({**FIVE, **SAYING_NOTHING_NEW}, key="key-1"),
    ):
        assert (replay.status_code, replay.content) == (201, told.content)
        assert replay.headers["idempotent-replayed"] == "true"
    assert len(vendors.crm.requests) == 1


def test_what_only_the_later_version_can_say_counts(versions: tuple[Caller, Caller], vendors: Vendors) -> None:
    """A new field, and a new option, are part of what a key means, and are named where they differ."""
    _, later = versions
    fields = {**FIVE, "campaign": "spring", "options": {"contact-points": {"voucher": "v1"}}}
    first = later.adjust(fields, key="key-1")
    assert first.status_code == 201
    assert later.adjust(fields, key="key-1").content == first.content
    for caller in versions:
        problem = refused(caller.adjust(FIVE, key="key-1"), 422, "idempotency_key_reused")
        assert problem["new_key_allowed"] is False
    assert [each["pointer"] for each in problem["errors"]] == ["/campaign", "/options/contact-points/voucher"]
    assert len(vendors.crm.requests) == 1


def test_a_next_attempt_says_what_the_first_said(versions: tuple[Caller, Caller], vendors: Vendors) -> None:
    """What can be tried again is tried again by either version, with the fields that its row has."""
    today, later = versions
    vendors.crm.fault("status", status=429)
    refused(today.adjust(FIVE, key="key-1"), 503, "vendor_rate_limited")
    repeated = later.adjust(FIVE, key="key-1")
    assert (repeated.status_code, repeated.json()["attempts"]) == (201, 2)
    assert vendors.crm.requests[0].body == vendors.crm.requests[1].body
