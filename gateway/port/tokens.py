"""Tokens that expire: what an adapter's `token` returns, and the exchange of OAuth 2.0 client credentials."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from gateway import scalars
from gateway.errors import VendorBadResponse, VendorRateLimited, VendorUnavailable
from gateway.port.adapter import Exchange, VendorRequest, VendorResponse, not_understood
from gateway.port.credentials import ClientCredentials

ERRORS = frozenset(
    (
        *("invalid_request", "invalid_client", "invalid_grant"),
        *("unauthorized_client", "unsupported_grant_type", "invalid_scope"),
    )
)
"""The codes of RFC 6749, 5.2. Only these are read from a refusal: any other text in it may be a secret."""
_VISIBLE = re.compile("[!-~]+")


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that a vendor issued; `expires_in` is its life in seconds, None where the vendor does not say."""

    value: str = field(repr=False)
    expires_in: float | None = None


def client_credentials(credentials: ClientCredentials) -> Exchange[Issued]:
    """Fetch a token for a client's credentials (RFC 6749, 4.4); for an adapter's `token`.

    Raises `VendorRateLimited` for a 429, `VendorUnavailable` for any other failure, and `VendorBadResponse` for a
    success without a bearer token.
    """
    form = {"grant_type": "client_credentials"}
    if credentials.scope is not None:
        form["scope"] = credentials.scope
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    secret = credentials.client_secret.reveal()
    if credentials.style == "form":
        form |= {"client_id": credentials.client_id, "client_secret": secret}
    else:
        # RFC 6749, 2.3.1: both are form-encoded before they are joined.
        pair = f"{quote_plus(credentials.client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    response = yield VendorRequest(
        "POST",
        "",
        headers,
        urlencode(form).encode(),
        effect=False,
        confidential=True,
        base_url=credentials.token_url,
    )
    return _issued(response)


def _issued(response: VendorResponse) -> Issued:
    if not response.ok:
        kind = VendorRateLimited if response.status == 429 else VendorUnavailable
        raise kind(
            f"No token was issued (status {response.status})",
            vendor_status=response.status,
            vendor_code=_code(response),
            retry_after=response.retry_after(),
        )
    answer = response.json_object()
    value, kind_ = answer.get("access_token"), answer.get("token_type")
    if not isinstance(value, str) or not _VISIBLE.fullmatch(value):
        not_understood("access_token: not a text that a header can carry", response)
    # RFC 6749, 5.1 requires a type; some vendors leave it out.
    if kind_ is not None and not (isinstance(kind_, str) and kind_.lower() == "bearer"):
        not_understood("token_type: not bearer", response)
    life = scalars.number(answer.get("expires_in"))
    if answer.get("expires_in") is not None and (life is None or life <= 0):
        not_understood("expires_in: not a number of seconds", response)
    return Issued(value, None if life is None else float(life))


def _code(response: VendorResponse) -> str | None:
    try:
        code = response.json_object().get("error")
    except VendorBadResponse:
        return None
    return code if isinstance(code, str) and code in ERRORS else None
