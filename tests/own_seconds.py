"""Finds where a file bounds a wait by a number of seconds, which holds on a quiet machine only."""

import ast
from collections.abc import Iterator

BOUNDS = {"timeout": 0, "timeout_at": 0, "wait_for": 1, "wait": 0, "join": 0, "settimeout": 0}
BOUNDS |= {"Timer": 0, "create_connection": 1}
"""Calls that bound a wait, by name, and the place of the seconds among their arguments."""
KEYWORDS = {"timeout", "within", "deadline"}
"""Arguments of any call that bound a wait."""
CLOCKS = {"time", "monotonic", "perf_counter"}
LIBRARIES = {
    "httpx": {"Client", "AsyncClient", "get", "post", "put", "patch", "delete", "request", "stream"},
    "sqlite3": {"connect"},
}
"""Calls that bound a wait by a number of seconds where they are not told otherwise."""


def is_number(node: ast.expr, numbers: frozenset[str] = frozenset()) -> bool:
    """Whether an expression is a number above 0 as it stands, or one of these names for one."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and node.value > 0
    return isinstance(node, ast.Name) and node.id in numbers


def called(node: ast.expr) -> str:
    """The last name of what is called."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def seconds_of_its_own(node: ast.AST, numbers: frozenset[str]) -> bool:
    """Whether this bounds a wait by a number, or by the default of a library, which is one."""
    if isinstance(node, ast.BinOp):
        is_now = isinstance(node.left, ast.Call) and called(node.left.func) in CLOCKS
        return isinstance(node.op, ast.Add) and is_now and is_number(node.right, numbers)
    if not isinstance(node, ast.Call):
        return False
    name, keywords = called(node.func), {each.arg: each.value for each in node.keywords if each.arg}
    bounds = [value for keyword, value in keywords.items() if keyword in KEYWORDS]
    bounds += node.args[BOUNDS[name] :][:1] if name in BOUNDS else []
    library = called(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    by_default = name in LIBRARIES.get(library, ()) and not keywords.keys() & {"timeout", "transport"}
    return by_default or any(is_number(each, numbers) for each in bounds)


def own_seconds(text: str) -> Iterator[str]:
    """Every expression of a Python file that does."""
    tree = ast.parse(text)
    named = [each for each in tree.body if isinstance(each, ast.Assign) and is_number(each.value)]
    numbers = frozenset(called(target) for each in named for target in each.targets)
    yield from (ast.unparse(node) for node in ast.walk(tree) if seconds_of_its_own(node, numbers))
