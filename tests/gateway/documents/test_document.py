import tracemalloc
from pathlib import Path

import pytest
import yaml

from gateway.documents.document import Document, read
from gateway.documents.problem import Problem
from gateway.settings.expand import Expander
from gateway.settings.watched import WatchedFiles


def reading(text: str | bytes) -> tuple[Document | None, list[Problem]]:
    problems: list[Problem] = []
    raw = text if isinstance(text, bytes) else text.encode()
    expander = Expander({}, WatchedFiles(lambda: 0.0))
    return read("f.yaml", raw, Path(), lambda scalar: expander.expand(scalar, Path()), problems), problems


def told(text: str | bytes) -> list[str]:
    return [str(problem) for problem in reading(text)[1]]


def test_values_are_plain() -> None:
    """Mappings, lists and scalars become Python's own; quoted and block scalars are text."""
    document, problems = reading("a: [1, '1', \"x\", ~]\nb:\n  c: |\n    two\n    lines\n  d: !!str 5\n")
    assert document is not None
    assert document.value == {"a": [1, "1", "x", None], "b": {"c": "two\nlines\n", "d": "5"}}
    assert problems == []


def test_a_problem_stands_at_the_value_or_at_its_key() -> None:
    """Lines and columns count from 1, in characters and not in bytes."""
    document, _ = reading("é: {b: [x,\n  y]}\n")
    assert document is not None
    assert str(document.problem(("é", "b", 1), "wrong")) == "f.yaml:2:3: é.b[1]: wrong"
    assert str(document.problem(("é", "b"), "wrong", at_key=True)) == "f.yaml:1:5: é.b: wrong"
    assert str(document.problem(("é", "b"), "wrong")) == "f.yaml:1:8: é.b: wrong"


def test_a_path_that_leaves_the_document_stands_where_it_left() -> None:
    """What is missing is shown at the nearest thing that is there."""
    document, _ = reading("a:\n  b: 1\n")
    assert document is not None
    assert str(document.problem(("a", "b", "c", 0), "missing")) == "f.yaml:2:6: a.b.c[0]: missing"


def test_a_byte_order_mark_is_no_content() -> None:
    """Columns are counted after it."""
    document, problems = reading(b"\xef\xbb\xbfa: 1\n")
    assert document is not None
    assert document.value == {"a": 1}
    assert problems == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: the file is empty"),
        ("# only words\n", "1:1: the file is empty"),
        ("---\n...\n", "1:1: the file is empty"),
        (b"a: b\nc: \xe9\n", "2:4: expected text in UTF-8"),
        ("a: 1\nb: \x07\n", "2:4: the control character U+0007"),
        ("a: 1\n---\nb: 2\n", "2:1: expected one document"),
        ("a: 1\na: 2\n", "2:1: a: given twice: first at line 1, column 1"),
        ("x:\n  - {a: 1, b: 2, a: 3}\n", "2:18: x[0].a: given twice: first at line 2, column 6"),
        ("a: {1: x}\n", "1:5: a.?: expected text as a key: quote it"),
        ("~: x\n", "1:1: ?: expected text as a key"),
        ("[a]: x\n", "1:1: ?: expected text as a key"),
        ("a: {<<: {b: 1}}\n", "1:5: a: the merge key << has no use here"),
        ("a: !!python/object:os.system x\n", "1:4: a: tags have no use here"),
        ("a: !!int 5\n", "1:4: a: tags have no use here"),
        ("a: !thing {b: 1}\n", "1:4: a: tags"),
        ("a: [b\n", "2:1: not YAML: while parsing a flow sequence, did not find expected ',' or ']'"),
        ("a: b: c\n", "1:5: not YAML: mapping values are not allowed"),
        ("a:\n\tb: 1\n", "2:1: a tab: YAML is indented with blanks alone"),
        ("a:\n  b: 1\n  \tc: 2\n", "3:3: a tab"),
        ("a:\n    b: 1\n  c: 2\n", "3:3: wrong indent: this line begins in column 3, and those above it in 1, 5"),
        ("a:\n  - b: 1\n   c: 2\n", "3:4: wrong indent: this line begins in column 4, and those above it in 1, 3"),
        (
            "a:\n  b: 1\n    c: 2\n",
            "3:5: wrong indent: this line begins in column 5, and the one above in 3 has a value",
        ),
        ("# x\na: 1\n\n  b: 2\n", "4:3: wrong indent: this line begins in column 3, and the one above in 1 has"),
        ("a:\n  b 1\n  c: 2\n", "2:3: expected a colon and a blank after the name"),
        ("a:\n  b:1\n  c: 2\n", "2:3: expected a colon and a blank after the name"),
        ("a: |\n  b\n  \tc\nd: 1\ne: [1\n", "6:1: not YAML: while parsing a flow sequence"),
        ("a: *nowhere\n", "1:4: a: an alias needs an anchor"),
        ("a: &a [*a]\n", "1:8: a[0]: an alias needs an anchor"),
        ("[" * 100, "1:65: [0]"),
        ("${env:A}: b\n", "1:1: keys are not expanded"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str | bytes, problem: str) -> None:
    """Each says where it is and what was expected."""
    (found,) = told(text)
    assert found.removeprefix("f.yaml:").startswith(problem)


def test_problems_that_do_not_end_the_reading_are_all_told() -> None:
    """Two repeated keys and a variable that is not set, in one go; the first value of a repeated key stays."""
    document, problems = reading("a: 1\na: 2\nb: ${env:B}\nc: {d: 1, d: 2}\n")
    assert document is not None
    assert document.value["a"] == 1
    assert [problem.line for problem in problems] == [2, 3, 4]


def test_a_quoted_merge_key_is_a_key() -> None:
    """Only the plain form has a meaning, which is refused."""
    document, problems = reading("'<<': 1\n")
    assert document is not None
    assert document.value == {"<<": 1}
    assert problems == []


def test_aliases_share_what_they_name() -> None:
    """A problem within an alias stands where the anchor does."""
    document, _ = reading("a: &x {b: 1}\nc: *x\n")
    assert document is not None
    assert document.value == {"a": {"b": 1}, "c": {"b": 1}}
    assert document.problem(("c", "b"), "").line == 1


def test_aliases_that_multiply_are_refused_before_they_cost_anything() -> None:
    """Ten to the ninth values by aliases of aliases are counted, not made."""
    levels = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    tracemalloc.start()
    (found,) = told("\n".join(levels))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "more than 2000000 values, once every alias is written out" in found
    assert peak < 2_000_000


def test_deep_nesting_is_refused_and_ends_nothing() -> None:
    """A file that would overrun a recursive composer is one problem."""
    (found,) = told("- " * 300_000)
    assert "nested more than 64 deep" in found


def test_a_tag_is_not_shown() -> None:
    """A secret that begins with an exclamation mark, and was not quoted, is read as a tag."""
    (found,) = told("token: !hunter2\n")
    assert "hunter2" not in found


def test_reading_does_not_need_the_c_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pure parser gives the same values and places."""
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    document, problems = reading("a: {b: [x, 1]}\na: 2\n")
    assert document is not None
    assert document.value == {"a": {"b": ["x", 1]}}
    assert [str(problem) for problem in problems] == ["f.yaml:2:1: a: given twice: first at line 1, column 1"]
