"""What goes out: points, bodies, path segments and queries in the one form that nothing on the way can mangle."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypedDict
from urllib.parse import quote, urlencode, urlsplit

import httpx

from gateway import exact

Points = Decimal | int | str


class AdjustmentFields(TypedDict, total=False):
    """What an adjustment may say besides its member and points; None is the same as absent.

    `options` is keyed by adapter name; numbers in it are `Decimal` or `int`, never floats.
    """

    point_type: str | None
    description: str | None
    reason: str | None
    reference: str | None
    store: str | None
    pending: bool
    options: Mapping[str, Mapping[str, Any]] | None


class Filters(TypedDict, total=False):
    """Which adjustments to list; times are aware. `limit` is the size of a page: 1 to 100, 20 by default."""

    member: str | None
    status: str | None
    reference: str | None
    idempotency_key: str | None
    created_from: datetime | None
    created_to: datetime | None
    limit: int | None
    cursor: str | None


def adjustment_body(
    member: str,
    points: Points,
    *,
    point_type: str | None = None,
    description: str | None = None,
    reason: str | None = None,
    reference: str | None = None,
    store: str | None = None,
    pending: bool = False,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> bytes:
    """The JSON body of an adjustment. Raises `TypeError` for floats, and for what JSON cannot hold."""
    fields = {
        "member": member,
        "points": points_text(points),
        "point_type": point_type,
        "description": description,
        "reason": reason,
        "reference": reference,
        "store": store,
        "pending": pending or None,
        "options": plain(options, "options"),
    }
    return exact.dumps({name: value for name, value in fields.items() if value is not None})


def points_text(points: Points) -> str:
    """Points as the API reads them; text is sent as it is, for the gateway to judge.

    Raises `TypeError` for floats and anything else that is not exact, `ValueError` for what has no plain digits.
    """
    if isinstance(points, float):
        raise TypeError("points are exact and a float is not (0.1 + 0.2 is not 0.3): pass a Decimal, an int or a str")
    if isinstance(points, bool) or not isinstance(points, Decimal | int | str):
        raise TypeError(f"points are a Decimal, an int or a str, not {type(points).__name__}")
    if isinstance(points, str):
        return points
    return exact.text(_bounded(Decimal(points), "points"))


def plain(value: object, where: str) -> object:
    """A value as plain JSON types, whatever kinds of mappings and sequences it is made of.

    Raises `TypeError`, naming the place, for a float at any depth; `ValueError` as `points_text`.
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
    if not number.is_finite() or abs(number.adjusted()) > exact.MAX_DIGITS:
        raise ValueError(f"{where}: expected a finite number of at most {exact.MAX_DIGITS} digits")
    return number


def header_text(value: str, what: str, *, longest: int = 8192) -> str:
    """A value that can travel as a header. Raises `ValueError`, which never repeats it, where it cannot."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is a str, not {type(value).__name__}")
    if not 1 <= len(value) <= longest or not all("!" <= character <= "~" for character in value):
        raise ValueError(f"{what} is 1 to {longest} visible ASCII characters")
    return value


def idempotency_key(key: str) -> str:
    """The key of a write, bare. Raises `ValueError` where it is not 1 to 255 visible ASCII characters, or is quoted."""
    if header_text(key, "idempotency_key", longest=255).startswith('"'):
        raise ValueError("idempotency_key is given bare, without quotes around it")
    return key


def segment(value: str, what: str) -> str:
    """One path segment, percent-encoded whole.

    Raises `ValueError` for what clients and proxies rewrite into another path even when it is encoded: nothing,
    `.` and `..` (also after the colon of a member), slashes and backslashes. The rest is the gateway's to judge.
    """
    if value.partition(":")[2] in (".", "..") or value in ("", ".", "..") or "/" in value or "\\" in value:
        raise ValueError(f"{what} cannot be part of a path: it is empty, . or .., or holds a slash")
    return quote(value, safe="")


def query(**parameters: str | int | datetime | None) -> str:
    """A query string with its `?`, without the parameters that are None; `+` is `%2B`, a space `%20`.

    Raises `ValueError` for a time without an offset.
    """
    given = {name: _parameter(name, value) for name, value in parameters.items() if value is not None}
    return "?" + urlencode(given, quote_via=quote, safe="") if given else ""


def _parameter(name: str, value: str | int | datetime) -> str:
    if not isinstance(value, datetime):
        return str(value)
    if value.tzinfo is None:
        raise ValueError(f"{name} needs a time zone: pass an aware datetime")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def base_address(url: str) -> str:
    """The address in front of every path, without a final slash; a path prefix is kept.

    Raises `ValueError` where it is not http or https, or holds a user, a query or a fragment.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("base_url is an http:// or https:// address")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("base_url has no user, query or fragment")
    if parts.port == 0:  # reading it refuses those past 65535
        raise ValueError("base_url has a port from 1 to 65535")
    try:
        httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"base_url cannot be called: {error}") from None
    return url.rstrip("/")


def caller_headers(key: str, tenant: str | None) -> dict[str, str]:
    """The headers that say who is calling. Raises `ValueError`, without the key in it, where they cannot be sent."""
    headers = {"Authorization": f"Bearer {header_text(key, 'key')}", "User-Agent": "points-gateway-client"}
    if tenant is not None:
        headers["X-Tenant"] = header_text(tenant, "tenant")
    return headers
