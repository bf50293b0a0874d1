"""The adapter for expiring-points: changes and reads, all by POST, a member's points of one currency."""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.expiring_points import history, tiers, xml
from adapters.expiring_points.booking import Options
from adapters.expiring_points.wire import Answer
from gateway import exact, scalars
from gateway.errors import FieldNotSupported, OperationNotSupported, VendorRejected
from gateway.model import (
    Applied,
    Balance,
    Expiring,
    Found,
    Member,
    Period,
    Profile,
    RepeatSafety,
    Transactions,
    time_text,
)
from gateway.port import (
    Adapter,
    Exchange,
    TextSecret,
    VendorRequest,
    VendorResponse,
    VendorSettings,
    mapped,
    not_understood,
    number,
)

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")


class Currency(BaseModel):
    """A points currency, identified by exactly one of its two ids."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    eid: Annotated[str, Field(min_length=1)] | None = Field(None, description="The external id: points_currency_eid.")
    iid: int | None = Field(None, description="The internal id: points_currency_iid.")

    @model_validator(mode="after")
    def _one_id(self) -> "Currency":
        if (self.eid is None) == (self.iid is None):
            raise ValueError("expected exactly one of eid and iid")
        if self.eid is not None and not xml.carries(self.eid):
            raise ValueError("eid holds a character that cannot be sent")
        return self


class Settings(VendorSettings):
    """The settings of an expiring-points account."""

    identified_by = ("loyalty_program_id",)

    token: TextSecret = Field(description="The API token, sent in the body.")
    loyalty_program_id: int = Field(description="The loyalty programme's id.")
    format: Literal["json", "xml"] = Field("json", description="What requests are written in; answers may be either.")
    point_types: dict[str, Currency] = Field({}, description="The points currency, by canonical point type.")
    default_point_type: str | None = Field(None, description="The canonical point type where a request names none.")
    tiers_group_id: int | None = Field(None, description="The group of tiers that a look-up tells of.")
    custom_fields: dict[str, Literal["int", "string"]] = Field(
        {}, description="How the value of a custom field is sent, by its name; as text where it is not named here."
    )

    @model_validator(mode="after")
    def _default_is_mapped(self) -> "Settings":
        if self.default_point_type is not None and self.default_point_type not in self.point_types:
            raise ValueError("default_point_type is not one of point_types")
        return self

    @model_validator(mode="after")
    def _token_fits_xml(self) -> "Settings":
        if self.format == "xml" and not xml.carries(self.token.reveal()):
            raise ValueError("token holds a character that XML cannot carry")
        return self


class ExpiringPoints(Adapter[Settings]):
    """The adapter for expiring-points; an answer without a number is an error, never a zero."""

    schemes = lookup_schemes = ("email", "phone", "profile_id", "custom.*")
    balance_in_answer = True
    repeat_safety: RepeatSafety = "searchable"
    # The codes of public documents; 401 means the same everywhere.
    refusals = dict.fromkeys((400, 402, 403), VendorRejected)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.finds = settings.format == "json"  # how the vendor writes a list of transactions in XML is not documented

    def adjust(
        self,
        *,
        member: Member,
        points: Decimal,
        id: str,  # noqa: A002 (the name that the port gives it)
        point_type: str | None = None,
        options: Options = Options(),  # noqa: B008 (frozen)
    ) -> Exchange[Applied]:
        """Accrue points, or redeem them where they are negative (public documents, but for the answer: a guess)."""
        earns = points > 0
        fields = {
            **self._account(member, point_type),
            "amount": exact.text(points.copy_abs()),
            **options.parameters(earns=earns, in_xml=self.settings.format == "xml"),
            "transaction_eid": id,
        }
        response = yield self._post("accrue_points" if earns else "redeeme_points", fields)  # the vendor's spelling
        return self._applied(response)

    def reverse(self, *, original: str) -> Exchange[Applied]:
        """Cancel the transaction that carries the adjustment's own id (public documents; the answer is a guess).

        The vendor does not show whether a transaction is cancelled, so that nothing is looked for before or after it.
        """
        # Its page lists no token among the fields: it goes into the header.
        headers = {"Authorization": f"Bearer {self.settings.token.reveal()}"}
        response = yield self._post("cancel_transaction", {"transaction_eid": original}, headers)
        return self._applied(response)

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        """Read a member's points of one currency; without a currency it is left to the vendor (public documents)."""
        response = yield self._post("account/balance", self._account(member, point_type, required=False))
        answer = self._success(response)
        return Balance(
            available=number(answer.data.get("active_balance"), "active_balance", response),
            total=scalars.number(answer.data.get("total_balance")),
            details=answer.details,
        )

    def expiring(self, *, member: Member, period: Period, point_type: str | None = None) -> Exchange[Expiring]:
        """Read how many points of a member expire within a period, both ends included."""
        dates = {"date_from": time_text(period.start), "date_to": time_text(period.end)}
        response = yield self._post("account/expiring_points", {**self._account(member, point_type), **dates})
        answer = self._success(response)
        return Expiring(number(answer.data.get("expiring_points"), "expiring_points", response), answer.details)

    def find(
        self,
        *,
        id: str,  # noqa: A002 (the name that the port gives it)
        member: Member,
        points: Decimal,
        point_type: str | None = None,
        cursor: str | None = None,
    ) -> Exchange[Found]:
        """Search a page of the member's transactions for those with our transaction_eid (public documents)."""
        response = yield self._page(member, point_type, history.LONGEST_PAGE, cursor)
        self._success(response)
        return history.found(response, cursor=cursor, id=id, points=points)

    def transactions(
        self, *, member: Member, limit: int, cursor: str | None = None, point_type: str | None = None
    ) -> Exchange[Transactions]:
        """Read a page of a member's transactions in one currency, in the order of their ids (public documents)."""
        if self.settings.format == "xml":
            raise OperationNotSupported("how the vendor writes a list of transactions in XML is not documented")
        response = yield self._page(member, point_type, limit, cursor)
        self._success(response)
        point_type = point_type or self.settings.default_point_type
        return history.page(response, limit=limit, cursor=cursor, point_type=point_type)

    def lookup(self, *, member: Member) -> Exchange[Profile]:
        """Read the tiers that a member has reached (public documents); the answer does not name the member."""
        settings = self.settings
        if settings.tiers_group_id is None:
            raise OperationNotSupported("the vendor is asked for the tiers of tiers_group_id, and it is not set")
        if settings.format == "xml":
            raise OperationNotSupported("how the vendor writes a list of tiers in XML is not documented as a whole")
        fields = {"tiers_group_id": settings.tiers_group_id}
        response = yield self._post("account/tiers", {**self._programme(member), **fields})
        return tiers.profile(response, member, self._success(response).details)

    def _page(self, member: Member, point_type: str | None, limit: int, cursor: str | None) -> VendorRequest:
        fields: dict[str, Any] = {**self._account(member, point_type), "limit": limit}
        if cursor is not None:
            fields["from_id"] = history.checked(cursor)
        return self._post("account/transactions", fields)

    def _post(self, call: str, fields: Mapping[str, Any], headers: Mapping[str, str] = NO_HEADERS) -> VendorRequest:
        """The POST of a call, in the configured format, with more headers."""
        path = f"/api/v1.1/loyalty/{call}"
        if self.settings.format == "json":
            return VendorRequest.json("POST", path, fields, headers=headers)
        headers = {"Content-Type": "application/xml", "Accept": "application/xml", **headers}
        return VendorRequest("POST", path, headers, xml.write(fields))

    def _account(self, member: Member, point_type: str | None, *, required: bool = True) -> dict[str, str | int]:
        """The fields of every call about a member's points in one currency, or in none unless it is `required`."""
        settings = self.settings
        currency = mapped(settings.point_types, point_type, settings.default_point_type, field="point_type")
        if currency is None and required:
            raise FieldNotSupported("point_type", "the vendor requires one, and there is no default")
        ids = {} if currency is None else currency.model_dump(exclude_none=True)
        return self._programme(member, **{f"points_currency_{name}": value for name, value in ids.items()})

    def _programme(self, member: Member, **currency: str | int) -> dict[str, str | int]:
        """The fields of every call about a member, in the order of the vendor's sample."""
        return {
            "token": self.settings.token.reveal(),
            "loyalty_program_id": self.settings.loyalty_program_id,
            **currency,
            **self._matching(member),
        }

    def _matching(self, member: Member) -> dict[str, str | int]:
        """The fields that identify the profile: `matching`, and the one or two fields that it requires."""
        value: str | int = member.value
        if self.settings.format == "xml" and not xml.carries(member.value):
            raise FieldNotSupported("member", "the value holds a character that XML cannot carry")
        if not member.scheme.startswith("custom."):
            return {"matching": member.scheme, member.scheme: value}
        name = member.scheme.removeprefix("custom.")
        if self.settings.custom_fields.get(name) == "int":
            if not _INTEGER.fullmatch(member.value):
                raise FieldNotSupported("member", f"custom field {name} takes a whole number, as plain digits")
            value = int(member.value)
        return {"matching": "custom", "field_name": name, "field_value": value}

    def _applied(self, response: VendorResponse) -> Applied:
        """What a write came to, where it is a success."""
        answer = self._booked(response)
        balance = scalars.number(answer.data.get("balance"))
        transaction_id = scalars.text(answer.data.get("transaction_id"))
        return Applied(transaction_id or None, None if balance is None else Balance(balance), answer.details)

    def _booked(self, response: VendorResponse) -> Answer:
        """The answer to a write, if it is a success; of the others only a listed or a named code is a refusal."""
        answer, problems, status = self._answer(response), self.settings.problems, response.status
        code, message = str(answer.error), answer.message
        if answer.error == 0 or status in (401, 429):
            self.judge(response, listed=False, code=code, message=message)
        elif answer.has_data:
            not_understood("A failure with data", response)
        elif response.ok or status in self.refusals or (status < 500 and str(status) in problems):
            # A failure of theirs may have applied something, whatever it is called.
            named = not 500 <= answer.error < 600
            self.judge(response, listed=True, named=named, status=answer.error, code=code, message=message)
        if answer.error != 0:
            not_understood(f"error {code}: not known to mean that nothing was applied", response)
        return answer

    def _answer(self, response: VendorResponse) -> Answer:
        """The answer, whatever it says. Raises what the status line alone means where it is not the vendor's."""
        answer = Answer.of(response)
        if answer is None:
            self.judge(response, listed=False)
            not_understood("The answer is not the vendor's JSON or XML", response)
        return answer

    def _success(self, response: VendorResponse) -> Answer:
        """The answer to a read, if it is a success. Raises by the body's code first, then by the HTTP status."""
        answer = self._answer(response)
        code, message = str(answer.error), answer.message
        if answer.error in (401, 429) or 500 <= answer.error < 600:
            self.judge(response, listed=False, status=answer.error, code=code, message=message)
        if 400 <= answer.error < 500:
            self.refuse(VendorRejected, response, status=answer.error, code=code, message=message)
        if answer.error != 0 and response.status < 500 and response.status not in (401, 429):
            # A call failed if its error is not 0 (public documents); the codes of this call are not published.
            self.refuse(VendorRejected, response, code=code, message=message)
        self.judge(response, listed=False, code=code, message=message)
        return answer
