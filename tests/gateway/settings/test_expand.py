import os
from pathlib import Path

import pytest

from gateway.settings.expand import Expander
from gateway.settings.watched import WatchedFiles


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def expander(clock: Clock) -> Expander:
    return Expander({"NAME": "value", "EMPTY": "", "NESTED": "${env:NAME}"}, WatchedFiles(clock))


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${env:NAME}", "value"),
        ("a ${env:NAME} b ${env:NAME}", "a value b value"),
        ("${env:NAME:-other}", "value"),
        ("${env:NONE:-other}", "other"),
        ("${env:EMPTY:-other}", "other"),
        ("${env:NONE:-}", ""),
        ("${env:EMPTY}", ""),
        ("$${env:NAME}", "${env:NAME}"),
        ("$$${env:NAME}", "$${env:NAME}"),
        ("${env:NESTED}", "${env:NAME}"),
        ("$x $ $$ ${env:NAME}", "$x $ $$ value"),
    ],
)
def test_variables_are_replaced_once(expander: Expander, text: str, expanded: str) -> None:
    """What a variable holds is not expanded again; `$${` is a literal."""
    found = expander.expand(text, Path())
    assert found == expanded
    assert found.reread is None


def test_a_variable_that_is_not_set_is_named(expander: Expander) -> None:
    """Only the name is told, and nothing that stands around it."""
    with pytest.raises(ValueError, match="environment variable NONE is not set") as caught:
        expander.expand("hunter2${env:NONE}", Path())
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["${x}", "a${", "${env:}", "${env:1A}", "${file:}", "${ENV:NAME}", "${env:NAME"])
def test_unknown_forms_are_refused_without_being_shown(expander: Expander, text: str) -> None:
    """Such a text may be a secret with the two characters in it: what is expected is told, not what is there."""
    with pytest.raises(ValueError, match=r"expected \$\{env:NAME\}"):
        expander.expand(text, Path())


@pytest.mark.parametrize(("content", "text"), [("a\n", "a"), ("a\n\n", "a\n"), ("a\r\n", "a"), ("a", "a"), ("", "")])
def test_one_final_newline_of_a_file_is_dropped(expander: Expander, tmp_path: Path, content: str, text: str) -> None:
    """And only one; the path is relative to the folder of the configuration."""
    (tmp_path / "secret").write_bytes(content.encode())
    assert expander.expand("<${file:secret}>", tmp_path) == f"<{text}>"


def test_a_file_is_read_again_when_it_changes(expander: Expander, clock: Clock, tmp_path: Path) -> None:
    """The parts around it stay."""
    file = tmp_path / "secret"
    file.write_text("old")
    reread = expander.expand("Bearer ${file:secret}", tmp_path).reread
    assert reread is not None
    file.write_text("newer")
    clock.now += 1
    assert reread() == "Bearer newer"


def test_a_file_is_looked_at_once_a_second_at_most(expander: Expander, clock: Clock, tmp_path: Path) -> None:
    """Within the second, the text is the one already read."""
    file = tmp_path / "secret"
    file.write_text("old")
    reread = expander.expand("${file:secret}", tmp_path).reread
    assert reread is not None
    file.write_text("newer")
    clock.now += 0.9
    assert reread() == "old"
    clock.now += 0.1
    assert reread() == "newer"


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff\xfe", b"x" * 70_000])
def test_the_last_good_text_stays_when_a_file_cannot_be_used(
    expander: Expander, clock: Clock, tmp_path: Path, content: bytes
) -> None:
    """Emptied, cut, or turned into something that is no secret; a good text after that is taken."""
    file = tmp_path / "secret"
    file.write_text("good")
    reread = expander.expand("${file:secret}", tmp_path).reread
    assert reread is not None
    file.write_bytes(content)
    clock.now += 1
    assert reread() == "good"
    file.write_text("better")
    clock.now += 1
    assert reread() == "better"


def test_the_last_good_text_stays_when_the_file_goes(expander: Expander, clock: Clock, tmp_path: Path) -> None:
    """As while a secret is being replaced; the new one is then found by its path."""
    file = tmp_path / "secret"
    file.write_text("good")
    reread = expander.expand("${file:secret}", tmp_path).reread
    assert reread is not None
    file.unlink()
    clock.now += 1
    assert reread() == "good"
    (tmp_path / "next").write_text("next")
    (tmp_path / "next").rename(file)
    clock.now += 1
    assert reread() == "next"


@pytest.mark.parametrize("name", ["none", ".", "fifo", "large", "binary", "a\0b"])
def test_a_file_that_cannot_be_read_is_told(expander: Expander, tmp_path: Path, name: str) -> None:
    """Missing, a folder, a pipe (which would block), too large, not text, or no path at all."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="cannot be read"):
        expander.expand(f"${{file:{name}}}", tmp_path)
