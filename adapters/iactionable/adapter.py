"""Translates for iactionable: one path of a profile, where POST changes its points and GET reads them."""

from decimal import Decimal
from typing import Annotated
from urllib.parse import quote

from pydantic import Field

from adapters.iactionable import wire
from gateway import exact
from gateway.errors import VendorRejected
from gateway.model import Applied, Balance, Member
from gateway.port import Adapter, Exchange, Secret, VendorRequest, VendorResponse, VendorSettings

Scheme = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]*|custom\.[A-Za-z0-9_.-]+)$")]
EntityIDType = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]


class Settings(VendorSettings):
    """What a configured iactionable account has."""

    identified_by = ("partner_id",)

    partner_id: int = Field(ge=1, description="The numeric identifier of the partner account.")
    api_key: Secret = Field(description="The key that writes carry.")
    id_types: dict[Scheme, EntityIDType] = Field(
        {"email": "email"}, min_length=1, description="The EntityIDType in the path, by member scheme."
    )


class IActionable(Adapter[Settings]):
    """The adapter for iactionable: whole points, and nothing beside them but a description."""

    fractions = False
    balance_in_answer = True
    refusals = {400: VendorRejected}  # noqa: RUF012 (a ClassVar by its declaration in Adapter)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.schemes = tuple(settings.id_types)

    def adjust(self, *, member: Member, points: Decimal, description: str | None = None) -> Exchange[Applied]:
        """Add points to a profile, or take them away; the answer tells the new balance."""
        query = f"?value={exact.text(points)}"
        if description is not None:
            query += f"&description={quote(description, safe='')}"
        # The raw key, without a scheme, is from public documents; the vendor's own page only says that one is required.
        headers = {"Authorization": self.settings.api_key.reveal(), "Accept": "application/json"}
        response = yield VendorRequest("POST", self._path(member) + query, headers)
        return Applied(balance=self._points(response))

    def balance(self, *, member: Member) -> Exchange[Balance]:
        """Read a profile's points; the vendor asks for no key here, so none is sent."""
        response = yield VendorRequest("GET", self._path(member), {"Accept": "application/json"})
        return self._points(response)

    def _path(self, member: Member) -> str:
        id_type = self.settings.id_types[member.scheme]
        return f"/Partners/{self.settings.partner_id}/Profiles/{id_type}/{quote(member.value, safe='')}/Points"

    def _points(self, response: VendorResponse) -> Balance:
        if not response.ok:
            self.judge(response, listed=True, message=wire.message(response))
        return wire.points(response)
