"""What a model cannot check of routing rules: the vendors that they name, and rules that could never match.

It looks at rules as they are written, so that it finds what is wrong beside other things that are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from gateway.model import Operation
from gateway.port.registry import AdapterType
from gateway.settings.entry import Entry
from gateway.settings.expand import Broken
from gateway.settings.explain import unknown_name
from gateway.settings.problem import Path, Problem

Kinds = Mapping[str, AdapterType | None]
"""Every vendor's kind of adapter by the vendor's name; None where it is not known, because of a problem told."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule as written; `named` is where its vendor stands."""

    path: Path
    named: Path
    data: Mapping[str, Any]


def check(entry: Entry, kinds: Kinds, problems: list[Problem]) -> None:
    """Add to `problems` what is wrong with the rules of one tenant."""
    routes = entry.data.get("routes") if isinstance(entry.data, dict) else None
    if not isinstance(routes, dict):
        return
    for operation in get_args(Operation):
        catch_all = False
        for rule in _written(("routes", operation), routes.get(operation)):
            if catch_all:
                told = "can never match: a rule before it matches every call"
                problems.append(entry.problem(rule.path, told))
                break
            catch_all = "when" not in rule.data or rule.data["when"] is None
            problems += (entry.problem(*problem) for problem in _wrong(operation, rule, kinds))


def _written(path: Path, form: object) -> Iterator[_Rule]:
    if isinstance(form, str):
        yield _Rule(path, path, {"vendor": form})
    elif isinstance(form, dict):
        yield _Rule(path, (*path, "vendor"), form)
    elif isinstance(form, list):
        for index, data in enumerate(form):
            if isinstance(data, dict):
                yield _Rule((*path, index), (*path, index, "vendor"), data)


def _wrong(operation: Operation, rule: _Rule, kinds: Kinds) -> Iterator[tuple[Path, str]]:
    vendor = rule.data.get("vendor")
    if isinstance(vendor, str) and not isinstance(vendor, Broken):
        kind = kinds.get(vendor)
        if vendor not in kinds:
            yield rule.named, unknown_name("vendor", vendor, list(kinds))
        elif kind is not None and operation not in kind.operations:
            able = ", ".join(kind.operations) or "nothing"
            yield rule.named, f"this vendor cannot do {operation}: its adapter, {kind.name}, has {able}"
    when = rule.data.get("when")
    if isinstance(when, dict) and all(when.get(name) is None for name in ("member", "point_type")):
        yield (*rule.path, "when"), "expected member or point_type"
    if rule.data.get("cache") is not None and operation != "balance":
        yield (*rule.path, "cache"), "only balances are cached"
