"""What is reported of files that change while they are watched."""

import os
from pathlib import Path

import pytest

from gateway.settings.watched import WatchedFile, WatchedFiles

Heard = list[tuple[Path, str | None]]


class Watch:
    """One watched file, its clock, and what was reported of it."""

    def __init__(self, path: Path) -> None:
        self.now = 100.0
        self.path = path
        self.heard: Heard = []
        self.files = WatchedFiles(lambda: self.now)
        self.file: WatchedFile = self.files.at(path)
        self.files.follow(lambda path, why: self.heard.append((path, why)))

    def text(self) -> str:
        """The text at the next look."""
        self.now += 1
        return self.file.text()


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    path = tmp_path / "secret"
    path.write_text("old")
    return Watch(path)


def test_a_change_is_reported_once(watch: Watch) -> None:
    """A file that was touched, and says the same, has not changed."""
    os.utime(watch.path, (1, 1))
    assert watch.text() == "old"
    assert watch.heard == []
    watch.path.write_text("newer")
    assert (watch.text(), watch.text()) == ("newer", "newer")
    assert watch.heard == [(watch.path, None)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"two\nlines", "it holds line breaks or characters that cannot be printed"),
        (b"\xff", "it is not UTF-8 text"),
        (b"x" * 70_000, "it is larger than 64 KiB"),
        (None, "No such file or directory"),
    ],
    ids=["empty", "lines", "binary", "large", "gone"],
)
def test_a_file_that_cannot_be_used_is_reported_once(watch: Watch, content: bytes | None, why: str) -> None:
    """Its last text goes on; the same fault is reported anew after the file was well in between."""
    for turn in (1, 2):
        if content is None:
            watch.path.unlink()
        else:
            watch.path.write_bytes(content)
        last = watch.text()
        assert watch.text() == last
        assert watch.heard.count((watch.path, why)) == turn
        watch.path.write_text(f"good-{turn}")
        assert watch.text() == f"good-{turn}"


def test_a_look_at_once(watch: Watch) -> None:
    """The second need not be over where a look is asked for."""
    watch.path.write_text("newer")
    assert watch.file.text() == "old"
    watch.files.recheck()
    assert watch.file.text() == "newer"
