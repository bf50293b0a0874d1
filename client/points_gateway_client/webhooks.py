"""Verifies requests of the gateway's webhooks, after the Standard Webhooks specification.

Needs nothing but Python's own library.
"""

import base64
import binascii
import hmac
import time
from collections.abc import Mapping, Sequence

from points_gateway_client.events import Event
from points_gateway_client.json_object import Document

TOLERANCE = 300.0
"""Seconds by which a request may be older or newer than the clock here."""
_PREFIX = "whsec_"


class InvalidSignature(Exception):
    """Raised when a request was not signed with one of the secrets, or not within the last minutes."""


def verified(
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    secrets: Sequence[str],
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> Event:
    """The event in a request, once its signature is verified; `body` is as it came, not parsed and written again.

    `secrets`: those that the operator uses, as `whsec_...`; two while one replaces the other. `tolerance`: in seconds.
    `now`: seconds since 1970, by default the clock's. Raises `InvalidSignature`, or `ValueError` for a wrong secret,
    and for a body that is signed and no event.
    """
    keys = [_key(secret) for secret in secrets]
    if not keys:
        raise ValueError("name the secrets that requests are signed with")
    names = {name.lower(): value for name, value in headers.items()}
    id_, timestamp, signatures = (names.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (id_ and timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise InvalidSignature("the headers webhook-id and webhook-timestamp are missing, or no id and no time")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance:
        raise InvalidSignature("the request was signed too long ago, or the clocks differ")
    raw = body.encode() if isinstance(body, str) else body
    signed = f"{id_}.{timestamp}.".encode() + raw
    expected = [hmac.digest(key, signed, "sha256") for key in keys]
    given = [_signature(each) for each in signatures.split(" ")]
    # Each is compared with each, so that the time taken tells nothing about which of them was nearly right.
    matches = [hmac.compare_digest(one, other) for one in expected for other in given]
    if not any(matches):
        raise InvalidSignature("no signature is one of these secrets")
    return Event.read(Document.parse(raw))


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("a secret is whsec_ and bytes in base64")
    return key


def _signature(text: str) -> bytes:
    """The bytes of a signature of the version that is known here; empty for any other."""
    version, _, encoded = text.partition(",")
    try:
        return base64.b64decode(encoded, validate=True) if version == "v1" else b""
    except (binascii.Error, ValueError):
        return b""
