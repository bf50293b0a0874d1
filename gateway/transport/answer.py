"""One answer, put together from the bytes that come in, within bounds; what llhttp lets pass is held here.

bytes ─> Answer.take ─> llhttp ─> on_header, on_headers_complete, on_body, on_message_complete ─> Answer.response
"""

import re
import zlib

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.port import VendorResponse
from gateway.transport.evidence import Evidence, TransportError

FRAMING = 48 * 1024
"""Bytes of an answer that are not its body: heads, interim answers, chunks' sizes and extensions, trailers."""

KEEPALIVE = 15.0
"""Seconds that an idle connection is kept; short, since vendors drop theirs without notice."""

_PER_BYTE = 8  # a body in chunks of one byte each has six bytes of its own for every byte of the body
_MEMBERS = 100
_TIMEOUT = re.compile(r"(?i)\btimeout\s*=\s*([0-9]{1,4})\b")


class Answer:
    """One answer on its way: the parser calls the methods that begin with `on_`.

    `complete`: nothing more belongs to it. `sound`: it ended where it said, so that the connection can have another.
    `open_ended`: it lasts until the connection ends.
    """

    __slots__ = (
        *("_body", "_evidence", "_headers", "_limit", "_method", "_parser", "_taken"),
        *("complete", "open_ended", "sound", "status"),
    )

    def __init__(self, evidence: Evidence, *, method: str, limit: int) -> None:
        self._evidence = evidence
        self._method = method
        self._limit = limit
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._taken = 0
        self._parser = HttpResponseParser(self)  # one for each answer: nothing of the last can be left in it
        self.status = 0
        self.complete = self.sound = self.open_ended = False

    def take(self, data: bytes) -> None:
        """Take in what came. Raises `TransportError` where that cannot go on to be an answer, or is past a bound."""
        begin = 0
        try:
            while begin < len(data) and not self.complete:
                # In parts, so that it does not depend on how the bytes come whether there are too many of them.
                room = FRAMING + _PER_BYTE * len(self._body) - self._taken
                if room <= 0:
                    raise TransportError(f"The answer has more than {FRAMING} bytes besides its body")
                part = data[begin : begin + room]
                begin += len(part)
                self._taken += len(part)
                self._parser.feed_data(part)
        except (HttpParserError, HttpParserUpgrade) as error:
            if not self.complete:
                if isinstance(error.__context__, TransportError):
                    raise error.__context__ from None  # not by a name here, which the traceback would keep
                raise TransportError("The answer is not HTTP/1.1 that can be read") from None
            self.sound = False
        if begin < len(data):
            self.sound = False

    def response(self) -> VendorResponse:
        """The complete answer, decompressed. Raises `TransportError` where that cannot be done within the limit."""
        encoding = self._headers.get("content-encoding", "").strip().lower()
        body = decompress(bytes(self._body), encoding, limit=self._limit)
        return VendorResponse(self.status, self._headers, body)

    def discard(self) -> None:
        """Let go of what came, once nothing more is taken in; else it is kept until the garbage collector comes.

        The parser knows this object, and so does the traceback of an error.
        """
        del self._parser, self._body

    @property
    def keepalive(self) -> float:
        """Seconds for which its connection may be kept: less than the vendor says, should it say anything."""
        said = _TIMEOUT.search(self._headers.get("keep-alive", ""))
        return min(KEEPALIVE, float(said.group(1)) - 1.0) if said else KEEPALIVE

    def on_message_begin(self) -> None:
        """Begin, or refuse to begin a second time."""
        if self.complete:
            raise TransportError("More came than the answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; those after a body are dropped."""
        if self.status < 200:
            key, text = name.decode("latin-1").lower(), value.strip(b" \t").decode("latin-1")
            self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        """Take the end of a head: of an interim answer's, or of the answer's own."""
        version, status = self._parser.get_http_version(), self._parser.get_status_code()
        if version not in ("1.1", "1.0") or status < 100:
            raise TransportError("The answer is not HTTP/1.1 that can be read")
        if status < 200 and status != 101:
            self._headers.clear()
            return
        self.status = self._evidence.status = status
        if status == 101:
            raise TransportError("The vendor changed to another protocol")
        coding = self._headers.get("transfer-encoding")
        if coding is not None and coding.lower() != "chunked":
            raise TransportError("The answer comes in a transfer encoding that is not known here")
        if self._method in ("HEAD", "CONNECT"):  # what a tunnel carries is no body; of a HEAD, llhttp does not know
            self.complete, self.sound = True, self._method == "CONNECT"
        else:
            self.sound = version == "1.1"
            self.open_ended = coding is None and "content-length" not in self._headers

    def on_body(self, data: bytes) -> None:
        """Keep a part of the body."""
        if self.complete:
            raise TransportError("More came than the answer")
        self._body += data
        if len(self._body) > self._limit:
            raise TransportError(f"The answer is larger than {self._limit} bytes")

    def on_message_complete(self) -> None:
        """Take the end, unless it was that of an interim answer."""
        if self.status and not self.complete:
            self.complete = True
            self.sound = self.sound and self._parser.should_keep_alive()


def decompress(body: bytes, encoding: str, *, limit: int) -> bytes:
    """The body without its content encoding; nothing was asked for, yet some vendors compress all the same.

    Raises `TransportError` where it is cut short, damaged, past `limit` bytes, or in an encoding not known here.
    """
    if not body or encoding in ("", "identity"):
        return body
    plain = bytearray()
    try:
        for _ in range(_MEMBERS):  # gzip may come as several members, one after the other
            inflater = zlib.decompressobj(_window(body, encoding))
            plain += inflater.decompress(body, limit + 1 - len(plain))
            if len(plain) > limit:
                raise TransportError(f"The answer is larger than {limit} bytes once decompressed")
            if not inflater.eof:
                raise TransportError("The compressed answer is cut short")
            body = inflater.unused_data  # a copy of all the rest: hence not for ever
            if not body:
                return bytes(plain)
    except zlib.error:
        raise TransportError(f"The answer is not the {encoding} that it says it is") from None
    raise TransportError(f"The compressed answer comes in more than {_MEMBERS} parts")


def _window(body: bytes, encoding: str) -> int:
    if encoding in ("gzip", "x-gzip"):
        return 16 + zlib.MAX_WBITS
    if encoding == "deflate":
        # RFC 9110 means zlib's format; some servers send the bare one, whose first two bytes seldom look like it.
        zlib_header = body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
        return zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS
    raise TransportError("The answer comes in a content encoding that is not known here")
