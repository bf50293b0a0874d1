"""Parameters of a query or a form for simulators; strict, so that a misspelling is noticed."""

from urllib.parse import parse_qsl


def read(text: str) -> dict[str, str]:
    """The parameters by name, decoded; empty values stay. Raises `ValueError` for a repeated name and for no UTF-8."""
    pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise ValueError("a parameter is repeated")
    return parameters
