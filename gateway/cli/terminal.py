"""What commands print: escaped, on streams that take what they can, and with the truth about what they could not take.

`show` is for what was asked for: where it cannot be written the command ends with exit code 1. `report` is for what
has been done: that nobody can read it undoes nothing. `note` is for standard error, which must stop nothing.
"""

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, TextIO, cast

from gateway.escaping import escaped, escaped_json


class Unwritten(Exception):
    """Raised when standard output cannot be written; `reader_left` where that is as somebody wished, as by `| head`."""

    def __init__(self, why: str, *, reader_left: bool = False) -> None:
        super().__init__(f"standard output cannot be written: {why}")
        self.reader_left = reader_left


def show(text: str) -> None:
    """Write one line to standard output, escaped. Raises `Unwritten`."""
    _write(escaped(text))


def show_json(document: str) -> None:
    """Write a JSON document to standard output; what it says stays the same. Raises `Unwritten`."""
    encoding = sys.stdout.encoding or ""
    _write(escaped_json(document, beyond_ascii=not encoding.lower().startswith("utf")))


def report(text: str) -> None:
    """Write one line to standard output about what has been done; where that fails, standard error says so once."""
    try:
        show(text)
    except Unwritten as error:
        if not error.reader_left:
            note(f"points-gateway: {error}; what it would have told is done all the same")


def note(text: str) -> None:
    """Write one line to standard error, escaped, if that can be."""
    sys.stderr.write(f"{escaped(text)}\n")
    sys.stderr.flush()


def note_json(document: str) -> None:
    """Write a JSON document to standard error, if that can be; what it says stays the same."""
    sys.stderr.write(f"{escaped_json(document, beyond_ascii=True)}\n")
    sys.stderr.flush()


@contextmanager
def streams() -> Iterator[None]:
    """Have everybody in this process write to streams that keep the rules above, libraries included."""
    _fill_gaps()
    before = sys.stdout, sys.stderr
    sys.stdout = _text(before[0], _Shown(_binary(before[0])))
    sys.stderr = _text(before[1], _Noted(_binary(before[1])))
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
    """Have descriptors 0, 1 and 2 lead somewhere: a journal that was opened as one of them could be printed into."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


class _Raw(io.RawIOBase):
    """The way to a standard stream, None where it is closed; with no buffer, nothing is left of a write that failed."""

    def __init__(self, way: io.RawIOBase | None) -> None:
        super().__init__()
        self._way = way

    def writable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """The descriptor behind it."""
        return super().fileno() if self._way is None else self._way.fileno()

    def isatty(self) -> bool:
        """Whether a person looks on."""
        return self._way is not None and self._way.isatty()


class _Shown(_Raw):
    """Standard output: complete, or it fails once, and what comes after that is dropped."""

    _failed = False

    def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes, or what can be had as such
        """Write all of it. Raises `Unwritten`, the first time that it cannot be."""
        if self._failed:
            return len(data)
        left = memoryview(data)
        try:
            if self._way is None:
                raise ValueError("it is closed")
            while left:
                if (written := self._way.write(left)) is None:  # whoever reads it made it so that it does not wait
                    select.select([], [self._way], [])
                    continue
                left = left[written:]
            self._way.flush()
        except (OSError, ValueError) as error:
            self._failed = True
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise Unwritten(why, reader_left=isinstance(error, BrokenPipeError)) from error
        return len(data)


class _Noted(_Raw):
    """Standard error: what it cannot take is lost, and later lines are tried again."""

    def write(self, data: bytes) -> int:  # type: ignore[override]  # as above
        """Write what can be written."""
        if self._way is not None:
            with suppress(OSError, ValueError):
                self._way.write(data)
                self._way.flush()
        return len(data)


def _binary(stream: TextIO | None) -> io.RawIOBase | None:
    """What a text stream writes to, without a buffer where it can be had without."""
    if stream is None:
        return None
    with suppress(OSError, ValueError):
        stream.flush()
    buffer = stream.buffer
    return cast("io.RawIOBase", getattr(buffer, "raw", buffer))


def _text(like: TextIO | None, raw: _Raw) -> TextIO:
    """A text stream in the encoding of another; what that cannot say is escaped."""
    encoding = "utf-8" if like is None else like.encoding
    # As `python -u` has it, without a buffer in between; the type asks for one.
    return io.TextIOWrapper(cast("BinaryIO", raw), encoding, "backslashreplace", write_through=True)
