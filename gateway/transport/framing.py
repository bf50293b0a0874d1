"""Framing that llhttp refuses although it can be read in one way only; and what can be seen of any other."""

import re

END = b"\r\n\r\n"

_LENGTH = re.compile(rb"(?i)content-length[ \t]*:")
_DIGITS = re.compile(rb"(?i)content-length:[ \t]*([0-9]+)[ \t]*\Z")  # a list of lengths is read in two ways
_FOLDED = re.compile(rb"\r\n[ \t]")
_PASSED_OVER = re.compile(rb"[\r\n]*(?:\Z|HTTP/1\.[01] 1(?!01)[0-9][0-9])")
_LAST = re.compile(rb"(?:\A|\r\n)0{1,16}[ \t]*(?:;[^\r\n]*)?\r\n")
_SIZE = re.compile(rb"(?:\A|\r\n)[0-9A-Fa-f]{1,16}[ \t]*(?:;[^\r\n]*)?\r\n")


def mended(begun: bytes) -> bytes | None:
    """The beginning of an answer with one `Content-Length` where the same one is given several times.

    None where its head is not whole yet. What is given in any other way stays as it is.
    """
    whole, rest = bytearray(), begun
    while True:
        head, end, rest = rest.partition(END)
        if not end:
            return None
        whole += _with_one_length(head) + end
        if not _PASSED_OVER.match(head):
            return bytes(whole) + rest


def _with_one_length(head: bytes) -> bytes:
    lines = head.split(b"\r\n")
    lengths = [line for line in lines if _LENGTH.match(line)]
    found = [_DIGITS.match(line) for line in lengths]
    if _FOLDED.search(head) or len({each and each[1] for each in found}) != 1 or found[0] is None:
        return head
    first = lines.index(lengths[0])
    return b"\r\n".join(
        [*lines[:first], b"Content-Length: " + found[0][1], *(line for line in lines[first:] if line not in lengths)]
    )


def seen(begun: bytes, *, chunked: bool) -> bytes:
    """The body of an answer whose framing cannot be read, as it came; without what look like the sizes of chunks.

    They could stand within a secret, and hide it. After the last chunk come headers, which are left out.
    """
    head, end, rest = begun.partition(END)
    while end and _PASSED_OVER.match(head):
        head, end, rest = rest.partition(END)
    return _SIZE.sub(b"", _LAST.split(rest, 1)[0]) if chunked else rest
