"""The adapter for fabric: adjusts a member's points, and reads them; an answer can report a failure in four places."""

from decimal import Decimal
from typing import Annotated, NoReturn
from urllib.parse import quote

from pydantic import Field, model_validator

from adapters.fabric import inquiry, profiles
from adapters.fabric.wire import Envelope
from gateway import port
from gateway.errors import MemberAmbiguous, MemberNotFound, VendorBadResponse, VendorRejected
from gateway.model import Applied, Balance, Expiring, Member, Profile
from gateway.port import (
    Adapter,
    ClientCredentials,
    Exchange,
    Issued,
    Secret,
    VendorRequest,
    VendorResponse,
    VendorSettings,
    client_credentials,
    mapped,
    not_understood,
)

Text = Annotated[str, Field(min_length=1)]  # the vendor's document: minimum length 1


class Settings(VendorSettings):
    """The settings of a fabric account."""

    token: Secret | None = Field(None, description="The bearer token of every call, where it does not expire.")
    client_credentials: ClientCredentials | None = Field(
        None, description="By what tokens that expire are fetched, instead of token."
    )
    billing_entity: Text | None = Field(None, description="The billingEntity where a request names none.")
    point_types: dict[str, Text] = Field({}, description="The vendor's pointType, by canonical point type.")
    default_point_type: str | None = Field(None, description="The canonical point type where a request names none.")
    reasons: dict[str, Text] = Field({}, description="The account's reasonCode, by canonical reason.")
    default_reason: str | None = Field(None, description="The canonical reason where a request names none.")

    @model_validator(mode="after")
    def _one_way_to_a_token(self) -> "Settings":
        if (self.token is None) is (self.client_credentials is None):
            raise ValueError("token or client_credentials is required, and only one of them")
        return self

    @model_validator(mode="after")
    def _defaults_are_mapped(self) -> "Settings":
        if self.default_point_type is not None and self.default_point_type not in self.point_types:
            raise ValueError("default_point_type is not one of point_types")
        if self.default_reason is not None and self.default_reason not in self.reasons:
            raise ValueError("default_reason is not one of reasons")
        return self


class Options(port.Options):
    """The options of an adjustment that only fabric has."""

    billing_entity: Text | None = Field(None, description="The billingEntity, instead of the configured one.")


class Fabric(Adapter[Settings]):
    """The adapter for fabric; a refusal counts only if nothing in the answer hints at an effect."""

    schemes = ("profile_id",)
    lookup_schemes = tuple(profiles.FILTERS)
    aggregates = True
    refusals = dict.fromkeys(range(400, 500), VendorRejected)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.fetches = settings.client_credentials is not None

    def token(self) -> Exchange[Issued]:
        """Fetch a token that expires (public documents)."""
        assert self.settings.client_credentials is not None  # noqa: S101 (by fetches)
        return (yield from client_credentials(self.settings.client_credentials))

    def adjust(
        self,
        *,
        member: Member,
        points: Decimal,
        point_type: str | None = None,
        reason: str | None = None,
        pending: bool = False,
        options: Options = Options(),  # noqa: B008 (frozen)
        token: str | None = None,
    ) -> Exchange[Applied]:
        """Adjust a member's points; optional fields without a value are left out, `setToPending` is always sent."""
        settings = self.settings
        fields = {
            "profileId": member.value,
            "pointType": mapped(settings.point_types, point_type, settings.default_point_type, field="point_type"),
            "billingEntity": options.billing_entity or settings.billing_entity,
            "points": points,
            "reasonCode": mapped(settings.reasons, reason, settings.default_reason, field="reason"),
            "setToPending": pending,
        }
        response = yield VendorRequest.json(
            "POST",
            "/v1/members/points-adjustment",
            {name: value for name, value in fields.items() if value is not None},
            headers=self._authorization(token),
        )
        answer = self._success(response)
        if answer.transaction_code is None:
            not_understood("A success without a transactionCode", response)
        details = {"message": answer.message, "data_message": answer.data_message, "future_date": answer.future_date}
        return Applied(transaction_id=answer.transaction_code, details=details)

    def balance(self, *, member: Member, point_type: str | None = None, token: str | None = None) -> Exchange[Balance]:
        """Read a member's points, of all types together or of one (public documents).

        A default point type is for writes alone: without a point type, the vendor's numbers are of all types.
        """
        type_ = mapped(self.settings.point_types, point_type, None, field="point_type")
        path = f"/v1/inquire/{quote(member.value, safe='')}/member-points"
        response = yield VendorRequest("GET", path, self._reading(token))
        return inquiry.balance(self._success(response), response, type_)

    def expiring(self, *, member: Member, token: str | None = None) -> Exchange[Expiring]:
        """Read the vendor's schedule of a member's points that expire within a year (public documents)."""
        path = f"/v1/inquire/points-expiry?profileId={quote(member.value, safe='')}"
        response = yield VendorRequest("GET", path, self._reading(token))
        return inquiry.expiring(self._success(response), response)

    def lookup(self, *, member: Member, token: str | None = None) -> Exchange[Profile]:
        """Look a member up by profile id, loyalty number, email or phone (public documents)."""
        response = yield VendorRequest("GET", profiles.address(member), self._reading(token))
        found = profiles.profiles(self._success(response), response, member)
        if len(found) != 1:
            self.refuse(MemberAmbiguous if found else MemberNotFound, response)
        return found[0]

    def _authorization(self, token: str | None) -> dict[str, str]:
        if token is None:
            assert self.settings.token is not None  # noqa: S101 (by the settings' own check)
            token = self.settings.token.reveal()
        return {"Authorization": f"Bearer {token}"}

    def _reading(self, token: str | None) -> dict[str, str]:
        """The headers of a GET."""
        return {**self._authorization(token), "Accept": "application/json"}

    def _success(self, response: VendorResponse) -> Envelope:
        """The envelope, if all four places report a success: HTTP status, body status, `errors`, `ExceptionString`."""
        try:
            answer = Envelope(response.json_object())
        except VendorBadResponse:
            self.judge(response, listed=False)
            raise
        if not (response.ok and answer.succeeded):
            self._fail(answer, response)
        return answer

    def _fail(self, answer: Envelope, response: VendorResponse) -> NoReturn:
        """Raise the error that an answer without success proves; if it proves nothing, `VendorBadResponse`."""
        status, inside, listed = response.status, answer.status, response.status == 200
        message = answer.error_message
        if answer.acted:
            not_understood("A failure with a transactionCode or an ExceptionString", response)
        if 200 <= status < 300:
            if inside is not None:
                self.judge(response, status=inside, listed=listed, message=message)
            if answer.names_errors and (answer.has_no_status or answer.status_within(200, 299)):
                # A refusal by `errors` alone has no status of its own, so it counts as a 400.
                self.judge(response, status=400, listed=listed, message=message)
        elif not answer.status_within(200, 299):  # otherwise the body contradicts the status line
            if answer.refused and 400 <= status < 500 and inside in (401, 429):
                status = inside
            self.judge(response, status=status, listed=answer.refused, message=message)
        not_understood("Neither a success nor a refusal that is known", response)
