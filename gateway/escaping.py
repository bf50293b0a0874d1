"""Escapes text from outside for terminals: control sequences and invisible characters are written out.

Escaped are control and format characters (terminal sequences, line breaks, text direction), blank and invisible
characters of Unicode, lone surrogates, and unassigned code points. A backslash is not escaped.
"""

import json
import re

# Letters and marks by their category, but invisible: texts that differ only in these look the same.
_INVISIBLE = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE_RE = re.compile(f"[{_INVISIBLE}]")
_BEYOND_ASCII = re.compile(r"[^\n -~]")


def escaped(text: str) -> str:
    r"""The text in one line, with escapes as in Python's literals: `\n`, `\x1b`, `\u202e`."""
    if _is_visible(text):
        return text
    return "".join(each if _is_visible(each) else each.encode("unicode_escape").decode() for each in text)


def escaped_json(document: str, *, beyond_ascii: bool = False) -> str:
    r"""An equivalent JSON document, with escapes as `\uXXXX`; its line breaks stay.

    `beyond_ascii`: escape all non-ASCII characters, for streams that cannot encode them.
    """
    if beyond_ascii:
        return _BEYOND_ASCII.sub(_json_escape, document)
    lines = document.split("\n")
    return "\n".join(line if _is_visible(line) else "".join(map(_in_json, line)) for line in lines)


def _is_visible(text: str) -> bool:
    return text.isprintable() and (text.isascii() or _INVISIBLE_RE.search(text) is None)


def _in_json(character: str) -> str:
    return character if _is_visible(character) else json.dumps(character)[1:-1]


def _json_escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
