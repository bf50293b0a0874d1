"""The simulator against its vendor's document, over real sockets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.expiring_points.simulator import ExpiringPointsSimulator
from gateway.simulation import in_thread
from tests.deadlines import DEADLINE
from tests.plain import PLAIN

SAMPLE = """{
"token": "abc123def456",
"loyalty_program_id": 123,
"points_currency_eid": "bonus_points",
"matching": "email",
"email": "user@example.com",
"date_from": "2023-09-01T00:00:00Z",
"date_to": "2023-09-30T23:59:59Z"
}"""
SAMPLE_XML = """<xml>
<token>abc123def456</token>
<loyalty_program_id>123</loyalty_program_id>
<points_currency_eid>bonus_points</points_currency_eid>
<matching>email</matching>
<email>user@example.com</email>
<date_from>2023-09-01T00:00:00Z</date_from>
<date_to>2023-09-30T23:59:59Z</date_to>
</xml>"""


@pytest.fixture
def vendor() -> Iterator[ExpiringPointsSimulator]:
    numbers = count(1)
    simulator = ExpiringPointsSimulator(
        now=lambda: datetime(2026, 1, 1, 12, tzinfo=UTC), new_id=lambda: UUID(int=next(numbers))
    )
    with in_thread(simulator):
        yield simulator


def send(
    vendor: ExpiringPointsSimulator,
    body: str | dict[str, Any],
    *,
    path: str = "/api/v1.1/loyalty/account/expiring_points",
    method: str = "POST",
    content_type: str = "application/json",
    authorization: str | None = None,
) -> httpx.Response:
    return httpx.request(
        method,
        vendor.base_url + path,
        content=body if isinstance(body, str) else json.dumps(body),
        headers={"Content-Type": content_type, **({"Authorization": authorization} if authorization else {})},
        trust_env=False,
        verify=PLAIN,
        timeout=DEADLINE,
    )


def sample(*without: str, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**json.loads(SAMPLE), **changes}.items() if name not in without}


def points(vendor: ExpiringPointsSimulator, body: dict[str, Any]) -> str:
    answer = send(vendor, body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["expiring_points"])


def test_the_sample_in_json(vendor: ExpiringPointsSimulator) -> None:
    """The document's sample is answered word for word."""
    answer = send(vendor, SAMPLE)
    assert answer.status_code == 200
    assert answer.json() == {
        "data": {"expiring_points": "150.24"},
        "error": 0,
        "error_text": "Successful operation",
    }


@pytest.mark.parametrize("content_type", ["application/xml", "text/xml; charset=utf-8"])
def test_the_sample_in_xml(vendor: ExpiringPointsSimulator, content_type: str) -> None:
    """The document's XML sample is answered word for word, in XML."""
    answer = send(vendor, SAMPLE_XML, content_type=content_type)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    assert answer.text == (
        "<xml><data><expiring_points>150.24</expiring_points></data>"
        "<error>0</error><error_text>Successful operation</error_text></xml>"
    )


@pytest.mark.parametrize(
    "lookup",
    [
        {"matching": "phone", "phone": "+1234567890"},
        {"matching": "profile_id", "profile_id": "profile_123"},
        {"matching": "custom", "field_name": "user_id", "field_value": "12345"},
        {"matching": "custom", "field_name": "user_id", "field_value": 12345},
    ],
)
def test_every_way_of_matching(vendor: ExpiringPointsSimulator, lookup: dict[str, Any]) -> None:
    """The member is found by phone, profile ID and custom field (text or number), as by e-mail."""
    assert points(vendor, sample("email", **lookup)) == "150.24"


def test_a_custom_field_in_xml(vendor: ExpiringPointsSimulator) -> None:
    """XML names a custom field like any other parameter."""
    lookup = "<matching>custom</matching><field_name>user_id</field_name><field_value>12345</field_value>"
    body = SAMPLE_XML.replace("<matching>email</matching>\n<email>user@example.com</email>", lookup)
    assert "<expiring_points>150.24<" in send(vendor, body, content_type="application/xml").text


def test_a_currency_by_either_id(vendor: ExpiringPointsSimulator) -> None:
    """The currency is known by its internal ID too; both may be given where they agree."""
    assert points(vendor, sample("points_currency_eid", points_currency_iid=1)) == "150.24"
    assert points(vendor, sample(points_currency_iid=1)) == "150.24"
    assert points(vendor, sample("points_currency_eid", points_currency_iid=2)) == "0"
    assert send(vendor, sample(points_currency_iid=2)).json()["error"] == 400


@pytest.mark.parametrize(
    ("date_from", "date_to", "expected"),
    [
        ("2023-09-01T00:00:00Z", "2023-09-01T00:00:00Z", "100.10"),
        ("2023-09-01T00:00:00.0000001Z", "2023-09-30T23:59:58.999999999Z", "120.14"),
        ("2023-09-01T02:00:00+02:00", "2023-10-01T01:59:59+02:00", "150.24"),
        ("2023-08-01t00:00:00z", "2023-10-01T00:00:00Z", "165.24"),
        ("2026-01-01T12:00:00Z", "2026-04-01T12:00:00Z", "62.75"),
        ("0001-01-01T00:00:00+10:00", "2023-01-01T00:00:00Z", "0"),
    ],
)
def test_both_ends_are_included(vendor: ExpiringPointsSimulator, date_from: str, date_to: str, expected: str) -> None:
    """Points that expire on either end of the period count, exactly, whatever its offset; also in the days to come."""
    assert points(vendor, sample(date_from=date_from, date_to=date_to)) == expected


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (sample("token"), 401, 401),
        (sample(token="wrong"), 401, 401),
        (sample(token="tariff-used-up"), 200, 402),
        (sample(loyalty_program_id=999), 403, 403),
        (sample(email="nobody@example.com"), 404, 404),
    ],
)
def test_errors_come_in_the_envelope(
    vendor: ExpiringPointsSimulator, body: dict[str, Any], status: int, code: int
) -> None:
    """A refused token, tariff, programme or member is an error code with a text, and no data."""
    answer = send(vendor, body)
    assert (answer.status_code, answer.json()["error"], list(answer.json())) == (status, code, ["error", "error_text"])


@pytest.mark.parametrize(
    "body",
    [
        sample("loyalty_program_id"),
        sample(loyalty_program_id="123"),
        sample(loyalty_program_id=True),
        sample("points_currency_eid"),
        sample(points_currency_eid="gold"),
        sample("points_currency_eid", points_currency_iid=9),
        sample("points_currency_eid", points_currency_iid="1"),
        sample("date_from"),
        sample("date_to"),
        sample(date_from="2023-09-01"),
        sample(date_from="2023-09-01T00:00:00"),
        sample(date_from="2023-09-31T00:00:00Z"),
        sample(date_from="20230901T000000Z"),
        sample(date_from="2023-10-01T00:00:00Z"),
        sample("matching"),
        sample(matching="contact"),
        sample("email"),
        sample(email=5),
        sample(matching="custom", field_value="12345"),
        sample(matching="custom", field_name="user_id"),
        sample(matching="custom", field_name="user_id", field_value=1.5),
        sample(matching="phone"),
        sample(matching="profile_id"),
        sample(e_mail="user@example.com"),
        "",
        "[]",
        SAMPLE_XML,
    ],
)
def test_a_wrong_request_is_400(vendor: ExpiringPointsSimulator, body: str | dict[str, Any]) -> None:
    """A parameter that is missing, mistyped, unknown or contradictory is error 400."""
    answer = send(vendor, body)
    assert (answer.status_code, answer.json()["error"]) == (400, 400)


@pytest.mark.parametrize(
    "body",
    [
        SAMPLE_XML.replace("xml>", "request>"),
        SAMPLE_XML.replace(">123<", ">one<"),
        SAMPLE_XML.replace("</token>", "</token><token>abc123def456</token>"),
        SAMPLE_XML.replace("email>user", "email><b>user</b>"),
        '<!DOCTYPE x [<!ENTITY a "b">]>' + SAMPLE_XML.replace("abc123def456", "&a;"),
        "<xml>",
        SAMPLE,
    ],
)
def test_a_wrong_xml_request_is_400_in_xml(vendor: ExpiringPointsSimulator, body: str) -> None:
    """XML that is not plain parameters in one <xml> is error 400, said in XML."""
    answer = send(vendor, body, content_type="application/xml")
    assert answer.status_code == 400
    assert "<error>400</error>" in answer.text


def test_other_requests_are_refused(vendor: ExpiringPointsSimulator) -> None:
    """Another path, method or media type is refused, in the envelope."""
    assert send(vendor, SAMPLE, path="/api/v1.1/loyalty").json()["error"] == 404
    assert send(vendor, SAMPLE, method="PUT").json()["error"] == 405
    assert send(vendor, SAMPLE, content_type="text/plain").json()["error"] == 400


MEMBER = {"token": "abc123def456", "loyalty_program_id": 123, "matching": "email", "email": "user@example.com"}
BONUS = {"points_currency_eid": "bonus_points"}


def call(vendor: ExpiringPointsSimulator, name: str, **parameters: Any) -> httpx.Response:
    """Make one of the loyalty calls for the member."""
    body = parameters if name == "cancel_transaction" else {**MEMBER, **parameters}
    bearer = "Bearer abc123def456" if name == "cancel_transaction" else None
    return send(vendor, body, path=f"/api/v1.1/loyalty/{name}", authorization=bearer)


def data(vendor: ExpiringPointsSimulator, name: str, **parameters: Any) -> Any:
    """The data that a call answers."""
    answer = call(vendor, name, **parameters)
    assert (answer.status_code, answer.json()["error"]) == (200, 0), answer.text
    return answer.json()["data"]


def refusal(vendor: ExpiringPointsSimulator, name: str, **parameters: Any) -> tuple[int, int]:
    """The HTTP status and the code with which a call is refused."""
    answer = call(vendor, name, **parameters)
    assert list(answer.json()) == ["error", "error_text"]
    return answer.status_code, answer.json()["error"]


def number(value: int) -> str:
    """The id of the transaction with this number."""
    return str(UUID(int=value))


def test_the_balance(vendor: ExpiringPointsSimulator) -> None:
    """A balance has what is not expired, in text, of the named currency or of the default one."""
    expected = {"total_balance": "62.75", "active_balance": "62.75"}
    assert data(vendor, "account/balance") == expected
    assert data(vendor, "account/balance", points_currency_iid=1) == expected
    assert data(vendor, "account/balance", points_currency_eid="status_points")["active_balance"] == "7"


def test_points_are_accrued(vendor: ExpiringPointsSimulator) -> None:
    """An accrual answers its transaction and the active balance, and its dates decide when its points expire."""
    dates = {"activation_date": "2026-01-01T12:00:00Z", "expiration_date": "2026-02-01T00:00:00Z"}
    extra = {"transaction_eid": "adj_1", "external_data": {"order": 5}, "promotion_id": "promo_2023"}
    answer = data(vendor, "accrue_points", amount="100.50", **BONUS, **dates, **extra)
    assert answer == {"transaction_id": number(1), "balance": "163.25"}
    assert points(vendor, sample(date_from="2026-02-01T00:00:00Z", date_to="2026-02-01T00:00:00Z")) == "100.50"
    [effect] = vendor.effects
    assert (effect.member, effect.points, effect.point_type) == (
        "email:user@example.com",
        Decimal("100.50"),
        "bonus_points",
    )
    assert (effect.transaction_id, effect.fields["transaction_eid"]) == (number(1), "adj_1")
    assert "token" not in effect.fields
    assert vendor.ledger.balance("email:user@example.com", "bonus_points") == Decimal("163.25")


def test_points_that_become_active_later(vendor: ExpiringPointsSimulator) -> None:
    """Points with a later activation are in the total, and neither active nor to be redeemed."""
    answer = data(vendor, "accrue_points", amount="10", activation_date="2026-01-02T00:00:00Z")
    assert answer["balance"] == "62.75"
    assert data(vendor, "account/balance") == {"total_balance": "72.75", "active_balance": "62.75"}
    assert refusal(vendor, "redeeme_points", amount="62.76") == (200, 422)


def test_points_are_redeemed(vendor: ExpiringPointsSimulator) -> None:
    """A redemption takes what expires first, and answers its transaction and the active balance."""
    assert data(vendor, "redeeme_points", amount="40.5") == {"transaction_id": number(1), "balance": "22.25"}
    period = {"date_from": "2026-01-01T12:00:00Z", "date_to": "2026-02-20T00:00:00Z"}
    assert points(vendor, sample(**period)) == "10.0"
    assert vendor.effects[0].points == Decimal("-40.5")
    assert points(vendor, sample()) == "150.24"


def test_too_few_points(vendor: ExpiringPointsSimulator) -> None:
    """More than the active points cannot be redeemed: a code that no page lists, inside HTTP 200; nothing applied."""
    assert refusal(vendor, "redeeme_points", amount="62.76") == (200, 422)
    assert vendor.effects == []
    assert data(vendor, "redeeme_points", amount="62.75")["balance"] == "0.00"


def test_amounts_are_exact(vendor: ExpiringPointsSimulator) -> None:
    """Amounts and balances keep all their digits."""
    big = "12345678901234567890.12345678901234"
    assert data(vendor, "accrue_points", amount=big)["balance"] == "12345678901234567952.87345678901234"
    assert data(vendor, "redeeme_points", amount=big)["balance"] == "62.75000000000000"


def test_an_eid_may_be_repeated(vendor: ExpiringPointsSimulator) -> None:
    """No page says that an external id is unique: the same one twice makes two transactions."""
    for _ in range(2):
        data(vendor, "accrue_points", amount="1", transaction_eid="adj_1")
    assert [row["transaction_eid"] for row in data(vendor, "account/transactions", **BONUS)] == ["adj_1", "adj_1"]


def test_a_row_of_the_history(vendor: ExpiringPointsSimulator) -> None:
    """A row has the documented fields in their order: amounts as text, times in RFC 3339."""
    created = {"created_at": "2025-12-31T23:00:00+01:00", "promotion_id": "promo_2023"}
    data(vendor, "accrue_points", amount="100.1", transaction_eid="trans_12345", **created)
    assert list(data(vendor, "account/transactions", **BONUS)[0].items()) == [
        ("transaction_id", number(1)),
        ("transaction_eid", "trans_12345"),
        ("created_at", "2025-12-31T22:00:00Z"),
        ("transaction_type", "accrual"),
        ("amount", "100.1"),
        ("balance_before", "62.75"),
        ("balance_after", "162.85"),
        ("promo_iid", None),
        ("promo_eid", "promo_2023"),
        ("description", None),
        ("activation_date", "2026-01-01T12:00:00Z"),
        ("expiration_date", "2027-01-01T12:00:00Z"),
        ("source_type", "api"),
        ("source_iid", None),
    ]


def test_a_redemption_in_the_history(vendor: ExpiringPointsSimulator) -> None:
    """The amount of a redemption has no sign; its balances tell which way it went."""
    data(vendor, "redeeme_points", amount="2.75")
    [row] = data(vendor, "account/transactions", **BONUS)
    assert (row["transaction_type"], row["amount"]) == ("redemption", "2.75")
    assert (row["balance_before"], row["balance_after"]) == ("62.75", "60.00")
    assert row["expiration_date"] is None


def test_the_history_page_by_page(vendor: ExpiringPointsSimulator) -> None:
    """A page has at most `limit` rows, 20 unless asked, with ids above `from_id`, of one currency."""
    for _ in range(25):
        data(vendor, "accrue_points", amount="1", **BONUS)
    data(vendor, "accrue_points", amount="1", points_currency_iid=2)

    def page(**place: Any) -> list[str]:
        return [row["transaction_id"] for row in data(vendor, "account/transactions", **BONUS, **place)]

    assert page() == [number(each) for each in range(1, 21)]
    assert page(from_id=number(20)) == [number(each) for each in range(21, 26)]
    assert page(from_id=number(3), limit=2) == [number(4), number(5)]
    assert len(page(limit=100)) == 25
    assert page(from_id=number(25)) == []


def test_rows_are_in_the_order_of_their_ids() -> None:
    """A later transaction may have a lower id, and then stands before the earlier one."""
    numbers = iter([2, 1])
    with in_thread(vendor := ExpiringPointsSimulator(new_id=lambda: UUID(int=next(numbers)))):
        for amount in ("1", "2"):
            data(vendor, "accrue_points", amount=amount)
        assert [row["amount"] for row in data(vendor, "account/transactions", **BONUS)] == ["2", "1"]


@pytest.mark.parametrize("name", ["transaction_id", "transaction_eid"])
def test_an_accrual_is_cancelled(vendor: ExpiringPointsSimulator, name: str) -> None:
    """A transaction is cancelled by either id; the points go, and the history does not show it."""
    data(vendor, "accrue_points", amount="5", transaction_eid="adj_1")
    before = data(vendor, "account/transactions", **BONUS)
    row = before[0]
    answer = data(vendor, "cancel_transaction", **{name: row[name]})
    assert answer == {"transaction_id": number(1), "balance": "62.75"}
    assert data(vendor, "account/transactions", **BONUS) == before
    assert [effect.points for effect in vendor.effects] == [5, -5]


def test_a_redemption_is_cancelled(vendor: ExpiringPointsSimulator) -> None:
    """The points of a cancelled redemption are back in their portions, with their own expiry, and only once."""
    period = {"date_from": "2026-01-01T12:00:00Z", "date_to": "2026-01-20T00:00:00Z"}
    data(vendor, "redeeme_points", amount="40")
    assert points(vendor, sample(**period)) == "0"
    data(vendor, "cancel_transaction", transaction_id=number(1))
    assert points(vendor, sample(**period)) == "30"
    assert refusal(vendor, "cancel_transaction", transaction_id=number(1)) == (200, 422)
    assert data(vendor, "account/balance")["active_balance"] == "62.75"


def test_what_cannot_be_cancelled(vendor: ExpiringPointsSimulator) -> None:
    """A second cancel, an external id of two, and points that are spent are refused; nothing is applied."""
    data(vendor, "accrue_points", amount="5", transaction_eid="once")
    data(vendor, "cancel_transaction", transaction_eid="once")
    assert refusal(vendor, "cancel_transaction", transaction_eid="once") == (200, 422)
    for _ in range(2):
        data(vendor, "accrue_points", amount="1", transaction_eid="twice")
    assert refusal(vendor, "cancel_transaction", transaction_eid="twice") == (200, 422)
    expiration = {"expiration_date": "2026-01-02T00:00:00Z"}
    data(vendor, "accrue_points", amount="9", transaction_eid="spent", **expiration)
    data(vendor, "redeeme_points", amount="1")
    assert refusal(vendor, "cancel_transaction", transaction_eid="spent") == (200, 422)
    assert refusal(vendor, "cancel_transaction", transaction_eid="none") == (404, 404)
    assert refusal(vendor, "cancel_transaction", transaction_id=number(1), transaction_eid="spent") == (404, 404)
    assert len(vendor.effects) == 6


def test_the_sample_of_the_tiers(vendor: ExpiringPointsSimulator) -> None:
    """The tiers that the member has reached are answered as in the vendor's sample."""
    assert data(vendor, "account/tiers", tiers_group_id=10) == [
        {
            "tiers_group_type": "cumulative",
            "tier_eid": "silver1-2",
            "tier_id": 13,
            "tier_order": 1,
            "reached_at": "2024-06-15T09:12:34Z",
        },
        {
            "tiers_group_type": "cumulative",
            "tier_eid": "gold1-3",
            "tier_id": 14,
            "tier_order": 2,
            "reached_at": "2024-09-01T12:34:56Z",
        },
    ]


def test_the_token_in_the_header(vendor: ExpiringPointsSimulator) -> None:
    """A bearer token does in place of one in the body; where both are there, both have to be valid."""
    without = sample("token")
    assert send(vendor, without, authorization="Bearer abc123def456").status_code == 200
    assert send(vendor, sample(), authorization="Bearer abc123def456").status_code == 200
    assert send(vendor, sample(), authorization="Bearer wrong").json()["error"] == 401
    assert send(vendor, sample(token="wrong"), authorization="Bearer abc123def456").json()["error"] == 401
    assert send(vendor, without, authorization="abc123def456").json()["error"] == 401
    assert send(vendor, without, authorization="Bearer tariff-used-up").json()["error"] == 402


def test_a_cancel_takes_its_token_from_the_header_alone(vendor: ExpiringPointsSimulator) -> None:
    """The page of the cancel lists no token, so one in the body is refused."""
    path = "/api/v1.1/loyalty/cancel_transaction"
    assert send(vendor, {"transaction_id": number(1)}, path=path).json()["error"] == 401
    body = {"transaction_id": number(1), "token": "abc123def456"}
    assert send(vendor, body, path=path, authorization="Bearer abc123def456").json()["error"] == 400


def test_calls_in_xml(vendor: ExpiringPointsSimulator) -> None:
    """The calls take XML and answer it; each row of a list is one <data>, and what is null is absent."""

    def asked(name: str, inside: str) -> str:
        member = "".join(f"<{each}>{value}</{each}>" for each, value in MEMBER.items())
        body = f"<xml>{member}{inside}</xml>"
        answer = send(vendor, body, path=f"/api/v1.1/loyalty/{name}", content_type="application/xml")
        assert "<error>0</error>" in answer.text, answer.text
        return answer.text.partition("<error>")[0]

    inside = "<amount>1.50</amount><transaction_eid>a&amp;b</transaction_eid><is_temp>false</is_temp>"
    assert asked("accrue_points", inside) == (
        f"<xml><data><transaction_id>{number(1)}</transaction_id><balance>64.25</balance></data>"
    )
    assert asked("account/balance", "") == (
        "<xml><data><total_balance>64.25</total_balance><active_balance>64.25</active_balance></data>"
    )
    asked("redeeme_points", "<amount>1</amount>")
    rows = asked("account/transactions", "<points_currency_iid>1</points_currency_iid><limit>20</limit>")
    assert rows.count("<data>") == 2
    assert "<transaction_eid>a&amp;b</transaction_eid>" in rows
    assert "description" not in rows
    tiers = asked("account/tiers", "<tiers_group_id>10</tiers_group_id>")
    assert tiers.startswith("<xml><data><tiers_group_type>cumulative</tiers_group_type><tier_eid>silver1-2</tier_eid>")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("accrue_points", {}),
        ("accrue_points", {"amount": 5}),
        ("accrue_points", {"amount": ""}),
        ("accrue_points", {"amount": "0"}),
        ("accrue_points", {"amount": "-5"}),
        ("accrue_points", {"amount": "1e3"}),
        ("accrue_points", {"amount": "5", "is_temp": True}),
        ("accrue_points", {"amount": "5", "is_temp": "false"}),
        ("accrue_points", {"amount": "5", "created_at": "yesterday"}),
        ("accrue_points", {"amount": "5", "expiration_date": "2026-02-01"}),
        ("accrue_points", {"amount": "5", "external_data": "x"}),
        ("accrue_points", {"amount": "5", "points_currency_eid": "gold"}),
        ("redeeme_points", {"amount": "5", "expiration_date": "2026-02-01T00:00:00Z"}),
        ("redeeme_points", {"amount": "5", "activation_date": "2026-02-01T00:00:00Z"}),
        ("account/balance", {"date_from": "2023-09-01T00:00:00Z"}),
        ("account/transactions", {}),
        ("account/transactions", {**BONUS, "limit": 0}),
        ("account/transactions", {**BONUS, "limit": 101}),
        ("account/transactions", {**BONUS, "limit": True}),
        ("account/transactions", {**BONUS, "from_id": ""}),
        ("account/transactions", {**BONUS, "transaction_eid": "adj_1"}),
        ("account/tiers", {}),
        ("account/tiers", {"tiers_group_id": 11}),
        ("cancel_transaction", {}),
        ("cancel_transaction", {"transaction_id": ""}),
        ("cancel_transaction", {"transaction_id": 1}),
    ],
)
def test_a_wrong_call_is_400(vendor: ExpiringPointsSimulator, name: str, parameters: dict[str, Any]) -> None:
    """A call with a parameter that is missing, mistyped or not in its table is error 400, and applies nothing."""
    assert refusal(vendor, name, **parameters) == (400, 400)
    assert vendor.effects == []


@pytest.mark.parametrize("name", ["accrue_points", "redeeme_points", "account/balance", "account/tiers"])
def test_every_call_knows_the_member(vendor: ExpiringPointsSimulator, name: str) -> None:
    """Every call refuses an unknown member, a foreign programme and a wrong token."""
    more = {"amount": "5"} if "account" not in name else {"tiers_group_id": 10} if "tiers" in name else {}
    assert refusal(vendor, name, **more, email="nobody@example.com") == (404, 404)
    assert refusal(vendor, name, **more, loyalty_program_id=9) == (403, 403)
    assert refusal(vendor, name, **more, token="wrong") == (401, 401)
    assert vendor.effects == []
