"""A simulator written from the vendor's document: one member's points that expire, read and changed by POST.

Where the document is silent, the simulator chooses, and a comment says so.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from adapters.expiring_points.simulated_account import NOT_POSSIBLE, Account, Portion, Transaction
from adapters.expiring_points.simulated_parameters import Refusal, currency, identifier, moment, read, required, wrong
from gateway.simulation import Answer, Example, Request, Simulator

BASE = "/api/v1.1/loyalty/"
PROGRAMS = (123, 107)
# Both tokens are valid; the second belongs to an account that has used up its tariff.
TOKEN, EXHAUSTED = "abc123def456", "tariff-used-up"
MEMBER = "email:user@example.com"
# One member, under every identifier of the parameter table.
IDENTIFIERS = (
    ("email", "user@example.com"),
    ("phone", "+1234567890"),
    ("profile_id", "profile_123"),
    ("custom.user_id", "12345"),
)
DEFAULT_CURRENCY = "bonus_points"
TIERS_GROUP = 10
# The rows of the vendor's sample.
TIERS = (
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
)
# The parameters of each call (public documents, but for the first).
_MEMBER = {"token", "loyalty_program_id", "matching", "field_name", "field_value", "email", "phone", "profile_id"}
_CURRENCY = {"points_currency_eid", "points_currency_iid"}
_CHANGE = {"amount", "promotion_id", "is_temp", "temp_timeout_sec", "created_at", "transaction_eid", "external_data"}
CALLS = {
    "account/expiring_points": _MEMBER | _CURRENCY | {"date_from", "date_to"},
    "account/balance": _MEMBER | _CURRENCY,
    "account/transactions": _MEMBER | _CURRENCY | {"from_id", "limit"},
    "account/tiers": _MEMBER | {"tiers_group_id"},
    "accrue_points": _MEMBER | _CURRENCY | _CHANGE | {"activation_date", "expiration_date"},
    "redeeme_points": _MEMBER | _CURRENCY | _CHANGE,  # the vendor's spelling
    # Its page lists no token, so that one in the body is refused.
    "cancel_transaction": {"transaction_id", "transaction_eid"},
}

Change = Callable[[str, dict[str, Any], str, datetime], Transaction]


class ExpiringPointsSimulator(Simulator):
    """Stores one member's points in portions, each with its own expiry."""

    name = "expiring-points"
    example = Example(
        settings={
            "adapter": "expiring-points",
            "token": TOKEN,
            "loyalty_program_id": 123,
            "format": "json",
            "point_types": {"bonus": {"eid": "bonus_points"}, "base": {"iid": 1}, "status": {"iid": 2}},
            "default_point_type": "bonus",
            "custom_fields": {"user_id": "int"},
            "tiers_group_id": TIERS_GROUP,
            # As an operator would who has met these codes: no page lists them.
            "problems": {"404": "member_not_found", str(NOT_POSSIBLE): "insufficient_points"},
        },
        base_path="",
        member=MEMBER,
        unknown_member="email:nobody@example.com",
        point_type="bonus",
    )

    def seed(self) -> None:
        """150.24 points in the sample's September, portions just outside it, and some in the next 90 days."""
        now = self.now()
        expirations: dict[str, list[tuple[datetime, str]]] = {
            "bonus_points": [
                (datetime(2023, 8, 31, 23, 59, 59, tzinfo=UTC), "10"),
                (datetime(2023, 9, 1, tzinfo=UTC), "100.10"),
                (datetime(2023, 9, 14, 12, tzinfo=UTC), "20.04"),
                (datetime(2023, 9, 30, 23, 59, 59, tzinfo=UTC), "30.10"),
                (datetime(2023, 10, 1, tzinfo=UTC), "5"),
                (now + timedelta(days=10), "30"),
                (now + timedelta(days=45), "20.5"),
                (now + timedelta(days=80), "12.25"),
            ],
            "status_points": [(now + timedelta(days=30), "7")],
        }
        # They are older than the list of transactions.
        portions = {
            code: [
                Portion(Decimal(points), datetime(2023, 1, 1, tzinfo=UTC), expiration) for expiration, points in rows
            ]
            for code, rows in expirations.items()
        }
        self._account = Account(MEMBER, self.ledger, portions)
        self.ledger.open(MEMBER, {code: self._account.total(code, now) for code in portions})

    def handle(self, request: Request) -> Answer:
        """Answer the POST in the format of its request, with the envelope of the document."""
        xml = request.media_type in ("application/xml", "text/xml")
        call = request.target.removeprefix(BASE) if request.target.startswith(BASE) else ""
        try:
            if call not in CALLS:
                raise Refusal(404, "Not found")
            if request.method != "POST":
                raise Refusal(405, "Method not allowed")
            parameters = read(request, CALLS[call], xml=xml)
            _authorize(request, parameters)
            data = self._data(call, parameters)
        except Refusal as refusal:
            # The HTTP status of an error is not documented. The simulator uses the code, except that a used-up
            # tariff and what is not possible are sent as 200, so that tests meet both kinds of failure.
            status = 200 if refusal.code in (402, NOT_POSSIBLE) else refusal.code
            return _answer(status, None, refusal.code, refusal.text, xml=xml)
        return _answer(200, data, 0, "Successful operation", xml=xml)

    def _data(self, call: str, parameters: dict[str, Any]) -> Any:
        if call == "cancel_transaction":
            return self._cancelled(parameters)
        program, name = required(parameters, "loyalty_program_id"), identifier(parameters)
        if program not in PROGRAMS:
            raise Refusal(403, "No access to this loyalty program")
        if name not in IDENTIFIERS:
            # The code for an unknown member is not documented; this one is a guess.
            raise Refusal(404, "Profile not found")
        account, now = self._account, self.now()
        match call:
            case "account/expiring_points":
                start, end = moment(parameters, "date_from"), moment(parameters, "date_to")
                if start > end:
                    raise wrong("date_from is after date_to")
                return {"expiring_points": format(account.expiring(currency(parameters), start, end), "f")}
            case "account/balance":
                code = currency(parameters, DEFAULT_CURRENCY)
                balances = {"total_balance": account.total(code, now), "active_balance": account.active(code, now)}
                return {balance: format(points, "f") for balance, points in balances.items()}
            case "account/transactions":
                return account.page(currency(parameters), *_place(parameters))
            case "account/tiers":
                # That another group is an incorrect request is a guess.
                if required(parameters, "tiers_group_id") != TIERS_GROUP:
                    raise wrong("no such tiers group")
                return TIERS
            case "accrue_points":
                return self._changed(account.accrue, parameters, now)
            case _:
                return self._changed(account.redeem, parameters, now)

    def _changed(self, change: Change, parameters: dict[str, Any], now: datetime) -> dict[str, str]:
        if parameters.get("is_temp"):
            # Temporary transactions, their commit and their rollback are documented, and not simulated.
            raise wrong("is_temp is not supported")
        code = currency(parameters, DEFAULT_CURRENCY)
        return self._booked(change(code, parameters, str(self.new_id()), now), now)

    def _cancelled(self, parameters: dict[str, Any]) -> dict[str, str]:
        if not parameters or "" in parameters.values():
            raise wrong("transaction_id or transaction_eid is required")
        now = self.now()
        return self._booked(self._account.cancel(parameters, now), now)

    def _booked(self, transaction: Transaction, now: datetime) -> dict[str, str]:
        # The answers of these calls were not seen; that they are those of a commit or a rollback is a guess.
        balance = self._account.active(transaction.currency, now)
        return {"transaction_id": transaction.row["transaction_id"], "balance": format(balance, "f")}


def _authorize(request: Request, parameters: dict[str, Any]) -> None:
    header = request.header("Authorization")
    tokens = [] if header is None else [header.removeprefix("Bearer ") if header.startswith("Bearer ") else ""]
    if "token" in parameters:
        tokens.append(parameters["token"])
    # That a token in the header and one in the body have to be valid both is a guess.
    if not tokens or not set(tokens) <= {TOKEN, EXHAUSTED}:
        raise Refusal(401, "API token required")
    if EXHAUSTED in tokens:
        raise Refusal(402, "Tariff limit reached")


def _place(parameters: dict[str, Any]) -> tuple[str, int]:
    """The id after which a page begins, and how many rows it has at most."""
    limit = parameters.get("limit", 20)
    if not 1 <= limit <= 100:
        raise wrong("limit is from 1 to 100")
    return required(parameters, "from_id") if "from_id" in parameters else "", limit


def _answer(status: int, data: Any, code: int, text: str, *, xml: bool) -> Answer:
    body = {**({} if data is None else {"data": data}), "error": code, "error_text": text}
    if not xml:
        return Answer.json(status, body)
    return Answer(status, _element("xml", body).encode(), "application/xml; charset=utf-8")


def _element(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        # The sample of the tiers begins with a <data> that has the first row's fields: so each row is one <data>.
        return "".join(_element(name, row) for row in value)
    if isinstance(value, dict):
        # That what is null in JSON is absent in XML is a guess.
        text = "".join(_element(inner, each) for inner, each in value.items() if each is not None)
    else:
        text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<{name}>{text}</{name}>"
