"""What may be shown of the head of a vendor's answer: only what is known to hold nothing that the vendor issued."""

import re

from gateway.port.secrets import MASK

TRACED = ("correlation-id", "idempotency-key", "request-id", "traceparent", "x-correlation-id", "x-request-id")
_ABOUT = ("content-encoding", "content-length", "content-type", "date", "retry-after", "server", "via")
_CALLED = ("cf-ray", "x-amz-cf-id", "x-amzn-requestid", "x-amzn-trace-id", "x-trace-id")
_SHOWN = frozenset((*TRACED, *_ABOUT, *_CALLED, "www-authenticate"))
_LIMITS = ("ratelimit", "x-ratelimit", "x-rate-limit")
"""Headers of answers that are shown: what it is, when it was, what it is called; and how those of limits begin."""

_END = re.compile(r"\r?\n\r?\n")
_LINE_END = re.compile(r"\r\n|\r|\n")
_STATUS = re.compile(r"HTTP/[0-9.]{1,5} +([0-9]{1,4})(?: [A-Za-z' -]{0,40}\Z|(?=\s|\Z))")
_HEADER = re.compile(r"([A-Za-z0-9-]+)[ \t]*:[\t -~]*")


def shows(name: str) -> bool:
    """Whether a header of an answer is shown, by its name in lower case."""
    return name in _SHOWN or name.startswith(_LIMITS)


def begun(text: str, *, length: int) -> str:
    """What may be shown of an answer whose head did not come whole, or cannot be read; `length` of it in bytes.

    Of heads, and of all that may belong to one, only lines that are a status line or a header that is shown: any other
    may be part of a header that is not, however it is folded or cut. Such lines are `***`. What follows the blank line
    after a final head is a body, and stays as it is.
    """
    ends = [each.end() for each in _END.finditer(text)]
    head, body = (text[: ends[-1]], text[ends[-1] :]) if ends else (text, "")
    lines = [_line(each) for each in _LINE_END.split(head)]
    statuses = [int(found[1]) for found in map(_STATUS.match, lines) if found]
    if not statuses:
        return f"{MASK} ({length} bytes)" if length else ""
    if body and (statuses[-1] < 200 or _STATUS.search(body)):
        lines[-1], body = MASK, ""  # what follows an interim head is another one, whatever it looks like
    shown = [line for at, line in enumerate(lines) if line != MASK or lines[at - 1 : at] != [MASK]]
    return "\r\n".join(shown) + body


def _line(line: str) -> str:
    """A line of a head as it is shown."""
    if status := _STATUS.match(line):
        return status[0]
    header = _HEADER.fullmatch(line)
    return line if not line or (header and shows(header[1].lower())) else MASK
