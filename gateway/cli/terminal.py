"""Output of the commands: escaped, on streams whose failures are handled.

`show` prints the requested data; if it cannot be written, the command ends with exit code 1. `report` prints what was
done; a failed write does not change that. `note` prints to standard error; failures are ignored.
"""

import io
import os
import select
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, TextIO, cast

from gateway.escaping import escaped, escaped_json


class Unwritten(Exception):
    """Raised when standard output cannot be written; `reader_left` if the reader closed it on purpose, as `| head`."""

    def __init__(self, why: str, *, reader_left: bool = False) -> None:
        super().__init__(f"standard output cannot be written: {why}")
        self.reader_left = reader_left


def show(text: str) -> None:
    """Write one line to standard output, escaped. Raises `Unwritten`."""
    _write(escaped(text))


def show_lines(texts: Iterable[str]) -> None:
    """Write lines to standard output at once, each escaped. Raises `Unwritten`."""
    _write("\n".join(map(escaped, texts)))


def show_json(document: str) -> None:
    """Write a JSON document to standard output, escaped without a change of its values. Raises `Unwritten`."""
    encoding = sys.stdout.encoding or ""
    _write(escaped_json(document, beyond_ascii=not encoding.lower().startswith("utf")))


def report(text: str) -> None:
    """Write one line about what was done to standard output; a failure is noted once on standard error."""
    try:
        show(text)
    except Unwritten as error:
        if not error.reader_left:
            note(f"points-gateway: {error}; what it would have told is done all the same")


def note(text: str) -> None:
    """Write one line to standard error, escaped; failures are ignored."""
    sys.stderr.write(f"{escaped(text)}\n")
    sys.stderr.flush()


def note_json(document: str) -> None:
    """Write a JSON document to standard error, escaped without a change of its values; failures are ignored."""
    sys.stderr.write(f"{escaped_json(document, beyond_ascii=True)}\n")
    sys.stderr.flush()


@contextmanager
def streams() -> Iterator[None]:
    """Replace the standard streams of the process, for libraries too, by ones with the rules above."""
    _fill_gaps()
    before = sys.stdout, sys.stderr
    sys.stdout = _text(before[0], _StandardOutput(_binary(before[0])))
    sys.stderr = _text(before[1], _StandardError(_binary(before[1])))
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(Unwritten):
                stream.flush()
        sys.stdout, sys.stderr = before


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _fill_gaps() -> None:
    """Open descriptors 0, 1 and 2 if they are closed: else the journal could get one, and output would damage it."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


class _Raw(io.RawIOBase):
    """A standard stream, None if it is closed; unbuffered, so that a failed write leaves no rest behind."""

    def __init__(self, stream: io.RawIOBase | None) -> None:
        super().__init__()
        self._stream = stream

    def writable(self) -> bool:
        """Return true."""
        return True

    def fileno(self) -> int:
        """The descriptor of the stream."""
        return super().fileno() if self._stream is None else self._stream.fileno()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream is not None and self._stream.isatty()


class _StandardOutput(_Raw):
    """Standard output: every write is complete, or fails once; later writes are then dropped."""

    _failed = False

    def write(self, data: bytes) -> int:  # type: ignore[override]  # only bytes-like objects are written here
        """Write all bytes. Raises `Unwritten` on the first failure."""
        if self._failed:
            return len(data)
        left = memoryview(data)
        try:
            if self._stream is None:
                raise ValueError("it is closed")
            while left:
                if (written := self._stream.write(left)) is None:  # the reader has set the pipe to non-blocking
                    select.select([], [self._stream], [])
                    continue
                left = left[written:]
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._failed = True
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise Unwritten(why, reader_left=isinstance(error, BrokenPipeError)) from error
        return len(data)


class _StandardError(_Raw):
    """Standard error: text that cannot be written is lost, and later lines are tried again."""

    def write(self, data: bytes) -> int:  # type: ignore[override]  # as above
        """Write as much as possible."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.write(data)
                self._stream.flush()
        return len(data)


def _binary(stream: TextIO | None) -> io.RawIOBase | None:
    """The unbuffered binary stream below a text stream, or the buffered one if there is no other."""
    if stream is None:
        return None
    with suppress(OSError, ValueError):
        stream.flush()
    buffer = stream.buffer
    return cast("io.RawIOBase", getattr(buffer, "raw", buffer))


def _text(like: TextIO | None, raw: _Raw) -> TextIO:
    """A text stream in the encoding of another; characters that it lacks are escaped."""
    encoding = "utf-8" if like is None else like.encoding
    # Unbuffered, as with `python -u`; the cast is needed because the type demands a buffered stream.
    return io.TextIOWrapper(cast("BinaryIO", raw), encoding, "backslashreplace", write_through=True)
