"""Log lines: JSON on standard error, or readable ones where a person looks on; never a member, a key or a secret."""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import orjson

from gateway.escaping import escaped


@contextmanager
def _left_out(library: str) -> Iterator[None]:
    """Have what is imported meanwhile do without a library that it can do without."""
    there = library in sys.modules
    if not there:
        sys.modules[library] = None  # type: ignore[assignment]  # as the import system documents it
    try:
        yield
    finally:
        if not there:
            del sys.modules[library]


with _left_out("rich"):  # which would draw tracebacks, were any shown; it weighs 4 MB in every worker
    import structlog
    from structlog.typing import EventDict, WrappedLogger

_CHAIN = 10
"""How many exceptions that led to each other are told."""


def configure(level: str, stream: TextIO | None = None) -> None:
    """Set up the log lines of the whole process, libraries included. `level`: debug, info, warning or error."""
    stream = stream or sys.stderr
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            where_raised,
            *(
                (for_a_terminal, structlog.dev.ConsoleRenderer())
                if stream.isatty()
                else (structlog.processors.JSONRenderer(serializer=_json),)
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=lambda *_: Lines(stream),
    )
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not isinstance(each, _FromLibraries)] + [_FromLibraries()]
    root.setLevel(max(least, logging.WARNING))


def _json(event: EventDict, **_: Any) -> str:
    """One line of JSON in ASCII, which every stream can write."""
    try:
        line = orjson.dumps(event, default=repr, option=_PLAIN)
        if line.isascii():
            return line.decode("ascii")
    except TypeError:  # a number of more than 64 bits, or half a surrogate pair
        pass
    return _JSON.encode(event)


_PLAIN = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME  # as the encoder below has them
_JSON = json.JSONEncoder(default=repr, separators=(",", ":"))


class Lines:
    """Writes lines, each in one write, as workers share the stream; one that cannot be written stops nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, message: str) -> None:
        """Write one line, if that can be: a log that is gone must not decide what becomes of a write."""
        try:
            self._stream.write(message + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass

    log = debug = info = warning = error = critical = exception = msg


def where_raised(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Tell of an exception what it is and where it rose.

    Neither what it says nor what the variables held, as both may quote what belongs to somebody.
    """
    given = event.pop("exc_info", None)
    if isinstance(given, tuple):
        given = given[1]
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    told: list[str] = []
    while error is not None and len(told) < _CHAIN:
        frames = traceback.extract_tb(error.__traceback__)
        told.append("\n  ".join([type(error).__qualname__, *(f"{f.filename}:{f.lineno} in {f.name}" for f in frames)]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if told:
        event["exception"] = "\nfrom ".join(told)
    return event


def for_a_terminal(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Write out what a terminal would obey, and what would look like a line of its own but for those of `exception`."""
    shown = {escaped(name): value if _is_plain(value) else escaped(_text(value)) for name, value in event.items()}
    if isinstance(told := event.get("exception"), str):
        shown["exception"] = "\n".join(map(escaped, told.split("\n")))
    return shown


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float)


def _text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


class _FromLibraries(logging.Handler):
    """Passes on what libraries log, as lines like our own; of each the first line, as asyncio's others quote values."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one on."""
        words = record.getMessage().strip().partition("\n")[0]
        structlog.get_logger(record.name).log(record.levelno, words, logger=record.name, exc_info=record.exc_info)
