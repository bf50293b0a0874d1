"""Log lines hold what happened and where, and nothing that belongs to somebody."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
import structlog.testing

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


def test_many_lines_of_one_event_are_few_writes(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a whole line, in its order, as if it had been logged alone; no write is more than a pipe keeps whole."""
    writes: list[str] = []
    monkeypatch.setattr(stream, "write", writes.append)
    logs.info_each("request", [{"number": number, "exception": "x" * 100} for number in range(100)])
    lines = [json.loads(line) for line in "".join(writes).splitlines()]
    assert [line["number"] for line in lines] == list(range(100))
    assert {(line["event"], line["level"]) for line in lines} == {("request", "info")}
    assert all("timestamp" in line for line in lines)
    assert all(len(each) <= logs.PIPE and each.endswith("\n") for each in writes)
    assert 1 < len(writes) < 10


def test_a_line_of_its_own_length_is_written_alone(stream: io.StringIO) -> None:
    """One that is longer than a pipe keeps whole is not left out, nor are those around it."""
    logs.info_each("request", [{"text": "a"}, {"text": "b" * 2 * logs.PIPE}, {"text": "c"}])
    assert [json.loads(line)["text"][0] for line in stream.getvalue().splitlines()] == ["a", "b", "c"]


def test_lines_below_the_level_are_not_made(stream: io.StringIO) -> None:
    """Where only warnings are logged, nothing is."""
    logs.configure("warning", stream)
    logs.info_each("request", [{"number": 1}])
    assert stream.getvalue() == ""


def test_a_line_that_a_processor_drops_is_not_written(stream: io.StringIO) -> None:
    """Those around it are, as with the demo's lines of requests."""
    with structlog.testing.capture_logs() as captured:
        logs.info_each("request", [{"number": 1}, {"number": 2}])
    assert [(each["event"], each["number"]) for each in captured] == [("request", 1), ("request", 2)]
    assert stream.getvalue() == ""
