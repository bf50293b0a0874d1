"""Text from outside as a terminal can be shown it: what it would obey, and what nobody could see, is written out.

Escaped are control and format characters (terminal sequences, line breaks, text direction), what Unicode has as blank
or invisible, lone surrogates, and code points that mean nothing; a backslash stays one.
"""

import json
import re

# Letters and marks by their category, and yet nothing that could be seen: two texts that differ in these look alike.
_INVISIBLE = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
_BEYOND_ASCII = re.compile(r"[^\n -~]")


def escaped(text: str) -> str:
    r"""The text in one line, with what is not to be shown as in Python's literals: `\n`, `\x1b`, `\u202e`."""
    if _is_shown(text):
        return text
    return "".join(each if _is_shown(each) else each.encode("unicode_escape").decode() for each in text)


def escaped_json(document: str, *, beyond_ascii: bool = False) -> str:
    r"""A JSON document that says the same, with what is not to be shown as `\uXXXX`; its own line breaks stay.

    `beyond_ascii`: escape everything that is not ASCII, for whoever can read nothing else.
    """
    if beyond_ascii:
        return _BEYOND_ASCII.sub(_json_escape, document)
    lines = document.split("\n")
    return "\n".join(line if _is_shown(line) else "".join(map(_in_json, line)) for line in lines)


def _is_shown(text: str) -> bool:
    return text.isprintable() and (text.isascii() or _UNSEEN.search(text) is None)


def _in_json(character: str) -> str:
    return character if _is_shown(character) else json.dumps(character)[1:-1]


def _json_escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
