"""Faulty framing: repairing what llhttp refuses although it is unambiguous, and showing what is ambiguous."""

import re

END = b"\r\n\r\n"

_LENGTH = re.compile(rb"(?i)content-length[ \t]*:")
_DIGITS = re.compile(rb"(?i)content-length:[ \t]*([0-9]+)[ \t]*\Z")  # a list of lengths is read in two ways
_FOLDED = re.compile(rb"\r\n[ \t]")
_INTERIM = re.compile(rb"[\r\n]*(?:\Z|HTTP/1\.[01] 1(?!01)[0-9][0-9])")
_LAST = re.compile(rb"(?:\A|\r\n)0{1,16}[ \t]*(?:;[^\r\n]*)?\r\n")
_SIZE = re.compile(rb"(?:\A|\r\n)[0-9A-Fa-f]{1,16}[ \t]*(?:;[^\r\n]*)?\r\n")


def with_one_length(start: bytes) -> bytes | None:
    """The start of an answer, with repeated equal `Content-Length` headers reduced to one.

    None if its head is not complete yet. A head with different lengths is returned unchanged.
    """
    repaired, rest = bytearray(), start
    while True:
        head, end, rest = rest.partition(END)
        if not end:
            return None
        repaired += _head_with_one_length(head) + end
        if not _INTERIM.match(head):  # interim answers and blank lines come before the answer's own head
            return bytes(repaired) + rest


def _head_with_one_length(head: bytes) -> bytes:
    lines = head.split(b"\r\n")
    lengths = [line for line in lines if _LENGTH.match(line)]
    found = [_DIGITS.match(line) for line in lengths]
    if _FOLDED.search(head) or len({each and each[1] for each in found}) != 1 or found[0] is None:
        return head
    first = lines.index(lengths[0])
    return b"\r\n".join(
        [*lines[:first], b"Content-Length: " + found[0][1], *(line for line in lines[first:] if line not in lengths)]
    )


def unframed(start: bytes, *, chunked: bool) -> bytes:
    """The body of an answer whose framing is invalid, as received but without apparent chunk sizes.

    A chunk size inside a secret would hide it from masking. Trailers after the last chunk are left out.
    """
    head, end, rest = start.partition(END)
    while end and _INTERIM.match(head):
        head, end, rest = rest.partition(END)
    return _SIZE.sub(b"", _LAST.split(rest, 1)[0]) if chunked else rest
