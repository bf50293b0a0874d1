"""What damage begins from: requests that this API takes, and answers that the vendors' documents show."""

from collections.abc import Callable
from dataclasses import dataclass

MARK = "guarded-reference-7f3a"
"""Stands in an adjustment of a tenant that no input has the right to read."""

KEYS = {name: f"fuzz-key-of-{name}-" + "0" * 24 for name in ("app", "neighbour", "owner")}
WRONG = "fuzz-key-of-nobody-" + "0" * 24

_ADJUSTMENT = (
    b'{"member": "%s", "points": "5", "point_type": "base", "description": "You are cool", "reason": null,'
    b' "reference": "order-%d", "pending": false, "options": {"contact-points": {"sub_type": "web"}}}'
)
_MEMBERS = (b"email:{name}@example.com", b"contact_id:1", b"profile_id:f90a1da5")
_TARGETS = (
    b"/v1/members/email%3A{name}%40example.com/balance?point_type=base",
    b"/v1/members/email%3A{name}%40example.com/balance?include=vendor_response",
    b"/v1/members/phone%3A%2B1234567890/expiring?from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z",
    b"/v1/adjustments?member=contact_id%3A1&status=succeeded&limit=20",
    b"/v1/adjustments?reference=guarded-reference-7f3a&created_from=2026-01-01T00:00:00Z&cursor=eyJ0IjoiYSJ9",
    b"/v1/adjustments/{guarded}?include=history",
    b"/v1/capabilities",
    b"/readyz?verbose",
    b"/openapi.json",
)
_CHUNKS = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose input it is: the API key that it has, the tenant that it names, and its name as that of the member."""

    name: str
    key: str
    tenant: str


APP = Origin("app", KEYS["app"], "acme")
STRANGER = Origin("stranger", WRONG, "guarded")
NEIGHBOUR = Origin("neighbour", KEYS["neighbour"], "guarded")

Seed = Callable[[Origin, int], bytes]
"""A request, from whose it is and a number that no other input has."""


def requests(guarded: bytes) -> tuple[Seed, ...]:
    """The requests; `guarded` is the id of an adjustment that is not theirs."""
    reads = [_read(target.replace(b"{guarded}", guarded)) for target in _TARGETS]
    writes = [_write(member, chunked=chunked) for member in _MEMBERS for chunked in (False, True)]
    resolution = _posted(b"/v1/adjustments/" + guarded + b"/resolution", b'{"outcome": "applied", "reason": "seen"}')
    preview = _posted(b"/v1/adjustments/preview", _ADJUSTMENT % (_MEMBERS[0], 0))
    return (*reads, *writes, resolution, preview)


def answers() -> tuple[tuple[bytes, bytes], ...]:
    """Documented answers to a write or a read, each with its content type."""
    json, xml = b"application/json", b"application/xml"
    return (
        (json, b'{"AvailablePoints":100,"LastUpdated":"/Date(1278521302499)/","TotalPoints":250}'),
        (json, b'{"status":200,"data":{"transactionCode":"4711","message":"done","futureDate":null},"errors":null}'),
        (json, b'{"Id":1,"ContactId":1,"Type":"standard","SubType":"web","Amount":5.0,"Sum":105,"IsCanceller":false}'),
        (json, b'[{"Id":1,"ContactId":1,"Type":"standard","Amount":5.0,"SourceId":"adj_1","IsCanceller":false}]'),
        (json, b'{"error":0,"error_text":null,"expiring_points":150.24}'),
        (xml, b"<response><error>0</error><error_text/><expiring_points>150.24</expiring_points></response>"),
        (json, b'{"Message":"The contact does not exist"}'),
    )


def _head(line: bytes, origin: Origin, *more: bytes) -> bytes:
    authorization, tenant = b"Authorization: Bearer " + origin.key.encode(), b"X-Tenant: " + origin.tenant.encode()
    return b"\r\n".join([line, b"Host: gateway", authorization, tenant, *more, b"", b""])


def _named(text: bytes, origin: Origin) -> bytes:
    return text.replace(b"{name}", origin.name.encode())


def _read(target: bytes) -> Seed:
    return lambda origin, number: _head(b"GET " + _named(target, origin) + b" HTTP/1.1", origin)


def _posted(target: bytes, text: bytes, *more: bytes) -> Seed:
    def posted(origin: Origin, number: int) -> bytes:
        body = _named(text, origin)
        headers = (b"Content-Type: application/json", b"Content-Length: %d" % len(body), *more)
        return _head(b"POST " + target + b" HTTP/1.1", origin, *headers) + body

    return posted


def _write(member: bytes, *, chunked: bool) -> Seed:
    def written(origin: Origin, number: int) -> bytes:
        body = _ADJUSTMENT % (member, number)
        repeated = b"Idempotency-Key: fuzz-%d" % number
        if not chunked:
            return _posted(b"/v1/adjustments", body, repeated)(origin, number)
        body = _named(body, origin)
        size = len(body) // _CHUNKS + 1
        parts = [body[start : start + size] for start in range(0, len(body), size)]
        coded = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        headers = (b"Content-Type: application/json", b"Transfer-Encoding: chunked", repeated)
        return _head(b"POST /v1/adjustments HTTP/1.1", origin, *headers) + coded

    return written
