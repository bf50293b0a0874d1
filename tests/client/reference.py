"""The reference of the client library, made from its docstrings: `python -m tests.client.reference`."""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import points_gateway_client as library

WIDEST = 100
"""Characters of a signature on one line."""
BEGINNING = """# Reference of points_gateway_client

`make reference` writes this page from the docstrings. [README.md](README.md) says how to begin.
"""


def reference() -> str:
    """The page."""
    names = sorted(library.__all__)
    errors = [name for name in names if is_error(getattr(library, name))]
    calls = ["PointsClient", "AsyncPointsClient", "FakePoints"]
    values = [name for name in names if name not in (*errors, *calls) and is_documented(getattr(library, name))]
    parts = [BEGINNING]
    for title, chapter in (("Clients", calls), ("Values", values)):
        parts += [f"## {title}", *(block for name in chapter for block in described(name, getattr(library, name)))]
    functions = [name for name in names if inspect.isfunction(getattr(library, name))]
    parts += ["## Functions", *(block for name in functions for block in called(name, getattr(library, name)))]
    parts += ["## Errors", table(errors)]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def is_error(value: Any) -> bool:
    """Whether it is an exception."""
    return isinstance(value, type) and issubclass(value, Exception)


def is_documented(value: Any) -> bool:
    """Whether it is a class, and no alias of a type."""
    return isinstance(value, type)


def described(name: str, kind: type) -> Iterator[str]:
    """A class: its text, what it is made of, and its methods."""
    yield f"### {name}"
    yield inspect.getdoc(kind) or ""
    if is_dataclass(kind):
        yield fenced(f"{each.name}: {annotation(each.type)}" for each in fields(kind))
    elif hasattr(kind, "__required_keys__"):
        yield fenced(f"{name}: {annotation(value)}" for name, value in kind.__annotations__.items())
    elif name != "AsyncPointsClient":
        yield fenced([signature(name, vars(kind)["__init__"])])
    if name == "AsyncPointsClient":
        return
    for method, function in members(kind):
        yield f"#### {name}.{method}"
        if isinstance(function, property):
            yield fenced([f"{method}: {ast.unparse(parsed(function.fget).returns)}"])
        else:
            yield fenced([signature(method, function)])
        yield inspect.getdoc(function) or ""


def called(name: str, function: Any) -> Iterator[str]:
    """A function: how it is called, and its text."""
    yield f"### {name}"
    yield fenced([signature(name, function)])
    yield inspect.getdoc(function) or ""


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class and of what it is built on, in the order of the source."""
    for each in kind.__mro__:
        if each.__module__.startswith(library.__name__):
            for name, value in vars(each).items():
                if name[0] != "_" and name not in HIDDEN and isinstance(value, property | type(members)):
                    yield name, value


HIDDEN = ("read", "handle_request", "handle_async_request")
"""What this library itself calls."""


def annotation(kind: Any) -> str:
    """A type as it is written."""
    text = kind if isinstance(kind, str) else inspect.formatannotation(kind)
    for module in ("datetime.", "decimal.", "collections.abc.", "typing."):
        text = text.replace(module, "")
    return ".".join(text.split(".")[-1:]) if text.startswith(library.__name__) else text


def parsed(function: Any) -> Any:
    """The source of a function."""
    return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]


def signature(name: str, function: Any) -> str:
    """A function as it is called, with each argument on a line of its own where it is long."""
    node = parsed(function)
    # `ast` writes defaults without blanks, also where there is an annotation.
    arguments = re.sub(r"(?<![=!<> ])=(?![=])", " = ", ast.unparse(node.args))
    arguments = arguments.removeprefix("self, ").removeprefix("self")
    result = f" -> {ast.unparse(node.returns)}" if name[0].islower() else ""
    line = f"{name}({arguments}){result}"
    if len(line) <= WIDEST:
        return line
    return f"{name}(\n    " + ",\n    ".join(parts_of(arguments)) + f",\n){result}"


def parts_of(arguments: str) -> Iterator[str]:
    """Arguments, one by one."""
    depth, begin = 0, 0
    for place, character in enumerate(arguments):
        depth += (character in "([") - (character in ")]")
        if character == "," and not depth:
            yield arguments[begin:place].strip()
            begin = place + 1
    yield arguments[begin:].strip()


def fenced(lines: Any) -> str:
    """Some lines of code, with the quotes that the formatter of the project has."""
    return "```python\n" + "\n".join(lines).replace("'", '"') + "\n```"


def table(names: list[str]) -> str:
    """The exceptions: what each is raised for, its code and what it is one of."""
    rows = ["| exception | code | is a | |", "|---|---|---|---|"]
    for name in names:
        kind = getattr(library, name)
        code = f"`{kind.code}`" if getattr(kind, "code", None) else "-"
        text = " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())
        rows.append(f"| `{name}` | {code} | `{kind.__bases__[0].__name__}` | {text} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(reference())
