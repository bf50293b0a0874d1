"""The points of the simulated vendor, as rows of ReadPointDto, and the calls that read and cancel them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from adapters.contact_points.simulated_errors import Refusal, invalid, whole
from gateway.simulation import Effect, Ledger

Row = dict[str, Any]
# The filters of the v2 search (the vendor's own client); at least one of them is needed.
FILTERS = {
    "contactId": "ContactId",
    "sourceId": "SourceId",
    "type": "Type",
    "contactCompanyId": "ContactCompanyId",
    "storeId": "StoreId",
    "datetimeFrom": "DateTime",
    "datetimeTo": "DateTime",
}
# How many rows a page has is not documented. That a longer page is cut without a word is a guess: the reading that
# promises least, since a short page is then no end.
DEFAULT_TAKE, LONGEST_TAKE = 20, 100


class Points:
    """The points of all contacts, oldest first; their sums are in the ledger, by contact and type."""

    def __init__(self, ledger: Ledger, since: datetime) -> None:
        self._ledger = ledger
        self._since = since
        self._rows: list[Row] = []

    def create(self, body: Row, now: datetime) -> Row:
        """Add the point that a CreatePointDto describes; its contact exists."""
        # SourceId is not unique (public documents): two requests with the same one create two points.
        return self._add(now, body, body)

    def cancel(self, point_id: str, now: datetime) -> None:
        """Add the point that cancels this one, and name it in this one (the vendor's own client)."""
        row = self.one(point_id)
        # That a point is cancelled once, and a canceller never, is a guess, with its status and message.
        if row["IsCanceller"] or row["CancellerPointId"] is not None:
            raise Refusal(400, f"Point with id {point_id} cannot be cancelled.")
        # That the canceller takes over all but the signs, the SourceId too, is a guess.
        opposite = {name: row[name].copy_negate() for name in ("Amount", "BookValue") if row[name]}
        body = {**row, **opposite, "Description": f"Cancels point {point_id}", "IsCanceller": True}
        row["CancellerPointId"] = self._add(now, body, {"Id": row["Id"]})["Id"]

    def one(self, point_id: str) -> Row:
        """The point with this id. Raises `Refusal`: 404 if there is none."""
        number = whole("id", point_id)
        # Ids are counted from 1.
        if 1 <= number <= len(self._rows):
            return self._rows[number - 1]
        raise Refusal(404, f"Point with id {point_id} was not found.")

    def sums(self, parameters: dict[str, str]) -> list[Row]:
        """One row for each type of which the contact has had a point, or for the type that was asked for."""
        _check(parameters, {"contactId"}, {"type"})
        contact = whole("contactId", parameters["contactId"])
        # No row where there was no point, and no error for a contact that does not exist: guesses. A balance of zero
        # and an unknown contact are told apart only by the look-up of the contact.
        return [
            {
                "ContactId": contact,
                "Type": kind,
                "Sum": dotnet_decimal(total),
                "LastModified": self._changed(contact, kind),
            }
            for kind, total in self._ledger.accounts.get(f"contact_id:{contact}", {}).items()
            if parameters.get("type") in (None, kind)
        ]

    def of_a_period(self, parameters: dict[str, str]) -> list[Row]:
        """The account's points of one type, by creation time (public documents)."""
        _check(parameters, {"type", "from", "to"}, {"storeId"})
        start, end = (_moment(name, parameters[name]) for name in ("from", "to"))
        store = whole("storeId", parameters["storeId"]) if "storeId" in parameters else None
        return [
            row
            for row in self._rows
            if row["Type"] == parameters["type"]
            and start <= datetime.fromisoformat(row["DateTime"]) <= end
            and store in (None, row["StoreId"])
        ]

    def search(self, parameters: dict[str, str]) -> list[Row]:
        """The points that all filters match, oldest first, on one page (the order and the page are guesses)."""
        _check(parameters, set(), {*FILTERS, "includeCancelPoints"})
        if not FILTERS.keys() & parameters.keys():
            raise invalid({"contactId": ["At least one filter is required."]})
        # The default is not documented. That points which were cancelled, and their cancellers, are then hidden is a
        # guess.
        everything = parameters.get("includeCancelPoints", "false")
        if everything not in ("true", "false"):
            raise invalid({"includeCancelPoints": ["Either true or false is required."]})
        filters = {name: text for name, text in parameters.items() if name in FILTERS}
        return [
            _v2(row)
            for row in self._rows
            if all(_matches(row, name, text) for name, text in filters.items())
            and (everything == "true" or not (row["IsCanceller"] or row["CancellerPointId"] is not None))
        ]

    def page(self, last_id: str, parameters: dict[str, str]) -> list[Row]:
        """The account's points with an Id above the last one, by Id; cancelled ones and cancellers too (a guess)."""
        _check(parameters, set(), {"type", "take"})
        last = whole("lastId", last_id)
        take = min(whole("take", parameters.get("take", str(DEFAULT_TAKE))), LONGEST_TAKE)
        rows = [row for row in self._rows if row["Id"] > last and parameters.get("type") in (None, row["Type"])]
        return [_v2(row) for row in rows[:take]]

    def one_in_v2(self, point_id: str) -> Row:
        """The point with this id as v2 has it. Raises `Refusal`: 404 if there is none."""
        return _v2(self.one(point_id))

    def _add(self, now: datetime, body: Row, sent: Row) -> Row:
        number, kind, member = len(self._rows) + 1, body["Type"], f"contact_id:{body['ContactId']}"
        self._ledger.post(Effect(now, member, Decimal(body["Amount"]), kind, str(number), dict(sent)), [kind])
        row = {
            "Id": number,
            "ContactId": body["ContactId"],
            "ContactCompanyId": body.get("ContactCompanyId"),
            "Type": kind,
            "Amount": dotnet_decimal(body["Amount"]),
            "Sum": dotnet_decimal(self._ledger.balance(member, kind)),
            "DateTime": seven_digits(now),
            "Description": body["Description"],
            "SourceId": body.get("SourceId"),
            "SourceDescription": body.get("SourceDescription"),
            "StoreId": body.get("StoreId"),
            # It was created by the API, not by an administrator or a converter, and it is not cancelled.
            "AdministratorId": None,
            "BookValue": dotnet_decimal(body.get("BookValue")),
            "SubType": body.get("SubType"),
            "PointCalculationBase": dotnet_decimal(body.get("PointCalculationBase")),
            "ConverterTransactionId": None,
            "IsCanceller": body.get("IsCanceller", False),
            "CancellerPointId": None,
        }
        self._rows.append(row)
        return row

    def _changed(self, contact: int, kind: str) -> str:
        times = [row["DateTime"] for row in self._rows if row["ContactId"] == contact and row["Type"] == kind]
        # The sum of the initial state has no point: it is older than the rows.
        return str(times[-1]) if times else seven_digits(self._since)


def dotnet_decimal(number: int | Decimal | None) -> Decimal | None:
    """A decimal in .NET's notation: all its digits, and at least one after the point."""
    if number is None:
        return None
    plain = format(Decimal(number), "f")
    return Decimal(plain if "." in plain else plain + ".0")


def seven_digits(moment: datetime) -> str:
    """A time as the samples have it; they have other offsets too, and the simulator UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0+00:00"


def _v2(row: Row) -> Row:
    # The point of v2 has no AdministratorId (the vendor's own client).
    return {name: value for name, value in row.items() if name != "AdministratorId"}


def _check(parameters: dict[str, str], required: set[str], optional: set[str]) -> None:
    # Stricter than the documents, so that a misspelled parameter is noticed.
    if wrong := (required - parameters.keys()) | (parameters.keys() - required - optional):
        raise invalid({min(wrong): ["This parameter is required, or not known."]})


def _matches(row: Row, name: str, text: str) -> bool:
    value = row[FILTERS[name]]
    if name in ("sourceId", "type"):
        return bool(value == text)
    if name in ("contactId", "contactCompanyId", "storeId"):
        return bool(value == whole(name, text))
    # That both ends of a period are included is a guess; the v1 list says so of its start alone.
    created, moment = datetime.fromisoformat(value), _moment(name, text)
    return created >= moment if name == "datetimeFrom" else created <= moment


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid({name: ["A date is required."]}) from None
    if moment.tzinfo is None:
        # A date without an offset is not documented; that it is refused is a guess.
        raise invalid({name: ["A date with an offset is required."]})
    return moment
