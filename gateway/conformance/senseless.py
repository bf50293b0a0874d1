"""Answers that say nothing: of proxies, of vendors that break off, and statuses with bodies that are nobody's."""

from typing import Any

from gateway.simulation import Answer

HTML = "<html><body><h1>Not here</h1></body></html>"
PLAIN = ("no", '"words"')
"""Words, which a vendor's refusal may be where its form is not documented."""
FOREIGN = ("", "[]", "null", "0", "{", "<xml/>", HTML, *PLAIN)
"""Bodies that are no vendor's refusal."""
BODIES = (*FOREIGN, "{}", '{"message": "no"}')
"""Bodies that are no vendor's success."""
STATUSES: tuple[int, ...] = (
    *(200, 202, 300, 301, 307, 399, 400, 401, 402, 403, 404, 405, 408, 409, 410, 418, 422, 425, 429, 451, 499),
    *(500, 501, 502, 503, 504, 507, 599),
)
BREAKS: tuple[dict[str, Any], ...] = (
    {"kind": "cut"},
    {"kind": "cut", "keep": 0},
    {"kind": "cut", "keep": 1_000_000},
    *({"kind": kind, "when": when} for kind in ("reset", "close") for when in ("before", "after")),
    *({"kind": "html", "status": status, "apply": apply} for status in (200, 502, 503) for apply in (False, True)),
    *({"kind": "body", "body": body, "apply": apply} for body in BODIES for apply in (False, True)),
    *({"kind": "status", "status": status, "apply": apply} for status in (204, 304) for apply in (False, True)),
)
"""Faults that leave no answer that could be understood."""
SLOW: tuple[dict[str, Any], ...] = (
    {"kind": "hang", "when": "before"},
    {"kind": "hang", "when": "after"},
    {"kind": "drip", "interval": 3600},
)
"""Faults by which no answer comes in time."""


def served(answer: Answer | str, status: int, *, apply: bool = False) -> dict[str, Any]:
    """A fault that gives a body under a status, with what should mislead nobody."""
    body, content_type = (
        (answer, "application/json") if isinstance(answer, str) else (answer.body.decode(), answer.content_type)
    )
    headers = {"Location": "/elsewhere", "Retry-After": "7"} if status >= 300 else {}
    return {
        "kind": "status",
        "status": status,
        "body": body,
        "content_type": content_type,
        "headers": headers,
        "apply": apply,
    }


def is_own(fault: dict[str, Any], success: Answer) -> bool:
    """Whether a fault is after all what the vendor answers to a success, as a vendor does that answers no body."""
    if fault["kind"] == "cut":
        return success.status == 204  # its head is the whole answer, whatever length that announces
    body = fault.get("body", "" if fault["kind"] == "status" else None)
    return body is not None and body == success.body.decode() and 200 <= fault.get("status", 200) < 300


def named(fault: dict[str, Any]) -> str:
    """A fault in a few words."""
    return " ".join(f"{name}={value!r}" for name, value in fault.items() if value != {})[:120]
