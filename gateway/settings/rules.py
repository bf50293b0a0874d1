"""Checks of routing rules beyond the model: the names of vendors, and rules that can never match.

They work on the raw data, so that they find errors in rules whose model is invalid too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from gateway.documents.broken import Broken
from gateway.documents.entry import Entry
from gateway.documents.problem import Path, Problem
from gateway.documents.wording import unknown_name
from gateway.model import Operation
from gateway.port.registry import AdapterType

Kinds = Mapping[str, AdapterType | None]
"""Every vendor's adapter type by the vendor's name; None if it is unknown because of an error reported before."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule as raw data; `vendor_path` is the path of its vendor's name."""

    path: Path
    vendor_path: Path
    data: Mapping[str, Any]


def check(entry: Entry, kinds: Kinds, problems: list[Problem]) -> None:
    """Add the errors in the rules of one tenant to `problems`."""
    routes = entry.data.get("routes") if isinstance(entry.data, dict) else None
    if not isinstance(routes, dict):
        return
    for operation in get_args(Operation):
        catch_all = False
        for rule in _rules(("routes", operation), routes.get(operation)):
            if catch_all:
                detail = "can never match: a rule before it matches every call"
                problems.append(entry.problem(rule.path, detail))
                break
            catch_all = "when" not in rule.data or rule.data["when"] is None
            problems += (entry.problem(*problem) for problem in _errors(operation, rule, kinds))


def _rules(path: Path, form: object) -> Iterator[_Rule]:
    if isinstance(form, str):
        yield _Rule(path, path, {"vendor": form})
    elif isinstance(form, dict):
        yield _Rule(path, (*path, "vendor"), form)
    elif isinstance(form, list):
        for index, data in enumerate(form):
            if isinstance(data, dict):
                yield _Rule((*path, index), (*path, index, "vendor"), data)


def _errors(operation: Operation, rule: _Rule, kinds: Kinds) -> Iterator[tuple[Path, str]]:
    vendor = rule.data.get("vendor")
    if isinstance(vendor, str) and not isinstance(vendor, Broken):
        kind = kinds.get(vendor)
        if vendor not in kinds:
            yield rule.vendor_path, unknown_name("vendor", vendor, list(kinds))
        elif kind is not None and operation not in kind.operations:
            able = ", ".join(kind.operations) or "nothing"
            yield rule.vendor_path, f"this vendor cannot do {operation}: its adapter, {kind.name}, has {able}"
    when = rule.data.get("when")
    if isinstance(when, dict) and all(when.get(name) is None for name in ("member", "point_type")):
        yield (*rule.path, "when"), "expected member or point_type"
    if rule.data.get("cache") is not None and operation != "balance":
        yield (*rule.path, "cache"), "only balances are cached"
    if rule.data.get("compensate") is not None and operation != "adjust":
        yield (*rule.path, "compensate"), "only adjustments are reversed"
