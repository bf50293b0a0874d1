"""Plain scalars by the core schema of YAML 1.2, in which `yes`, `2024-01-01`, `1:30` and `1_000` are text."""

import re

Scalar = str | int | float | bool | None

_STARTS = frozenset("+-.0123456789~nNtTfF")
_CONSTANTS: dict[str, Scalar] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMBER = re.compile(
    r"(?P<int>[-+]?[0-9]+)"
    r"|0o(?P<oct>[0-7]+)"
    r"|0x(?P<hex>[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
)
_LONGEST = 100


def resolve(text: str) -> Scalar:
    """The value of a scalar; the text itself if it is neither null, a boolean nor a number."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    # Python refuses to read integers of thousands of digits; no setting needs one, so they stay text.
    if text[0] not in _STARTS or len(text) > _LONGEST:
        return text
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    if match["int"]:
        return int(match["int"])
    if match["float"]:
        return float(match["float"])
    return int(match["oct"], 8) if match["oct"] else int(match["hex"], 16)
