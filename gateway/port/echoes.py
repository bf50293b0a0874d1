"""Finds and masks secrets that a vendor echoes, in all common encodings.

A text is searched in several views: without white space, then also with its escapes decoded, up to three times. Each
view is searched for a secret in any letter case, in hex and in base64. A match is masked at its origin in the text.
"""

import re
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from html.entities import html5

from gateway.port.secrets import MASK

SHORTEST = 8
"""Minimum length of a secret that is searched for; shorter ones occur in ordinary text by chance."""

_WORD = 12
"""Minimum length of a secret of digits only, or of letters in one case; shorter ones may be a number or a word."""
_VARIETY = 4
_DECODINGS = 3
"""How many times escapes are decoded, for example JSON in a query in a page."""
_MAX_MATCHES = 1_000
"""Maximum number of matches that are masked one by one; a text with more is masked as a whole."""

_SPACE = re.compile(r"\s+")
_BREAK = re.compile(r"(?<!\\)\\++[bfnrt]")
_LEFT_OUT, _BACKSLASH = re.compile(r"[+\\]+"), re.compile(r"\\+")
"""A blank in form encoding, and the backslashes before a quote in JSON that was quoted once or several times."""
# Percent-encoding (also nested: %25 is an encoded %), backslash escapes of JSON and JavaScript, and HTML entities.
_ESCAPE = re.compile(
    r"%(?:25)*(?:([0-7][0-9a-f])|([89a-f][0-9a-f](?:%(?:25)*[89a-f][0-9a-f])*))"
    r"|(?<!\\)\\++(?:u(d[89ab][0-9a-f]{2})\\++u(d[c-f][0-9a-f]{2})|u([0-9a-f]{4})|x([0-9a-f]{2}))"
    r"|&(?:amp;)*(?:#([0-9]{1,8});?|#x([0-9a-f]{1,8});?|([a-z][a-z0-9]{1,31};))",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"%(?:25)*")

Meaning = Callable[[re.Match[str]], str]


class Echoes:
    """Masks secrets in text; secrets of fewer than 8 characters are ignored."""

    def __init__(self, secrets: Iterable[str]) -> None:
        folded: set[str] = set()
        encoded: set[str] = set()
        for secret in secrets:
            decoded = _SPACE.sub("", secret)
            if len(decoded) < SHORTEST:
                continue
            # A secret that itself contains escapes is decoded in the views of a text, so its decoded forms count too.
            for _ in range(1 + _DECODINGS):
                folded.add(_core(decoded))
                decoded = _SPACE.sub("", _decoded(decoded))
            for raw in _raw(secret):
                folded.update((raw.hex(), _core(raw.decode("latin-1"))))
                encoded.update(_base64(raw))
        self._folded = tuple(each for each in folded if len(each) >= SHORTEST)
        self._encoded = tuple(encoded)
        self._least = min(map(len, (*self._folded, *self._encoded)), default=0)

    def masked(self, text: str) -> str:
        """The text with `***` for every secret in it."""
        # The quick check comes first, because almost no text contains a secret.
        if len(text) < self._least or not self._least or not self._in(text):
            return text
        spans: list[tuple[int, int]] = []
        for view, begin, end in self._found(text):
            spans.append(view.origin(begin, end))
            if len(spans) > _MAX_MATCHES:
                return MASK
        return _without(text, spans)

    def _in(self, text: str) -> bool:
        """Whether a text contains a secret: the same search as `_found`, without the positions."""
        for _ in range(1 + _DECODINGS):
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
            text = _decoded(bare)
            if text == bare:
                return False
        return False

    def _found(self, text: str) -> Iterator[tuple["_View", int, int]]:
        """Every match of a secret, with the view in which it was found."""
        view = _View(text)
        for _ in range(1 + _DECODINGS):
            view = view.rewritten(_SPACE, None)
            plain = view.rewritten(_BACKSLASH, None)
            yield from _places(plain, plain.text.replace("-", "+").replace("_", "/"), self._encoded)
            bare = view.rewritten(_LEFT_OUT, None)
            yield from _places(bare, _lower(bare.text), self._folded)
            decoded = view.rewritten(_BREAK, None).rewritten(_ESCAPE, _meaning)
            if decoded is view:
                return
            view = decoded


def ordinary(secret: str) -> str | None:
    """All that a secret lacks to be distinguishable from ordinary text; None if it is distinguishable."""
    core = "".join(secret.split())
    lacks = []
    if len(_core(secret)) < SHORTEST:
        lacks.append(f"at least {SHORTEST} characters")
    if len(set(core)) < _VARIETY:
        lacks.append(f"at least {_VARIETY} different characters")
    plain = core.isdecimal() or (core.isalpha() and core in (core.lower(), core.upper(), core.capitalize()))
    if plain and len(secret) < _WORD:
        lacks.append(f"at least {_WORD} characters where it could be a number or a word")
    return ", ".join(lacks) or None


class _View:
    """A text, or a rewritten form of one; it maps positions back to the original text."""

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
        """The view with each match replaced by its meaning, or removed; this view itself if nothing matches."""
        text = pattern.sub(meaning or "", self.text)
        return self if text == self.text else _View(text, self, pattern, meaning)

    def origin(self, begin: int, end: int) -> tuple[int, int]:
        """Begin and end in the original text of a part of this view, which must not be empty."""
        if self._before is None:
            return begin, end
        return self._before.origin(self._place(begin)[0], self._place(end - 1)[1])

    def _place(self, at: int) -> tuple[int, int]:
        """Begin and end of one character in the previous view."""
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
        """For every match: its end in this view, and its begin and end in the previous view."""
        ends, changes, grown = [], [], 0
        for found in self._pattern.finditer(self._before.text if self._before else ""):
            begin, end = found.span()
            grown += (len(self._meaning(found)) if self._meaning else 0) - (end - begin)
            ends.append(end + grown)
            changes.append((begin, end))
        return ends, changes


def _places(view: _View, text: str, needles: Iterable[str]) -> Iterator[tuple[_View, int, int]]:
    """Every match of the needles in a text that has the same length as that of the view."""
    for each in needles:
        at = text.find(each)
        while at >= 0:
            yield view, at, at + len(each)
            at = text.find(each, at + len(each))


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with each of these parts, which may overlap, replaced by `***`."""
    parts: list[str] = []
    shown = 0
    for begin, end in sorted(spans):
        if begin >= shown:
            parts += (text[shown:begin], MASK)
        shown = max(shown, end)
    return "".join((*parts, text[shown:]))


def _core(text: str) -> str:
    """The form of a text for comparison: no white space, no `+` and backslash, lower case."""
    return _lower(_LEFT_OUT.sub("", _SPACE.sub("", text)))


def _lower(text: str) -> str:
    """The text in lower case, character by character."""
    lower = text.lower()
    if len(lower) != len(text):  # some letters become two; then positions would shift
        lower = "".join(each if len(each.lower()) != 1 else each.lower() for each in text)
    return lower.replace("\u03c2", "\u03c3")  # the lower case of a capital sigma depends on the letter after it


def _raw(secret: str) -> Iterator[bytes]:
    """The bytes of a secret, in the charsets that vendors use."""
    for charset in ("utf-8",) if secret.isascii() else ("utf-8", "cp1252", "latin-1"):
        try:
            yield secret.encode(charset)
        except UnicodeEncodeError:
            continue


def _base64(raw: bytes) -> Iterator[str]:
    """The base64 characters that depend on these bytes only, for each of the three possible alignments."""
    for before in range(3):
        text = b64encode(bytes(before) + raw).decode()
        yield text[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]


def _decoded(text: str) -> str:
    """The text with its escapes decoded once; escapes of line breaks and tabs are removed, like white space."""
    return _ESCAPE.sub(_meaning, _BREAK.sub("", text))


def _meaning(found: re.Match[str]) -> str:
    """The characters that an escape stands for; the escape itself if it is invalid."""
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
