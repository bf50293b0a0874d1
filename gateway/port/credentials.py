"""The credentials of a client for which a vendor issues tokens (OAuth 2.0), as settings."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gateway.port.addresses import http_address
from gateway.port.secrets import TextSecret


class ClientCredentials(BaseModel):
    """The settings by which a token is fetched for a client's credentials (RFC 6749, 4.4)."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    token_url: str = Field(
        description="Where tokens are issued; http or https. Its host may be another one than the vendor's."
    )
    client_id: str = Field(min_length=1, description="The client's name at the vendor.")
    client_secret: TextSecret = Field(description="What the client proves itself with.")
    scope: str | None = Field(
        None, min_length=1, description="The scopes to ask for, separated by blanks; not sent where it is not set."
    )
    style: Literal["basic", "form"] = Field(
        "basic", description="Where the credentials are sent: in the header Authorization, or in the form."
    )

    @field_validator("token_url")
    @classmethod
    def _well_formed(cls, value: str) -> str:
        return http_address(value)
