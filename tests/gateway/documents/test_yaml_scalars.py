import math

import pytest

from gateway.documents.yaml_scalars import resolve


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "on",
        "off",
        "y",
        "Yes",
        "tRUE",
        "1_000",
        "1:30",
        "190:20:30",
        "2024-01-01",
        "0b1",
        "1e",
        "+",
        "-",
        ".",
        "0o8",
        "0xg",
        "nul",
        "1.2.3",
        "\u0661",
        "1" * 5000,
        "=",
        " 1",
    ],
)
def test_what_only_looks_special_is_text(text: str) -> None:
    """Words, dates, sexagesimals and underscores of YAML 1.1 are plain text, and so is what is no number at all."""
    assert resolve(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("true", True),
        ("FALSE", False),
        ("0", 0),
        ("08", 8),
        ("-7", -7),
        ("+7", 7),
        ("0o17", 15),
        ("0xfF", 255),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        (".INF", math.inf),
    ],
)
def test_the_core_schema_reads_nulls_booleans_and_numbers(text: str, value: object) -> None:
    """Type and value are those of YAML 1.2: a leading zero is no octal."""
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


def test_nan_is_a_float() -> None:
    """`.nan` is read, for models to refuse."""
    found = resolve(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)
