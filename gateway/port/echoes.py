"""Finds secrets in text in the forms in which echoes come, and masks them there.

A text is looked at in views: without white space, then with its escapes undone as well, up to three times. In each of
them a secret is looked for in any letter case, in hex and in base64. What is found in a view is masked where it stands
in the text.
"""

import re
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from html.entities import html5

from gateway.port.secrets import MASK

SHORTEST = 8
"""Characters of the shortest secret that is looked for in every form: shorter ones stand in ordinary text by chance."""

_WORD = 12
"""Characters of the shortest secret of digits alone, or of letters of one case: others may be a number or a word."""
_VARIETY = 4
_UNDONE = 3
"""How many times escapes are undone: JSON within a query within a page."""
_MOST = 1_000
"""Places of one text that are masked one by one; with more of them nothing is shown of it."""

_SPACE = re.compile(r"\s+")
_BREAK = re.compile(r"(?<!\\)\\++[bfnrt]")
_LEFT_OUT, _BACKSLASH = re.compile(r"[+\\]+"), re.compile(r"\\+")
"""A blank as forms write it, and what stands before a quote in JSON, however often it was quoted."""
_ESCAPE = re.compile(
    r"%(?:25)*(?:([0-7][0-9a-f])|([89a-f][0-9a-f](?:%(?:25)*[89a-f][0-9a-f])*))"
    r"|(?<!\\)\\++(?:u(d[89ab][0-9a-f]{2})\\++u(d[c-f][0-9a-f]{2})|u([0-9a-f]{4})|x([0-9a-f]{2}))"
    r"|&(?:amp;)*(?:#([0-9]{1,8});?|#x([0-9a-f]{1,8});?|([a-z][a-z0-9]{1,31};))",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"%(?:25)*")

Meaning = Callable[[re.Match[str]], str]


class Echoes:
    """Masks secrets in text; those of fewer than 8 characters are not looked for."""

    def __init__(self, secrets: Iterable[str]) -> None:
        folded: set[str] = set()
        encoded: set[str] = set()
        for secret in secrets:
            undone = _SPACE.sub("", secret)
            if len(undone) < SHORTEST:
                continue
            for _ in range(1 + _UNDONE):
                folded.add(_core(undone))
                undone = _SPACE.sub("", _undone(undone))
            for raw in _raw(secret):
                folded.update((raw.hex(), _core(raw.decode("latin-1"))))
                encoded.update(_base64(raw))
        self._folded = tuple(each for each in folded if len(each) >= SHORTEST)
        self._encoded = tuple(encoded)
        self._least = min(map(len, (*self._folded, *self._encoded)), default=0)

    def masked(self, text: str) -> str:
        """The text with `***` for every secret in it."""
        if len(text) < self._least or not self._least or not self._in(text):
            return text
        spans: list[tuple[int, int]] = []
        for view, begin, end in self._found(text):
            spans.append(view.origin(begin, end))
            if len(spans) > _MOST:
                return MASK
        return _without(text, spans)

    def _in(self, text: str) -> bool:
        """Whether there is a secret in a text: the same views, without a memory of where they come from."""
        for _ in range(1 + _UNDONE):
            bare = "".join(text.split())
            encoded = bare.replace("\\", "").replace("-", "+").replace("_", "/")
            for each in self._encoded:
                if each in encoded:
                    return True
            folded = _lower(_LEFT_OUT.sub("", bare)) if "+" in bare or "\\" in bare else _lower(bare)
            for each in self._folded:
                if each in folded:
                    return True
            if "%" not in bare and "\\" not in bare and "&" not in bare:
                return False
            text = _undone(bare)
            if text == bare:
                return False
        return False

    def _found(self, text: str) -> Iterator[tuple["_View", int, int]]:
        """Every place of a secret, in the view in which it was found."""
        view = _View(text)
        for _ in range(1 + _UNDONE):
            view = view.rewritten(_SPACE, None)
            plain = view.rewritten(_BACKSLASH, None)
            yield from _places(plain, plain.text.replace("-", "+").replace("_", "/"), self._encoded)
            bare = view.rewritten(_LEFT_OUT, None)
            yield from _places(bare, _lower(bare.text), self._folded)
            undone = view.rewritten(_BREAK, None).rewritten(_ESCAPE, _meaning)
            if undone is view:
                return
            view = undone


def ordinary(secret: str) -> str | None:
    """What a secret lacks that cannot be told from ordinary text; None where it can."""
    core = "".join(secret.split())
    if len(_core(secret)) < SHORTEST:
        return f"at least {SHORTEST} characters"
    if len(set(core)) < _VARIETY:
        return f"at least {_VARIETY} different characters"
    plain = core.isdecimal() or (core.isalpha() and core in (core.lower(), core.upper(), core.capitalize()))
    if plain and len(secret) < _WORD:
        return f"at least {_WORD} characters where it could be a number or a word"
    return None


class _View:
    """A text, or what rewriting made of one; it knows where in the first text each part of it comes from."""

    def __init__(
        self,
        text: str,
        before: "_View | None" = None,
        pattern: re.Pattern[str] = _SPACE,
        meaning: Meaning | None = None,
    ) -> None:
        self.text = text
        self._before = before
        self._pattern = pattern
        self._meaning = meaning

    def rewritten(self, pattern: re.Pattern[str], meaning: "Meaning | None") -> "_View":
        """The view in which each match is replaced by what it means, or left out; this one where there is none."""
        text = pattern.sub(meaning or "", self.text)
        return self if text == self.text else _View(text, self, pattern, meaning)

    def origin(self, begin: int, end: int) -> tuple[int, int]:
        """Begin and end of the part of the first text that a part of this one, which is not empty, comes from."""
        if self._before is None:
            return begin, end
        return self._before.origin(self._place(begin)[0], self._place(end - 1)[1])

    def _place(self, at: int) -> tuple[int, int]:
        """Begin and end of what one character was in the view before."""
        ends, changes = self._changes
        number = bisect_right(ends, at) - 1
        if number >= 0:
            at += changes[number][1] - ends[number]
        following = number + 1
        if following < len(changes) and changes[following][0] <= at:
            return changes[following]
        return at, at + 1

    @cached_property
    def _changes(self) -> tuple[list[int], list[tuple[int, int]]]:
        """Of every match: its end in this view, and its begin and end in the view before."""
        ends, changes, grown = [], [], 0
        for found in self._pattern.finditer(self._before.text if self._before else ""):
            begin, end = found.span()
            grown += (len(self._meaning(found)) if self._meaning else 0) - (end - begin)
            ends.append(end + grown)
            changes.append((begin, end))
        return ends, changes


def _places(view: _View, text: str, sought: Iterable[str]) -> Iterator[tuple[_View, int, int]]:
    """Every place of what is sought in a text that is as long as that of the view."""
    for each in sought:
        at = text.find(each)
        while at >= 0:
            yield view, at, at + len(each)
            at = text.find(each, at + len(each))


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with `***` for each of these parts, which may overlap."""
    parts: list[str] = []
    shown = 0
    for begin, end in sorted(spans):
        if begin >= shown:
            parts += (text[shown:begin], MASK)
        shown = max(shown, end)
    return "".join((*parts, text[shown:]))


def _core(text: str) -> str:
    """What is compared of a text: no white space, no `+` and backslash, and one letter case."""
    return _lower(_LEFT_OUT.sub("", _SPACE.sub("", text)))


def _lower(text: str) -> str:
    """The text in lower case, character by character."""
    lower = text.lower()
    if len(lower) != len(text):  # one letter becomes two
        lower = "".join(each if len(each.lower()) != 1 else each.lower() for each in text)
    return lower.replace("\u03c2", "\u03c3")  # which letter it becomes depends on what follows


def _raw(secret: str) -> Iterator[bytes]:
    """The bytes that a secret may be encoded from."""
    for charset in ("utf-8",) if secret.isascii() else ("utf-8", "cp1252", "latin-1"):
        try:
            yield secret.encode(charset)
        except UnicodeEncodeError:
            continue


def _base64(raw: bytes) -> Iterator[str]:
    """The characters that these bytes alone make up, wherever in what is encoded they begin."""
    for before in range(3):
        text = b64encode(bytes(before) + raw).decode()
        yield text[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]


def _undone(text: str) -> str:
    """The text with its escapes undone once; those of a line break or a tab are left out, as white space is."""
    return _ESCAPE.sub(_meaning, _BREAK.sub("", text))


def _meaning(found: re.Match[str]) -> str:
    """What an escape stands for; itself where it stands for nothing."""
    ascii_, high, lead, trail, unit, byte, decimal, hexadecimal, name = found.groups()
    if high is not None:
        raw = bytes.fromhex(_PERCENT.sub("", high))
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")
    if lead is not None:
        return bytes.fromhex(lead + trail).decode("utf-16-be")
    if name is not None:
        return html5.get(name) or html5.get(name.lower()) or found[0]
    code = int(decimal) if decimal is not None else int(ascii_ or unit or byte or hexadecimal, 16)
    return chr(code) if code <= 0x10FFFF else found[0]
