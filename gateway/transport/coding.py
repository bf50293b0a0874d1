"""Content codings: decoding a complete body, and recovering the readable beginning of a damaged one."""

import zlib

from gateway.transport.evidence import TooLarge, TransportError

_MEMBERS = 100
_SALVAGED = 64 * 1024
_STEP = 256
# The registry of RFC 9110, section 16.6.1, as of 2026. Some servers put other names (UTF-8, none, binary) into the
# header of a plain body, so these are ignored. If one were a coding after all, no adapter could parse the result.
_CODINGS = frozenset(
    {
        *("aes128gcm", "br", "compress", "dcb", "dcz", "deflate", "exi", "gzip", "pack200-gzip"),
        *("x-compress", "x-gzip", "zstd"),
    }
)


def decoded(body: bytes, header: str, *, limit: int) -> bytes:
    """The body, decoded as `Content-Encoding` says. Some vendors compress although the request asks for `identity`.

    Raises `TransportError` if it is cut short, damaged, larger than `limit` bytes, or in an unsupported coding.
    """
    coding = header and _codings(header)
    if not body or not coding:
        return body
    plain = bytearray()
    try:
        for _ in range(_MEMBERS):  # a gzip body may consist of several members
            inflater = zlib.decompressobj(_window(body, coding))
            plain += inflater.decompress(body, limit + 1 - len(plain))
            if len(plain) > limit:
                raise TooLarge(f"The answer is larger than {limit} bytes once decompressed (max_answer)")
            if not inflater.eof:
                raise TransportError("The compressed answer is cut short")
            body = inflater.unused_data  # copies the whole rest each time, hence the bound on members
            if not body:
                return bytes(plain)
    except zlib.error:
        raise TransportError(f"The answer is not the {coding} that it says it is") from None
    raise TransportError(f"The compressed answer comes in more than {_MEMBERS} parts")


def salvaged(body: bytes, header: str) -> bytes:
    """The beginning of a damaged body, decoded as far as possible; the body as received if nothing can be decoded.

    Secrets can be masked only in decoded text.
    """
    coding = _codings(header)
    if not body or not coding:
        return body
    try:
        inflater = zlib.decompressobj(_window(body, coding))
    except TransportError:
        return body
    plain = bytearray()
    for begin in range(0, len(body), _STEP):
        step = body[begin : begin + _STEP]
        before = inflater.copy()  # a step that fails yields nothing: it is repeated byte by byte from here
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


def _codings(header: str) -> str:
    """The registered codings that a header names; other names are left out."""
    names = (name.strip().lower() for name in header.split(","))
    return ", ".join(name for name in names if name in _CODINGS)


def _window(body: bytes, coding: str) -> int:
    if coding in ("gzip", "x-gzip"):
        return 16 + zlib.MAX_WBITS
    if coding == "deflate":
        # RFC 9110 defines `deflate` as the zlib format. Some servers send raw deflate data, which seldom begins with
        # two bytes that form a valid zlib header.
        zlib_header = body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
        return zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS
    raise TransportError("The answer comes in a content encoding that is not known here")
