"""Translates for fabric: one call that adjusts a member's points, whose answer can say no in four places."""

from decimal import Decimal
from typing import Annotated, NoReturn

from pydantic import Field, model_validator

from adapters.fabric.wire import Envelope
from gateway import port
from gateway.errors import VendorBadResponse, VendorRejected
from gateway.model import Applied, Member
from gateway.port import (
    Adapter,
    Exchange,
    Secret,
    VendorRequest,
    VendorResponse,
    VendorSettings,
    mapped,
    not_understood,
)

Text = Annotated[str, Field(min_length=1)]  # the vendor's document: minimum length 1


class Settings(VendorSettings):
    """What a configured fabric account has."""

    token: Secret = Field(description="The bearer token of every call.")
    billing_entity: Text | None = Field(None, description="The billingEntity where a request names none.")
    point_types: dict[str, Text] = Field({}, description="The vendor's pointType, by canonical point type.")
    default_point_type: str | None = Field(None, description="The canonical point type where a request names none.")
    reasons: dict[str, Text] = Field({}, description="The account's reasonCode, by canonical reason.")
    default_reason: str | None = Field(None, description="The canonical reason where a request names none.")

    @model_validator(mode="after")
    def _defaults_are_mapped(self) -> "Settings":
        if self.default_point_type is not None and self.default_point_type not in self.point_types:
            raise ValueError("default_point_type is not one of point_types")
        if self.default_reason is not None and self.default_reason not in self.reasons:
            raise ValueError("default_reason is not one of reasons")
        return self


class Options(port.Options):
    """What only fabric can be told about an adjustment."""

    billing_entity: Text | None = Field(None, description="The billingEntity, instead of the configured one.")


class Fabric(Adapter[Settings]):
    """The adapter for fabric; a refusal counts as one only where nothing hints that something happened."""

    schemes = ("profile_id",)
    refusals = dict.fromkeys(range(400, 500), VendorRejected)

    def adjust(
        self,
        *,
        member: Member,
        points: Decimal,
        point_type: str | None = None,
        reason: str | None = None,
        pending: bool = False,
        options: Options = Options(),  # noqa: B008 (frozen)
    ) -> Exchange[Applied]:
        """Adjust a member's points; optional fields without a value are left out, `setToPending` is always said."""
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
            headers={"Authorization": f"Bearer {settings.token.reveal()}"},
        )
        said = self._success(response)
        details = {"message": said.message, "data_message": said.data_message, "future_date": said.future_date}
        return Applied(transaction_id=said.transaction_code, details=details)

    def _success(self, response: VendorResponse) -> Envelope:
        """The envelope of a success. Raises by the HTTP status, the body's status, `errors` and `ExceptionString`."""
        try:
            said = Envelope(response.json_object())
        except VendorBadResponse:
            self.judge(response, listed=False)
            raise
        if not (response.ok and said.succeeded):
            self._fail(said, response)
        return said

    def _fail(self, said: Envelope, response: VendorResponse) -> NoReturn:
        """Raise what an answer that is no success proves, which may be nothing."""
        status, inside, listed = response.status, said.status, response.status == 200
        words = said.words
        if said.acted:
            not_understood("A failure with a transactionCode or an ExceptionString", response)
        if 200 <= status < 300:
            if inside is not None:
                self.judge(response, status=inside, listed=listed, message=words)
            if said.names_errors and (said.has_no_status or said.status_within(200, 299)):
                # `errors` is a refusal without a status of its own; 400 stands for it.
                self.judge(response, status=400, listed=listed, message=words)
        elif not said.status_within(200, 299):  # else the body contradicts the status line
            if said.refused and 400 <= status < 500 and inside in (401, 429):
                status = inside
            self.judge(response, status=status, listed=said.refused, message=words)
        not_understood("Neither a success nor a refusal that is known", response)
