"""What answers come to by a description: proof alone is a success, and only a listed refusal is one."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.declared.described import AnyDescribed
from gateway.errors import (
    FieldNotSupported,
    InsufficientPoints,
    MemberAmbiguous,
    MemberNotFound,
    VendorAuthFailed,
    VendorBadResponse,
    VendorBusy,
    VendorError,
    VendorRejected,
)
from gateway.model import Applied, Balance, Bucket, Expiring, Found, Member, NextExpiry, Period, Profile
from tests.gateway.declared.described import WHOLE, adapter, answer, asked, bare, made, told
from tests.gateway.declared.test_rules import TWO

CARD = Member("card", "7")
GIVEN: dict[str, Any] = {"id": "adj_1", "member": CARD, "points": Decimal("5.50"), "description": "Thanks"}
BOOKED = '{"booking": {"id": "t-9", "tokens": 5.5, "text": "Thanks", "state": "done", "clerk": "Ann"}, "left": 10.50}'
WHOLE_ADAPTER = adapter()


def adjusted(body: str, status: int = 200) -> Applied:
    found: Applied = told(WHOLE_ADAPTER, "adjust", answer(body, status), **GIVEN)
    return found


def failed(operation: str, body: str, status: int = 200, **given: Any) -> VendorError:
    with pytest.raises(VendorError) as raised:
        told(WHOLE_ADAPTER, operation, answer(body, status), **given)
    return raised.value


def test_a_success_says_what_was_booked() -> None:
    """The id, what was booked, the balance and the details, numbers exact; what is not said is None."""
    balance = Balance(available=Decimal("10.50"))
    expected = Applied("t-9", balance, {"clerk": "Ann"}, booked=Decimal("5.5"))
    assert adjusted(BOOKED) == adjusted(BOOKED, 201) == expected
    assert adjusted(BOOKED.replace('"left": 10.50', '"left": "many"')).balance is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"state": "done"', '"state": "open"'),
        ('"state": "done"', '"state": null'),
        ('"state": "done"', '"state": "done", "state": "void"'),
        ('"state": "done"', '"state": NaN'),
        ('"state": "done"', '"stat\ufffde": "done"'),
        ('"id": "t-9"', '"id": ""'),
        ('"id": "t-9"', '"id": 9'),
        ('"id": "t-9", ', ""),
        ('"tokens": 5.5', '"tokens": 5.51'),
        ('"tokens": 5.5', '"tokens": -5.5'),
        ('"tokens": 5.5, ', ""),
        ('"text": "Thanks"', '"text": "thanks"'),
        ('"text": "Thanks", ', ""),
        ('{"booking"', '[{"booking"'),
    ],
)
def test_what_is_not_proven_is_unknown(old: str, new: str) -> None:
    """Another value, no value, one that cannot be told, or something else than was sent."""
    assert old in BOOKED
    error = failed("adjust", BOOKED.replace(old, new), **GIVEN)
    assert (type(error), error.judged) == (VendorBadResponse, False)


@pytest.mark.parametrize("status", [202, 204, 206, 299, 304])
def test_another_status_is_no_success(status: int) -> None:
    """A 2xx that is not described is as unknown as any other."""
    assert not failed("adjust", BOOKED, status, **GIVEN).judged


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "anything", MemberNotFound),
        (409, "short", InsufficientPoints),
        (409, "locked", VendorBusy),
        (200, "nope", VendorRejected),
        (401, "anything", VendorAuthFailed),
    ],
)
def test_a_listed_refusal_proves_that_nothing_was_applied(status: int, code: str, kind: type[VendorError]) -> None:
    """By status, or by status and code, with the vendor's own code and message."""
    error = failed("adjust", f'{{"error": {{"code": "{code}", "text": "No."}}}}', status, **GIVEN)
    assert (type(error), error.judged) == (kind, True)
    assert (error.vendor_code, error.vendor_message) == (code, "No.")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, "<h1>Not Found</h1>"),
        (404, ""),
        (404, '{"error": {"code": "gone"}}'),
        (404, '{"error": {"code": "gone", "text": " "}}'),
        (404, '{"error": {"code": "gone", "text": "No.", "text": "Yes."}}'),
        (404, BOOKED[:-1] + ', "error": {"code": "gone", "text": "No."}}'),
        (409, '{"error": {"code": "other", "text": "No."}}'),
        (409, '{"error": {"code": "known", "text": "No."}}'),
        (400, '{"error": {"code": "short", "text": "No."}}'),
        (500, '{"error": {"code": "short", "text": "No."}}'),
        (200, '{"error": {"code": "other", "text": "No."}}'),
    ],
)
def test_whatever_else_refuses_nothing(status: int, body: str) -> None:
    """A proxy's page, half a refusal, one that has the proof of a success, another code, another status."""
    assert not failed("adjust", body, status, **GIVEN).judged


def test_an_empty_success_is_empty() -> None:
    """Another body under its status proves nothing; credits and debits have a path each, and no sign."""
    two = bare(TWO)
    for points, word in ((Decimal("2.5"), "add"), (Decimal("-2.5"), "remove")):
        given = {"id": "adj_1", "member": CARD, "points": points}
        request = asked(two, "adjust", **given)
        assert (request.path, request.body) == (f"/cards/7/{word}", b'{"tokens":2.5,"key":"adj_1"}')
        assert told(two, "adjust", answer("", 204), **given) == Applied()
        with pytest.raises(VendorBadResponse):
            told(two, "adjust", answer("{}", 204), **given)


def test_a_balance_has_its_first_number_or_is_an_error() -> None:
    """Never a zero that nobody said; the other numbers are None where they are not told."""
    body = '{"card": "7", "left": "10.50", "waiting": null, "fading": {"tokens": 2, "at": "2026-12-01T00:00:00+01:00"}}'
    at = datetime(2026, 11, 30, 23, tzinfo=UTC)
    expected = Balance(available=Decimal("10.50"), next_expiry=NextExpiry(Decimal(2), at))
    assert told(WHOLE_ADAPTER, "balance", answer(body), member=CARD) == expected
    for damaged in (body.replace('"10.50"', "null"), body.replace('"card": "7"', '"card": "8"'), "[]", "{}"):
        assert type(failed("balance", damaged, member=CARD)) is VendorBadResponse


PURSES = """\
name: purses
source: invented
schemes: [card]
settings: {programme: text}
balance:
  get: /cards/{member}
  rows: $.purses[*]
  agree: {$.card: "{member}", $.kind: "{point_type}", $.at: "{settings.programme}", $.unit: pt}
  result: {available: $.left}
"""
PURSE = '{"card": "7", "kind": "gold", "at": "p-1", "unit": "pt", "left": 3}'


def purses(**settings: Any) -> AnyDescribed:
    kind = made(PURSES)
    given = {"adapter": "declared", "base_url": "https://shop.example", "programme": "p-1", **settings}
    return kind.adapter(kind.settings.model_validate(given))  # type: ignore[return-value]  # a described one


def test_a_balance_is_the_one_row_that_agrees() -> None:
    """By member, point type, setting and what is always the same; the number of the row alone is read."""
    adapter = purses(point_types={"base": "gold"})
    others = [PURSE.replace(old, new) for old, new in (("7", "8"), ("gold", "tin"), ("p-1", "p-2"), ("pt", "EUR"))]
    body = f'{{"purses": [{", ".join((*others, PURSE, "{}"))}]}}'
    assert told(adapter, "balance", answer(body), member=CARD, point_type="base") == Balance(available=Decimal(3))


@pytest.mark.parametrize(
    "rows",
    [
        [],
        ["{}"],
        [PURSE, PURSE],
        [PURSE.replace("gold", "tin")],
        [PURSE.replace('"gold"', "[]")],
        [PURSE, PURSE.replace('"gold"', "{}")],
        [PURSE, PURSE.replace('"7"', '"7", "card": "8"')],
        [PURSE, "5"],
    ],
)
def test_no_row_several_and_one_that_cannot_be_told_are_an_error(rows: list[str]) -> None:
    """Never the first of several, and never a zero."""
    adapter = purses(point_types={"base": "gold"})
    exchange = adapter.balance(member=CARD, point_type="base")
    next(exchange)
    with pytest.raises(VendorBadResponse):
        exchange.send(answer(f'{{"purses": [{", ".join(rows)}]}}'))


def test_a_row_is_not_asked_for_without_what_chooses_it() -> None:
    """A call without a point type is refused by name before anything is sent, unless there is a default."""
    with pytest.raises(FieldNotSupported) as refused:
        asked(purses(point_types={"base": "gold"}), "balance", member=CARD)
    assert refused.value.field == "point_type"
    adapter = purses(point_types={"base": "gold"}, default_point_type="base")
    assert told(adapter, "balance", answer(f'{{"purses": [{PURSE}]}}'), member=CARD).available == 3


ROWS = """{"bookings": [
  {"id": "a", "card": "7", "tokens": 5, "way": "in", "sort": "bought", "kind": "gold", "key": "adj_1",
   "at": "2026-01-01T00:00:00Z"},
  {"id": "b", "card": "7", "tokens": 2.5, "way": "out", "sort": "burnt", "kind": "tin", "clerk": "Ann"},
  {"id": "c", "card": "7", "tokens": 1, "way": "sideways", "sort": "odd"}], "more": true}"""


def test_a_page_of_a_history() -> None:
    """Signed points, canonical kinds and types beside the vendor's words, and where the next page begins."""
    listing = adapter(point_types={"base": "gold"})
    page = told(listing, "transactions", answer(ROWS), member=CARD, limit=3)
    assert [row.points for row in page.items] == [5, Decimal("-2.5"), None]
    assert [(row.kind, row.vendor_kind) for row in page.items] == [
        ("earn", "bought"),
        ("spend", "burnt"),
        ("other", "odd"),
    ]
    assert [(row.point_type, row.details) for row in page.items[:2]] == [
        ("base", {"clerk": None}),
        (None, {"point_type": "tin", "clerk": "Ann"}),
    ]
    assert (page.items[0].adjustment, page.items[0].at) == ("adj_1", datetime(2026, 1, 1, tzinfo=UTC))
    assert (page.next_cursor, page.complete) == ("c", False)
    last = told(listing, "transactions", answer(ROWS.replace("true", "false")), member=CARD, limit=3, cursor="c")
    assert last.next_cursor is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"more": true', '"more": null'),
        ('"more": true', '"less": true'),
        ('"id": "c", "card"', '"card"'),
        ('"id": "b", "card": "7"', '"id": "b", "card": "8"'),
        ('"bookings"', '"rows"'),
        ('{"id": "b"', 'NaN, {"id": "b"'),
    ],
)
def test_a_page_that_cannot_be_told_is_an_error(old: str, new: str) -> None:
    """No end that nobody said, no row of somebody else, no list that is not there."""
    assert old in ROWS
    assert type(failed("transactions", ROWS.replace(old, new), member=CARD, limit=5)) is VendorBadResponse


def test_a_page_has_no_more_rows_than_were_asked_for() -> None:
    """What is over would be lost between two pages."""
    assert type(failed("transactions", ROWS, member=CARD, limit=2)) is VendorBadResponse


def test_pages_may_be_counted() -> None:
    """By rows or by pages; a cursor that no page can have given is refused before anything is sent."""
    last = "next: {last: $.id, more: $.more}\n  complete"
    for count, cursor, following in (
        ("rows", None, "3"),
        ("rows", "3", "6"),
        ("pages", None, "2"),
        ("pages", "2", "3"),
    ):
        kind = made(WHOLE, (last, f"next: {{count: {count}, more: $.more}}\n  complete"))
        page = told(adapter(kind), "transactions", answer(ROWS), member=CARD, limit=3, cursor=cursor)
        assert page.next_cursor == following
        with pytest.raises(FieldNotSupported):
            asked(adapter(kind), "transactions", member=CARD, limit=3, cursor="x")


def test_a_cursor_may_stand_in_the_answer() -> None:
    """Null or absent is the end; the same one again would go round in circles."""
    last = "next: {last: $.id, more: $.more}\n  complete"
    listing = adapter(made(WHOLE, (last, "next: {value: $.next}\n  complete")))
    for tail, following in (('"next": "n-2"', "n-2"), ('"next": 12', "12"), ('"next": null', None), ('"x": 1', None)):
        page = told(listing, "transactions", answer(ROWS.replace('"more": true', tail)), member=CARD, limit=3)
        assert page.next_cursor == following
    for tail in ('"next": ""', '"next": {}', '"next": "n-1"'):
        body = ROWS.replace('"more": true', tail)
        with pytest.raises(VendorBadResponse):
            told(listing, "transactions", answer(body), member=CARD, limit=3, cursor="n-1")


def test_a_list_is_complete_once_that_is_confirmed() -> None:
    """The description alone cannot prove it."""
    confirmed = adapter(confirmed={"search": "tried on a day"})
    assert told(confirmed, "transactions", answer(ROWS), member=CARD, limit=3).complete


def test_expiring_points() -> None:
    """Of a period exactly, of a schedule row by row, or the next alone, where zero is none."""
    period = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    request = asked(WHOLE_ADAPTER, "expiring", member=CARD, period=period)
    assert request.body == b"from=2026-01-01T00%3A00%3A00Z&to=2026-02-01T00%3A00%3A00Z"
    assert (request.effect, request.headers["Content-Type"]) == (False, "application/x-www-form-urlencoded")
    assert told(WHOLE_ADAPTER, "expiring", answer('{"fading": 2.5}'), member=CARD, period=period) == Expiring(
        Decimal("2.5")
    )
    form = '  form: {from: "{period.start}", to: "{period.end}"}\n'
    exact = "  precision: exact\n  points: $.fading\n"
    rows = "  precision: buckets\n  rows: $[*]\n  bucket: {points: $.n, at: $.at, within_days: $.days}\n"
    listing = adapter(made(WHOLE, (form, ""), (exact, rows)))
    body = '[{"n": 1, "at": "2026-01-01T00:00:00.1234567Z"}, {"n": 2, "days": 30}]'
    at = datetime(2026, 1, 1, microsecond=123_456, tzinfo=UTC)
    assert told(listing, "expiring", answer(body), member=CARD).buckets == (
        Bucket(Decimal(1), at),
        Bucket(Decimal(2), None, 30),
    )
    following = adapter(made(WHOLE, (form, ""), (exact, "  precision: next_only\n  bucket: {points: $.n}\n")))
    assert told(following, "expiring", answer('{"n": 3}'), member=CARD).buckets == (Bucket(Decimal(3)),)
    assert told(following, "expiring", answer('{"n": 0}'), member=CARD).buckets == ()
    for nothing in ("{}", '{"n": null}'):
        with pytest.raises(VendorBadResponse):
            told(following, "expiring", answer(nothing), member=CARD)


def test_a_look_up_is_of_who_was_asked_for() -> None:
    """By the vendor's word of the scheme; nobody and several are refusals, and somebody else is an error."""
    jason = Member("email", "Jason@example.com")
    assert asked(WHOLE_ADAPTER, "lookup", member=jason).path == "/cards?mail=Jason%40example.com"
    row = '{"number": 7, "mail": "Jason@example.com", "tier": "gold"}'
    found = told(WHOLE_ADAPTER, "lookup", answer(f'{{"cards": [{row}]}}'), member=jason)
    assert found == Profile(Member("card", "7"), {"email": "Jason@example.com", "card": "7"}, tier="gold")
    for rows, kind in (("", MemberNotFound), (f"{row}, {row}", MemberAmbiguous)):
        assert type(failed("lookup", f'{{"cards": [{rows}]}}', member=jason)) is kind
    for damaged in (row.replace("Jason", "jason"), row.replace("mail", "male"), row.replace("number", "no")):
        assert type(failed("lookup", f'{{"cards": [{damaged}]}}', member=jason)) is VendorBadResponse


SEARCHED = """{"bookings": [
  {"id": "t-1", "key": "adj_0", "tokens": 5.5, "way": "in", "state": "done"},
  {"id": "t-2", "key": "adj_1", "tokens": 5.5, "way": "in", "state": "done"}], "more": false}"""
SOUGHT = {"id": "adj_1", "member": CARD, "points": Decimal("5.50")}


def test_a_search_finds_what_has_our_id() -> None:
    """With how it stands: done, open, or void for good."""
    assert told(WHOLE_ADAPTER, "find", answer(SEARCHED), **SOUGHT) == Found((Applied("t-2"),))
    accepted = told(WHOLE_ADAPTER, "find", answer(SEARCHED.replace('"done"}]', '"open"}]')), **SOUGHT)
    assert accepted.matches == (Applied("t-2", final=False),)
    assert told(WHOLE_ADAPTER, "find", answer(SEARCHED.replace('"done"}]', '"void"}]')), **SOUGHT) == Found(
        (), rejected=True
    )
    assert told(WHOLE_ADAPTER, "find", answer(SEARCHED), **{**SOUGHT, "id": "adj_2"}) == Found(())
    assert told(WHOLE_ADAPTER, "find", answer(SEARCHED.replace("false", "true")), **SOUGHT).next_cursor == "t-2"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"adj_1", "tokens": 5.5', '"adj_1", "tokens": 5.4'),
        ('"adj_1", "tokens": 5.5, "way": "in"', '"adj_1", "tokens": 5.5, "way": "out"'),
        ('"key": "adj_1"', '"key": "adj\ufffd1"'),
        ('"key": "adj_1"', '"key": "adj_1", "key": "adj_9"'),
        ('"key": "adj_0"', '"key": NaN'),
        ('"key": "adj_0", ', ""),
        ('"key": "adj_0"', '"key": "x\ufffdy"'),
        ('"key": "adj_0"', '"key": true'),
        ('"key": "adj_0"', '"key": 1e999'),
        ('"key": "adj_0"', '"key": {"id": "adj_1"}'),
        ('{"id": "t-1"', 'null, {"id": "t-1"'),
        ('"state": "done"}]', '"state": "odd"}]'),
        ('"bookings"', '"rows"'),
    ],
)
def test_a_search_that_cannot_be_told_finds_nothing_and_denies_nothing(old: str, new: str) -> None:
    """Other points under our id, an id that may be ours, a state without a meaning."""
    assert old in SEARCHED
    assert type(failed("find", SEARCHED.replace(old, new), **SOUGHT)) is VendorBadResponse


def test_a_vendor_may_leave_ids_out_of_rows() -> None:
    """Where the description says so, a row without one is somebody else's; null always is."""
    lenient = adapter(made(WHOLE, ('  ours: {$.key: "{id}"}\n', '  ours: {$.key: "{id}"}\n  lacking: other\n')))
    for body in (SEARCHED.replace('"key": "adj_0", ', ""), SEARCHED.replace('"key": "adj_0"', '"key": null')):
        assert told(lenient, "find", answer(body), **SOUGHT) == Found((Applied("t-2"),))
    assert told(WHOLE_ADAPTER, "find", answer(body), **SOUGHT) == Found((Applied("t-2"),))


def test_a_probe_needs_no_member() -> None:
    """Any answer that is described is one."""
    assert told(WHOLE_ADAPTER, "probe", answer("{}")) is None
    assert asked(WHOLE_ADAPTER, "probe").path == "/health"


@pytest.mark.parametrize(
    ("form", "value", "moment"),
    [
        ("utc", '"2026-01-01T01:00:00.249"', datetime(2026, 1, 1, 1, microsecond=249_000, tzinfo=UTC)),
        ("utc", '"2026-01-01T01:00:00+01:00"', datetime(2026, 1, 1, tzinfo=UTC)),
        ("rfc3339", '"2026-01-01T01:00:00"', None),
        ("rfc3339", '"2026-01-01"', None),
        ("seconds", "1767225600", datetime(2026, 1, 1, tzinfo=UTC)),
        ("milliseconds", '"1767225600001"', datetime(2026, 1, 1, microsecond=1000, tzinfo=UTC)),
        ("seconds", "1e29", None),
        ("seconds", "true", None),
    ],
)
def test_times_are_read_as_the_vendor_writes_them(form: str, value: str, moment: datetime | None) -> None:
    """What is no time is None."""
    kind = made(WHOLE, ("schemes: [card]\n", f"schemes: [card]\ntimes: {form}\n"))
    body = f'{{"card": "7", "left": 1, "at": {value}}}'
    assert told(adapter(kind), "balance", answer(body), member=CARD).updated_at == moment
