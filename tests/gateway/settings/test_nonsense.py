import random
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.port.registry import AdapterType
from gateway.settings import Problem, SettingsError, load

from .conftest import WHOLE

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["ledger", "arcade", "acme", "*", "http://127.0.0.1", "${env:A}", "${env:NO}", "${file:x}", "${", "<<"]
    ),
)
KEYS = st.sampled_from(
    [
        "server",
        "store",
        "vendors",
        "tenants",
        "clients",
        "arcade",
        "acme",
        "adapter",
        "extends",
        "base_url",
        "ca_file",
        "ignore",
        "reasons",
        "default_reason",
        "point_types",
        "base",
        "eid",
        "routes",
        "routes_from",
        "adjust",
        "when",
        "member",
        "point_type",
        "vendor",
        "cache",
        "keys",
        "scopes",
        "listen",
        "admin",
    ]
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)
ORDINARY = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)


def tried(tmp_path: Path, adapters: dict[str, AdapterType], raw: bytes) -> None:
    """Load it: settings or `SettingsError`, whose problems all have a place; anything else fails the test."""
    path = tmp_path / "gateway.yaml"
    path.write_bytes(raw)
    problems = problems_of(path, adapters)
    assert problems != ()
    lines = raw.count(b"\n") + raw.count(b"\r") + raw.count(b"\xc2\x85") + raw.count(b"\xe2\x80") + 2
    for problem in problems or ():
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        assert problem.detail


def problems_of(path: Path, adapters: dict[str, AdapterType]) -> tuple[Problem, ...] | None:
    """None where nothing is wrong."""
    try:
        load(path, adapters, {"A": "1"})
    except SettingsError as error:
        return error.problems
    return None


@ORDINARY
@given(raw=st.binary(max_size=60))
def test_any_bytes(tmp_path: Path, adapters: dict[str, AdapterType], raw: bytes) -> None:
    """Bytes that are no text, or no YAML, are told."""
    tried(tmp_path, adapters, raw)


@ORDINARY
@given(text=st.text(alphabet=st.sampled_from(list("abc01:-?[]{}#&*!|>'\"%@`,. \t\n~<$=é\u2028\x85")), max_size=60))
@example("? [a]\n: b\n? {c: d}\n: e\n")
@example("&a a: *a\n*a : b\n")
@example("%YAML 9.9\n---\na: b\n")
def test_any_text_of_yaml_signs(tmp_path: Path, adapters: dict[str, AdapterType], text: str) -> None:
    """Every way to write YAML wrongly, or rightly and meaning nothing."""
    tried(tmp_path, adapters, text.encode())


@ORDINARY
@given(value=st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_structure(tmp_path: Path, adapters: dict[str, AdapterType], value: object) -> None:
    """Known keys with values of every type, in every place."""
    tried(tmp_path, adapters, yaml.safe_dump(value, allow_unicode=True).encode())


@ORDINARY
@given(
    section=st.sampled_from(["server", "store", "vendors", "tenants", "clients"]),
    path=st.lists(KEYS, max_size=4),
    value=VALUES,
)
def test_a_good_configuration_with_one_thing_changed(
    tmp_path: Path, adapters: dict[str, AdapterType], section: str, path: list[str], value: object
) -> None:
    """The parts around what is wrong are looked at as well."""
    whole = yaml.safe_load(WHOLE)
    place, last = whole, section
    for step in path:
        place = place.setdefault(last, {})
        if not isinstance(place, dict):
            return
        last = step
    place[last] = value
    tried(tmp_path, adapters, yaml.safe_dump(whole, allow_unicode=True).encode())


@pytest.mark.parametrize("seed", range(5))
def test_a_good_configuration_with_characters_changed(
    tmp_path: Path, adapters: dict[str, AdapterType], seed: int
) -> None:
    """As by a slip of the hand."""
    chance = random.Random(seed)
    for _ in range(100):
        text = list(WHOLE)
        for _ in range(chance.randint(1, 3)):
            text[chance.randrange(len(text))] = chance.choice(" \n:-[]{}'\"#&*!,x0$~")
        tried(tmp_path, adapters, "".join(text).encode())
