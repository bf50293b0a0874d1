"""The reference of the port, in Markdown, made from the docstrings of what an adapter may import."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from gateway import conformance, errors, exact, lenient, model, port, scalars, simulation
from gateway.port.adapter import PORT
from gateway.port.refusals import BOOKED, FINAL, NOT_APPLIED
from gateway.simulation import jsontext

_HEAD = f"""# The adapter port

What an adapter may import, and what it can rely on; what simulators and examples are made of is at the end. This page
is made from the docstrings by `points-gateway port`; [adding-an-adapter.md](adding-an-adapter.md) is the guide.

## What may change
This is version {PORT} of the port. An adapter says in `port` which version it is written for.

- **The second number grows with what is added**: an optional method, an optional parameter, an attribute with a default
  that means what was before, a field with a default. An adapter that was written for an earlier one is loaded as it is.
- **The first number grows with every other change.** An adapter that was written for another one is refused where a
  configuration is loaded, with both versions in the message. Before 1.0 of the gateway that may happen in any release.
- The conformance kit may grow stricter in any release: a check that is new finds what was wrong before.
- Modules of the gateway that are not on this page, and names with an underscore, may change at any time.
"""
_PARTS: tuple[tuple[str, ModuleType, tuple[str, ...]], ...] = (
    ("An adapter", port, tuple(each for each in port.__all__ if each not in ("PORT", "Exchange"))),
    (
        "What it takes and gives",
        model,
        (
            *("Member", "Period", "Applied", "Balance", "NextExpiry", "Expiring", "Bucket"),
            *("Transactions", "VendorTransaction", "Profile", "Found", "time_text", "time_of"),
        ),
    ),
    ("What it raises", errors, ("FieldNotSupported", "OperationNotSupported", "VendorBadResponse")),
    ("Exact numbers, and what vendors write for them", exact, ("text", "number", "dumps", "loads")),
    ("", scalars, ("text", "display_text", "number", "whole", "flag")),
    ("", lenient, ("Unreadable",)),
)
_TRIED: tuple[tuple[str, ModuleType, tuple[str, ...]], ...] = (
    (
        "A simulator, and what it is made of",
        simulation,
        ("Simulator", "Example", "Request", "Answer", "Effect", "Ledger"),
    ),
    ("", jsontext, ("read", "write")),
    ("What an adapter is tried with", conformance, ("Examples",)),
)


def reference() -> str:
    """The whole page."""
    return "".join(_pieces()).rstrip() + "\n"


def _pieces() -> Iterator[str]:
    yield _HEAD
    yield from _of(_PARTS)
    yield "\n## What a refusal may mean\nThe errors that `refusals` may name, and what each says of a write.\n"
    yield "\n| error | code | says |\n|---|---|---|\n"
    for kinds, says in ((FINAL, "final"), (NOT_APPLIED, "not applied, worth another try"), (BOOKED, "booked before")):
        for kind in kinds:
            yield f"| `{kind.__name__}` | `{kind.code}` | {says}: {_first(kind)} |\n"
    yield from _of(_TRIED)


def _of(parts: tuple[tuple[str, ModuleType, tuple[str, ...]], ...]) -> Iterator[str]:
    for title, module, names in parts:
        if title:
            yield f"\n## {title}\n"
        for name in names:
            if (found := getattr(module, name, None)) is not None:
                yield f"\n### `{module.__name__}.{name}`\n"
                yield from _described(found)


def _first(kind: type[Any]) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0].removeprefix("Raised when ").rstrip(".")


def _described(found: Any) -> Iterator[str]:
    if inspect.isclass(found):
        yield f"{inspect.getdoc(found) or ''}\n"
        yield from _members(found)
    elif callable(found):
        yield f"```text\n{_signature(_node(found))}\n```\n{inspect.getdoc(found) or ''}\n"


def _members(kind: type[Any]) -> Iterator[str]:
    """The public attributes and methods that stand in a class, with what stands below each."""
    body = _node(kind).body
    fields = []
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id[0] != "_":
            default = "" if node.value is None else f" = {ast.unparse(node.value)}"
            fields.append(f"{node.target.id}: {ast.unparse(node.annotation)}{default}")
            if (docstring := _text(after)) is not None:
                fields += [f"    {line}".rstrip() for line in docstring.splitlines()]
    if fields:
        yield "```text\n" + "\n".join(fields) + "\n```\n"
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_" and ast.get_docstring(node):
            yield f"```text\n{_signature(node)}\n```\n{ast.get_docstring(node)}\n"


def _signature(node: Any) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    marks = {each.id for each in node.decorator_list if isinstance(each, ast.Name)}
    if "property" in marks:
        return f"{node.name}: {ast.unparse(node.returns)}  # a property"
    called = "await " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"{called}{node.name}({ast.unparse(node.args)}){returns}"


def _node(found: Any) -> Any:
    """Where a class or function is defined, as it is written."""
    tree = ast.parse(inspect.getsource(import_module(found.__module__)))
    return next(each for each in tree.body if getattr(each, "name", None) == found.__name__)


def _text(node: ast.stmt | None) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return inspect.cleandoc(node.value.value)
    return None
