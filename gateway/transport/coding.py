"""The content coding of a body: undone where it is one, and what can be had of a body where that fails."""

import zlib

from gateway.transport.evidence import TooLarge, TransportError

_MEMBERS = 100
_SALVAGED = 64 * 1024
_STEP = 256
# The registry of RFC 9110, section 16.6.1, by 2026. Other names (UTF-8, none, binary) are said by mistake, of plain
# bodies; were one a coding all the same, what comes of its bytes is nothing that an adapter could take for an answer.
_CODINGS = frozenset(
    {
        *("aes128gcm", "br", "compress", "dcb", "dcz", "deflate", "exi", "gzip", "pack200-gzip"),
        *("x-compress", "x-gzip", "zstd"),
    }
)


def decoded(body: bytes, header: str, *, limit: int) -> bytes:
    """The body without the coding that `Content-Encoding` names; nothing was asked for, yet some vendors compress.

    Raises `TransportError` where it is cut short, damaged, past `limit` bytes, or in a coding not known here.
    """
    coding = header and _named(header)
    if not body or not coding:
        return body
    plain = bytearray()
    try:
        for _ in range(_MEMBERS):  # gzip may come as several members, one after the other
            inflater = zlib.decompressobj(_window(body, coding))
            plain += inflater.decompress(body, limit + 1 - len(plain))
            if len(plain) > limit:
                raise TooLarge(f"The answer is larger than {limit} bytes once decompressed (max_answer)")
            if not inflater.eof:
                raise TransportError("The compressed answer is cut short")
            body = inflater.unused_data  # a copy of all the rest: hence not for ever
            if not body:
                return bytes(plain)
    except zlib.error:
        raise TransportError(f"The answer is not the {coding} that it says it is") from None
    raise TransportError(f"The compressed answer comes in more than {_MEMBERS} parts")


def salvaged(body: bytes, header: str) -> bytes:
    """What a body begins with once its coding is undone as far as it goes; where that is nothing, the body as it came.

    So secrets can be masked in it, which nobody finds in what is compressed.
    """
    coding = _named(header)
    if not body or not coding:
        return body
    try:
        inflater = zlib.decompressobj(_window(body, coding))
    except TransportError:
        return body
    plain = bytearray()
    for begin in range(0, len(body), _STEP):
        step = body[begin : begin + _STEP]
        before = inflater.copy()
        try:
            plain += inflater.decompress(step)
        except zlib.error:
            plain += _until_it_fails(before, step)
            break
        if inflater.eof or len(plain) > _SALVAGED:
            break
    return bytes(plain) or body


def _until_it_fails(inflater: "zlib._Decompress", step: bytes) -> bytes:
    plain = bytearray()
    try:
        for byte in step:
            plain += inflater.decompress(bytes([byte]))
    except zlib.error:
        pass
    return bytes(plain)


def _named(header: str) -> str:
    """The codings that a header names, without words that are none."""
    names = (name.strip().lower() for name in header.split(","))
    return ", ".join(name for name in names if name in _CODINGS)


def _window(body: bytes, coding: str) -> int:
    if coding in ("gzip", "x-gzip"):
        return 16 + zlib.MAX_WBITS
    if coding == "deflate":
        # RFC 9110 means zlib's format; some servers send the bare one, whose first two bytes seldom look like it.
        zlib_header = body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
        return zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS
    raise TransportError("The answer comes in a content encoding that is not known here")
