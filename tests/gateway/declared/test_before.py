"""What is looked up before a write: its values are holes, and whatever is wrong with them sends nothing."""

from decimal import Decimal
from typing import Any

import pytest

from gateway.errors import FieldNotSupported, MemberNotFound, VendorBadResponse
from gateway.model import Applied, Bucket, Expiring, Member
from gateway.port import VendorRequest
from tests.gateway.cli.conftest import Command, command
from tests.gateway.declared.cards import CARDS
from tests.gateway.declared.described import answer, made, problems_of, replaced

__all__ = ["command"]
CARD = Member("card", "7")
CALL: dict[str, Any] = {"id": "adj_1", "member": CARD, "points": Decimal(5)}
READ = '{"number": "7", "left": 10, "revision": "r0"}'
BOOKED = '{"state": "done", "id": "t-1", "tokens": 5}'
VALUES = "    values: {revision: $.revision}\n  post: /cards"
BODY = 'revision: "{before.revision}", parent'


def exchange(text: str = CARDS, **changes: Any) -> Any:
    kind = made(text)
    settings = {"adapter": "declared", "base_url": "https://cards.example", "key": "key-of-the-cards-7"}
    return kind.adapter(kind.settings.model_validate(settings)).adjust(**{**CALL, **changes})  # type: ignore[attr-defined]  # a described one


def second(read: str, text: str = CARDS) -> VendorRequest:
    """The request with the effect, after this answer to the one before it."""
    asked = exchange(text)
    next(asked)
    request: VendorRequest = asked.send(answer(read))
    return request


def test_the_values_are_in_the_request_that_follows() -> None:
    """The first request has no effect and the second has; a value keeps its type, digit for digit."""
    asked = exchange()
    first = next(asked)
    assert (first.method, first.path, first.effect, first.headers["X-Key"]) == (
        "GET",
        "/cards/7",
        False,
        "key-of-the-cards-7",
    )
    request = asked.send(answer(READ))
    assert (request.method, request.path, request.effect) == ("POST", "/cards/7/tokens", True)
    assert request.body == b'{"tokens":5,"key":"adj_1","revision":"r0","parent":{"id":null}}'
    with pytest.raises(StopIteration) as done:
        asked.send(answer(BOOKED, 201))
    assert done.value.value == Applied("t-1")
    for value in ("7", "12345678901234567890", "1.5", "true"):
        assert f'"revision":{value},'.encode() in second(READ.replace('"r0"', value)).body


def test_a_value_may_be_a_segment_and_a_text() -> None:
    """It is encoded as any other hole is."""
    text = replaced(
        CARDS,
        (
            "/cards/{member}/tokens\n  body",
            '/cards/{member}/{before.revision}\n  query: {r: "{before.revision}"}\n  body',
        ),
    )
    assert second(READ.replace("r0", "r/0 é"), text).path == "/cards/7/r%2F0%20%C3%A9?r=r%2F0%20%C3%A9"


@pytest.mark.parametrize(
    "read",
    [
        READ.replace(', "revision": "r0"', ""),
        READ.replace('"r0"', "null"),
        READ.replace('"r0"', '""'),
        READ.replace('"r0"', "[1]"),
        READ.replace('"r0"', '"r0", "revision": "r1"'),
        READ.replace('"7"', '"8"'),
        "<html></html>",
    ],
)
def test_what_cannot_be_told_sends_nothing(read: str) -> None:
    """A value that is not there, or given twice, or of another member."""
    with pytest.raises(VendorBadResponse):
        second(read)


def test_a_value_that_does_not_fit_is_the_vendors() -> None:
    """No caller has sent it: a segment that leads elsewhere, or a text in place of a number."""
    for old, new, value in (
        ("/cards/{member}/tokens\n  body", "/cards/{member}/{before.revision}\n  body", ".."),
        (BODY, BODY.replace("revision}", "revision.number}"), "r0"),
    ):
        text = replaced(CARDS, (old, new))
        text = text if "number}" in new else replaced(text, (BODY, "parent"))
        with pytest.raises(VendorBadResponse, match="what was looked up does not fit"):
            second(READ.replace("r0", value), text)


def test_what_the_vendor_cannot_be_told_is_refused_first() -> None:
    """Before anything is looked up: a member of the request that follows may have to be a number."""
    text = replaced(
        CARDS,
        (
            'key: "{id}", revision: "{before.revision}"',
            'key: "{id}", card: "{member.number}", revision: "{before.revision}"',
        ),
    )
    with pytest.raises(FieldNotSupported):
        next(exchange(text, member=Member("card", "seven")))


def test_a_refusal_before_is_final() -> None:
    """The vendor's own word about the look-up is one about the write: nothing was sent."""
    asked = exchange()
    next(asked)
    with pytest.raises(MemberNotFound) as raised:
        asked.send(answer('{"error": "nobody", "text": "No such card."}', 404))
    assert raised.value.judged


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (VALUES, VALUES.replace("revision:", "other:"), "adjust.body: {before.revision}: nothing before it gives this"),
        (BODY, "parent", "adjust.before.values.revision: expected {before.revision} in the request that follows"),
        (BODY, BODY.replace("revision}", "revision?}"), "{before.revision?} always has a value"),
        (VALUES, VALUES.replace("{revision: $.revision}", "{}"), "adjust.before.values: expected at least 1 item"),
        ("before:\n    get: /cards/{member}", "before:\n    put: /cards/{member}", "adjust.before.put: a read changes"),
        ("before:\n    get: /cards/{member}", "before:\n    get: /cards/{id}", "{id} is no value of before adjust"),
        (
            "before:\n    get: /cards/{member}",
            'before:\n    get: "/cards/{before.revision}"',
            "adjust.before.get: {before.rev",
        ),
        ('{agree: {$.number: "{member}"}}', "{empty: true}", "adjust.before.success: an empty answer has no values"),
        ('{agree: {$.number: "{member}"}}', "{outcome: succeeded}", "adjust.before.success.outcome: a read has none"),
        (
            "  result: {transaction: $.id}\nbalance",
            "  idempotency: {enforces: replay, seconds: 60}\nbalance",
            "adjust.idempotency: a repeat may look up another value",
        ),
        (
            "balance:\n  get: /cards/{member}",
            'balance:\n  get: "/cards/{member}/{before.x}"',
            "balance.get: {before.x}: nothing",
        ),
    ],
)
def test_a_wrong_description_is_refused_with_its_place(old: str, new: str, why: str) -> None:
    """What nothing gives, what nothing takes, what would change points, and what no repeat could promise."""
    found = problems_of(CARDS, (old, new))
    assert any(why in problem for problem in found), found


def test_two_forms_share_what_is_looked_up() -> None:
    """It stands beside them, or within one of them, for that alone."""
    forms = '  post: /cards/{member}/tokens\n  body: {tokens: "{amount}"'
    one = replaced(
        CARDS,
        ('  post: /cards/{member}/tokens\n  body: {tokens: "{points}"', forms),
        (', agree: {$.tokens: "{points}"}, outcome: succeeded}\n  result', ", outcome: succeeded}\n  result"),
    )
    two = replaced(
        one,
        (
            "  post: /cards/{member}/tokens\n  body",
            '  credit: {post: "/cards/{member}/add"}\n  debit: {post: "/cards/{member}/take"}\n  body',
        ),
    )
    for points, path in ((5, "/cards/7/add"), (-5, "/cards/7/take")):
        asked = exchange(two, points=Decimal(points))
        assert next(asked).path == "/cards/7"
        assert asked.send(answer(READ)).path == path


SCHEDULE = """
expiring:
  before:
    get: /cards/{member}
    success: {agree: {$.number: "{member}"}}
    values: {campaign: $.campaign}
  get: /campaigns/{before.campaign}/cards/{member}/fading
  precision: buckets
  rows: $.fading[*]
  total: $.total
  bucket: {points: $.tokens, details: {on: $.on}}
"""


def test_a_read_may_need_a_look_up_too() -> None:
    """No request has an effect; the schedule is told only where all of its rows are there."""
    text = CARDS + SCHEDULE
    settings = {"adapter": "declared", "base_url": "https://cards.example", "key": "key-of-the-cards-7"}
    rows = '{"fading": [{"tokens": 5, "on": "2026-12-31"}, {"tokens": 7, "on": null}], "total": 2}'
    for body in (rows, rows.replace('"total": 2', '"total": 3'), rows.replace(', "total": 2', "")):
        kind = made(text)
        asked = kind.adapter(kind.settings.model_validate(settings)).expiring(member=CARD)  # type: ignore[attr-defined]  # a described one
        requests = [next(asked), asked.send(answer('{"number": "7", "campaign": 3}'))]
        assert [(each.path, each.effect) for each in requests] == [
            ("/cards/7", False),
            ("/campaigns/3/cards/7/fading", False),
        ]
        with pytest.raises((StopIteration, VendorBadResponse)) as ended:
            asked.send(answer(body))
        if body == rows:
            buckets = (Bucket(Decimal(5), details={"on": "2026-12-31"}), Bucket(Decimal(7), details={"on": None}))
            assert ended.value.value == Expiring(None, precision="buckets", buckets=buckets)  # type: ignore[union-attr]  # it has stopped
        else:
            assert isinstance(ended.value, VendorBadResponse)
    without_rows = SCHEDULE.replace("buckets\n  rows: $.fading[*]", "next_only")
    assert any("expiring.total: expected rows" in each for each in problems_of(CARDS + without_rows))


def tried(command: Command, folder: Any, before: str | None, booked: str, *words: str) -> tuple[int, str]:
    for name, text in (("cards.yaml", CARDS), ("booked.txt", booked), ("read.txt", before or "")):
        (folder / name).write_text(text)
    files = (str(folder / "cards.yaml"), str(folder / "booked.txt"))
    more = () if before is None else ("--before", str(folder / "read.txt"))
    result = command("describe-try", *files, "--status", "201", "--member", "card:7", *more, *words)
    return result.code, result.out + result.err


def test_describe_try_takes_both_answers(command: Command, tmp_path: Any) -> None:
    """It shows both requests, and the verdict of whichever answer ends it; one that is lacking is asked for."""
    code, shown = tried(command, tmp_path, READ, BOOKED)
    assert (code, "verdict  applied" in shown) == (0, True), shown
    assert shown.index("GET /cards/7") < shown.index(
        'POST /cards/7/tokens {"tokens":5,"key":"adj_example","revision":"r0"'
    )
    refused = 'HTTP/1.1 404 Not Found\nA: b\n\n{"error": "nobody", "text": "No."}'
    code, shown = tried(command, tmp_path, refused, BOOKED)
    assert (code, "verdict  refused" in shown, "POST" in shown) == (1, True, False), shown
    code, shown = tried(command, tmp_path, READ.replace('"7"', '"8"'), BOOKED)
    assert (code, "verdict  not_applied" in shown) == (1, True), shown
    assert '$.number: not what was sent: sent "7", received "8"' in shown
    code, shown = tried(command, tmp_path, None, BOOKED)
    assert (code, "GET /cards/7 comes first: give the vendor's answer" in shown) == (1, True), shown
    code, shown = tried(command, tmp_path, READ, READ, "--operation", "balance")
    assert (code, "nothing comes before GET /cards/7" in shown) == (1, True), shown
