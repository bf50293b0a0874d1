"""Translates for expiring-points: one question, by POST, about the points that expire within a period."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.expiring_points import xml
from adapters.expiring_points.wire import Answer
from gateway.errors import FieldNotSupported, VendorRejected
from gateway.model import Expiring, Member, Period, time_text
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

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")


class Currency(BaseModel):
    """A points currency, by exactly one of its two ids."""

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
    """What a configured expiring-points account has."""

    token: TextSecret = Field(description="The API token, sent in the body.")
    loyalty_program_id: int = Field(description="The loyalty programme's id.")
    format: Literal["json", "xml"] = Field("json", description="What requests are written in; answers may be either.")
    point_types: dict[str, Currency] = Field({}, description="The points currency, by canonical point type.")
    default_point_type: str | None = Field(None, description="The canonical point type where a request names none.")
    custom_fields: dict[str, Literal["int", "string"]] = Field(
        {}, description="How the value of a custom field is sent, by its name; as text where it is not named here."
    )

    @model_validator(mode="after")
    def _default_is_mapped(self) -> "Settings":
        if self.default_point_type is not None and self.default_point_type not in self.point_types:
            raise ValueError("default_point_type is not one of point_types")
        return self

    @model_validator(mode="after")
    def _token_can_be_said(self) -> "Settings":
        if self.format == "xml" and not xml.carries(self.token.reveal()):
            raise ValueError("token holds a character that XML cannot carry")
        return self


class ExpiringPoints(Adapter[Settings]):
    """The adapter for expiring-points; an answer without a number is never a zero."""

    schemes = ("email", "phone", "profile_id", "custom.*")
    refusals = dict.fromkeys(range(400, 500), VendorRejected)

    def expiring(self, *, member: Member, period: Period, point_type: str | None = None) -> Exchange[Expiring]:
        """Ask how many points of a member expire within a period, both ends included."""
        settings = self.settings
        currency = mapped(settings.point_types, point_type, settings.default_point_type, field="point_type")
        if currency is None:
            raise FieldNotSupported("point_type", "the vendor requires one, and there is no default")
        fields = {
            "token": settings.token.reveal(),
            "loyalty_program_id": settings.loyalty_program_id,
            **{f"points_currency_{name}": value for name, value in currency.model_dump(exclude_none=True).items()},
            **self._matching(member),
            "date_from": time_text(period.start),
            "date_to": time_text(period.end),
        }
        method, path = "POST", "/api/v1.1/loyalty/account/expiring_points"
        if settings.format == "json":
            response = yield VendorRequest.json(method, path, fields)
        else:
            headers = {"Content-Type": "application/xml", "Accept": "application/xml"}
            response = yield VendorRequest(method, path, headers, xml.write(fields))
        answer = self._success(response)
        points = number(answer.points, "expiring_points", response)
        return Expiring(points, {"error": answer.error, "error_text": answer.error_text})

    def _matching(self, member: Member) -> dict[str, str | int]:
        """How the vendor finds the profile: `matching`, and the one or two fields that it calls for."""
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

    def _success(self, response: VendorResponse) -> Answer:
        """The answer of a success. Raises by its own error code first, then by the HTTP status."""
        answer = Answer.of(response)
        if answer is None:
            self.judge(response, listed=False)
            not_understood("The answer is not the vendor's JSON or XML", response)
        code, words = str(answer.error), answer.words
        if 400 <= answer.error < 600:
            self.judge(response, listed=True, status=answer.error, code=code, message=words)
        if answer.error != 0 and response.status < 500 and response.status not in (401, 429):
            # A call fails if its error is not 0 (public documents), and the codes of this call are published nowhere.
            self.refuse(VendorRejected, response, code=code, message=words)
        self.judge(response, listed=False, code=code, message=words)
        return answer
