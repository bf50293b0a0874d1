"""The client library against a gateway that runs, and against the fake: both mean the same by the same answers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from points_gateway_client import (
    AdjustmentRequest,
    EventsGone,
    IdempotencyKeyReused,
    InvalidRequest,
    MemberNotFound,
    NotApplied,
    NotFound,
    NotResolvable,
    NotReversible,
    OutcomeUnknown,
    Unauthenticated,
)
from tests.deadlines import until
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.worlds import Faked, Running, World

FROM, TO = datetime(2023, 9, 1, tzinfo=UTC), datetime(2023, 9, 30, 23, 59, 59, tzinfo=UTC)
ROUTES = {
    **dict.fromkeys(("balance", "transactions", "lookup"), "crm_searched"),
    "adjust": {"vendor": "crm_searched", "compensate": True},
    "expiring": "perks",
}
NAMES = {
    *("id", "status", "tenant", "client", "idempotency_key", "member", "points", "point_type", "description", "reason"),
    *("reference", "store", "pending", "options", "not_sent", "balance", "vendor", "retryable", "problem"),
    *("resolution", "attempts", "created_at", "completed_at"),
}
"""What an adjustment has, whatever came of it."""


@pytest.fixture(scope="module")
def serving(
    running: Vendors, configured: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[int], GatewayProcess]]:
    """Serves, once for each number of people whom a resolution takes, with one vendor for nearly everything."""
    begun: dict[int, GatewayProcess] = {}

    def serve(approvals: int) -> GatewayProcess:
        if approvals not in begun:
            configuration = configured(resolution={"approvals": approvals})
            searched = {"extends": "crm", "account": running.crm.simulator.settings["account"]}
            configuration["vendors"]["crm_searched"] = searched
            configuration["tenants"]["acme"] = {"routes": ROUTES}
            begun[approvals] = GatewayProcess(tmp_path_factory.mktemp("client"), configuration)
            begun[approvals].serving()
        return begun[approvals]

    try:
        yield serve
    finally:
        for process in begun.values():
            process.stop()


@pytest.fixture(params=["gateway", "fake"])
def behind(request: pytest.FixtureRequest, approvals: int) -> World:
    if request.param == "fake":
        return Faked(approvals=approvals)
    vendors: Vendors = request.getfixturevalue("vendors")
    return Running(request.getfixturevalue("serving")(approvals), vendors.crm)


@pytest.fixture
def approvals() -> int:
    """How many people a resolution takes; a test of two is parametrized."""
    return 1


@pytest.fixture(params=["sync", "async"])
def points(request: pytest.FixtureRequest, behind: World) -> World:
    """A client of either kind, of a running gateway or of the fake."""
    behind.kind = request.param
    return behind


def test_an_adjustment_and_its_replay(points: World) -> None:
    """A write is applied once, and its repeat gives the same, marked as a replay."""
    key = points.new_key()
    first = points.call("adjust", points.member, Decimal("2.5"), idempotency_key=key, description="Thanks", store="12")
    repeated = points.call("adjust", points.member, "2.50", idempotency_key=key, description="Thanks", store="12")
    assert (first.replayed, repeated.replayed) == (False, True)
    assert (repeated.id, repeated.points, repeated.status) == (first.id, Decimal("2.5"), "succeeded")
    assert points.call("adjustment", first.id).points == Decimal("2.5")
    assert [each.id for each in points.call("iter_adjustments", idempotency_key=key)] == [first.id]
    assert points.booked() == [Decimal("2.5")]


def test_an_adjustment_has_every_name(points: World) -> None:
    """The fields of an answer are those of the contract; a read adds what was reversed."""
    done = points.call("adjust", points.member, 5, idempotency_key=points.new_key())
    assert done.raw.keys() == NAMES
    assert points.call("adjustment", done.id).raw.keys() == NAMES | {"reversed", "reversals"}
    assert done.vendor.name
    assert (done.tenant, done.retryable, done.attempts) == ("acme", False, 1)
    assert None not in (done.created_at, done.completed_at)


def test_another_body_under_a_key_is_refused(points: World) -> None:
    """It names the adjustment that has the key, and the fields that differ; nothing is applied."""
    key = points.new_key()
    done = points.call("adjust", points.member, 5, idempotency_key=key, description="Thanks")
    with pytest.raises(IdempotencyKeyReused) as caught:
        points.call("adjust", points.member, 6, idempotency_key=key, description="Sorry")
    assert (caught.value.adjustment, caught.value.status, caught.value.new_key_allowed) == (done.id, 422, False)
    assert {each.pointer for each in caught.value.errors} == {"/points", "/description"}
    assert points.booked() == [Decimal(5)]


def test_what_is_refused_for_good_is_a_problem_of_its_code(points: World) -> None:
    """It says that a new key may be taken, in a replay as well; the adjustment is kept as failed."""
    key = points.new_key()
    for _ in range(2):
        with pytest.raises(MemberNotFound) as caught:
            points.call("adjust", points.nobody, 5, idempotency_key=key)
        assert (caught.value.status, caught.value.retryable, caught.value.new_key_allowed) == (404, False, True)
    kept = points.call("adjustment", caught.value.adjustment)
    assert (kept.status, kept.retryable, kept.attempts) == ("failed", False, 1)
    assert kept.raw.keys() == NAMES
    assert (kept.problem["code"], kept.problem["new_key_allowed"]) == ("member_not_found", True)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"points": "0"}, "/points"),
        ({"points": "1e3"}, "/points"),
        ({"points": "0.0000001"}, "/points"),
        ({"points": "05"}, "/points"),
        ({"member": "email:a/b"}, "/member"),
        ({"description": "x" * 501}, "/description"),
        ({"store": ""}, "/store"),
    ],
    ids=str,
)
def test_what_is_malformed_is_refused_before_anything(points: World, body: dict[str, Any], pointer: str) -> None:
    """The problem points at the field; the key stays free."""
    key = points.new_key()
    asked: dict[str, Any] = {"member": points.member, "points": 5} | body
    with pytest.raises(InvalidRequest) as caught:
        points.call("adjust", asked.pop("member"), asked.pop("points"), idempotency_key=key, **asked)
    assert [each.pointer for each in caught.value.errors] == [pointer]
    assert (caught.value.new_key_allowed, caught.value.retryable, caught.value.adjustment) == (False, False, None)
    assert points.call("iter_adjustments", idempotency_key=key) == []


def test_what_may_be_applied_is_no_success(points: World) -> None:
    """A 202 is raised, with the adjustment that it is about; the same key hears the same again."""
    key = points.new_key()
    points.unknown(applied=True)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as caught:
            points.call("adjust", points.member, 5, idempotency_key=key)
        assert (caught.value.adjustment.status, caught.value.idempotency_key) == ("unknown", key)
        assert caught.value.retry_after
    assert [each.id for each in points.call("iter_adjustments", status="unknown")] == [caught.value.id]
    assert points.booked() == [Decimal(5)]
    points.resolve(caught.value.id, "applied", "seen", actor="Robin")


def test_an_unknown_that_was_applied(points: World) -> None:
    """Once it is settled, the key gives the success, and so does a wait."""
    key = points.new_key()
    points.unknown(applied=True)
    with pytest.raises(OutcomeUnknown) as caught:
        points.call("adjust", points.member, 5, idempotency_key=key)
    settled = points.resolve(caught.value.id, "applied", "seen", actor="Robin")
    assert (settled.status, settled.resolution["outcome"], settled.resolution["actor"]) == (
        "succeeded",
        "applied",
        "Robin",
    )
    assert points.call("wait_until_settled", caught.value.id, seconds=0).status == "succeeded"
    repeated = points.call("adjust", points.member, 5, idempotency_key=key)
    assert (repeated.id, repeated.replayed, repeated.balance) == (caught.value.id, True, None)
    assert points.booked() == [Decimal(5)]
    with pytest.raises(NotResolvable):
        points.resolve(caught.value.id, "not_applied", "changed my mind")


@pytest.mark.parametrize("approvals", [2])
def test_what_one_person_decides_is_proposed(points: World) -> None:
    """It settles nothing, however often that person says it; another one settles it."""
    points.unknown(applied=True)
    with pytest.raises(OutcomeUnknown) as caught:
        points.call("adjust", points.member, 5, idempotency_key=points.new_key())
    points.resolve(caught.value.id, "not_applied", "not in their list yet")
    first = points.resolve(caught.value.id, "applied", "seen", actor="Robin")
    again = points.resolve(caught.value.id, "applied", "seen again")
    for each, reason in (first, "seen"), (again, "seen again"):
        assert (each.status, each.resolution, each.completed_at) == ("unknown", None, None)
        assert (each.proposal.outcome, each.proposal.reason, each.proposal.by) == ("applied", reason, each.client)
    assert first.proposal.at < again.proposal.at < again.proposal.until
    seen = points.call("adjustment", first.id, history=True)
    assert (seen.status, seen.proposal) == ("unknown", None)
    proposed = [each["evidence"].get("proposes") for each in seen.history if each["from"] == each["to"]]
    assert proposed == ["not_applied", "applied", "applied"]
    settled = points.confirm(again)
    assert (settled.id, settled.status, settled.proposal) == (first.id, "succeeded", None)
    assert (settled.resolution["outcome"], settled.resolution["proposed_by"]) == ("applied", first.client)
    assert settled.resolution["by"] != first.client
    assert points.booked() == [Decimal(5)]


def left_unknown(points: World) -> str:
    """The id of a credit that was applied, and of which the client does not know."""
    points.unknown(applied=True)
    with pytest.raises(OutcomeUnknown) as caught:
        points.call("adjust", points.member, 5, idempotency_key=points.new_key())
    id_: str = caught.value.id
    return id_


@pytest.mark.parametrize("approvals", [2])
def test_a_proposal_is_withdrawn(points: World) -> None:
    """The adjustment stays as it was, and what another decides then is a proposal of his own."""
    id_ = left_unknown(points)
    proposed = points.resolve(id_, "not_applied", "not in their list yet")
    withdrawn = points.call("withdraw_proposal", id_)
    assert (withdrawn.id, withdrawn.status, withdrawn.resolution, withdrawn.proposal) == (id_, "unknown", None, None)
    other = points.decide(id_, "not_applied", "nor is it")
    assert (other.status, other.proposal is not None) == ("unknown", True)
    steps = [each for each in points.call("adjustment", id_, history=True).history if each["from"] == each["to"]]
    noted = [(each["by"], each["evidence"].get("proposes"), each["evidence"].get("withdraws")) for each in steps]
    assert noted[:2] == [(proposed.client, "not_applied", None), (proposed.client, None, "not_applied")]
    assert noted[2][1:] == ("not_applied", None)
    settled = points.resolve(id_, "not_applied", "nor is it")
    assert (settled.status, settled.resolution["by"]) == ("failed", proposed.client)
    assert settled.resolution["proposed_by"] == noted[2][0]


@pytest.mark.parametrize("approvals", [2])
def test_only_ones_own_proposal_that_counts_is_withdrawn(points: World) -> None:
    """Where there is none, or it has lapsed, is another's or was confirmed, nothing changes."""
    id_ = left_unknown(points)

    def refused() -> str:
        with pytest.raises(NotResolvable) as problem:
            points.call("withdraw_proposal", id_)
        assert (problem.value.adjustment, problem.value.retryable, problem.value.new_key_allowed) == (id_, False, False)
        return str(problem.value)

    assert "no proposal" in refused()
    points.resolve(id_, "applied", "seen")
    points.lapse(id_)
    assert "no proposal" in refused()
    points.decide(id_, "applied", "seen")
    assert "nother person" in refused()
    assert points.resolve(id_, "applied", "seen").status == "succeeded"
    assert "no proposal" in refused()
    with pytest.raises(NotFound):
        points.call("withdraw_proposal", "adj_" + "0" * 32)
    assert points.booked() == [Decimal(5)]


def test_one_person_has_proposed_nothing(points: World) -> None:
    """Where one alone decides, there is nothing to withdraw."""
    done = points.call("adjust", points.member, 5, idempotency_key=points.new_key())
    with pytest.raises(NotResolvable):
        points.call("withdraw_proposal", done.id)


def test_an_unknown_that_was_not_applied(points: World) -> None:
    """Once it is settled, the key and a wait say that a new key may be taken."""
    key = points.new_key()
    points.unknown(applied=False)
    with pytest.raises(OutcomeUnknown) as caught:
        points.call("adjust", points.member, 5, idempotency_key=key)
    points.resolve(caught.value.id, "not_applied", "not there")
    for method, arguments, named in (
        ("wait_until_settled", (caught.value.adjustment,), {"seconds": 0}),
        ("adjust", (points.member, 5), {"idempotency_key": key}),
    ):
        with pytest.raises(NotApplied) as failed:
            points.call(method, *arguments, **named)
        assert (failed.value.new_key_allowed, failed.value.adjustment) == (True, caught.value.id)
    assert points.booked() == []


def test_a_retryable_problem_is_repeated_under_the_same_key(points: World) -> None:
    """The next call is a second attempt of the same adjustment, and one effect."""
    points.unavailable()
    done = points.call("adjust", points.member, 5, idempotency_key=points.new_key())
    assert (done.status, done.attempts) == ("succeeded", 2)
    assert points.booked() == [Decimal(5)]


def test_an_adjustment_is_taken_back(points: World) -> None:
    """The whole of it, once for a key; then nothing is left."""
    done = points.call("adjust", points.member, 5, idempotency_key=points.new_key())
    key = points.new_key()
    reversal = points.call("reverse", done.id, idempotency_key=key)
    assert (reversal.operation, reversal.reverses, reversal.points, reversal.linked) == ("reverse", done.id, -5, True)
    assert reversal.raw.keys() == NAMES | {"operation", "reverses", "linked"}
    assert points.call("reverse", done.id, idempotency_key=key).replayed
    kept = points.call("adjustment", done.id)
    assert (kept.reversed, [(each.id, each.points) for each in kept.reversals]) == (5, [(reversal.id, Decimal(5))])
    with pytest.raises(NotReversible):
        points.call("reverse", done.id, idempotency_key=points.new_key())
    with pytest.raises(NotReversible):
        points.call("reverse", reversal.id, idempotency_key=points.new_key())


def test_a_part_is_taken_back(points: World) -> None:
    """By the opposite; and never more than what is left."""
    done = points.call("adjust", points.member, 5, idempotency_key=points.new_key())
    part = points.call("reverse", done.id, 2, idempotency_key=points.new_key(), description="order-1 came back")
    assert (part.points, part.linked, part.description) == (-2, False, "order-1 came back")
    with pytest.raises(NotReversible):
        points.call("reverse", done.id, 4, idempotency_key=points.new_key())
    with pytest.raises(NotReversible):
        points.call("reverse", done.id, 1, idempotency_key=points.new_key(), linked=True)
    rest = points.call("reverse", done.id, idempotency_key=points.new_key())
    assert (rest.points, points.call("adjustment", done.id).reversed) == (-3, 5)
    assert [each.id for each in points.call("iter_adjustments", reverses=done.id)] == [rest.id, part.id]
    assert [each.id for each in points.call("iter_adjustments", reverses=done.id, operation="adjust")] == []


def test_what_is_unknown_cannot_be_reversed(points: World) -> None:
    """Nor can what there is not."""
    points.unknown(applied=True)
    with pytest.raises(OutcomeUnknown) as caught:
        points.call("adjust", points.member, 5, idempotency_key=points.new_key())
    with pytest.raises(NotReversible):
        points.call("reverse", caught.value.id, idempotency_key=points.new_key())
    with pytest.raises(NotFound):
        points.call("reverse", "adj_" + "0" * 32, idempotency_key=points.new_key())
    points.resolve(caught.value.id, "applied", "seen")


def test_lists_go_on_page_by_page(points: World) -> None:
    """Newest first; a cursor goes on after its page, and belongs to its filters."""
    reference = points.new_key()
    made = [
        points.call("adjust", points.member, each, idempotency_key=points.new_key(), reference=reference).id
        for each in range(1, 4)
    ]
    pages = points.call("adjustments", reference=reference, limit=2)
    assert [[each.id for each in page.data] for page in pages] == [made[:0:-1], made[:1]]
    assert [page.next_cursor is None for page in pages] == [False, True]
    assert [each.id for each in points.call("iter_adjustments", reference=reference, limit=1)] == made[::-1]
    with pytest.raises(InvalidRequest):
        points.call("adjustments", limit=2, cursor=pages[0].next_cursor)


def test_many_are_made_once(points: World) -> None:
    """A second run of the same finds all of them done."""
    asked = [AdjustmentRequest(points.member, each, points.new_key(), {"store": "12"}) for each in range(1, 21)]
    wrong = AdjustmentRequest(points.nobody, 5, points.new_key())
    first = points.call("adjust_many", [*asked, wrong], concurrency=5)
    second = points.call("adjust_many", [*asked, wrong], concurrency=5)
    assert [each.outcome for each in first] == [each.outcome for each in second] == ["succeeded"] * 20 + ["failed"]
    assert [each.adjustment.id for each in first[:-1]] == [each.adjustment.id for each in second[:-1]]
    assert all(each.adjustment.replayed for each in second[:-1])
    assert sorted(points.booked()) == [Decimal(each) for each in range(1, 21)]


def test_balances_and_histories(points: World) -> None:
    """What was adjusted is in the balance, and in the history with the adjustment that made it."""
    before = points.call("balance", points.member).available or Decimal(0)
    done = points.call("adjust", points.member, "7.25", idempotency_key=points.new_key())
    after = points.call("balance", points.member)
    assert after.available - before == Decimal("7.25")
    assert (after.member, after.cached, after.vendor.name) == (points.member, False, done.vendor.name)
    [row] = [each for each in points.call("iter_transactions", points.member, limit=1) if each.adjustment == done.id]
    assert (row.points, row.id) == (Decimal("7.25"), done.vendor.transaction_id)
    assert points.call("transactions", points.member).complete


def test_members(points: World) -> None:
    """Who the vendor says that they are, all that they have, and what expires; nobody is nobody."""
    assert points.call("lookup", points.member).ids["contact_id"] == "1"
    with pytest.raises(MemberNotFound):
        points.call("lookup", points.nobody)
    wallet = points.call("wallet", points.member)
    assert wallet.members == (points.member,)
    assert wallet.balances[0].member == points.member
    expiring = points.call("expiring", "email:user@example.com", FROM, TO)
    assert (expiring.precision, expiring.start, expiring.end) == ("exact", FROM, TO)
    assert expiring.points is not None


def test_a_preview_stores_nothing(points: World) -> None:
    """It has the vendor's request, and no adjustment comes of it."""
    count = len(points.call("iter_adjustments"))
    preview = points.call("preview", points.member, 5, description="Thanks")
    assert (preview.request["effect"], preview.not_sent) == (True, ())
    assert len(points.call("iter_adjustments")) == count
    assert points.booked() == []


def test_capabilities(points: World) -> None:
    """What can be asked, by operation, and how it can be reversed."""
    can = points.call("capabilities")
    assert can.tenant == "acme"
    assert set(can.operations) == {"adjust", "balance", "expiring", "transactions", "lookup"}
    [adjust] = can.operations["adjust"]
    assert adjust.reversals == ("linked", "compensation")


def test_limits(points: World) -> None:
    """Where nothing is bounded, nothing is named."""
    limits = points.call("limits")
    assert (limits.tenant, limits.max_points, limits.daily) == ("acme", None, ())
    assert limits.resets_at.hour == 0


def test_a_wrong_key_is_refused(behind: World) -> None:
    """Whatever is asked."""
    with behind.sync(key="wrong" * 8) as client, pytest.raises(Unauthenticated) as caught:
        client.balance(behind.member)
    assert (caught.value.status, caught.value.retryable) == (401, False)


def test_the_feed_of_events(points: World) -> None:
    """Events have the numbers, the order and the words of the adjustments' steps, a page at a time and one by one."""
    (end,) = points.call("events", "latest")
    assert end.data == ()
    applied = points.call("adjust", points.member, 5, idempotency_key=points.new_key(), reference="order-1")
    points.unavailable()
    again = points.call("adjust", points.member, 5, idempotency_key=points.new_key())
    points.unknown(applied=True)
    with pytest.raises(OutcomeUnknown) as raised:
        points.call("adjust", points.member, 5, idempotency_key=points.new_key())
    reversal = points.call("reverse", applied.id, idempotency_key=points.new_key())
    expected = [
        (applied.id, 2, "succeeded", False),
        (again.id, 2, "failed", True),
        (again.id, 4, "succeeded", False),
        (raised.value.adjustment.id, 2, "unknown", False),
        (reversal.id, 2, "succeeded", False),
    ]

    def told() -> list[Any]:
        """Every event from then on."""
        found = list(points.call("iter_events", end.last))
        return [(*map(each.data.get, ("adjustment", "number", "status", "retryable")), each) for each in found]

    until(lambda: len(told()) >= len(expected))
    events = told()
    assert [each[:4] for each in events] == expected
    first, last = events[0][4], events[-1][4]
    assert (first.type, first.over, first.data["member"]) == ("adjustment.succeeded", True, points.member)
    assert (first.data["points"], first.data["reference"]) == ("5", "order-1")
    assert first.data["transaction_id"] is not None
    assert (last.data["reverses"], first.data.get("reverses")) == (applied.id, None)
    pages = points.call("events", first.id, limit=2)
    assert [[each.id for each in page.data] for page in pages] == [
        [each[4].id for each in part] for part in (events[1:3], events[3:])
    ]
    with pytest.raises(InvalidRequest):
        points.call("events", "17")
    with pytest.raises(EventsGone):
        points.call("events", f"evt_{'0' * 32}_1")
