"""Encoding of requests: points, bodies, path segments and queries, in a form that no proxy rewrites."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypedDict, Unpack, cast
from urllib.parse import quote, urlencode, urlsplit

import httpx

from points_gateway_client import exact
from points_gateway_client.arguments import flag, known, member_name, moment, text_or_none, whole
from points_gateway_client.fields import AdjustmentFields, checked

Points = Decimal | int | str
LARGEST_PAGE = 100
"""Items that a page has at most."""


class Filters(TypedDict, total=False):
    """Filters for a list of adjustments; times are aware. `limit` is the page size: 1 to 100, 20 by default."""

    member: str | None
    status: str | None
    reference: str | None
    idempotency_key: str | None
    operation: str | None
    reverses: str | None
    created_from: datetime | None
    created_to: datetime | None
    limit: int | None
    cursor: str | None


def adjustment_body(member: str, points: Points, **fields: Unpack[AdjustmentFields]) -> bytes:
    """The JSON body of an adjustment. Raises `TypeError` for floats, types that JSON lacks and unknown fields."""
    member_name(member)
    optional = checked(fields)
    if "options" in optional:
        optional["options"] = plain(optional["options"], "options")
    return exact.dumps({"member": member, "points": points_text(points), **optional})


def reversal_body(points: Points | None, linked: bool | None, description: str | None) -> bytes:
    """The JSON body of a reversal; `TypeError` as `adjustment_body`."""
    fields = {
        "points": None if points is None else points_text(points),
        "linked": flag(linked, "linked"),
        "description": text_or_none(description, "description"),
    }
    return exact.dumps({name: value for name, value in fields.items() if value is not None})


def points_text(points: Points) -> str:
    """Points in the API's format; a string is sent unchanged, and the gateway validates it.

    Raises `TypeError` for floats and other inexact types, `ValueError` for numbers that are not finite or too long.
    """
    if isinstance(points, float):
        raise TypeError("points are exact and a float is not (0.1 + 0.2 is not 0.3): pass a Decimal, an int or a str")
    if isinstance(points, bool) or not isinstance(points, Decimal | int | str):
        raise TypeError(f"points are a Decimal, an int or a str, not {type(points).__name__}")
    if isinstance(points, str):
        return points
    return exact.text(_bounded(Decimal(points), "points"))


def plain(value: object, where: str) -> object:
    """A value in plain JSON types: mappings become dicts, tuples become lists.

    Raises `TypeError`, with the path, for a float at any depth; `ValueError` as `points_text`.
    """
    if isinstance(value, float):
        raise TypeError(f"{where}: a float is not exact: pass a Decimal, an int or a str")
    if isinstance(value, Decimal):
        return _bounded(value, where)
    if isinstance(value, Mapping):
        return {name: plain(inner, f"{where}.{name}") for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner, where) for inner in value]
    return value


def _bounded(number: Decimal, where: str) -> Decimal:
    # Without this bound, `Decimal("1e999999")` would become a million digits.
    if not number.is_finite() or abs(number.adjusted()) > exact.MAX_DIGITS:
        raise ValueError(f"{where}: expected a finite number of at most {exact.MAX_DIGITS} digits")
    return number


def header_text(value: str, what: str, *, longest: int = 8192) -> str:
    """A valid header value. Raises `ValueError` otherwise; the message never contains the value."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is a str, not {type(value).__name__}")
    if not 1 <= len(value) <= longest or not all("!" <= character <= "~" for character in value):
        raise ValueError(f"{what} is 1 to {longest} visible ASCII characters")
    return value


def idempotency_key(key: str) -> str:
    """The unquoted key of a write. Raises `ValueError` if it is quoted or not 1 to 255 visible ASCII characters."""
    if header_text(key, "idempotency_key", longest=255).startswith('"'):
        raise ValueError("idempotency_key is given bare, without quotes around it")
    return key


def segment(value: str, what: str) -> str:
    """One percent-encoded path segment.

    Raises `ValueError` for what clients and proxies rewrite even if it is encoded: an empty segment, `.` and `..`
    (also after the colon of a member), slashes and backslashes. The gateway validates the rest.
    """
    if not isinstance(value, str):
        raise TypeError(f"{what} is a str, not {type(value).__name__}")
    if value.partition(":")[2] in (".", "..") or value in ("", ".", "..") or "/" in value or "\\" in value:
        raise ValueError(f"{what} cannot be part of a path: it is empty, . or .., or holds a slash")
    return quote(value, safe="")


def query(**parameters: str | int | datetime | None) -> str:
    """A query string that begins with `?`, without the parameters that are None; `+` is `%2B`, a space `%20`."""
    present = {name: _parameter(value) for name, value in parameters.items() if value is not None}
    return "?" + urlencode(present, quote_via=quote, safe="") if present else ""


def _parameter(value: str | int | datetime) -> str:
    if not isinstance(value, datetime):
        return str(value)
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def list_query(filters: Filters) -> str:
    """The query of a list of adjustments. Raises `TypeError` or `ValueError` for a filter that there is not."""
    known(filters, Filters.__annotations__, "adjustments have no filter")
    for name, value in filters.items():
        if name in ("created_from", "created_to"):
            moment(cast("datetime | None", value), name)
        elif name == "limit":
            page_size(cast("int | None", value))
        else:
            text_or_none(cast("str | None", value), name)
    return query(**filters)


def page_size(limit: int | None) -> int | None:
    """How many items a page has. Raises `TypeError` or `ValueError` unless it is None or 1 to 100."""
    return None if limit is None else whole(limit, "limit", least=1, most=LARGEST_PAGE)


def base_address(url: str) -> str:
    """The base URL without a final slash; a path prefix stays.

    Raises `ValueError` if its scheme is not http or https, or if it has a user, a query or a fragment.
    """
    if not isinstance(url, str):
        raise TypeError(f"base_url is a str, not {type(url).__name__}")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("base_url is an http:// or https:// address")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("base_url has no user, query or fragment")
    if parts.port == 0:  # `urlsplit` itself raises `ValueError` for ports above 65535
        raise ValueError("base_url has a port from 1 to 65535")
    try:
        httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"base_url cannot be called: {error}") from None
    return url.rstrip("/")


def caller_headers(key: str, tenant: str | None) -> dict[str, str]:
    """The headers that identify the caller. Raises `ValueError`, without the key in it, if a value is not valid."""
    headers = {"Authorization": f"Bearer {header_text(key, 'key')}", "User-Agent": "points-gateway-client"}
    if tenant is not None:
        headers["X-Tenant"] = header_text(tenant, "tenant")
    return headers
