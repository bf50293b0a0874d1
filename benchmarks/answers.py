"""HTTP/1.1 answers, read from the bytes of a connection."""

from typing import NamedTuple

HEAD_END = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"
CHUNKED = b"\r\ntransfer-encoding: chunked\r\n"


class Answer(NamedTuple):
    """One whole answer; the body is free of its chunks. A named tuple, for it is the cheapest that has names."""

    status: int
    body: bytes


def whole(data: bytes) -> Answer | None:
    """The answer that all of `data` is, or None while some of it has yet to come.

    Raises `ValueError` for what is no answer, or more than one.
    """
    end = data.find(HEAD_END)
    if end < 0:
        return None
    head = data[: end + 2].lower()
    if not head.startswith(b"http/1.1 "):
        raise ValueError("not an HTTP/1.1 answer")
    status, begin = int(head[9:12]), end + 4
    at = head.find(LENGTH)
    if at >= 0:
        stop = begin + int(head[at + len(LENGTH) : head.index(b"\r\n", at + 2)])
        if len(data) > stop:
            raise ValueError("more bytes than its Content-Length")
        return Answer(status, data[begin:]) if len(data) == stop else None
    if CHUNKED in head:
        body = _joined(data, begin)
        return None if body is None else Answer(status, body)
    raise ValueError("an answer without a length")


def _joined(data: bytes, at: int) -> bytes | None:
    """The chunks that begin at `at`, joined; None while the last one has yet to come."""
    chunks: list[bytes] = []
    while (line := data.find(b"\r\n", at)) >= 0:
        size = int(data[at:line].partition(b";")[0], 16)
        begin, at = line + 2, line + 2 + size + 2
        if at > len(data):
            return None
        if data[at - 2 : at] != b"\r\n":
            raise ValueError("a chunk that does not end where it says")
        if size == 0:
            if len(data) > at:
                raise ValueError("more bytes than its chunks")
            return b"".join(chunks)
        chunks.append(data[begin : begin + size])
    return None
