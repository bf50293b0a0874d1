"""The adapter for iactionable: one path per profile, where POST changes the points and GET reads them."""

from decimal import Decimal
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, model_validator

from adapters.iactionable import wire
from gateway import exact, port
from gateway.errors import FieldNotSupported, VendorRejected
from gateway.model import Applied, Balance, Member
from gateway.port import Adapter, Exchange, Secret, VendorRequest, VendorResponse, VendorSettings, mapped

Scheme = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]*|custom\.[A-Za-z0-9_.-]+)$")]
Segment = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
"""A segment of a path, such as an EntityIDType."""
_SAFE = {"appKey": "*"}  # so that a masked one is `***`


class Settings(VendorSettings):
    """The settings of an iactionable account, in one of the vendor's two APIs: its partner API, or v3."""

    identified_by = ("partner_id",)

    partner_id: int | None = Field(
        None, ge=1, description="The numeric identifier of the partner account, in the partner API."
    )
    api_key: Secret = Field(description="The key that writes carry.")
    app_key: Secret | None = Field(None, description="The application's key, in the v3 API; in place of partner_id.")
    profile_type: Segment = Field("user", description="The kind of profiles, in the v3 API.")
    point_types: dict[str, Segment] = Field({}, description="The vendor's point type, in the v3 API, by canonical one.")
    default_point_type: str | None = Field(None, description="The canonical point type where a request names none.")
    id_types: dict[Scheme, Segment] = Field(
        {"email": "email"}, min_length=1, description="The EntityIDType in the path, by member scheme."
    )

    @model_validator(mode="after")
    def _one_api(self) -> "Settings":
        if (self.partner_id is None) == (self.app_key is None):
            raise ValueError("expected exactly one of partner_id (the partner API) and app_key (the v3 API)")
        if self.app_key is None and (self.point_types or self.default_point_type is not None):
            raise ValueError("point types are known to the v3 API alone, which takes app_key")
        if self.default_point_type is not None and self.default_point_type not in self.point_types:
            raise ValueError("default_point_type is not one of point_types")
        return self

    def doubts(self) -> dict[str, str]:
        """The vendor's page has `/API` before `/Partners`, and `/v3` before the paths of its other API."""
        expected = "/API" if self.app_key is None else "/v3"
        if self.base_url.endswith(expected):
            return {}
        return {"base_url": f"the vendor's own addresses end with {expected} here, as in https://HOST{expected}"}


class Options(port.Options):
    """The options of an adjustment that only iactionable has."""

    spend: bool = Field(
        False, description="Spend negative points: what is available falls, and the lifetime total stays."
    )


class IActionable(Adapter[Settings]):
    """The adapter for iactionable: whole points, with an optional description."""

    fractions = False
    balance_in_answer = True
    refusals = {400: VendorRejected}  # noqa: RUF012 (a ClassVar by its declaration in Adapter)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.schemes = tuple(settings.id_types)

    def adjust(
        self,
        *,
        member: Member,
        points: Decimal,
        id: str,  # noqa: A002 (the name that the port gives it)
        point_type: str | None = None,
        description: str | None = None,
        options: Options = Options(),  # noqa: B008 (frozen)
    ) -> Exchange[Applied]:
        """Add points to a profile or subtract them, or spend them (public documents); the answer has the balance."""
        path = self._path(member, point_type)
        if options.spend:
            path, points = f"{path}/transactions/{quote(id, safe='')}", self._spent(points)
        query = {"value": exact.text(points), "description": description, **self._application()}
        # The vendor's page requires a key; that it is sent without a scheme is from public documents.
        headers = {"Authorization": self.settings.api_key.reveal(), "Accept": "application/json"}
        response = yield VendorRequest("POST", path + _query(query), headers)
        balance = self._points(response)
        return Applied(balance=balance, details=balance.details)

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        """Read a profile's points; the vendor requires no key for reads, but that of the application in v3."""
        path = self._path(member, point_type) + _query(self._application())
        response = yield VendorRequest("GET", path, {"Accept": "application/json"})
        return self._points(response)

    def _path(self, member: Member, point_type: str | None) -> str:
        settings = self.settings
        profile = f"{settings.id_types[member.scheme]}/{quote(member.value, safe='')}"
        type_ = mapped(settings.point_types, point_type, settings.default_point_type, field="point_type")
        if settings.app_key is None:
            return f"/Partners/{settings.partner_id}/Profiles/{profile}/Points"
        if type_ is None:
            raise FieldNotSupported("point_type", "the v3 API requires one, and there is no default")
        return f"/{settings.profile_type}/{profile}/points/{type_}"

    def _application(self) -> dict[str, str | None]:
        app_key = self.settings.app_key
        return {} if app_key is None else {"appKey": app_key.reveal()}

    def _spent(self, points: Decimal) -> Decimal:
        """The points to spend, without their sign. Raises `FieldNotSupported` where the vendor cannot spend them."""
        if self.settings.app_key is not None:
            raise FieldNotSupported("options.iactionable.spend", "no document of the v3 API has it")
        if points > 0:
            raise FieldNotSupported("options.iactionable.spend", "only negative points can be spent")
        return points.copy_abs()

    def _points(self, response: VendorResponse) -> Balance:
        if not response.ok:
            # The shape of an error is not documented, so that any body but a proxy's page is the vendor's.
            self.judge(response, listed=not wire.is_page(response), message=wire.message(response))
        return wire.points(response) if self.settings.app_key is None else wire.points_of_type(response)


def _query(parameters: dict[str, str | None]) -> str:
    present = ((name, value) for name, value in parameters.items() if value is not None)
    text = "&".join(f"{name}={quote(value, safe=_SAFE.get(name, ''))}" for name, value in present)
    return f"?{text}" if text else ""
