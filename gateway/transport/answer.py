"""The body of an answer, read and decompressed within one bound."""

import zlib

from aiohttp import ClientResponse

from gateway.port import VendorResponse
from gateway.transport.evidence import TransportError


async def read(response: ClientResponse, *, limit: int) -> VendorResponse:
    """The complete answer. Raises `TransportError` where it is past `limit` bytes, before or after decompression."""
    if response.status == 101:
        raise TransportError("The vendor changed to another protocol")
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.raw_headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    body = bytearray()
    while chunk := await response.content.readany():
        body += chunk
        if len(body) > limit:
            raise TransportError(f"The answer is larger than {limit} bytes")
    encoding = headers.get("content-encoding", "").strip().lower()
    return VendorResponse(response.status, headers, decompress(bytes(body), encoding, limit=limit))


def decompress(body: bytes, encoding: str, *, limit: int) -> bytes:
    """The body without its content encoding; nothing was asked for, yet some vendors compress all the same.

    Raises `TransportError` where it is cut short, damaged, past `limit` bytes, or in an encoding not known here.
    """
    if not body or encoding in ("", "identity"):
        return body
    plain = bytearray()
    try:
        while body:  # gzip may come as several members, one after the other
            inflater = zlib.decompressobj(_window(body, encoding))
            plain += inflater.decompress(body, limit + 1 - len(plain))
            if len(plain) > limit:
                raise TransportError(f"The answer is larger than {limit} bytes once decompressed")
            if not inflater.eof:
                raise TransportError("The compressed answer is cut short")
            body = inflater.unused_data
    except zlib.error:
        raise TransportError(f"The answer is not the {encoding} that it says it is") from None
    return bytes(plain)


def _window(body: bytes, encoding: str) -> int:
    if encoding in ("gzip", "x-gzip"):
        return 16 + zlib.MAX_WBITS
    if encoding == "deflate":
        # RFC 9110 means zlib's format; some servers send the bare one, whose first two bytes seldom look like it.
        zlib_header = body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
        return zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS
    raise TransportError("The answer comes in a content encoding that is not known here")
