"""Log lines: JSON on standard error, or readable text on a terminal; never a member, a key or a secret."""

import json
import logging
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson

from gateway import tracing
from gateway.escaping import escaped


@contextmanager
def _without(*libraries: str) -> Iterator[None]:
    """Hide optional libraries from imports while the block runs."""
    hidden = [each for each in libraries if each not in sys.modules]
    for each in hidden:
        sys.modules[each] = None  # type: ignore[assignment]  # as the import system documents it
    try:
        yield
    finally:
        for each in hidden:
            del sys.modules[each]


# structlog would use rich for tracebacks, which are not shown, and greenlet for contexts, which nothing here has. They
# take 4 MB and 1 MB in every worker.
with _without("rich", "greenlet"):
    import structlog
    from structlog.typing import EventDict, WrappedLogger

PIPE = 4096
"""Bytes up to which a write to a pipe, which workers share, is not mixed with others'."""
_CHAIN = 10
"""Maximum number of chained exceptions in one log line."""


def configure(level: str, stream: TextIO | None = None) -> None:
    """Configure logging for the whole process, including libraries. `level`: debug, info, warning or error."""
    stream = stream or sys.stderr
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            timed,
            where_raised,
            *((tracing.noted,) if tracing.takes_part() else ()),
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


def info_each(event: str, lines: Iterable[Mapping[str, Any]]) -> None:
    """Log each of these at level info, as of one event, in as few writes as keep lines whole."""
    if not structlog.get_logger().bind().is_enabled_for(logging.INFO):
        return
    config = structlog.get_config()
    logger, processors = config["logger_factory"](), config["processors"]
    texts: list[str] = []
    size = 0
    for line in lines:
        text: Any = {**line, "event": event}
        try:
            for processor in processors:
                text = processor(logger, "info", text)
        except structlog.DropEvent:
            continue
        size += len(text) + 1
        if texts and size > PIPE:
            logger.info("\n".join(texts))
            texts, size = [], len(text) + 1
        texts.append(text)
    if texts:
        logger.info("\n".join(texts))


def _json(event: EventDict, **_: Any) -> str:
    """One line of JSON in ASCII, which every stream can encode."""
    try:
        line = orjson.dumps(event, default=repr, option=_PLAIN)
        if line.isascii():
            return line.decode("ascii")
    except TypeError:  # orjson refuses integers above 64 bits and lone surrogates
        pass
    return _JSON.encode(event)


_PLAIN = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME  # by repr(), as in the encoder below
_JSON = json.JSONEncoder(default=repr, separators=(",", ":"))


class Lines:
    """Writes each line in one write, because workers share the stream; write errors are ignored."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, message: str) -> None:
        """Write one line; errors are ignored, because a full disk must not change the outcome of an adjustment."""
        try:
            self._stream.write(message + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass

    log = debug = info = warning = error = critical = exception = msg


def timed(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Add the time, RFC 3339 in UTC. structlog's own stamp is the same text, and takes three times as long."""
    event["timestamp"] = orjson.dumps(datetime.now(UTC), option=orjson.OPT_UTC_Z)[1:-1].decode()
    return event


def where_raised(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the class and the stack of an exception.

    Its message and the values of variables are left out, because both may contain personal data or secrets.
    """
    exc_info = event.pop("exc_info", None)
    if isinstance(exc_info, tuple):
        exc_info = exc_info[1]
    error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1] if exc_info else None
    parts: list[str] = []
    while error is not None and len(parts) < _CHAIN:
        frames = traceback.extract_tb(error.__traceback__)
        parts.append("\n  ".join([type(error).__qualname__, *(f"{f.filename}:{f.lineno} in {f.name}" for f in frames)]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if parts:
        event["exception"] = "\nfrom ".join(parts)
    return event


def for_a_terminal(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Escape control sequences and line breaks, except the line breaks between the parts of `exception`."""
    result = {escaped(name): value if _is_plain(value) else escaped(_text(value)) for name, value in event.items()}
    if isinstance(exception := event.get("exception"), str):
        result["exception"] = "\n".join(map(escaped, exception.split("\n")))
    return result


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float)


def _text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


class _FromLibraries(logging.Handler):
    """Logs the records of libraries like our own; only the first line, because asyncio's further lines quote values."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record."""
        message = record.getMessage().strip().partition("\n")[0]
        structlog.get_logger(record.name).log(record.levelno, message, logger=record.name, exc_info=record.exc_info)
