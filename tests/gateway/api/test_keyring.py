"""API keys that follow their files: a new key opens, the old one does not, and nobody's key goes to somebody else."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.api.keyring import Keyring
from gateway.metrics import Metrics
from gateway.settings import ClientKey, Problem
from gateway.settings.key import digest_of, key_error

KEYS = ["key-a", "key-b", "key-c", "sha256:" + digest_of("key-d").hex(), "sha256:short", "two words", "schlüssel"]
OWNERS = ("app", "app", "kiosk", "back")


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Ring:
    """A keyring on keys whose texts a test changes; `looks` counts how often one was read."""

    def __init__(self, texts: Sequence[str], owners: Sequence[str], expires: Sequence[datetime | None] = ()) -> None:
        self.texts = list(texts)
        self.looks = 0
        self.clock = Clock()
        self.metrics = Metrics()
        ends = [*expires, *[None] * len(texts)]
        self.keys = [
            ClientKey(
                owner,
                digest_of(texts[index]),
                Problem("points.yaml", 1, 1, f"clients.{owner}.keys[{index}]", ""),
                ends[index],
                lambda index=index: self._read(index),
            )
            for index, owner in enumerate(owners)
        ]
        self.keyring = Keyring(self.keys, metrics=self.metrics, clock=self.clock)

    def _read(self, index: int) -> str:
        self.looks += 1
        return self.texts[index]

    def owner(self, text: str) -> str | None:
        """Whose the key is now."""
        key = self.keyring.find(digest_of(text))
        return key and key.client

    def count(self, result: str) -> float:
        """How many changed keys had this result."""
        [line] = [
            line
            for line in self.metrics.exposition().decode().splitlines()
            if line.startswith("points_rereads_total{") and 'of="key"' in line and f'result="{result}"' in line
        ]
        return float(line.rpartition(" ")[2])


def test_the_new_key_opens_and_the_old_one_does_not() -> None:
    """Within a second of the change, which is counted."""
    ring = Ring(["old"], ["app"])
    assert ring.owner("old") == "app"
    ring.texts[0] = "new"
    ring.clock.now += 1
    assert (ring.owner("old"), ring.owner("new")) == (None, "app")
    assert ring.count("used") == 1


def test_files_are_looked_at_once_a_second_at_most() -> None:
    """However many ask, and whether their keys are known or not."""
    ring = Ring(["old", "other"], ["app", "kiosk"])
    for _ in range(100):
        ring.owner("old")
        ring.owner("guessed")
    assert ring.looks == 0
    ring.clock.now += 1
    for _ in range(100):
        ring.owner("old")
        ring.owner("guessed")
    assert ring.looks == 2


@pytest.mark.parametrize("text", ["two words", "sha256:abc", "schlüssel", "theirs"])
def test_a_text_that_cannot_be_used(text: str) -> None:
    """The old key goes on, which is counted and logged once, without the text; a good one after that is taken."""
    ring = Ring(["old", "theirs"], ["app", "kiosk"])
    ring.texts[0] = text
    with capture_logs() as logged:
        for _ in range(3):
            ring.clock.now += 1
            assert (ring.owner("old"), ring.owner("theirs")) == ("app", "kiosk")
    assert [line["event"] for line in logged] == ["a changed client key is not used; the last one goes on"]
    assert text not in str(logged)
    assert ring.count("refused") == 1
    ring.texts[0] = "new"
    ring.clock.now += 1
    assert (ring.owner("old"), ring.owner("new")) == (None, "app")


def test_keys_that_change_places() -> None:
    """Two clients whose keys are exchanged at one time have each other's from then on."""
    ring = Ring(["first", "second"], ["app", "kiosk"])
    ring.texts = ["second", "first"]
    ring.clock.now += 1
    assert (ring.owner("first"), ring.owner("second")) == ("kiosk", "app")


def test_a_key_moves_from_file_to_file() -> None:
    """While both files of one client hold it, it lasts as long as the one that lasts longer."""
    ends = datetime(2026, 12, 31, tzinfo=UTC)
    ring = Ring(["older", "newer"], ["app", "app"], [ends, None])
    ring.texts[0] = "newer"
    ring.clock.now += 1
    found = ring.keyring.find(digest_of("newer"))
    assert found is not None
    assert found.expires is None
    assert ring.owner("older") is None


@given(st.lists(st.lists(st.sampled_from(KEYS), min_size=len(OWNERS), max_size=len(OWNERS)), max_size=6))
def test_whatever_files_come_to_hold(turns: list[list[str]]) -> None:
    """A key opens for a client whose files had it, and for no other; who changes nothing keeps what they have.

    What only one client asks for, and no other had, is in force at once; where no file clashes, nothing else is.
    """
    ring = Ring(["own-0", "own-1", "own-2", "own-3"], OWNERS)
    had = {owner: {text for text, whose in zip(ring.texts, OWNERS, strict=True) if whose == owner} for owner in OWNERS}
    for texts in turns:
        before = {text: ring.owner(text) for text in KEYS if not key_error(text)}
        every = zip(texts, ring.texts, OWNERS, strict=True)
        unchanged = {(new, owner) for new, old, owner in every if new == old}
        ring.texts = list(texts)
        ring.clock.now += 1
        asked = {(text, owner) for text, owner in zip(texts, OWNERS, strict=True) if not key_error(text)}
        for text, owner in asked:
            had[owner].add(text)
            alone = all(whose == owner for other, whose in asked if other == text)
            if (alone and before[text] in (None, owner)) or ((text, owner) in unchanged and before[text] == owner):
                assert ring.owner(text) == owner
        opens = {(text, owner) for text in before if (owner := ring.owner(text)) is not None}
        assert all(text in had[owner] for text, owner in opens)
        if all(not key_error(text) for text in texts) and len({text for text, _ in asked}) == len(asked):
            assert opens == asked
