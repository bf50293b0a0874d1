"""One answer, put together from the bytes that come in, within bounds; what llhttp lets pass is held here.

bytes ─> Answer.take ─> llhttp ─> on_header, on_headers_complete, on_body, on_message_complete ─> Answer.response
"""

import re

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.port import PartialResponse, VendorResponse
from gateway.transport.coding import decoded, salvaged
from gateway.transport.evidence import Evidence, TooLarge, TransportError
from gateway.transport.framing import mended, seen

FRAMING = 48 * 1024
"""Bytes of an answer that are not its body: heads, interim answers, chunks' sizes and extensions, trailers."""

KEEPALIVE = 15.0
"""Seconds that an idle connection is kept; short, since vendors drop theirs without notice."""

_PER_BYTE = 8  # a body in chunks of one byte each has six bytes of its own for every byte of the body
_TIMEOUT = re.compile(r"(?i)\btimeout\s*=\s*([0-9]{1,4})\b")


class Answer:
    """One answer on its way: the parser calls the methods that begin with `on_`.

    `complete`: nothing more belongs to it. `sound`: it ended where it said, so that the connection can have another.
    `open_ended`: it lasts until the connection ends.
    """

    __slots__ = (
        *("_begun", "_body", "_evidence", "_headers", "_limit", "_mending", "_method", "_parser", "_taken"),
        *("_unframed", "complete", "open_ended", "sound", "status"),
    )

    def __init__(self, evidence: Evidence, *, method: str, limit: int) -> None:
        self._evidence = evidence
        self._method = method
        self._limit = limit
        self._taken = 0
        self._mending = self._unframed = False
        # The first bytes as they came, as long as they may have to be read once more: at most `FRAMING` of them.
        self._begun: bytearray | None = bytearray()
        self._begin()

    def _begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._parser = HttpResponseParser(self)  # one for each answer: nothing of the last can be left in it
        self.status = 0
        self.complete = self.sound = self.open_ended = False

    def take(self, data: bytes) -> None:
        """Take in what came. Raises `TransportError` where that cannot go on to be an answer, or is past a bound."""
        begin = 0
        while begin < len(data) and not self.complete:
            # In parts, so that it does not depend on how the bytes come whether there are too many of them.
            room = FRAMING + _PER_BYTE * len(self._body) - self._taken
            if room <= 0:
                raise TransportError(f"The answer has more than {FRAMING} bytes besides its body")
            if self._taken < FRAMING:
                room = min(room, FRAMING - self._taken)
            part = data[begin : begin + room]
            begin += len(part)
            if self._taken >= FRAMING:
                self._begun = None
            elif self._begun is not None:
                self._begun += part
            self._taken += len(part)
            if self._mending and not self.status and self._begun is not None:
                self._read_again(bytes(self._begun))
            elif (refused := self._refused(part)) is not None:
                self._mend(refused)
        if begin < len(data):
            self.sound = False

    def response(self) -> VendorResponse:
        """The complete answer, decompressed. Raises `TransportError` where that cannot be done within the limit."""
        body = decoded(bytes(self._body), self._headers.get("content-encoding", ""), limit=self._limit)
        return VendorResponse(self.status, self._headers, body)

    def partial(self) -> PartialResponse | None:
        """What came of it, to be shown where it is no answer; None where nothing did."""
        if not self.status:
            return PartialResponse(None, {}, bytes(self._begun)) if self._begun else None
        if self._unframed and self._begun is not None:
            body = seen(bytes(self._begun), chunked="transfer-encoding" in self._headers)
        else:
            body = bytes(self._body[: self._limit])
        return PartialResponse(self.status, self._headers, salvaged(body, self._headers.get("content-encoding", "")))

    def discard(self) -> None:
        """Let go of what came, once nothing more is taken in; else it is kept until the garbage collector comes.

        The parser knows this object, and so does the traceback of an error.
        """
        del self._parser, self._body, self._begun

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
            self._unframed = True
            raise TransportError("The answer comes in a transfer encoding that is not known here")
        if self._method in ("HEAD", "CONNECT"):  # what a tunnel carries is no body; of a HEAD, llhttp does not know
            self.complete, self.sound = True, self._method == "CONNECT" and not self._mending
        else:
            self.sound = version == "1.1" and not self._mending
            self.open_ended = coding is None and "content-length" not in self._headers

    def on_body(self, data: bytes) -> None:
        """Keep a part of the body."""
        if self.complete:
            raise TransportError("More came than the answer")
        self._body += data
        if len(self._body) > self._limit:
            raise TooLarge(f"The answer is larger than {self._limit} bytes (max_answer)")

    def on_message_complete(self) -> None:
        """Take the end, unless it was that of an interim answer."""
        if self.status and not self.complete:
            self.complete = True
            self.sound = self.sound and self._parser.should_keep_alive()

    def _refused(self, part: bytes) -> str | None:
        """Have a part read; why the parser refuses it, if it does. Raises what was raised here meanwhile."""
        try:
            self._parser.feed_data(part)
        except (HttpParserError, HttpParserUpgrade) as error:
            if self.complete:
                self.sound = False
                return None
            if isinstance(error.__context__, TransportError):
                raise error.__context__ from None  # not by a name here, which the traceback would keep
            self._unframed = True
            return str(error)
        return None

    def _mend(self, refused: str) -> None:
        """Begin anew with what may be read in one way only although it was refused. Raises where that is nothing."""
        length = "Content-Length" in refused and not self.status
        blanks = "chunk size" in refused
        if self._mending or self._begun is None or not (length or blanks):
            raise TransportError("The answer is not HTTP/1.1 that can be read")
        self._mending = True
        self._read_again(bytes(self._begun))

    def _read_again(self, begun: bytes) -> None:
        """Read all that came once more, as soon as its head is whole."""
        whole = mended(begun)
        if whole is None:
            return
        self._begin()
        self._unframed = False
        self._parser.set_dangerous_leniencies(lenient_spaces_after_chunk_size=True)
        if self._refused(whole) is not None:
            raise TransportError("The answer is not HTTP/1.1 that can be read")
