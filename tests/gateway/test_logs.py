"""Log lines hold what happened and where, and nothing that belongs to somebody."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from gateway import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.configure("info", stream)
    yield stream
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def fail(secret: str) -> None:
    """Raise an exception that quotes, from one that quotes, with a variable that holds."""
    try:
        raise ValueError(f"bad {secret}")
    except ValueError as error:
        raise RuntimeError(f"worse {secret}") from error


def test_an_exception_is_told_without_its_words(stream: io.StringIO) -> None:
    """Of an exception the class and the place are told, its causes too; neither its words nor any variable."""
    try:
        fail("email:jason@example.com")
    except RuntimeError:
        structlog.get_logger("x").exception("a fault")
    line = json.loads(stream.getvalue())
    assert "jason" not in stream.getvalue()
    told = line["exception"].split("\n")
    assert (told[0], line["event"], line["level"]) == ("RuntimeError", "a fault", "error")
    assert any(each.startswith("from ValueError") for each in told)
    assert any("test_logs.py" in each and each.endswith("in fail") for each in told)


def test_libraries_speak_in_lines_too(stream: io.StringIO) -> None:
    """A warning of a library is a line like ours, its first line only; what it says below a warning is left out."""
    logging.getLogger("some.library").warning("It %s\nfuture: <email:jason@example.com>", "failed")
    logging.getLogger("some.library").info("Nothing of interest")
    (line,) = stream.getvalue().splitlines()
    document = json.loads(line)
    assert (document["event"], document["level"], document["logger"]) == ("It failed", "warning", "some.library")


def test_configuring_again_does_not_double_lines(stream: io.StringIO) -> None:
    """Lines come once, however often the log was set up."""
    logs.configure("info", stream)
    logging.getLogger("some.library").error("Once")
    assert len(stream.getvalue().splitlines()) == 1


def test_levels(stream: io.StringIO) -> None:
    """Lines below the configured level are not written."""
    logs.configure("error", stream)
    structlog.get_logger("x").info("nothing")
    logging.getLogger("some.library").warning("nothing")
    assert stream.getvalue() == ""


def test_a_log_that_is_gone_stops_nothing() -> None:
    """Where lines cannot be written any more, what they are about goes on."""
    gone = io.StringIO()
    logs.configure("info", gone)
    gone.close()
    structlog.get_logger("any").error("nobody hears this")
