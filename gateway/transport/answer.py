"""One answer, assembled from the received bytes within bounds. It also checks what llhttp accepts too easily.

bytes ─> Answer.take ─> llhttp ─> on_header, on_headers_complete, on_body, on_message_complete ─> Answer.response
"""

import re

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.port import PartialResponse, VendorResponse
from gateway.transport.coding import decoded, salvaged
from gateway.transport.evidence import Evidence, TooLarge, TransportError
from gateway.transport.framing import unframed, with_one_length

FRAMING = 48 * 1024
"""Maximum bytes of an answer outside its body: heads, interim answers, chunk sizes and extensions, trailers."""

KEEPALIVE = 15.0
"""Seconds that an idle connection stays open; short, because vendors close idle connections without notice."""

# Received bytes allowed per body byte. A body in chunks of one byte each takes six: "1\r\nX\r\n".
_PER_BYTE = 8
_TIMEOUT = re.compile(r"(?i)\btimeout\s*=\s*([0-9]{1,4})\b")


class Answer:
    """One answer that is being received; the parser calls the methods whose names begin with `on_`.

    `complete`: all of it has arrived. `sound`: it ended where its framing says, so the connection can be reused.
    `open_ended`: it has no stated length and ends with the connection.
    """

    __slots__ = (
        *("_body", "_evidence", "_headers", "_limit", "_method", "_parser", "_received", "_repairing", "_start"),
        *("_unframed", "complete", "open_ended", "sound", "status"),
    )

    def __init__(self, evidence: Evidence, *, method: str, limit: int) -> None:
        self._evidence = evidence
        self._method = method
        self._limit = limit
        self._received = 0
        self._repairing = self._unframed = False
        # The first bytes as received, for as long as they may have to be parsed a second time: at most `FRAMING`.
        self._start: bytearray | None = bytearray()
        self._begin()

    def _begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._parser = HttpResponseParser(self)  # a new one for each answer, so that no state carries over
        self.status = 0
        self.complete = self.sound = self.open_ended = False

    def take(self, data: bytes) -> None:
        """Parse received bytes. Raises `TransportError` if they cannot be part of an answer or exceed a bound."""
        begin = 0
        while begin < len(data) and not self.complete:
            # In parts, so that the bound holds at the same byte however the network splits the answer.
            room = FRAMING + _PER_BYTE * len(self._body) - self._received
            if room <= 0:
                raise TransportError(f"The answer has more than {FRAMING} bytes besides its body")
            if self._received < FRAMING:
                room = min(room, FRAMING - self._received)
            part = data[begin : begin + room]
            begin += len(part)
            if self._received >= FRAMING:
                self._start = None
            elif self._start is not None:
                self._start += part
            self._received += len(part)
            if self._repairing and not self.status and self._start is not None:
                self._parse_repaired(bytes(self._start))
            elif (refusal := self._refusal(part)) is not None:
                self._repair(refusal)
        if begin < len(data):
            self.sound = False

    def response(self) -> VendorResponse:
        """The complete answer, decompressed. Raises `TransportError` if decompression fails or exceeds the limit."""
        body = decoded(bytes(self._body), self._headers.get("content-encoding", ""), limit=self._limit)
        return VendorResponse(self.status, self._headers, body)

    def partial(self) -> PartialResponse | None:
        """The received part of an answer that failed, for people to see; None if nothing arrived."""
        if not self.status:
            return PartialResponse(None, {}, bytes(self._start)) if self._start else None
        if self._unframed and self._start is not None:
            body = unframed(bytes(self._start), chunked="transfer-encoding" in self._headers)
        else:
            body = bytes(self._body[: self._limit])
        return PartialResponse(self.status, self._headers, salvaged(body, self._headers.get("content-encoding", "")))

    def discard(self) -> None:
        """Release the buffers and the parser, after the last call of `take`.

        The parser and the traceback of an error refer to this object; without this, the memory would stay in use
        until the garbage collector runs.
        """
        del self._parser, self._body, self._start

    @property
    def keepalive(self) -> float:
        """Seconds for which the connection may stay idle: one less than the vendor's `Keep-Alive`, if it has one."""
        timeout = _TIMEOUT.search(self._headers.get("keep-alive", ""))
        # One second less, because the vendor's count began when it sent the answer.
        return min(KEEPALIVE, float(timeout.group(1)) - 1.0) if timeout else KEEPALIVE

    def on_message_begin(self) -> None:
        """Refuse a second message after the answer."""
        if self.complete:
            raise TransportError("More came than the answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store a header; trailers, which come after the body, are dropped."""
        if self.status < 200:
            key, text = name.decode("latin-1").lower(), value.strip(b" \t").decode("latin-1")
            self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        """Handle the end of a head, either of an interim (1xx) answer or of the final one."""
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
            self._unframed = True
            raise TransportError("The answer comes in a transfer encoding that is not known here")
        # Neither has a body: a tunnel's bytes are not one, and llhttp does not know that the request was a HEAD.
        if self._method in ("HEAD", "CONNECT"):
            self.complete, self.sound = True, self._method == "CONNECT" and not self._repairing
        else:
            self.sound = version == "1.1" and not self._repairing
            self.open_ended = coding is None and "content-length" not in self._headers

    def on_body(self, data: bytes) -> None:
        """Store a part of the body."""
        if self.complete:
            raise TransportError("More came than the answer")
        self._body += data
        if len(self._body) > self._limit:
            raise TooLarge(f"The answer is larger than {self._limit} bytes (max_answer)")

    def on_message_complete(self) -> None:
        """Handle the end of a message, unless it is an interim answer."""
        if self.status and not self.complete:
            self.complete = True
            self.sound = self.sound and self._parser.should_keep_alive()

    def _refusal(self, part: bytes) -> str | None:
        """Feed a part to the parser; returns its message if it refuses the part. Raises what a callback raised."""
        try:
            self._parser.feed_data(part)
        except (HttpParserError, HttpParserUpgrade) as error:
            if self.complete:
                self.sound = False
                return None
            if isinstance(error.__context__, TransportError):
                raise error.__context__ from None  # no local name for it: the traceback would keep that alive
            self._unframed = True
            return str(error)
        return None

    def _repair(self, refusal: str) -> None:
        """Parse the answer a second time if its framing is faulty but unambiguous. Raises if it is ambiguous."""
        length = "Content-Length" in refusal and not self.status
        blanks = "chunk size" in refusal
        if self._repairing or self._start is None or not (length or blanks):
            raise TransportError("The answer is not HTTP/1.1 that can be read")
        self._repairing = True
        self._parse_repaired(bytes(self._start))

    def _parse_repaired(self, start: bytes) -> None:
        """Parse all received bytes with repaired framing, once the head is complete."""
        repaired = with_one_length(start)
        if repaired is None:
            return
        self._begin()
        self._unframed = False
        self._parser.set_dangerous_leniencies(lenient_spaces_after_chunk_size=True)
        if self._refusal(repaired) is not None:
            raise TransportError("The answer is not HTTP/1.1 that can be read")
